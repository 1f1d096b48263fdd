"""The utterance emotion agent: what each utterance of a conversation suggests of who speaks, or of who listens."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from agents.agent import Agent
from agents.case import Background, Case
from agents.checking.calibration import Calibration
from agents.checking.checks import ROUNDING_S, accept, evidence_of_person
from agents.checking.confidence import Sureness
from agents.claims import MOST_EVIDENCE, Alternative, Claim, ConfidenceFrom, Draft, Line
from agents.dialogue import About, RejectedAnswer, Said, Window, rows, utterance_id
from agents.report import Failure, TokenUse
from agents.showing.media import frame_id
from perception.evidence import Evidence, Frozen, Seconds, Share

BACKGROUND = Background(levels=("emotion",), knowledge=("facs", "words"))
Percent = Annotated[int, Field(ge=0, le=100)]


class UtteranceEmotion(Frozen):
    """The emotion that an utterance suggests; times are seconds of the clip, or as the transcript gives them."""

    index: int = Field(ge=1, description="place in the conversation")
    speaker: str | None = Field(description="as the transcript names the speaker")
    person: str | None = Field(description="track of the one whom it is about; none: not seen, or not known")
    start_s: Seconds
    end_s: Seconds
    text: str = Field(description="what is said")
    about: About
    label: str = Field(description="id of an emotion of the codebook; empty when abstained")
    confidence: Share
    confidence_from: ConfidenceFrom = Field(default="rule", description="what the confidence rests on")
    alternatives: tuple[Alternative, ...] = ()
    reason: str
    evidence: tuple[str, ...] = Field(description="observation ids, or frame@seconds for what only a model saw")
    abstained: bool = False

    @property
    def id(self) -> str:
        """The id of its words as an observation."""
        return utterance_id(self.index)


class Conversation(Frozen):
    """The emotion of each utterance, with the evidence that they cite and how it was made."""

    name: str = Field(description="file name of the clip, or of the transcript")
    about: About
    utterances: tuple[UtteranceEmotion, ...]
    summary: tuple[str, ...] = Field(default=(), description="of all that came before the last utterances' context")
    codebook: str
    model: str | None
    rejected: tuple[RejectedAnswer, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    calibrations: tuple[Calibration, ...] = Field(default=(), description="applied to the model's confidences")
    tokens: TokenUse = TokenUse()
    evidence: Evidence


class EmotionDraft(Frozen):
    """The answer about one utterance as the agent gives it, not yet checked."""

    label: str
    text: Line
    confidence_percent: Percent
    second_label: str | None = None
    second_percent: Percent = 0
    evidence: Annotated[tuple[str, ...], Field(max_length=MOST_EVIDENCE)]
    abstained: bool = False


class EmotionDrafts(Frozen):
    """An answer; its fields, made for each question, are the ids of the utterances in question."""


def utterance_emotion(window: Window, summary: Sequence[str], about: About, fence: str) -> Agent[EmotionDrafts]:
    """Judge some utterances at once, given what was said before (after BeMERC, Fu et al. 2025, arXiv 2503.23990).

    `fence` closes off the words of the conversation.
    """

    def narrowed(case: Case) -> type[EmotionDrafts]:
        return _drafts({said.id: _draft_for(said, case) for said in window.asked})

    # what is read is laxer: an utterance that was left out or a false id costs one answer, not all
    optional: Any = (EmotionDraft | None, None)
    return Agent(
        name="utterance emotion",
        prompt="utterance_emotion.md",
        output=create_model("EmotionDrafts", __base__=EmotionDrafts, **{said.id: optional for said in window.asked}),
        narrowed=narrowed,
        level="emotion",
        knowledge=BACKGROUND.knowledge,
        choice="label",
        given={
            "about": about,
            "ids": tuple(said.id for said in window.asked),
            "summary": tuple(summary),
            "context": rows(window.context),
            "shown": rows(window.shown),
            "fence": fence,
        },
    )


def checked(
    said: Said, draft: EmotionDraft, case: Case, about: About, sure: Sureness | None = None
) -> tuple[UtteranceEmotion, RejectedAnswer | None]:
    """The emotion that a draft makes; of one that fails a check an abstention, with the draft and the reason.

    Checks: those of every claim (`agents.checking.checks`), and that all it cites is of this person in this utterance.
    `sure` tells how sure it is; what it states itself counts when it is not given.
    """
    about_one = case.about(said.subject)
    claims, _, verdicts = accept([as_claim(said, draft)], "emotion", about_one, sure=sure and [sure])
    problems = {v.check: v.detail for v in verdicts if not v.passed}
    other = _cites_other(said, draft, case)
    if other and said.subject is None:  # the checks take one whom nobody knows for everybody
        problems.pop(evidence_of_person.__name__, None)
    reason = "; ".join(problems.values()) or other
    if reason:
        refused = RejectedAnswer(utterance=said.id, text=f"{draft.label[:40]}: {draft.text}", reason=reason)
        return abstention(said, about, f"The model's answer did not hold: {reason}."), refused
    return emotion_of(said, about, claims[0]), None


def as_claim(said: Said, draft: EmotionDraft) -> Draft:
    """An answer about an utterance as the draft of a claim."""
    return Draft(
        start_ms=round(said.utterance.start_s * 1000),
        end_ms=round(said.utterance.end_s * 1000),
        **draft.model_dump(),
    )


def emotion_of(said: Said, about: About, claim: Claim) -> UtteranceEmotion:
    """A claim as the emotion of an utterance."""
    return UtteranceEmotion(
        **_facts(said, about),
        label=claim.label,
        confidence=claim.confidence,
        confidence_from=claim.confidence_from,
        alternatives=claim.alternatives,
        reason=claim.text,
        evidence=claim.evidence,
        abstained=claim.abstained,
    )


def abstention(said: Said, about: About, reason: str) -> UtteranceEmotion:
    """Nothing is said of this utterance, and why."""
    return UtteranceEmotion(
        **_facts(said, about), label="", confidence=0.0, reason=reason, evidence=(), abstained=True
    )  # fmt: skip


def citable(said: Said, case: Case) -> tuple[str, ...]:
    """What an answer about an utterance may cite: observations of the person meanwhile, and frames shown of it."""
    start_s, end_s = said.utterance.start_s - ROUNDING_S, said.utterance.end_s + ROUNDING_S
    seen = [frame_id(t) for t in case.presentation.moments_s if start_s <= t <= end_s]
    return (*(o.id for o in said.evidence), *seen)


def _draft_for(said: Said, case: Case) -> type[EmotionDraft]:
    a_label: Any = Literal[case.codebook.ids("emotion")]
    an_id: Any = Literal[citable(said, case)]
    evidence: Any = Annotated[tuple[an_id, ...], Field(max_length=MOST_EVIDENCE)]
    made: type[EmotionDraft] = create_model(
        "EmotionDraft",
        __base__=EmotionDraft,
        label=(a_label, ...),
        second_label=(a_label | None, None),
        evidence=(evidence, ...),
    )
    return made


def _drafts(by_id: dict[str, type[EmotionDraft]]) -> type[EmotionDrafts]:
    fields: Any = {id_: (kind, ...) for id_, kind in by_id.items()}
    made: type[EmotionDrafts] = create_model("EmotionDrafts", __base__=EmotionDrafts, **fields)
    return made


def _cites_other(said: Said, draft: EmotionDraft, case: Case) -> str | None:
    apart = [id_ for id_ in draft.evidence if id_ not in citable(said, case)]
    return f"{', '.join(apart)} tells nothing of {said.subject or 'the speaker'} in {said.id}" if apart else None


def _facts(said: Said, about: About) -> dict[str, Any]:
    spoken = said.utterance
    return {
        "index": said.index,
        "speaker": spoken.speaker,
        "person": said.subject,
        "start_s": spoken.start_s,
        "end_s": spoken.end_s,
        "text": spoken.text,
        "about": about,
    }
