"""The incongruity agent: where words do not go with face or voice (sarcasm, masking), with the evidence of both sides.

Congruity is looked at on several levels, phrase, sentence and context, after PC-MNet's; the kinds and checks are ours.
"""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, WithJsonSchema, create_model

from agents.agent import Agent
from agents.behaviour_captions import SOUND, is_behaviour
from agents.case import Background, Case
from agents.checking.checks import (
    HARD_CHECKS,
    SEEN_ONLY_AT_MOST,
    cited,
    evidence_of_person,
    label_in_codebook,
    within_traces,
)
from agents.checking.confidence import Sureness, stated
from agents.claims import MOST_EVIDENCE, ConfidenceFrom, Draft, Line
from agents.dialogue import RejectedAnswer, Said, Window, moving_lips, rows
from agents.reading.quotations import occurs
from agents.report import Failure, TokenUse
from agents.utterance_emotion import Percent, citable
from perception.evidence import Evidence, Frozen, Observation, Seconds, Share
from perception.incongruity import USUAL_NEEDS, face_valence

Kind = Literal["sarcasm", "masking", "other_conflict"]
BACKGROUND = Background(knowledge=("words", "facs"))  # its kinds stand in its own prompt
KINDS: tuple[str, ...] = ("none", *get_args(Kind))  # what an answer may be
Depth = Literal["phrase", "sentence", "context"]
MOST_BEFORE = 3
TOOL = "incongruity"  # kind of the observations that the tool of the same name makes
UNSEEN = "neither face nor voice of the speaker was measured meanwhile"

LONGEST_PHRASE = 60


def phrase_of(words: str) -> Any:
    """The type of a phrase quoted from the words, in whatever script they are written."""
    letters = "".join(sorted({c for c in words if c.isalnum() and not c.isascii()}))
    pattern = rf"^[A-Za-z0-9{letters} ,.;:'()%/+-]{{0,{LONGEST_PHRASE}}}$"
    return Annotated[str, Field(max_length=LONGEST_PHRASE), WithJsonSchema({"type": "string", "pattern": pattern})]


class Conflict(Frozen):
    """An utterance whose words do not go with face, voice or situation; both sides are cited."""

    index: int = Field(ge=1, description="place in the conversation")
    speaker: str | None
    person: str | None = Field(description="track of the speaker; none: not known")
    start_s: Seconds
    end_s: Seconds
    text: str = Field(description="what is said")
    kind: Kind
    level: Depth
    phrase: str = Field(default="", description="the words in conflict, at the level of a phrase")
    reason: str
    words: tuple[str, ...] = Field(min_length=1, description="ids of what is said")
    before: tuple[str, ...] = Field(default=(), description="ids of earlier utterances, at the level of context")
    signs: tuple[str, ...] = Field(min_length=1, description="ids of face, voice or body, or frame@seconds")
    confidence: Share
    confidence_from: ConfidenceFrom = Field(default="rule", description="what the confidence rests on")


