"""The report: what was claimed of the people in a clip, on what evidence, and what the checks said."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from agents.checking.calibration import Calibration
from agents.checking.self_audit import SelfAudit
from agents.claims import Claim, RejectedClaim, Verdict
from agents.showing.presentation import Presentation
from perception.clip import Utterance
from perception.evidence import Evidence, Frozen, Seconds, Share


class ClipFacts(Frozen):
    """What is known of the file itself."""

    name: str = Field(description="file name without its folder")
    sha256: str
    duration_s: Seconds
    fps: Annotated[float, Field(gt=0)]
    width: int
    height: int
    n_frames: int
    has_audio: bool
    variable_frame_rate: bool
    transcript: tuple[Utterance, ...] = ()


class Person(Frozen):
    """Someone in the clip; the id is a track, not an identity."""

    id: str
    first_seen_s: Seconds
    last_seen_s: Seconds
    visible_s: Seconds


class AffectPoint(Frozen):
    """Valence and arousal of a person's expression over a stretch, each in [-1, 1]."""

    person: str
    start_s: Seconds
    end_s: Seconds
    valence: Annotated[float, Field(ge=-1, le=1)]
    arousal: Annotated[float, Field(ge=-1, le=1)]
    confidence: Share
    evidence: tuple[str, ...] = Field(min_length=1)


class Failure(Frozen):
    """Something that went wrong and that the report had to do without."""

    stage: str = Field(description="tool, agent or model call")
    what: str


def reason_of(what: str) -> str:
    """What went wrong, without the person whom an agent was asked about: who is away is away for everyone."""
    return re.sub(r"^(P\d+|everyone): ", "", what)


def told_once(failures: Sequence[Failure]) -> list[str]:
    """A line for each thing that went wrong, with all stages that it went wrong in."""
    stages: dict[str, list[Failure]] = {}
    for failure in failures:
        stages.setdefault(reason_of(failure.what), []).append(failure)
    return [
        f"{', '.join(dict.fromkeys(f.stage for f in alike))}: {reason if len(alike) > 1 else alike[0].what}"
        for reason, alike in stages.items()
    ]


class TokenUse(Frozen):
    """Tokens and calls that a model served."""

    calls: int = 0
    invalid: int = Field(default=0, description="calls whose answer did not keep to its form")
    failed: int = Field(default=0, description="calls that no answer came to, however often they were sent")
    calls_from_cache: int = 0
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def answered(self) -> bool:
        """Whether there was a valid answer at all."""
        return self.calls + self.calls_from_cache > self.invalid

    def __add__(self, other: "TokenUse") -> "TokenUse":
        return TokenUse(**{name: getattr(self, name) + getattr(other, name) for name in TokenUse.model_fields})


class Provenance(Frozen):
    """With what the report was made."""

    mentalis_version: str
    graph: str
    strategy: str
    reasoner: Literal["knowledge", "model"]
    model: str | None = None
    codebook: str
    codebook_sha256: str
    prompts_sha256: str = Field(description="of all prompts together")
    prompts: dict[str, str] = Field(default_factory=dict, description="sha256 of each prompt file")
    knowledge_sha256: str
    seed: int
    calibrations: tuple[Calibration, ...] = Field(default=(), description="applied to the model's confidences")
    presentation: Presentation | None = Field(default=None, description="what a model was shown of the clip")
    tokens: TokenUse = TokenUse()
    seconds: dict[str, float] = Field(default_factory=dict, description="time by stage")


class Report(Frozen):
    """Clip facts, people, evidence, claims with every check's verdict, and how it was made.

    Times are seconds in the clip from presentation timestamps; lengths are pixels of the displayed
    picture; AU intensities are FACS 0-5 (A trace 0.5-1.5 ... E maximum from 4.5) relative to the person's own
    neutral; confidences are probabilities; claims say what the expression suggests, never what a person is.
    """

    schema_version: Literal["1"] = "1"
    clip: ClipFacts
    people: tuple[Person, ...]
    claims: tuple[Claim, ...]
    narrative: str
    affect: tuple[AffectPoint, ...] = ()
    self_audit: SelfAudit | None = Field(
        default=None, description="how well the model told the report's statements from falsified ones"
    )
    verdicts: tuple[Verdict, ...] = ()
    rejected: tuple[RejectedClaim, ...] = ()
    failures: tuple[Failure, ...] = ()
    caveats: tuple[str, ...] = Field(min_length=1)
    conventions: dict[str, str] = Field(description="labels, units and frames of reference used above")
    evidence: Evidence
    provenance: Provenance

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from agents.notebook import as_html

        return as_html(self)
