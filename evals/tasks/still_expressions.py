"""RAF-DB and AffectNet: the expression of a face in a photograph, by UAR and WAR.

inspect eval evals/tasks/still_expressions.py@raf_db -T folder=DATA --model none

A photograph is shown as a clip of a second: no neutral face of the person's own is known, which reports say.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Item
from evals.errors import DatasetError
from evals.expressions import classes, label_of, of_faces
from evals.inspecting import as_task
from evals.reading import csv_rows, existing, refuse, text_lines

RAF_LIST, RAF_PICTURES = "list_patition_label.txt", ("aligned", "original")  # misspelt in the set itself
AFFECT_TABLE, AFFECT_COLUMNS = "labels.csv", ("file", "label")


@task
def raf_db(folder: str, **options: Any) -> Task:
    """Seven expressions in photographs; options as of `mentalis eval run`."""
    return as_task(RAF_DB, folder, **options)


@task
def affectnet(folder: str, **options: Any) -> Task:
    """Eight expressions in photographs; options as of `mentalis eval run`."""
    return as_task(AFFECTNET, folder, **options)


def read_raf_db(folder: Path) -> Sequence[Item]:
    """The photographs of the test part.

    Raises:
        DatasetError: naming file, line and what to do.
    """
    table = existing(folder, RAF_LIST, "it lies in basic/EmoLabel of RAF-DB; put basic/Image/original beside it")
    labels: dict[Path, str] = {}
    for number, line in enumerate(text_lines(table), 1):
        where, parts = f"{table}, line {number}", line.split()
        if len(parts) != 2:
            raise DatasetError(f"{where}: {line!r} is no row of file and class (test_0001.jpg 7)")
        if parts[0].startswith("test_"):
            labels[_photograph(folder, parts[0])] = label_of(where, "class (the second)", parts[1], classes()["raf_db"])
    if not labels:
        raise DatasetError(f"{table}: no row begins with test_, so there is nothing to test on")
    return _items(table, folder, labels)


def read_affectnet(folder: Path) -> Sequence[Item]:
    """The photographs of the validation part.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    table = existing(folder, AFFECT_TABLE, "write the expression's number of each picture of the validation part there")
    labels = {
        folder / row["file"]: label_of(f"{table}, line {number}", "label", row["label"], classes()["affectnet"])
        for number, row in enumerate(csv_rows(table, AFFECT_COLUMNS), 2)
    }
    return _items(table, folder, labels)


def _photograph(folder: Path, name: str) -> Path:
    """The whole photograph where it is there, else the aligned face."""
    stem, ending = Path(name).stem, Path(name).suffix
    aligned = folder / "aligned" / f"{stem}_aligned{ending}"
    return aligned if aligned.exists() else folder / "original" / name


def _items(table: Path, folder: Path, labels: dict[Path, str]) -> list[Item]:
    refuse(table, [f"{path.relative_to(folder)} is not there" for path in labels if not path.is_file()])
    names = {path: path.relative_to(folder).as_posix() for path in labels}
    return [Item(id=names[path], gold=(label,), group=names[path], clip=path) for path, label in labels.items()]


RAF_DB = of_faces(
    "raf_db",
    "expression of a face in a photograph, seven classes",
    read_raf_db,
    layout=f"{RAF_LIST}: rows `file class`; original/test_NNNN.jpg or aligned/test_NNNN_aligned.jpg",
    source="http://www.whdeld.cn/raf/model1.html, on request, research only",
)
AFFECTNET = of_faces(
    "affectnet",
    "expression of a face in a photograph, eight classes",
    read_affectnet,
    layout=f"the pictures, and {AFFECT_TABLE}: file, label (0 neutral to 7 contempt, AffectNet's own numbers)",
    source="http://mohammadmahoor.com/affectnet, on request, research only",
)