class Incongruities(Frozen):
    """The conflicts of a clip, which utterances could not be judged, and how it was made."""

    name: str = Field(description="file name of the clip")
    conflicts: tuple[Conflict, ...]
    judged: tuple[int, ...] = Field(description="places of the utterances that were judged")
    not_judged: dict[int, str] = Field(default_factory=dict, description="why another was not, by its place")
    model: str | None
    rejected: tuple[RejectedAnswer, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    tokens: TokenUse = TokenUse()
    evidence: Evidence


class ConflictDraft(Frozen):
    """The answer about one utterance as the agent gives it, not yet checked."""

    kind: Literal["none", "sarcasm", "masking", "other_conflict"]
    level: Depth = "sentence"
    phrase: Annotated[str, Field(max_length=LONGEST_PHRASE)] = ""
    words: Annotated[tuple[str, ...], Field(max_length=1)] = ()
    signs: Annotated[tuple[str, ...], Field(max_length=MOST_EVIDENCE - 1)] = ()
    before: Annotated[tuple[str, ...], Field(max_length=MOST_BEFORE)] = ()
    text: Line
    confidence_percent: Percent

    @property
    def abstained(self) -> bool:
        """Whether it tells of no conflict."""
        return self.kind == "none"


class ConflictDrafts(Frozen):
    """An answer; its fields, made for each question, are the ids of the utterances in question."""


def incongruity(window: Window, fence: str) -> Agent[ConflictDrafts]:
    """Judge some utterances at once; `fence` closes off the words of the conversation."""
    earlier: dict[str, tuple[str, ...]] = {said.id: _before(said, window) for said in window.asked}

    def narrowed(case: Case) -> type[ConflictDrafts]:
        fields: Any = {said.id: (_draft_for(said, case, earlier[said.id]), ...) for said in window.asked}
        made: type[ConflictDrafts] = create_model("ConflictDrafts", __base__=ConflictDrafts, **fields)
        return made

    optional: Any = (ConflictDraft | None, None)
    return Agent(
        name="incongruity",
        prompt="incongruity.md",
        output=create_model("ConflictDrafts", __base__=ConflictDrafts, **{said.id: optional for said in window.asked}),
        narrowed=narrowed,
        knowledge=BACKGROUND.knowledge,
        choice="kind",
        given={
            "ids": tuple(earlier),
            "context": rows(window.context),
            "shown": rows(window.shown),
            "fence": fence,
        },
    )


def checked(
    said: Said, draft: ConflictDraft, window: Window, case: Case, sure: Sureness | None = None
) -> tuple[Conflict | None, RejectedAnswer | None]:
    """The conflict that a draft makes, or the draft handed back with the reason; neither when it tells of none.

    `sure` tells how sure its kind is; what it states itself counts when it is not given.
    """
    if draft.abstained:
        return None, None
    problems = [why for why in (*_sides(said, draft, window, case), *_general(said, draft, case)) if why]
    if problems:
        text = f"{draft.kind}: {draft.text}"
        return None, RejectedAnswer(utterance=said.id, text=text, reason="; ".join(dict.fromkeys(problems)))
    measured, told = cited(draft.signs, case), sure or stated(as_claim(said, draft))
    surest = max((o.quality for o in measured), default=SEEN_ONLY_AT_MOST)
    return _conflict(
        said,
        case,
        kind=draft.kind,
        level=draft.level,
        phrase=draft.phrase if draft.level == "phrase" else "",
        reason=draft.text,
        words=draft.words,
        before=draft.before if draft.level == "context" else (),
        signs=tuple(dict.fromkeys(draft.signs)),
        confidence=min(told.probability, surest),
        confidence_from=told.source,
    ), None


def as_claim(said: Said, draft: ConflictDraft) -> Draft:
    """An answer about an utterance as the draft of a claim, with its kind as the label."""
    return Draft(
        label=draft.kind,
        text=draft.text,
        start_ms=round(said.utterance.start_s * 1000),
        end_ms=round(said.utterance.end_s * 1000),
        confidence_percent=draft.confidence_percent,
        evidence=(*draft.words, *draft.signs),
        abstained=draft.abstained,
    )


def measured_conflicts(said: Said, case: Case) -> list[Conflict]:
    """Without a model: what the incongruity tool found of an utterance; signs alone do not tell which kind it is."""
    known = {o.id for o in case.evidence.observations}
    found = [o for o in case.evidence.of(TOOL) if _same_time(o, said) and o.person in (None, said.person)]
    conflicts = []
    for one in found:
        named = [id_ for id_ in re.findall(r"[\w.]+-\d+", one.text) if id_ in known and id_ != said.id]
        conflicts.append(
            _conflict(
                said,
                case,
                kind="other_conflict",
                level="sentence",
                reason=one.text,
                words=(said.id,),
                signs=tuple(dict.fromkeys((*named, one.id))),
                confidence=one.confidence * one.quality,
            )
        )
    return conflicts


def why_not_measured(said: Said, case: Case) -> str | None:
    """Without a model: why the incongruity tool held nothing of the speaker against these words; none where it did."""
    evidence, utterance = case.evidence, said.utterance
    if not any(run.tool == TOOL and run.status in ("ok", "abstained") for run in evidence.tools):
        return f"the tool {TOOL} did not measure anything"
    person = moving_lips(utterance, evidence)
    valued = any(o.id == said.id and o.value is not None for o in evidence.observations)
    if person is None or not valued:
        return "; ".join(a.reason for a in evidence.abstentions if a.tool == TOOL) or UNSEEN
    units = [s for s in evidence.signals if s.tool == "action_units" and s.person == person]
    face = face_valence(units, utterance.start_s, utterance.end_s) is not None
    voice = any(o.kind == SOUND for o in said.evidence) and len(evidence.of(SOUND)) >= USUAL_NEEDS
    return None if face or voice else UNSEEN


def signs_of(said: Said, case: Case) -> tuple[str, ...]:
    """What can be held against the words of an utterance: face, voice and body of its speaker, and frames shown."""
    nothing = {o.id for o in said.evidence if not is_behaviour(o)}
    return tuple(id_ for id_ in citable(said, case) if id_ not in nothing)


def _sides(said: Said, draft: ConflictDraft, window: Window, case: Case) -> list[str | None]:
    """What is wrong with the two sides of a conflict."""
    allowed = signs_of(said, case)
    apart = [id_[:40] for id_ in draft.signs if id_ not in allowed]
    wrong_words = [id_[:40] for id_ in draft.words if id_ != said.id]
    unknown = [id_[:40] for id_ in draft.before if id_ not in _before(said, window)]
    return [
        None if draft.words else "it cites no words",
        f"{', '.join(wrong_words)} is not what is said here" if wrong_words else None,
        None if draft.signs else "it cites no sign of face, voice or body",
        f"{', '.join(apart)} is no sign of the speaker in {said.id}" if apart else None,
        f"{', '.join(unknown)} is no earlier utterance that was shown" if unknown else None,
        "it speaks of the context but cites no earlier utterance"
        if draft.level == "context" and not draft.before
        else None,
        f"{draft.phrase!r} is not among the words"
        if draft.level == "phrase" and not occurs(draft.phrase, said.utterance.text)
        else None,
    ]


def _general(said: Said, draft: ConflictDraft, case: Case) -> list[str | None]:
    """What is wrong by the checks of every claim."""
    claim, about = as_claim(said, draft), case.about(said.person)
    left_out = {label_in_codebook, *(() if said.person else (evidence_of_person,))}  # of one whom nobody knows
    return [check(claim, "emotion", about) for check in HARD_CHECKS if check not in left_out]


def _before(said: Said, window: Window) -> tuple[str, ...]:
    return tuple(other.id for other in (*window.context, *window.shown) if other.index < said.index)


def _draft_for(said: Said, case: Case, before: tuple[str, ...]) -> type[ConflictDraft]:
    made: type[ConflictDraft] = create_model(
        "ConflictDraft",
        __base__=ConflictDraft,
        phrase=(phrase_of(said.utterance.text), ...),
        words=(_ids((said.id,), 1), ...),
        signs=(_ids(signs_of(said, case), MOST_EVIDENCE - 1), ...),
        before=(_ids(before, MOST_BEFORE), ...),
    )
    return made


def _ids(known: tuple[str, ...], most: int) -> Any:
    an_id: Any = Literal[known or ("none",)]
    return Annotated[tuple[an_id, ...], Field(max_length=most if known else 0)]


def _same_time(o: Observation, said: Said) -> bool:
    return o.start_s < said.utterance.end_s and said.utterance.start_s < o.end_s


def _conflict(
    said: Said, case: Case, *, words: tuple[str, ...], signs: tuple[str, ...], confidence: float, **content: Any
) -> Conflict:
    start_s, end_s = said.utterance.start_s, said.utterance.end_s
    return Conflict(
        index=said.index,
        speaker=said.utterance.speaker,
        person=said.person,
        start_s=start_s,
        end_s=end_s,
        text=said.utterance.text,
        words=words,
        signs=signs,
        confidence=within_traces(confidence, (*words, *signs), case.about(said.person), start_s, end_s),
        **content,
    )
