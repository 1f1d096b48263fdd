"""A benchmark as a task of Inspect, which runs, logs and resumes it; the model is ours, and so is its cache.

Inspect's own model interface is not used: what a model is shown of a clip depends on what its endpoint takes and on its
context, invalid answers are repaired, and each answer is kept by its question, so that a killed run asks nothing twice.
"""

import ast
import asyncio
import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from agents.models.errors import ModelError
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.conditions import conditions
from evals.errors import DatasetError, EndpointError
from evals.metrics.measure import coverage
from evals.run import Run, open_run
from evals.turns import turn
from perception.errors import MentalisError

DATA = "mentalis-eval-data"  # folder of caches where none is named, beside the logs
SCALED_BY = "scaled_by"  # where a log's metadata have the calibrations that its confidences are scaled by
DATA_SHA256 = "data_sha256"  # where they have a digest of all that is asked, and of its gold
OUTCOME = "outcome"  # where a score's metadata have what the solver made of the sample
MEND = "scored as wrong: once it is mended, name another folder of logs to have it read"
WRITTEN = re.compile(r"\w+\((.*)\)", re.DOTALL)  # an exception, as repr has it


def as_task(benchmark: Benchmark, folder: str, **options: Any) -> Task:
    """The task of a benchmark on a folder of its data, under the conditions that the options name.

    Raises:
        DatasetError: the folder lacks something, or an option can't be used.
    """
    given = conditions({"data": DATA, **benchmark.usual, **options})
    strategy = given.strategy or benchmark.strategies[0]
    if strategy not in benchmark.strategies:
        raise DatasetError(f"{benchmark.name} has no strategy {strategy!r}: {', '.join(benchmark.strategies)}")
    place = Path(folder).absolute()
    items = benchmark.items(place)
    samples = [
        Sample(id=item.id, input=_asked(item), target=json.dumps(item.gold, ensure_ascii=False)) for item in items
    ]
    run = open_run(given.model_copy(update={"strategy": strategy}), strategy)
    by_id = {item.id: item for item in items}
    made: dict[str, Outcome] = {}
    return Task(
        dataset=MemoryDataset(samples, name=benchmark.name),
        solver=answered(benchmark, by_id, run, made),
        scorer=scored(benchmark, by_id, made),
        name=benchmark.name,
        metadata={
            "benchmark": benchmark.name,
            "strategy": strategy,
            "conditions": given.model_dump(mode="json"),
            "levels": list(benchmark.levels),
            SCALED_BY: run.scaled_by,
            DATA_SHA256: _digest(items, place),
        },
    )


def _digest(items: Sequence[Item], folder: Path) -> str:
    """Of ids, gold, words and names of files, wherever the folder lies; what is in the clips is not looked at."""
    told = "\n".join(item.model_dump_json() for item in items)
    return hashlib.sha256(told.replace(str(folder), "").encode()).hexdigest()


def no_model(benchmark: Benchmark) -> str:
    """What is told where a benchmark can't do without a model."""
    return f"{benchmark.name} is answered by a model alone: name one (--model NAME --base-url URL)"


def answered(benchmark: Benchmark, items: dict[str, Item], run: Run, outcomes: dict[str, Outcome]) -> Solver:
    """Run the graph; an item whose data can't be used gets no prediction, and says why.

    The outcome goes past the sample's store to the scorer, by the sample's uuid: Inspect logs a store with each change.
    """
    turns = asyncio.Semaphore(1)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if benchmark.needs_model and run.model is None:
            raise DatasetError(no_model(benchmark))
        item = items[str(state.sample_id)]
        unusable = False
        try:
            if item.clip is not None:
                outcome = await benchmark.solve(item, run)
            else:
                async with turn(run, turns) as mine:
                    outcome = await benchmark.solve(item, mine)
        except MentalisError as error:
            unusable = not isinstance(error, ModelError)
            why = f"{error} ({MEND})" if unusable else str(error)
            outcome = Outcome(predictions=(Prediction(),) * len(item.gold), failures=(why,))
        asked = outcome.tokens.calls + outcome.tokens.calls_from_cache
        if run.model is not None and outcome.failures and not (asked or unusable):  # asked again on resuming
            raise EndpointError(_why_unanswered(outcome.failures, run.conditions.base_url))
        if len(outcome.predictions) != len(item.gold):
            raise AssertionError(f"{item.id}: {len(outcome.predictions)} predictions for {len(item.gold)} gold values")
        state.output = ModelOutput.from_content("mentalis", json.dumps([p.value for p in outcome.predictions]))
        outcomes[state.uuid] = outcome
        return state

    @solver(name=benchmark.name)
    def made() -> Solver:  # Inspect logs what a solver is made with: here that would be all items
        return solve

    return made()


def scored(benchmark: Benchmark, items: dict[str, Item], outcomes: dict[str, Outcome]) -> Scorer:
    """The scorer: gold and predictions of each sample, and the benchmark's metrics over those of all."""
    pooled = [_pooled(name, compute) for name, compute in benchmark.metrics.items()]

    @scorer(metrics=[*pooled, _pooled("n", lambda gold, _: len(gold)), _covered()], name=benchmark.name)
    def made() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            item = items[str(state.sample_id)]
            outcome = outcomes.pop(state.uuid)
            right = [benchmark.right(gold, p.value) for p, gold in zip(outcome.predictions, item.gold, strict=True)]
            return Score(
                value=sum(map(bool, right)) / len(right),
                answer=state.output.completion,
                metadata={
                    "gold": list(item.gold),
                    OUTCOME: outcome.model_dump(mode="json"),
                    "group": item.group,
                    "strata": item.strata,
                },
            )

        return score

    return made()


def _why_unanswered(failures: Sequence[str], base_url: str) -> str:
    """The failure that names the endpoint; what was noted before it was asked does not say what is wrong."""
    return next((failure for failure in failures if base_url and base_url in failure), failures[0])


def plain(message: str) -> str:
    """The words of an exception that Inspect keeps as Python would write it, in a line."""
    written = WRITTEN.fullmatch(message)
    with suppress(ValueError, SyntaxError):
        message = str(ast.literal_eval(written[1])) if written else message
    return (message.splitlines() or ["an error without words"])[0]


def _asked(item: Item) -> str:
    """What a viewer shows of an item."""
    words = " / ".join(utterance.text for utterance in item.words)
    asked = [str(item.given.get("question") or "")]
    questions = item.given.get("questions")
    if isinstance(questions, dict):  # with their options
        asked += [" / ".join([question["asks"], *question["options"]]) for question in questions.values()]
    return "\n".join(filter(None, [item.clip.name if item.clip else "", words, *asked])) or item.id


def _pooled(name: str, compute: Callable[[Any, Any], Any]) -> Metric:
    """A metric of Inspect's from one of ours; NaN in the log where it is not defined for these samples."""

    @metric(name=name)
    def made() -> Metric:
        def over(scores: list[SampleScore]) -> float:
            gold, predicted = pooled([s.score.metadata or {} for s in scores])
            try:
                return float(compute(gold, predicted))
            except ValueError:
                return math.nan

        return over

    return made()


def _covered() -> Metric:
    return _pooled("coverage", lambda _, predicted: coverage(predicted))


def pooled(told: Sequence[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Gold and predicted values of all samples from what their scores tell."""
    gold = [value for t in told for value in t["gold"]]
    predicted = [p["value"] for t in told for p in t[OUTCOME]["predictions"]]
    return gold, predicted
