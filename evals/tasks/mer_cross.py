"""MER-Cross: the emotion of who listens in a dialogue of two (MER 2026, track 1, arXiv 2604.19417).

inspect eval evals/tasks/mer_cross.py -T folder=DATA --model none
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1, uar, weighted_f1
from evals.named_clips import TRANSCRIPTS, VIDEOS, named_items, table_of
from evals.reading import one_of, refuse
from evals.solving import TALKING, of_utterances
from evals.tasks.mer import LABELS

TABLES = ("track1_test.csv", "labels.csv")  # the first that is there
COLUMNS = ("name", "discrete")


@task
def mer_cross(folder: str, **options: Any) -> Task:
    """Judge who listens; options as of `mentalis eval run`."""
    return as_task(MER_CROSS, folder, **options)


def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips: each has two people in view, and words, which tell when the other speaks.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    path, rows = table_of(folder, TABLES, COLUMNS, f"write it: columns {', '.join(COLUMNS)}")
    gold = {
        row["name"]: one_of(f"{path}, line {number}", "discrete", row["discrete"], LABELS)
        for number, row in enumerate(rows, 2)
    }
    items = named_items(folder, gold, gold_only=gold_only)
    if gold_only:
        return items
    refuse(
        folder,
        (
            f"{item.id}: there is no {VIDEOS[0]}/{item.id}.mp4; who listens can only be seen"
            for item in items
            if item.clip is None
        ),
    )
    refuse(
        folder,
        (
            f"{item.id}: there is no line of it in {TRANSCRIPTS[0]}, column english or chinese"
            for item in items
            if not item.words
        ),
    )
    return [item.model_copy(update={"given": {"about": "listener", "asked": [1]}}) for item in items]


MER_CROSS = Benchmark(
    name="mer_cross",
    about="emotion of who listens in a dialogue of two, six classes",
    read=read,
    read_gold=partial(read, gold_only=True),
    solve=of_utterances,
    metrics={"weighted_f1": weighted_f1, "accuracy": accuracy, "macro_f1": macro_f1, "uar": uar},
    strategies=TALKING,
    layout=f"{' or '.join(TABLES)}: {', '.join(COLUMNS)} (of {', '.join(LABELS)}); {VIDEOS[0]}/NAME.mp4; "
    f"{' or '.join(TRANSCRIPTS[:2])}: name, english or chinese",
    source="https://huggingface.co/datasets/MERChallenge/MER2026; CC BY-NC 4.0, on request",
    usual={"codebook": "mer6"},
)
