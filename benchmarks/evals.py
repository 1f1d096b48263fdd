"""What a benchmark's run costs beside its model: samples a second against an endpoint that takes its time.

    python -m benchmarks.evals [--samples 500] [--seconds 2] [--concurrency 64] [--strategies single,cascade] [--json]

The endpoint is a process of its own and answers the smallest thing that keeps to the schema after so many seconds.
`loop` is asyncio with the openai client, `inspect` a task of Inspect that asks the same by it, and each strategy
is ours through Inspect; every sample has words of its own. `ideal` is what the endpoint alone takes for a strategy's
calls: at least 90 % of that is promised. Overhead is what a sample costs in this process's own processor time; the one
call of `single` may cost 5 ms more than Inspect's bare task, and every further step 1 ms more.
"""

import argparse
import asyncio
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import openai
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import exact
from inspect_ai.solver import Generate, Solver, TaskState, solver

from agents.agent import Message
from agents.all_levels import all_levels
from agents.codebook import load_codebook
from agents.models.json_schema import server_schema
from agents.showing.fence import fence
from agents.showing.messages import messages
from benchmarks.printing import print_result
from benchmarks.slow_endpoint import endpoint
from evals.benchmark import Benchmark, Item, Outcome
from evals.inspecting import as_task
from evals.metrics.classification import accuracy
from evals.run import Run
from evals.running import AHEAD, LOG_EVERY, collecting_seldom
from evals.solving import analysis, of_claim, reported, spoken, surest
from graphs.preparing import case_about
from graphs.state import BACKGROUND, STRATEGIES, Setup
from graphs.store import ContentStore
from perception.evidence import Evidence
from perception.transcripts import Words

LEAST_OF_IDEAL = 0.9
MOST_MS_OF_ONE_CALL = 5.0
MODEL = "slow"


class Cost(NamedTuple):
    """What a way of asking took for all samples."""

    wall_s: float
    cpu_s: float
    calls: int


def items(count: int) -> list[Item]:
    """Samples that differ in their words alone."""
    return [
        Item(
            id=str(n),
            gold=("neutral",),
            group=str(n),
            words=spoken([("Ann", f"I lost key number {n}, but we did it.")]),
        )
        for n in range(count)
    ]


async def solve(item: Item, run: Run) -> Outcome:
    """The surest emotion of an analysis."""
    report = await analysis(item, run)
    return reported(report, (of_claim(surest(report, "emotion", "neutral"), report, "emotion"),))


def benchmark(every: list[Item]) -> Benchmark:
    """These samples as a benchmark."""
    return Benchmark("words", "", lambda _: every, solve, {"accuracy": accuracy}, STRATEGIES, "", "")


def question(item: Item, folder: Path) -> tuple[list[Message], dict[str, Any]]:
    """What the one call of `single` sends about an item."""
    words = Words(name=item.id, sha256=fence(item.id, b""), utterances=item.words)
    setup = Setup(clip=words, tools=(), codebook=load_codebook("basic"), store=ContentStore(folder))
    case = case_about(Evidence(clip_sha256=words.sha256, duration_s=words.duration_s), setup, BACKGROUND)
    schema = server_schema(all_levels().narrowed(case))
    return messages(all_levels(), case), {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


async def loop(asked: Sequence[tuple[list[Message], dict[str, Any]]], url: str, at_once: int) -> None:
    """The questions by the openai client alone."""
    gate = asyncio.Semaphore(at_once)
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:

        async def one(sent: Any, form: Any) -> None:
            async with gate:
                await client.chat.completions.create(model=MODEL, messages=sent, response_format=form, max_tokens=900)

        await asyncio.gather(*(one(*each) for each in asked))


def bare(asked: dict[str, tuple[list[Message], dict[str, Any]]], url: str) -> Solver:
    """The same by a solver of Inspect."""
    client = openai.AsyncOpenAI(base_url=url, api_key="none")

    async def solved(state: TaskState, generate: Generate) -> TaskState:
        sent: Any
        form: Any
        sent, form = asked[str(state.sample_id)]
        said = await client.chat.completions.create(model=MODEL, messages=sent, response_format=form, max_tokens=900)
        state.output.completion = said.choices[0].message.content or ""
        return state

    @solver
    def made() -> Solver:
        return solved

    return made()


def inspected(task: Task, at_once: int, logs: Path) -> None:
    """Run a task as `mentalis eval run` does.

    Raises:
        RuntimeError: it did not come to its end.
    """
    with collecting_seldom():
        (log,) = inspect_eval(
            task, model="none/none", log_dir=str(logs), max_samples=at_once, display="none", log_realtime=False,
            log_buffer=LOG_EVERY, score_display=False, log_level="error",
        )  # fmt: skip
    if log.status != "success":
        raise RuntimeError(f"the run ended as {log.status}: {log.error}")


def measured(count: int, seconds: float, at_once: int, strategies: Sequence[str]) -> dict[str, Cost]:
    """The cost of each way of asking."""
    every = items(count)
    with tempfile.TemporaryDirectory() as folder, endpoint(seconds) as (url, calls):
        data = Path(folder)
        asked = {item.id: question(item, data) for item in every}
        samples = MemoryDataset([Sample(id=item.id, input=item.id, target="neutral") for item in every])
        options = {"model": MODEL, "base_url": url, "concurrency": at_once}
        for first in (  # imports what is used
            Task(dataset=samples[:1], solver=bare(asked, url), scorer=exact()),
            as_task(benchmark(every[:1]), folder, data=str(data / "first"), strategy=strategies[0], **options),
        ):
            inspected(first, 1, data / "logs")
        costs = {
            "loop": timed(lambda: asyncio.run(loop(list(asked.values()), url, at_once)), calls),
            "inspect": timed(
                lambda: inspected(
                    Task(dataset=samples, solver=bare(asked, url), scorer=exact()), at_once, data / "logs"
                ),
                calls,
            ),
        }
        for strategy in strategies:
            task = as_task(benchmark(every), folder, data=str(data / strategy), strategy=strategy, **options)
            costs[strategy] = timed(lambda task=task: inspected(task, AHEAD * at_once, data / "logs"), calls)  # type: ignore[misc]
    return costs


def timed(ask: Callable[[], None], calls: Callable[[], int]) -> Cost:
    """What asking all takes."""
    before, wall, cpu = calls(), time.perf_counter(), time.process_time()
    ask()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, calls() - before)


def table(costs: dict[str, Cost], count: int, seconds: float, at_once: int) -> list[dict[str, Any]]:
    """A row of each way of asking."""
    base = costs["inspect"].cpu_s
    rows = []
    for name, cost in costs.items():
        ideal_s = math.ceil(count / at_once) * seconds * cost.calls / count
        rows.append(
            {
                "what": name,
                "calls_per_sample": round(cost.calls / count, 2),
                "wall_s": round(cost.wall_s, 1),
                "ideal_s": round(ideal_s, 1),
                f"of_ideal (promised {LEAST_OF_IDEAL})": round(ideal_s / cost.wall_s, 3),
                "cpu_ms_per_sample": round(1000 * cost.cpu_s / count, 2),
                f"above inspect, ms (one call: {MOST_MS_OF_ONE_CALL:g})": round(1000 * (cost.cpu_s - base) / count, 2),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=2.0, help="until the endpoint answers")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--strategies", default="single,single+evidence,cascade")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    given = parser.parse_args()
    strategies = given.strategies.split(",")
    costs = measured(given.samples, given.seconds, given.concurrency, strategies)
    print_result({"evals": table(costs, given.samples, given.seconds, given.concurrency)}, given.json)


if __name__ == "__main__":
    main()
