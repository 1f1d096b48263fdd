"""What of a clip fits a model's context, and what is given up when it does not, or when a medium is refused."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from agents.models.abilities import Abilities, answer_tokens
from agents.models.errors import ContextOverflow, Medium
from agents.models.json_schema import longest
from agents.showing.evidence_table import fitting, length, ranked
from agents.showing.frames import choose_times, even_times
from agents.showing.presentation import FRAMES, TRANSCRIPT_CHARACTERS, WAYS, Presentation, Wanted, Way
from perception.evidence import Evidence

# models join two frames and drop an odd one; a shorter video is better shown as pictures (Qwen-VL)
VIDEO_FRAMES, LEAST_VIDEO_FRAMES, VIDEO_HZ = 32, 8, 2.0  # models' own loaders look at two pictures a second (Qwen-VL)
SOUND_S = 120.0  # of a clip's sound, from its beginning
USUAL_CONTEXT_TOKENS = 16_384  # where an endpoint does not tell
ANSWER_CHARACTERS = 4_000  # six claims of the longest text, with eight ids each
CLAIMS_CHARACTERS = 4_000  # of earlier claims and feedback, which come into the tasks later
MEDIA_SHARE, SOUND_SHARE = 0.5, 0.25  # of the room, at most: the measurements need the rest
TABLE_CHARACTERS = 12_000  # at most, about 4,000 tokens
TRANSCRIPT_SHARE = 1 / 3  # of the room for text, at most
FITTED = 0.9  # of the room for text that is used: characters a token differ from clip to clip
MEDIA = ("video", "images", "audio")  # as abilities are called
LEAST_CHARACTERS = 600  # with less there is nothing to cite
CONTEXT_STEP_TOKENS = 8_192  # contexts are served in such sizes; finer ones would tell of each agent another


def present(
    evidence: Evidence,
    has_sound: bool,
    able: Abilities,
    wanted: Wanted,
    task_characters: int,
    relevance: Mapping[str, float] | None = None,
    knowledge_characters: int = 0,
) -> tuple[Presentation, tuple[str, ...]]:
    """Choose what fits the model's context, and say what the user wanted and does not get.

    Args:
        evidence: of the clip.
        has_sound: the clip has a sound track.
        able: what the model takes, and what that costs in tokens.
        wanted: by the user.
        task_characters: of the system message and the longest task, before any claim.
        relevance: of observations by id, in [0, 1].
        knowledge_characters: of what is known of such signs in general; left out where little room is left beside it.
    """
    able, notes = _as_asked_for(able, wanted)
    told = (task_characters + CLAIMS_CHARACTERS) / able.characters_per_token
    room = (able.context_tokens or USUAL_CONTEXT_TOKENS) - told - answer_tokens(ANSWER_CHARACTERS, able)
    knowledge_tokens = knowledge_characters / able.characters_per_token
    knowledge = (room - knowledge_tokens) * FITTED * able.characters_per_token >= LEAST_CHARACTERS
    if knowledge:
        room -= knowledge_tokens
    elif knowledge_characters:
        notes.append(
            f"the model's context of {able.context_tokens or USUAL_CONTEXT_TOKENS} tokens has no room for what is "
            "known of such signs in general"
        )
    way, moments_s = _pictures(evidence, able, wanted, room * MEDIA_SHARE)
    if wanted.media not in ("auto", way):
        notes.append(f"the model takes no {wanted.media}, or has no room for it: it is shown {way}")
    sound_s = min(evidence.duration_s, SOUND_S, max(0.0, room) * SOUND_SHARE / able.sound_second_tokens)
    sound_s = sound_s if able.audio and has_sound and wanted.media != "text" else 0.0
    if 0 < sound_s < evidence.duration_s:
        notes.append(f"the model has room for the first {sound_s:.0f} s of the sound only")
    room -= _media_tokens(Presentation(way=way, moments_s=moments_s, sound_s=sound_s), able)
    characters = max(LEAST_CHARACTERS, int(room * FITTED * able.characters_per_token))
    transcript = min(TRANSCRIPT_CHARACTERS, int(characters * TRANSCRIPT_SHARE))
    table = min(TABLE_CHARACTERS, characters - transcript)
    shown = fitting(evidence, ranked(evidence, relevance), table) if wanted.evidence else ()
    if wanted.evidence and table < TABLE_CHARACTERS and len(shown) < len(evidence.observations):
        notes.append(
            f"the model's context of {able.context_tokens or USUAL_CONTEXT_TOKENS} tokens has room for {len(shown)} of "
            f"{len(evidence.observations)} observations"
        )
    chosen = Presentation(
        way=way,
        moments_s=moments_s,
        sound_s=round(sound_s, 2),
        evidence=wanted.evidence,
        shown=shown,
        transcript_characters=transcript,
        knowledge=knowledge,
    )
    return chosen, tuple(notes)


def without(presentation: Presentation, medium: Medium | None, at_most: int = 0) -> Presentation | None:
    """The next way down when a medium (none: it was not told which) is refused; none when only text is left.

    Where the model takes `at_most` so many pictures, and more were sent, it is so many.
    """
    if presentation.way == "frames" and medium == "image" and 0 < at_most < len(presentation.moments_s):
        return presentation.model_copy(update={"moments_s": fewer(presentation.moments_s, at_most)})
    if presentation.sound_s and medium in ("audio", None):
        return presentation.model_copy(update={"sound_s": 0.0})
    if presentation.way == "video":
        return presentation.model_copy(update={"way": "frames", "moments_s": fewer(presentation.moments_s, FRAMES)})
    if presentation.way == "frames":
        return presentation.model_copy(update={"way": "text", "moments_s": ()})
    return None


def halved(presentation: Presentation, evidence: Evidence) -> Presentation:
    """About half of all that is shown, for a model whose context turned out to be too short."""
    shown, count = presentation.shown or (), len(presentation.moments_s) // 2
    short = presentation.way == "video" and count < LEAST_VIDEO_FRAMES  # as pictures, which cost about twice as much
    count = count // 2 if short else count - count % 2 if presentation.way == "video" else count
    return presentation.model_copy(
        update={
            "way": "text" if not count else "frames" if short else presentation.way,
            "moments_s": fewer(presentation.moments_s, count),
            "sound_s": presentation.sound_s / 2,
            "shown": fitting(evidence, shown, length(evidence, shown) // 2),
            "transcript_characters": presentation.transcript_characters // 2,
        }
    )


def fewer(moments_s: tuple[float, ...], count: int) -> tuple[float, ...]:
    """So many of the moments, evenly spread; all of them when there are no more."""
    if len(moments_s) <= count:
        return moments_s
    return tuple(moments_s[int((n + 0.5) * len(moments_s) / count)] for n in range(count))


def check_room(
    messages: Sequence[Mapping[str, Any]], schema: dict[str, Any], presentation: Presentation, able: Abilities
) -> None:
    """Hold back what would not fit: the messages as sent, with room for the longest answer that keeps the schema.

    Raises:
        ContextOverflow: it is more than the context that the endpoint tells of.
    """
    if able.context_tokens is None:
        return
    contents = [message["content"] for message in messages]
    parts = [part for c in contents for part in (c if isinstance(c, list) else [{"text": c}])]
    characters = sum(len(part.get("text", "")) for part in parts)
    tokens = characters / able.characters_per_token + _media_tokens(presentation, able)
    tokens += answer_tokens(longest(schema), able)
    if tokens > able.context_tokens:
        enough = math.ceil(tokens / CONTEXT_STEP_TOKENS) * CONTEXT_STEP_TOKENS
        raise ContextOverflow(
            f"the model's context of {able.context_tokens} tokens is too short: it takes {enough} or more "
            f"(vLLM: --max-model-len {enough})"
        )


def _as_asked_for(able: Abilities, wanted: Wanted) -> tuple[Abilities, list[str]]:
    """What could not be found out is taken for an ability where the user asks for it, and said."""
    asked = {"images": wanted.media == "frames", "video": wanted.media == "video"}
    if not able.known:
        note = "what the model takes could not be found out: it is shown no more than was asked for"
        return able.model_copy(update=asked), [note]
    unknown = [medium for medium in MEDIA if medium in able.unknown and wanted.media != "text"]
    notes = [f"whether the model takes {medium} could not be found out ({able.unknown[medium]})" for medium in unknown]
    return able.model_copy(update={medium: asked.get(medium, False) for medium in unknown}), notes


def _media_tokens(presentation: Presentation, able: Abilities) -> float:
    picture = able.frame_tokens if presentation.way == "video" else able.picture_tokens
    return len(presentation.moments_s) * picture + presentation.sound_s * able.sound_second_tokens


def _pictures(evidence: Evidence, able: Abilities, wanted: Wanted, room: float) -> tuple[Way, tuple[float, ...]]:
    """The best way of those wanted that the model takes and has room for, and the moments that it sees."""
    for way in WAYS if wanted.media == "auto" else WAYS[WAYS.index(wanted.media) :]:
        if way == "video" and able.video and (most := int(room / able.frame_tokens)) >= LEAST_VIDEO_FRAMES:
            count = min(VIDEO_FRAMES, most, max(LEAST_VIDEO_FRAMES, round(evidence.duration_s * VIDEO_HZ)))
            return way, even_times(evidence.duration_s, count - count % 2)
        if way == "frames" and able.images and (count := min(wanted.frames, int(room / able.picture_tokens))) > 0:
            return way, choose_times(evidence, count, uniform=wanted.frame_choice == "uniform")
    return "text", ()
