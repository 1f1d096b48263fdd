"""The product: measure, then behaviour -> cognition -> emotion, then check, then report.

The order is MOTOR-MAS's cascade (Yuan et al. 2026): each level anchors the next. A critic sends only the
levels that fail back, a bounded number of times; what still fails a check of the code is not in the report's claims.
"""

import asyncio
import time
from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Checkpointer

from agents.budget import present
from agents.case import Case
from agents.claims import LEVELS, Level
from agents.messages import fill, task
from agents.presentation import Presentation
from agents.relevance import EmbedderError, relevance
from graphs import judging, reporting
from graphs.critique import review
from graphs.perceiving import measure
from graphs.state import Setup, State, case_of
from perception.evidence import Evidence

Graph = CompiledStateGraph[State, Setup, State, State]


async def perceive(state: State, runtime: Runtime[Setup]) -> State:
    """Run the tools; the evidence itself goes to the content store."""
    started = time.perf_counter()
    evidence = await measure(runtime.context, runtime.stream_writer)
    key = await asyncio.to_thread(runtime.context.store.put, evidence)
    failures = [
        {"stage": f"tool {run.tool}", "what": run.error}
        for run in evidence.tools
        if run.status in ("failed", "skipped")
    ]
    return {"evidence": key, "failures": failures, "seconds": {"perceive": time.perf_counter() - started}}


async def board(state: State, runtime: Runtime[Setup]) -> State:
    """Lay out what every agent will see: who is there, and what of the clip and the evidence a model is shown."""
    setup = runtime.context
    evidence = setup.store.get(state["evidence"], Evidence)
    people = sorted({o.person for o in evidence.of("face_visible") if o.person}, key=lambda p: (len(p), p))
    begun: State = {**state, "people": people}
    presentation, notes = await chosen(case_of(begun, setup), setup)
    return {
        "people": people,
        "presentation": presentation.model_dump(mode="json"),
        "failures": [{"stage": "evidence board", "what": note} for note in notes],
        "pending": list(LEVELS),
        "claims": [],
        "feedback": {},
        "round": 0,
    }


async def chosen(case: Case, setup: Setup) -> tuple[Presentation, tuple[str, ...]]:
    """What a model is shown, and what it could not be; nothing is chosen when there is no model."""
    if setup.model is None:
        return Presentation(), ()
    able = await setup.model.abilities()
    tasks = max(len(task(agent(), case)) for agent in judging.AGENTS.values()) + len(fill("system.md", {}))
    ranks: dict[str, float] | None = None
    notes: tuple[str, ...] = ()
    if setup.embedder is not None:
        try:
            ranks = await asyncio.to_thread(relevance, case.evidence.observations, setup.codebook, setup.embedder)
        except EmbedderError as error:
            notes = (f"{error} (the surest observations are shown instead)",)
    presentation, unmet = present(case.evidence, case.clip.has_audio, able, setup.wanted, tasks, ranks)
    return presentation, (*notes, *unmet)


async def behaviour(state: State, runtime: Runtime[Setup]) -> State:
    """What each person does, and what they do together."""
    return await judging.judge("behaviour", state, runtime.context, runtime.stream_writer)


async def cognition(state: State, runtime: Runtime[Setup]) -> State:
    """How each person may be thinking about it, given what they do."""
    return await judging.judge("cognition", state, runtime.context, runtime.stream_writer)


async def emotion(state: State, runtime: Runtime[Setup]) -> State:
    """What each person's expression suggests they feel, given both; neutral without a marker."""
    return await judging.judge("emotion", state, runtime.context, runtime.stream_writer)


async def critic(state: State, runtime: Runtime[Setup]) -> State:
    """Check all claims; name the levels that must be judged again, or settle."""
    return await review(state, runtime.context, runtime.stream_writer)


async def narrate(state: State, runtime: Runtime[Setup]) -> State:
    """Tell the claims in a few sentences."""
    return await reporting.narrative(state, case_of(state, runtime.context), runtime.context, runtime.stream_writer)


async def report(state: State, runtime: Runtime[Setup]) -> State:
    """Put the report together, store it and hand it out."""
    return await reporting.finish(state, case_of(state, runtime.context), runtime.context, runtime.stream_writer)


def next_level(state: State) -> Level | Literal["critic"]:
    """The lowest level still to be judged in this round, then the critic."""
    return state["pending"][0] if state["pending"] else "critic"


def after_critic(state: State) -> Level | Literal["narrate"]:
    """Back to the lowest failing level, or on."""
    return state["pending"][0] if state["pending"] else "narrate"


def build(checkpointer: Checkpointer = None) -> Graph:
    """The compiled graph; with a checkpointer a killed run goes on where it stopped."""
    graph = StateGraph(State, context_schema=Setup)
    for node in (perceive, board, behaviour, cognition, emotion, critic, narrate, report):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "perceive")
    graph.add_edge("perceive", "board")
    graph.add_edge("board", "behaviour")
    graph.add_conditional_edges("behaviour", next_level, ["cognition", "emotion", "critic"])
    graph.add_conditional_edges("cognition", next_level, ["emotion", "critic"])
    graph.add_edge("emotion", "critic")
    graph.add_conditional_edges("critic", after_critic, [*LEVELS, "narrate"])
    graph.add_edge("narrate", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer, name="mental_state")
