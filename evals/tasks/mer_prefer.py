"""MER-Prefer: which of two descriptions of a clip people prefer (MER 2026, track 3, arXiv 2604.19417).

inspect eval evals/tasks/mer_prefer.py -T folder=DATA --model none
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.choosing import Question
from evals.benchmark import Benchmark, Item, Outcome
from evals.inspecting import as_task
from evals.metrics.intervals import Metric
from evals.metrics.preference import PREFERENCES, parse_preference, preference_scores
from evals.named_clips import TRANSCRIPTS, VIDEOS, named_items, table_of
from evals.reading import one_of
from evals.run import Run
from evals.solving import CHOOSING, choices, of_choice

TABLES = ("track3_emoprefer.csv", "track3_emopreferv2.csv", "preferences.csv")  # the first that is there
COLUMNS = ("name", "a1", "a2", "preference")
ASKS = "Which description of the emotions fits better?"
BOTH = "Both fit alike."


@task
def mer_prefer(folder: str, **options: Any) -> Task:
    """Choose the better description; options as of `mentalis eval run`."""
    return as_task(MER_PREFER, folder, **options)


def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The pairs of descriptions; a clip may have several pairs.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    path, rows = table_of(folder, TABLES, COLUMNS, f"write it: columns {', '.join(COLUMNS)}", once=False)
    names = {row["name"]: None for row in rows}
    clips = {item.id: item for item in named_items(folder, names, gold_only=gold_only)}
    items = []
    for number, row in enumerate(rows, 2):
        gold = one_of(f"{path}, line {number}", "preference", row["preference"].strip().lower(), PREFERENCES)
        given = {"question": ASKS, "a1": row["a1"], "a2": row["a2"]}
        fields = {"id": f"{row['name']}-{number}", "gold": (gold,), "given": given}
        items.append(clips[row["name"]].model_copy(update=fields))
    return items


async def solve(item: Item, run: Run) -> Outcome:
    """Choose a1, a2, or both alike."""
    options = {"a1": str(item.given["a1"]), "a2": str(item.given["a2"]), "same": BOTH}
    question = Question(id="preference", asks=ASKS, options=tuple(f"{name}: {text}" for name, text in options.items()))
    (choice,), outcome = await choices(item, run, (question,))
    value = PREFERENCES[question.options.index(choice.options[0])] if choice.options else None
    prediction = of_choice(value, run, choice.confidence, choice.confidence_from)
    return outcome.model_copy(update={"predictions": (prediction,)})


def _metric(name: str) -> Metric:
    return lambda gold, predicted: getattr(preference_scores(gold, predicted), name)


MER_PREFER = Benchmark(
    name="mer_prefer",
    about="which of two descriptions of a clip people prefer; pairs that they like alike are left out",
    read=read,
    read_gold=partial(read, gold_only=True),
    solve=solve,
    metrics={"weighted_f1": _metric("weighted_f1"), "accuracy": _metric("accuracy")},
    strategies=CHOOSING,
    layout=f"{' or '.join(TABLES)}: {', '.join(COLUMNS)} (of {', '.join(PREFERENCES)}); {VIDEOS[0]}/NAME.mp4, and/or "
    f"a CSV of words ({TRANSCRIPTS[0]})",
    source="https://huggingface.co/datasets/MERChallenge/MER2026; CC BY-NC 4.0, on request",
    parse=parse_preference,
    answer_form="one of a1, a2 and same",
)
