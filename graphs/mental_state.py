"""The product: measure, then judge by a strategy, then tell, audit and report.

The strategy that serves is MOTOR-MAS's cascade (Yuan et al. 2026) with a critic: behaviour -> cognition -> emotion,
each level anchored in those before it; only levels that fail are sent back, a bounded number of times, and what still
fails a check of the code is not in the report's claims. The other strategies are there to be compared with it.
"""

import time
from collections.abc import Callable
from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Checkpointer

from agents.claims import LEVELS
from graphs import auditing, checking_gestures, reporting
from graphs.cascade import Building, cascade, cascade_with_critic
from graphs.flat import debate, flat, single, voters
from graphs.perceiving import measure
from graphs.preparing import laid_out
from graphs.state import BACKGROUND, Setup, State, case_of
from graphs.store import keep
from perception.evidence import Evidence

Graph = CompiledStateGraph[State, Setup, State, State]


async def perceive(state: State, runtime: Runtime[Setup]) -> State:
    """Run the tools; the evidence itself goes to the content store."""
    started = time.perf_counter()
    evidence = await measure(runtime.context, runtime.stream_writer)
    key = await keep(runtime.context.store, evidence)
    failures = [
        {"stage": f"tool {run.tool}", "what": run.error}
        for run in evidence.tools
        if run.status in ("failed", "skipped")
    ]
    return {"evidence": key, "failures": failures, "seconds": {"perceive": time.perf_counter() - started}}


async def check_gestures(state: State, runtime: Runtime[Setup]) -> State:
    """Have the model look at each gesture that was measured, where that is wanted."""
    return await checking_gestures.check_gestures(state, runtime.context, runtime.stream_writer)


async def board(state: State, runtime: Runtime[Setup]) -> State:
    """Lay out what every agent will see."""
    setup = runtime.context
    case, notes = await laid_out(setup.store.get(state["evidence"], Evidence), setup, BACKGROUND)
    return {
        "people": list(case.people),
        "presentation": case.presentation.model_dump(mode="json"),
        "failures": [{"stage": "evidence board", "what": note} for note in notes],
        "pending": list(LEVELS),
        "claims": [],
        "feedback": {},
        "round": 0,
    }


async def narrate(state: State, runtime: Runtime[Setup]) -> State:
    """Tell the claims in a few sentences."""
    return await reporting.narrative(state, case_of(state, runtime.context), runtime.context, runtime.stream_writer)


async def audit(state: State, runtime: Runtime[Setup]) -> State:
    """Ask the model about true and falsified statements of its own report."""
    return await auditing.self_audit(state, case_of(state, runtime.context), runtime.context, runtime.stream_writer)


async def report(state: State, runtime: Runtime[Setup]) -> State:
    """Put the report together, store it and hand it out."""
    return await reporting.finish(state, case_of(state, runtime.context), runtime.context, runtime.stream_writer)


def after_perceive(state: State, runtime: Runtime[Setup]) -> Literal["check_gestures", "board"]:
    """Gestures are checked where that is wanted and can be done."""
    return "check_gestures" if checking_gestures.wanted(runtime.context) else "board"


def after_narrate(state: State, runtime: Runtime[Setup]) -> Literal["audit", "report"]:
    """The report is audited where that is wanted and there is a model to ask."""
    return "audit" if auditing.wanted(runtime.context) else "report"


PARTS: dict[str, Callable[[Building], None]] = {
    "single": flat("single", single),
    "single+evidence": flat("single", single),
    "vote": flat("vote", voters),
    "debate": flat("debate", debate),
    "cascade": cascade,
    "cascade+critic": cascade_with_critic,
}


def build(checkpointer: Checkpointer = None, strategy: str = "cascade+critic") -> Graph:
    """The compiled graph of a strategy; with a checkpointer a killed run goes on where it stopped.

    Every strategy measures first, is shown the same, and ends in the same report: only who judges, and in which
    order, differs. `single` alone is shown no measurements.
    """
    graph = StateGraph(State, context_schema=Setup)
    for node in (perceive, check_gestures, board, narrate, audit, report):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "perceive")
    graph.add_conditional_edges("perceive", after_perceive, ["check_gestures", "board"])
    graph.add_edge("check_gestures", "board")
    PARTS[strategy](graph)
    graph.add_conditional_edges("narrate", after_narrate, ["audit", "report"])
    graph.add_edge("audit", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer, name="mental_state")
