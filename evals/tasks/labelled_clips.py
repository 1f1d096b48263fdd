"""Clips with one label each: a folder of your own, scored at one level of claims.

inspect eval evals/tasks/labelled_clips.py -T folder=DATA -T codebook=basic -T level=emotion --model none
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.claims import LEVELS, Level
from agents.codebook import Codebook, load_codebook
from evals.benchmark import Benchmark, Item, Outcome
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1, uar, weighted_f1
from evals.reading import csv_rows, existing, refuse
from evals.run import Run
from evals.solving import ANALYSING, of_level

TABLE = "labels.csv"
COLUMNS = ("file", "label")
HOW = f"it has the columns {', '.join(COLUMNS)} and perhaps transcript and group"


@task
def labelled_clips(folder: str, level: str = "emotion", codebook: str = "basic", **options: Any) -> Task:
    """Label every clip of a folder and score the labels.

    Args:
        folder: clips and labels.csv.
        level: behaviour, cognition or emotion.
        codebook: a shipped codebook, or a YAML file.
        options: as of `mentalis eval run`.
    """
    return as_task(clips_labelled(level, codebook), folder, codebook=codebook, **options)


def clips_labelled(level: str = "emotion", codebook: str = "basic") -> Benchmark:
    """The benchmark of clips labelled at a level with labels of a codebook.

    Raises:
        DatasetError: there is no such level.
        CodebookError: there is no such codebook.
    """
    judged, book = level_called(level), load_codebook(codebook)

    async def solve(item: Item, run: Run) -> Outcome:
        return await of_level(item, run, judged)

    return Benchmark(
        name="labelled_clips",
        about="your own clips, each with one label of a codebook",
        read=partial(read, codebook=book, level=judged),
        read_gold=partial(read, codebook=book, level=judged, gold_only=True),
        solve=solve,
        metrics={"macro_f1": macro_f1, "weighted_f1": weighted_f1, "uar": uar, "accuracy": accuracy},
        strategies=ANALYSING,
        layout=f"the clips, and {TABLE}: file, label (an id of the codebook), perhaps transcript (a file) and group "
        "(who is in the clip)",
        source="your own",
        usual={"codebook": codebook},
        levels=(judged,),
        variant=clips_labelled,
    )


def read(folder: Path, codebook: Codebook, level: Level, gold_only: bool = False) -> Sequence[Item]:
    """The clips of a folder, in the order of the table.

    Raises:
        DatasetError: naming all that is missing.
    """
    table = existing(folder, TABLE, HOW)
    rows = csv_rows(table, COLUMNS, ("transcript", "group"))
    allowed = codebook.ids(level)
    files = [row[column] for row in rows for column in ("file", "transcript") if row.get(column)]
    ills = [f"{file} is not there" for file in dict.fromkeys(files) if not (gold_only or (folder / file).is_file())]
    ills += [f"{r['label']!r} is no {level} label of {codebook.id}" for r in rows if r["label"] not in allowed]
    refuse(table, ills)
    return [_item(folder, row) for row in rows]


def level_called(name: str) -> Level:
    """The level of a name.

    Raises:
        DatasetError: there is none.
    """
    for level in LEVELS:
        if level == name:
            return level
    raise DatasetError(f"level {name!r} is none of {', '.join(LEVELS)}")


def _item(folder: Path, row: dict[str, str]) -> Item:
    transcript = folder / row["transcript"] if row.get("transcript") else None
    group = row.get("group") or row["file"]
    return Item(id=row["file"], gold=(row["label"],), group=group, clip=folder / row["file"], transcript=transcript)


CLIPS = clips_labelled()
