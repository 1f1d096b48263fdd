"""Compound expressions of ABAW, frame by frame: macro F1 over seven classes (Kollias et al. 2023-2024).

inspect eval evals/tasks/compound.py -T folder=DATA --model none
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.claims import Claim
from agents.codebook import load_codebook
from agents.report import Report
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1
from evals.metrics.measure import Measure
from evals.pictures import VIDEOS
from evals.reading import existing, refuse, text_lines
from evals.run import Run
from evals.solving import ANALYSING, analysis, of_claim, reported
from perception.clip import Clip

ANNOTATIONS, CLIPS = "annotations", "videos"
HOW = "each file has the names of the classes, with commas, in its first line, and then a number for each frame"
OTHER = "other"  # the codebook's label for what is none of the seven
LABELS = tuple(label for label in load_codebook("compound").ids("emotion") if label != OTHER)
NOT_ANNOTATED = "-1"


@task
def compound(folder: str, **options: Any) -> Task:
    """Tell the compound expression of each frame; options as of `mentalis eval run`."""
    return as_task(COMPOUND, folder, **options)


def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The videos, each with a label for each frame that was annotated.

    Raises:
        DatasetError: naming file, line and what to do.
    """
    tables = sorted(existing(folder, ANNOTATIONS, HOW).glob("*.txt"))
    refuse(folder / ANNOTATIONS, [] if tables else [f"there is no .txt file in it; {HOW}"])
    clips = {table: None if gold_only else _clip(folder, table.stem) for table in tables}
    if not gold_only:
        missing = [table.stem for table, clip in clips.items() if not clip]
        refuse(folder / CLIPS, [f"there is no video {name}{VIDEOS[0]}" for name in missing])
    return [item for table, clip in clips.items() if (item := _item(table, clip))]


async def solve(item: Item, run: Run) -> Outcome:
    """The label of each frame: that of the surest claim which holds then, a compound before what is none."""
    assert item.clip is not None, "every item is a video"
    report = await analysis(item, run)
    rate_hz = Clip.open(item.clip).fps
    return reported(report, tuple(_at(report, frame / rate_hz) for frame in item.given["frames"]))


def compound_f1(gold: Sequence[str], predicted: Sequence[str | None]) -> Measure:
    """Mean F1 over the seven classes, whether they occur or not."""
    return macro_f1(gold, predicted, LABELS)


def _item(table: Path, clip: Path | None) -> Item | None:
    """A video with its labels; none when no frame of it was annotated."""
    header, *numbers = text_lines(table)
    names = [_label(table, name) for name in header.split(",")]
    labels = {n: _numbered(f"{table}, line {n + 2}", number, names) for n, number in enumerate(numbers)}
    told = {n: label for n, label in labels.items() if label is not None}
    if not told:
        return None
    return Item(id=table.stem, gold=tuple(told.values()), group=table.stem, clip=clip, given={"frames": list(told)})


def _label(table: Path, name: str) -> str:
    label = "_".join(name.lower().split())
    if label not in LABELS:
        raise DatasetError(f"{table}, line 1: {name.strip()!r} is none of {', '.join(LABELS)}; {HOW}")
    return label


def _numbered(where: str, number: str, names: Sequence[str]) -> str | None:
    if number == NOT_ANNOTATED:
        return None
    if not number.isdecimal() or int(number) >= len(names):
        raise DatasetError(f"{where}: {number!r} is no class; they go from 0 to {len(names) - 1}, -1 for none")
    return names[int(number)]


def _clip(folder: Path, name: str) -> Path | None:
    places = [folder / CLIPS / f"{name}{ending}" for ending in VIDEOS]
    return next((place for place in places if place.is_file()), None)


def _at(report: Report, time_s: float) -> Prediction:
    claims = [c for c in report.claims if c.level == "emotion" and not c.abstained and c.start_s <= time_s <= c.end_s]
    surest: Claim | None = min(claims, key=lambda c: (c.label == OTHER, -c.confidence), default=None)
    return of_claim(surest, report, "emotion")


COMPOUND = Benchmark(
    name="compound",
    about="compound expression of each frame, seven classes",
    read=read,
    read_gold=partial(read, gold_only=True),
    solve=solve,
    metrics={"macro_f1": compound_f1, "accuracy": accuracy},
    strategies=ANALYSING,
    layout=f"{CLIPS}/NAME.mp4 and {ANNOTATIONS}/NAME.txt: the classes' names with commas, then a number for each frame",
    source="C-EXPR-DB of the ABAW competitions, on request, research only",
    usual={"codebook": "compound"},
    levels=("emotion",),
)
