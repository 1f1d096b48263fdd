"""`converse()` and `incongruities()`: a clip or a transcript in, the emotion of each utterance or conflicts out."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from agents.codebook import load_codebook
from agents.dialogue import CONTEXT
from agents.incongruity import Incongruities
from agents.models.opening import check_model
from agents.utterance_emotion import Conversation
from graphs import conversation, incongruity
from graphs.events import Event
from graphs.store import ContentStore
from graphs.talk import Talk
from mentalis.secret import secret
from mentalis.setting_up import fitted_for, model_of, setup_for, waited_for, with_overrides
from mentalis.settings import Settings, use_weights_of
from perception.clip import Clip
from perception.errors import MentalisError
from perception.tool import BUILT_IN, Tool, made
from perception.transcripts import Transcript, read_transcript

T = TypeVar("T")
PICTURES = ("video", "frames")  # what a model can only be shown of a clip
LONGEST_S = 86_400.0  # a transcript alone may last so long


class ConversationError(MentalisError):
    """Nothing that could be judged: no words, or neither clip nor transcript."""


def converse(clip: str | Path | None = None, **options: Any) -> Conversation:
    """The emotion of each utterance of a clip, or of a transcript alone; also inside a running event loop.

    Args:
        clip: a video file; none: the words alone are judged.
        **options: as of `aconverse`.

    Raises:
        ClipError: the file is no readable video.
        ModelError: nobody answers at the model's endpoint, or there is no such model.
        MentalisError: an option can't be used.
    """
    return waited_for(aconverse(clip, **options))


def incongruities(clip: str | Path, **options: Any) -> Incongruities:
    """The utterances of a clip whose words do not go with face or voice; also inside a running event loop.

    Args:
        clip: a video file.
        **options: as of `aincongruities`.

    Raises:
        ClipError: the file is no readable video.
        ModelError: nobody answers at the model's endpoint, or there is no such model.
        MentalisError: an option can't be used.
    """
    return waited_for(aincongruities(clip, **options))


async def aconverse(
    clip: str | Path | None = None,
    *,
    listener: bool = False,
    window: int = CONTEXT,
    on_event: Callable[[Event], None] | None = None,
    **options: Any,
) -> Conversation:
    """The emotion of each utterance, without blocking the event loop.

    Args:
        clip: a video file; none: the words alone are judged.
        listener: judge the one who listens; only where two people are in view.
        window: utterances before the ones in question that a model is told word by word; older ones are summarised.
        on_event: is called with what happens on the way.
        **options: `transcript` (SRT, WebVTT or JSON, plain text with a clip only), `tools` (names or made tools),
            `settings`, and any field of `Settings`.

    Raises:
        ClipError: the file is no readable video.
        ModelError: nobody answers at the model's endpoint, or there is no such model.
        MentalisError: an option can't be used.
    """
    more = {"about": "listener" if listener else "speaker", "context": window}
    return await _judged(conversation.converse, clip, more, on_event, **options)


async def aincongruities(
    clip: str | Path, *, on_event: Callable[[Event], None] | None = None, **options: Any
) -> Incongruities:
    """The utterances whose words do not go with face or voice, without blocking the event loop.

    Args:
        clip: a video file.
        on_event: is called with what happens on the way.
        **options: as of `aconverse`, less `listener` and `window`.

    Raises:
        ClipError: the file is no readable video.
        ModelError: nobody answers at the model's endpoint, or there is no such model.
        MentalisError: an option can't be used.
    """
    return await _judged(incongruity.incongruities, clip, {}, on_event, **options)


async def _judged(
    graph: Callable[[Talk, Callable[[Event], None] | None], Coroutine[Any, Any, T]],
    clip: str | Path | None,
    more: dict[str, Any],
    on_event: Callable[[Event], None] | None,
    *,
    transcript: str | Path | None = None,
    tools: Sequence[str | Tool] | None = None,
    settings: Settings | None = None,
    **overrides: Any,
) -> T:
    settings = with_overrides(settings, overrides)
    if clip is None and overrides.get("media") in PICTURES:
        raise ConversationError(f"--media {overrides['media']} needs a clip: give one, or leave it out for words alone")
    use_weights_of(settings)
    words = Path(transcript) if transcript is not None else None
    talk = await asyncio.to_thread(talk_about, Path(clip) if clip is not None else None, words, tools, settings, more)
    try:
        await check_model(talk.model)
        return await graph(talk, on_event)
    finally:
        if talk.model is not None:
            await talk.model.close()


def talk_about(
    path: Path | None,
    transcript: Path | None,
    tools: Sequence[str | Tool] | None,
    settings: Settings,
    more: dict[str, Any],
) -> Talk:
    """Everything that a graph over a conversation needs; `more` are further fields of it.

    Raises:
        ConversationError: there are no words.
        MentalisError: the clip, the transcript or an option can't be used.
    """
    chosen = tuple(made(t) for t in (tools or settings.tools or BUILT_IN))
    given: dict[str, Any] = {
        "codebook": load_codebook(settings.codebook),
        "store": ContentStore(settings.data / "content"),
        "secret": secret(settings.data),
        **more,
    }
    if path is None:
        words = _words_alone(transcript)
        assert transcript is not None
        given |= {
            "utterances": words.utterances,
            "language": words.language,
            "name": transcript.name,
            "sha256": hashlib.sha256(transcript.read_bytes()).hexdigest(),
        }
    else:
        clip = Clip.open(path, transcript=transcript)
        if not clip.transcript:
            raise ConversationError(f"{path}: no words are given; add them with a transcript (SRT, WebVTT or JSON)")
        given |= {
            "utterances": clip.transcript,
            "language": clip.transcript_language,
            "name": clip.path.name,
            "sha256": clip.sha256,
            "setup": setup_for(clip, chosen, None, settings),  # it measures only
        }
    model = model_of(settings)
    fitted = fitted_for(model, conversation.STRATEGY, settings)
    return Talk(model=model, samples=settings.samples, calibrations=fitted, **given)


def _words_alone(transcript: Path | None) -> Transcript:
    if transcript is None:
        raise ConversationError("give a clip, a transcript, or both")
    words = read_transcript(transcript, LONGEST_S)
    if not words.utterances:
        raise ConversationError(f"{transcript}: there are no words in it")
    if not all(u.timed for u in words.utterances):
        raise ConversationError(f"{transcript}: plain text does not tell when something is said; use SRT or JSON")
    return words
