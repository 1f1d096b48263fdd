"""What the graphs over a conversation share: what they are given, measuring, and laying out."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.agent import Agent, Model
from agents.case import NO_BACKGROUND, Background, Case
from agents.checking import integrity
from agents.checking.calibration import Calibration
from agents.codebook import Codebook
from agents.dialogue import CONTEXT, About, Said, dialogue, with_words
from agents.report import ClipFacts, Failure, TokenUse
from agents.showing.budget import present
from agents.showing.fence import fence
from agents.showing.messages import known, system, task
from agents.showing.presentation import Presentation
from graphs.events import Event
from graphs.perceiving import measure
from graphs.state import Json, Setup, add_tokens, facts_of
from graphs.store import Store, keep
from perception.clip import Clip
from perception.evidence import Evidence
from perception.transcripts import Utterance

NO_PICTURE = Presentation(evidence=False, shown=(), transcript_characters=0)
NO_MODEL = "no language model: labels come from rules and a lexicon, and mean little"


@dataclass(frozen=True)
class Talk:
    """Everything live that a graph over a conversation needs."""

    utterances: tuple[Utterance, ...]  # at least one, in order of time
    codebook: Codebook
    store: Store
    name: str  # of the clip, or of the transcript
    sha256: str  # likewise
    setup: Setup | None = None  # how the clip is measured; none: a transcript alone
    language: str | None = None  # of the words, when it is known
    model: Model | None = None  # none: the knowledge reasoner
    about: About = "speaker"
    context: int = CONTEXT  # utterances before the ones in question
    samples: int = 3  # answers whose agreement gives a confidence where a model tells no probabilities
    calibrations: tuple[Calibration, ...] = ()  # of the model's confidences in emotions
    secret: bytes = b""
    background: Background = NO_BACKGROUND  # what its agents are told alike

    @property
    def clip(self) -> Clip | None:
        """The clip, if there is one."""
        return self.setup.video if self.setup is not None else None


class TalkState(TypedDict, total=False):
    """Small JSON values only; the evidence is a key of the content store."""

    evidence: str
    people: list[str]
    presentation: Json
    summaries: list[list[str]]  # before each window
    results: list[Json]
    not_judged: dict[str, str]  # why not, by the place of an utterance
    rejected: list[Json]
    failures: Annotated[list[Json], operator.add]
    tokens: Annotated[Json, add_tokens]


Graph = CompiledStateGraph[TalkState, Talk, TalkState, TalkState]


async def perceive(state: TalkState, runtime: Runtime[Talk]) -> TalkState:
    """Measure the clip, if there is one; the words are evidence in any case."""
    talk = runtime.context
    if talk.setup is not None:
        measured = await measure(talk.setup, runtime.stream_writer)
    else:
        measured = Evidence(clip_sha256=talk.sha256, duration_s=max(u.end_s for u in talk.utterances))
    evidence = with_words(measured, talk.utterances, talk.language)
    failures = [
        {"stage": f"tool {run.tool}", "what": run.error}
        for run in evidence.tools
        if run.status in ("failed", "skipped")
    ]
    people = sorted({o.person for o in evidence.of("face_visible") if o.person}, key=lambda p: (len(p), p))
    key = await keep(talk.store, evidence)
    return {"evidence": key, "people": people, "failures": failures}


async def lay_out(state: TalkState, talk: Talk, agents: Sequence[Agent[Any]]) -> TalkState:
    """What a model is shown to every one of these agents, alike; the words come with each question.

    The words of the whole conversation are no part of it: an utterance is judged by what came before it.
    """
    if talk.setup is None:
        return {"presentation": NO_PICTURE.model_dump(mode="json")}
    case = case_of(state, talk)
    measured = [o for o in case.evidence.observations if o.kind != "utterance"]
    if talk.model is None:
        everything = Presentation(shown=tuple(o.id for o in measured), transcript_characters=0)
        return {"presentation": everything.model_dump(mode="json")}
    evidence = case.evidence.model_copy(update={"observations": tuple(measured)})
    able = await talk.model.abilities()
    tasks = max(len(task(agent, case)) for agent in agents) + len(system(case))
    chosen, notes = present(
        evidence, case.clip.has_audio, able, talk.setup.wanted, tasks, knowledge_characters=len(known(case))
    )
    return {
        "presentation": chosen.model_copy(update={"transcript_characters": 0}).model_dump(mode="json"),
        "failures": [{"stage": "evidence board", "what": note} for note in notes],
    }


async def follow(graph: Graph, talk: Talk, on_event: Callable[[Event], None] | None = None) -> TalkState:
    """Run a graph to its end, and tell what happens on the way.

    Raises:
        ClipError: the clip can't be decoded to its end.
    """
    import langsmith

    state: TalkState = {}
    with langsmith.tracing_context(enabled=False):  # nothing phones home, whatever the environment says
        async for kind, content in graph.astream({}, context=talk, stream_mode=["custom", "values"]):
            if kind == "values":
                state = content  # type: ignore[assignment]
            elif on_event is not None:
                on_event(content)  # type: ignore[arg-type]
    return state


def case_of(state: TalkState, talk: Talk) -> Case:
    """The case that agents are asked about."""
    evidence = talk.store.get(state["evidence"], Evidence)
    return Case(
        clip=_facts(talk, evidence.duration_s),
        evidence=evidence,
        codebook=talk.codebook,
        people=tuple(state.get("people", ())),
        fence=fence(talk.sha256, talk.secret),
        presentation=Presentation.model_validate(state.get("presentation", {})),
        background=talk.background,
    )


def said_in(state: TalkState, talk: Talk) -> tuple[Said, ...]:
    """The conversation's utterances, each with what was measured meanwhile."""
    return dialogue(talk.utterances, talk.store.get(state["evidence"], Evidence), talk.about)


def outcome(state: TalkState, talk: Talk) -> dict[str, Any]:
    """What all results tell of how they were made."""
    evidence = talk.store.get(state["evidence"], Evidence)
    without_model = () if talk.model else (NO_MODEL,)
    return {
        "name": talk.name,
        "model": talk.model.name if talk.model else None,
        "rejected": state.get("rejected", []),
        "failures": [Failure.model_validate(failure) for failure in state.get("failures", [])],
        "notes": (*without_model, *integrity.caveats(evidence)),
        "tokens": state.get("tokens", TokenUse()),
        "evidence": evidence,
    }


def _facts(talk: Talk, duration_s: float) -> ClipFacts:
    if talk.setup is not None:
        return facts_of(talk.setup.clip)
    return ClipFacts(  # a transcript has no picture: none of these but the duration means anything
        name=talk.name, sha256=talk.sha256, duration_s=duration_s, fps=1.0, width=0, height=0, n_frames=0,
        has_audio=False, variable_frame_rate=False,
    )  # fmt: skip
