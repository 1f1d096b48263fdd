"""Clips with one label each: a folder of your own, scored at one level of claims.

    inspect eval evals/labelled_clips.py -T folder=DATA -T codebook=basic -T level=emotion --model none

The folder holds clips and `labels.csv` with the columns `file` and `label` (an id of the codebook), and perhaps
`transcript` (a file beside the clips). The solver runs the graph that serves a request; the scorer takes the surest
claim of the level. Inspect does logs, resuming and concurrency.
"""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import SupportsFloat

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from agents.claims import LEVELS, Claim, Level
from agents.codebook import Codebook, load_codebook
from agents.models.opening import open_model
from agents.report import Report
from evals.errors import DatasetError
from evals.metrics import classification, measure
from graphs.events import ReportReady
from graphs.running import run
from graphs.state import STRATEGIES, Setup, Strategy
from graphs.store import ContentStore
from perception.cache import Cache
from perception.clip import Clip
from perception.isolation import WorkerLimits
from perception.tool import BUILT_IN, made

LABELS = "labels.csv"


@task
def labelled_clips(
    folder: str,
    codebook: str = "basic",
    level: str = "emotion",
    tools: str = "",
    reasoner: str = "",
    base_url: str = "",
    strategy: str = "cascade+critic",
    data: str = "",
) -> Task:
    """Label every clip of a folder and score the labels.

    Args:
        folder: clips and labels.csv.
        codebook: a shipped codebook, or a YAML file.
        level: behaviour, cognition or emotion.
        tools: names, comma-separated; the default set when empty.
        reasoner: a model at `base_url`, or transformers:<id>; the knowledge reasoner when empty.
        base_url: OpenAI-compatible endpoint.
        strategy: in which order the model judges, such as single, vote or cascade+critic.
        data: folder for caches and checkpoints; a temporary one when empty.
    """
    book = load_codebook(codebook)
    samples = read_samples(Path(folder), book, level)
    kept = Path(data or tempfile.mkdtemp(prefix="mentalis-eval-"))
    names = tuple(filter(None, tools.split(","))) or tuple(BUILT_IN)
    return Task(
        dataset=MemoryDataset(samples, name=Path(folder).name),
        solver=analysed(book, level_called(level), names, reasoner, base_url, strategy_called(strategy), kept),
        scorer=surest_claim(),
    )


def read_samples(folder: Path, codebook: Codebook, level: str) -> list[Sample]:
    """The samples of a folder, checked whole before anything runs.

    Raises:
        DatasetError: naming all that is missing.
    """
    table = folder / LABELS
    if not table.is_file():
        raise DatasetError(f"{folder}: there is no {LABELS}; it has the columns file, label and perhaps transcript")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in ("file", "label") if not rows or name not in rows[0]]
    if missing:
        raise DatasetError(f"{table}: no column {' and '.join(missing)}, or no rows")
    allowed = codebook.ids(level_called(level))
    ills = [f"{r['file']} is not there" for r in rows if not (folder / r["file"]).is_file()]
    ills += [f"{r['label']!r} is no {level} label of {codebook.id}" for r in rows if r["label"] not in allowed]
    ills += [
        f"{r['transcript']} is not there"
        for r in rows
        if r.get("transcript") and not (folder / r["transcript"]).is_file()
    ]
    if ills:
        more = f" and {len(ills) - 5} more" if len(ills) > 5 else ""
        raise DatasetError(f"{table}: {'; '.join(ills[:5])}{more}")
    return [
        Sample(
            id=row["file"],
            input=row["file"],
            target=row["label"],
            metadata={
                "clip": str(folder / row["file"]),
                "transcript": str(folder / row["transcript"]) if row.get("transcript") else None,
            },
        )
        for row in rows
    ]


def level_called(name: str) -> Level:
    """The level of a name.

    Raises:
        DatasetError: there is none.
    """
    for level in LEVELS:
        if level == name:
            return level
    raise DatasetError(f"level {name!r} is none of {', '.join(LEVELS)}")


def strategy_called(name: str) -> Strategy:
    """The strategy of a name.

    Raises:
        DatasetError: there is no such strategy.
    """
    for strategy in STRATEGIES:
        if strategy == name:
            return strategy
    raise DatasetError(f"strategy {name!r} is none of {', '.join(STRATEGIES)}")


def surest(report: Report, level: Level, neutral: str | None) -> Claim | None:
    """The surest claim of a level about one person; none when all abstain.

    The neutral label, which holds unless something speaks against it, is the clip's only when nothing else is claimed.
    """
    claims = [c for c in report.claims if c.level == level and c.person is not None and not c.abstained]
    return min(claims, key=lambda c: (c.label == neutral, -c.confidence), default=None)


@solver
def analysed(
    codebook: Codebook,
    level: Level,
    tools: tuple[str, ...],
    reasoner: str,
    base_url: str,
    strategy: Strategy,
    data: Path,
) -> Solver:
    """Run the graph on the sample's clip; the completion is the surest label, empty when it abstains."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        transcript = state.metadata["transcript"]
        model = open_model(reasoner, base_url or None, cache=data / "cache" / "answers") if reasoner else None
        setup = Setup(
            clip=Clip.open(state.metadata["clip"], transcript=transcript),
            tools=tuple(map(made, tools)),
            codebook=codebook,
            store=ContentStore(data / "content"),
            cache=Cache(data / "cache" / "tools"),
            model=model,
            worker=WorkerLimits(),
            strategy=strategy,
            audit_pairs=0,
        )
        try:
            async for event in run(setup, data / "checkpoints.sqlite"):
                if isinstance(event, ReportReady):
                    claim = surest(event.report, level, codebook.neutral.get(level))
                    state.output = ModelOutput.from_content("mentalis", claim.label if claim else "")
                    state.store.set("claims", [c.model_dump(mode="json") for c in event.report.claims])
                    state.store.set("surest", claim.model_dump(mode="json") if claim else None)
        finally:
            if model is not None:
                await model.close()
        return state

    return solve


def _scored(compute: Callable[[list[str], list[str | None]], SupportsFloat]) -> Metric:
    """A metric of Inspect's from a function of gold and predicted labels."""

    def score(scores: list[SampleScore]) -> float:
        told = [sample.score.metadata or {} for sample in scores]
        return float(compute([t["gold"] for t in told], [t["predicted"] for t in told]))

    return score


@metric
def macro_f1() -> Metric:
    """Mean F1 over labels."""
    return _scored(classification.macro_f1)


@metric
def weighted_f1() -> Metric:
    """Mean F1 weighted by how often a label is gold."""
    return _scored(classification.weighted_f1)


@metric
def uar() -> Metric:
    """Unweighted average recall."""
    return _scored(classification.uar)


@metric
def coverage() -> Metric:
    """Share of clips for which something was claimed."""
    return _scored(lambda gold, predicted: measure.coverage(predicted))


@metric
def n() -> Metric:
    """Clips."""
    return _scored(lambda gold, predicted: len(gold))


@scorer(metrics=[macro_f1(), weighted_f1(), uar(), coverage(), n()])
def surest_claim() -> Scorer:
    """Right when the surest claim's label is the clip's; an abstention is wrong."""

    async def score(state: TaskState, target: Target) -> Score:
        claim = state.store.get("surest") or {}
        predicted = claim.get("label")
        how_sure = {name: claim.get(name) for name in ("confidence", "confidence_from")}
        return Score(
            value=float(predicted == target.text),
            answer=predicted or "",
            metadata={"gold": target.text, "predicted": predicted, **how_sure},
        )

    return score
