"""EmotionHallucer: pairs of a true and a falsified question on emotions (Xing et al. 2025, arXiv 2505.11405).

inspect eval evals/tasks/emotion_hallucer.py -T folder=DATA -T model=NAME -T base_url=URL --model none

A pair counts when both of its questions are answered rightly. The data are not public yet, so any of several shapes is
read (see `evals.pair_files`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.inspecting import as_task
from evals.pair_files import FLAT, SHAPE, read_pairs
from evals.pairs import METRICS, STRATEGIES, item_of, solve

HOW = "EmotionHallucer's data are not released: when they are, put its files here as they come"


@task
def emotion_hallucer(folder: str, **options: Any) -> Task:
    """Answer both questions of each pair; options as of `mentalis eval run`."""
    return as_task(EMOTION_HALLUCER, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The pairs.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    return [item_of(pair) for pair in read_pairs(folder, HOW)]


EMOTION_HALLUCER = Benchmark(
    name="emotion_hallucer",
    about="pairs of a true and a falsified question on emotions; right when both answers are",
    read=read,
    solve=solve,
    metrics=METRICS,
    strategies=STRATEGIES,
    needs_model=True,
    paired=True,
    layout=f"JSON: {SHAPE}; or JSONL or CSV: {FLAT}",
    source="https://github.com/xxtars/EmotionHallucer; data not released in June 2026, no licence given",
)
