"""What a run of the mental-state graph carries between steps, and what it is set up with."""

import operator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict, get_args

from agents.agent import Model, background_of
from agents.behaviour import behaviour
from agents.case import Case, Feedback
from agents.checking.calibration import Calibration
from agents.claims import Claim, Level
from agents.codebook import Codebook
from agents.cognition import cognition
from agents.emotion import emotion
from agents.pep_mek import take_notes
from agents.report import ClipFacts, TokenUse
from agents.showing.fence import fence
from agents.showing.presentation import Presentation, Wanted
from graphs.store import Store
from perception.cache import Cache
from perception.clip import Clip
from perception.evidence import Evidence
from perception.isolation import WorkerLimits
from perception.tool import Tool
from perception.transcripts import Words

Json = dict[str, Any]
Strategy = Literal["single", "single+evidence", "vote", "debate", "cascade", "cascade+critic"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
USUAL = Wanted()
BACKGROUND = background_of((behaviour(), cognition(), emotion(), take_notes()))  # whatever the strategy


@dataclass(frozen=True)
class Setup:
    """Everything live that a run needs; never part of a checkpoint."""

    clip: Clip | Words  # words alone can't be measured: they are the evidence
    tools: tuple[Tool, ...]
    codebook: Codebook
    store: Store
    cache: Cache | None = None
    model: Model | None = None  # none: the knowledge reasoner
    embedder: str | None = None  # ranks what a model is shown when there is more than fits
    worker: WorkerLimits | None = None  # none: measure in this process
    wanted: Wanted = USUAL  # of what a model is shown
    secret: bytes = b""  # of this installation: whoever makes a clip does not know how its words are fenced
    strategy: Strategy = "cascade+critic"
    samples: int = 3  # answers whose agreement gives a confidence where a model tells no probabilities
    calibrations: tuple[Calibration, ...] = ()  # of the model's confidences
    audit_pairs: int = 5  # of true and falsified statements that the model is asked about its own report
    check_gestures: bool = False  # the model looks at each gesture that was measured, before anyone judges
    narrated: bool = True  # by the model, where there is one; else by rule
    max_revisions: int = 2
    seed: int = 0
    version: str = ""

    @property
    def video(self) -> Clip | None:
        """The clip, where there is more than words."""
        return self.clip if isinstance(self.clip, Clip) else None

    async def close(self) -> None:
        """Let go of the model's connections."""
        if self.model is not None:
            await self.model.close()


def add_seconds(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Add times up by stage."""
    return {stage: before.get(stage, 0.0) + after.get(stage, 0.0) for stage in {**before, **after}}


def add_tokens(before: Json, after: Json) -> Json:
    """Add token use up."""
    return (TokenUse.model_validate(before) + TokenUse.model_validate(after)).model_dump()


class State(TypedDict, total=False):
    """Small JSON values only; evidence and report are keys of the content store."""

    evidence: str
    people: list[str]
    presentation: Json  # what a model is shown
    claims: list[Json]
    pending: list[Level]  # levels that still have to be judged in this round
    feedback: dict[Level, list[Json]]  # what the critic wants changed
    round: int
    unsettled: int  # claims that failed a check in the last round
    verdicts: Annotated[list[Json], operator.add]
    rejected: Annotated[list[Json], operator.add]
    failures: Annotated[list[Json], operator.add]
    tokens: Annotated[Json, add_tokens]
    seconds: Annotated[dict[str, float], add_seconds]
    narrative: str
    self_audit: Json | None
    report: str


def facts_of(clip: Clip | Words) -> ClipFacts:
    """What a report says of the file; its name without the folder it lies in."""
    if isinstance(clip, Words):  # without a picture, none of these but the duration means anything
        return ClipFacts(
            name=clip.name, sha256=clip.sha256, duration_s=clip.duration_s, fps=1.0, width=0, height=0, n_frames=0,
            has_audio=False, variable_frame_rate=False, transcript=clip.utterances,
        )  # fmt: skip
    return ClipFacts(
        name=clip.path.name,
        sha256=clip.sha256,
        duration_s=clip.duration_s,
        fps=clip.fps,
        width=clip.width,
        height=clip.height,
        n_frames=clip.n_frames,
        has_audio=clip.has_audio,
        variable_frame_rate=clip.variable_frame_rate,
        transcript=clip.transcript,
    )


def case_of(state: State, setup: Setup, level: Level | None = None) -> Case:
    """The case as it stands, for an agent of a level."""
    return Case(
        clip=facts_of(setup.clip),
        evidence=setup.store.get(state["evidence"], Evidence),
        codebook=setup.codebook,
        people=tuple(state.get("people", ())),
        claims=tuple(Claim.model_validate(c) for c in state.get("claims", ())),
        feedback=tuple(Feedback.model_validate(f) for f in state.get("feedback", {}).get(level, ())) if level else (),
        fence=fence(setup.clip.sha256, setup.secret),
        presentation=Presentation.model_validate(state.get("presentation", {})),
        background=BACKGROUND,
    )
