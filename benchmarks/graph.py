"""What the graph costs beside tools and model, against bare LangGraph with the same checkpoints in the same run.

    python -m benchmarks.graph CLIP [--repeats 7] [--json]

The clip's measurements are made once and then come from the cache. A step's overhead is what a whole run takes, less
the cached perception, less what the reasoner and the checks take when called directly, less an equally long chain of
empty nodes that carries a state of the same size with the same SQLite durability. Times are medians.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

import mentalis
from agents.by_rule.narration import narrate
from agents.by_rule.reasoner import reason
from agents.case import Case
from agents.checking.checks import accept, critique
from agents.claims import LEVELS
from agents.codebook import load_codebook
from agents.report import Report
from benchmarks.printing import print_result
from graphs.running import checkpoints
from mentalis.settings import Settings
from perception.cache import Cache
from perception.clip import Clip
from perception.scheduler import perceive
from perception.tool import BUILT_IN, make_tool

STEPS = 9  # perceive, board, behaviour, cognition, emotion, critic, narrate, audit, report
MOST_MS_A_STEP, MOST_MS_TO_FIRST_EVENT = 3.0, 100.0  # what we promise


class Payload(TypedDict, total=False):
    """A state as large as ours at its largest."""

    claims: list[dict[str, Any]]
    step: int


async def whole_run_ms(clip: Path, folder: Path) -> tuple[float, float, Report]:
    """A run from the call to its report, and to its first event."""
    started, first, report = time.perf_counter(), 0.0, None
    async for event in mentalis.stream(clip, settings=Settings(data=folder)):
        first = first or time.perf_counter() - started
        if event.kind == "report":
            report = event.report
    assert report is not None
    return 1000 * (time.perf_counter() - started), 1000 * first, report


def opening_ms(path: Path) -> tuple[float, Clip]:
    """Open, probe and hash the clip."""
    started = time.perf_counter()
    clip = Clip.open(path)
    return 1000 * (time.perf_counter() - started), clip


def tools_ms(clip: Clip, folder: Path) -> float:
    """Perception from the cache."""
    tools = [make_tool(name) for name in BUILT_IN]
    started = time.perf_counter()
    perceive(clip, tools, cache=Cache(folder / "cache" / "tools"))
    return 1000 * (time.perf_counter() - started)


def reasoning_ms(report: Report) -> float:
    """The reasoner and the checks, called in the graph's order on the same evidence."""
    people = tuple(person.id for person in report.people)
    case = Case(
        clip=report.clip, evidence=report.evidence, codebook=load_codebook(report.provenance.codebook), people=people
    )
    started = time.perf_counter()
    for level in LEVELS:
        for person in (*people, *([None] if len(people) > 1 else [])):
            about = case.about(person)
            claims, _, _ = accept(reason(level, about).claims, level, about, 0)
            case = replace(case, claims=(*case.claims, *claims))
    critique(case.claims, case, 0)
    narrate(case, case.claims)
    return 1000 * (time.perf_counter() - started)


async def bare_ms(report: Report, folder: Path) -> float:
    """As many empty nodes in a chain, with a state of the same size and the same checkpoints."""
    payload = [claim.model_dump(mode="json") for claim in report.claims]
    graph = StateGraph(Payload)
    names = [f"step{n}" for n in range(STEPS)]

    async def step(state: Payload) -> Payload:
        return {"claims": payload, "step": state.get("step", 0) + 1}

    for name in names:
        graph.add_node(name, step)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    started = time.perf_counter()
    async with checkpoints(folder / "bare.sqlite") as saver:
        chain = graph.compile(checkpointer=saver)
        thread = f"bare-{time.perf_counter_ns()}"
        async for _ in chain.astream(
            {}, {"configurable": {"thread_id": thread}}, stream_mode="custom", durability="sync"
        ):
            pass
    return 1000 * (time.perf_counter() - started)


async def measured(path: Path, repeats: int) -> list[dict[str, Any]]:
    """Medians over the repeats, after a first run that fills the cache and imports everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await whole_run_ms(path, folder)
        samples = []
        for _ in range(repeats):
            whole, first, report = await whole_run_ms(path, folder)
            opening, clip = opening_ms(path)
            work = tools_ms(clip, folder) + reasoning_ms(report)
            samples.append((whole, first, opening, work, await bare_ms(report, folder)))
    whole, first, opening, work, bare = (statistics.median(column) for column in zip(*samples, strict=True))
    a_step = statistics.median((w - o - k - b) / STEPS for w, _, o, k, b in samples)
    rows = [
        ("whole run, ms", whole, None),
        ("opening the clip, ms", opening, None),
        ("cached tools, reasoner and checks called directly, ms", work, None),
        (f"bare LangGraph, {STEPS} steps, ms", bare, None),
        ("overhead above bare LangGraph, ms a step", a_step, MOST_MS_A_STEP),
        ("call to first event, ms", first, MOST_MS_TO_FIRST_EVENT),
    ]
    return [{"what": what, "measured": round(value, 2), "at_most": most} for what, value, most in rows]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    given = parser.parse_args()
    print_result({"graph": asyncio.run(measured(given.clip, given.repeats))}, given.json)


if __name__ == "__main__":
    main()
