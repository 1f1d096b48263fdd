"""What is claimed of a person, at which level, on what evidence."""

from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, create_model, model_validator

from perception.evidence import Frozen, Seconds, Share

Level = Literal["behaviour", "cognition", "emotion"]
# a rule of the knowledge base, what a model says of itself, the probabilities of the label's tokens, or how many of
# several samples give the same label
ConfidenceFrom = Literal["rule", "stated", "label_probability", "sample_agreement"]
LEVELS: tuple[Level, ...] = ("behaviour", "cognition", "emotion")
TEXT_CHARACTERS = 240  # longest text of a claim: one sentence
MOST_CLAIMS = 6  # of one level about one person in one answer
MOST_EVIDENCE = 8  # ids cited by one claim
FRAME_PREFIX = "frame@"  # `frame@2.40`: a frame that only the model looked at


def one_line(text: str) -> str:
    """Text as one short line: control characters and runs of blanks become a space, the rest is cut off."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not line:
        raise ValueError("the text is empty")
    return line if len(line) <= TEXT_CHARACTERS else line[: TEXT_CHARACTERS - 1] + "…"


# A grammar backend may let raw control characters through where a string has a maxLength, so that servers are
# given a pattern instead; what comes back is taken more liberally, since not every server follows one. Its first
# character is no blank: random weights do write a line of blanks, now and then.
INK = "A-Za-z0-9,.;:'()%/+-"
Line = Annotated[
    str,
    AfterValidator(one_line),
    WithJsonSchema({"type": "string", "pattern": rf"^[{INK}][ {INK}]{{0,{TEXT_CHARACTERS - 1}}}$"}),
]


class Alternative(Frozen):
    """Another label that the claim could have had."""

    label: str
    probability: Share


class Claim(Frozen):
    """One statement about one person (or, without a person, about all of them together)."""

    id: str = Field(description="unique in the report, such as P1-emotion-2")
    level: Level
    label: str = Field(description="id of a label of the codebook; empty when abstained")
    alternatives: tuple[Alternative, ...] = ()
    text: str = Field(min_length=1)
    person: str | None = None
    start_s: Seconds
    end_s: Seconds
    confidence: Share
    confidence_from: ConfidenceFrom = Field(default="rule", description="what the confidence rests on")
    evidence: tuple[str, ...] = Field(description="observation ids, or frame@seconds for what only a model saw")
    depends_on: tuple[str, ...] = Field(default=(), description="ids of the claims that this one builds on")
    abstained: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError(f"{self.id} ends before it starts ({self.start_s}-{self.end_s} s)")
        if not self.abstained and not (self.evidence and self.label):
            raise ValueError(f"{self.id} has no {'label' if self.evidence else 'evidence'} and does not abstain")
        return self

    @property
    def basis(self) -> Literal["measured", "seen", "none"]:
        """The tier of its evidence: measured by a tool, only seen by a model, or none (an abstention)."""
        if not self.evidence:
            return "none"
        return "seen" if all(e.startswith(FRAME_PREFIX) for e in self.evidence) else "measured"


NARROWED_KEPT = 256  # types of drafts: as many as questions of different clips are on the way at once


class Draft(Frozen):
    """A claim as an agent gives it: not yet checked, numbers as bounded integers.

    Grammar backends of model servers can run on for ever in an unbounded number or string; integers
    with limits, patterns and short arrays hold on all of them.
    """

    label: str
    text: Line
    start_ms: Annotated[int, Field(ge=0, le=86_400_000)]
    end_ms: Annotated[int, Field(ge=0, le=86_400_000)]
    confidence_percent: Annotated[int, Field(ge=0, le=100)]
    second_label: str | None = None
    second_percent: Annotated[int, Field(ge=0, le=100)] = 0
    evidence: Annotated[tuple[str, ...], Field(max_length=MOST_EVIDENCE)]
    abstained: bool = False


class ClaimList(Frozen):
    """An agent's answer: its drafts, at most a few."""

    claims: Annotated[tuple[Draft, ...], Field(max_length=MOST_CLAIMS)]

    def of(self, level: Level) -> tuple[Draft, ...]:
        """The drafts of the level that was asked for."""
        return self.claims


@lru_cache(maxsize=NARROWED_KEPT)
def draft_for(labels: tuple[str, ...], evidence_ids: tuple[str, ...], last_ms: int) -> type[Draft]:
    """The type of a draft with labels, evidence ids and times narrowed to what exists in this clip.

    The narrowed type's JSON schema is what a model server is made to follow; the checks do not rely on it, for a
    server may ignore it. Types take milliseconds to make, so that they are kept for the next question.
    """
    a_label: Any = Literal[labels]
    an_id: Any = Literal[evidence_ids or ("none",)]
    at: Any = Annotated[int, Field(ge=0, le=last_ms)]
    evidence: Any = Annotated[tuple[an_id, ...], Field(max_length=MOST_EVIDENCE if evidence_ids else 0)]
    made: type[Draft] = create_model(
        "Draft",
        __base__=Draft,
        label=(a_label, ...),
        second_label=(a_label | None, None),
        start_ms=(at, ...),
        end_ms=(at, ...),
        evidence=(evidence, ...),
    )
    return made


def some(draft: Any) -> Any:
    """The type of an answer's drafts."""
    return Annotated[tuple[draft, ...], Field(max_length=MOST_CLAIMS)]


class Verdict(Frozen):
    """What one check says of one claim."""

    check: str = Field(description="name of the check, such as evidence_exists")
    claim: str = Field(description="id of the claim; `draw2:P1-emotion-1` is one that a draw of a vote made")
    passed: bool
    detail: str = ""
    round: int = Field(default=0, ge=0, description="revision in which it was made")


class RejectedClaim(Frozen):
    """A draft or claim that did not hold, kept so that a reader sees what was said and why it fell."""

    level: Level
    person: str | None = None
    label: str | None = Field(default=None, description="that was claimed; none where the draft had none")
    start_s: Seconds | None = None
    end_s: Seconds | None = None
    text: str
    reason: str
    round: int = Field(default=0, ge=0)
