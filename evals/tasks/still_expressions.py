"""RAF-DB and AffectNet: the expression of a face in a photograph, by UAR and WAR.

inspect eval evals/tasks/still_expressions.py@raf_db -T folder=DATA --model none

A photograph is shown as a clip of a second: no neutral face of the person's own is known, which reports say.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from inspect_ai import Task, task

from evals.benchmark import Item
from evals.errors import DatasetError
from evals.expressions import classes, label_of, of_faces
from evals.inspecting import as_task
from evals.reading import csv_rows, existing, quoted, refuse, text_lines

RAF_LIST = "list_patition_label.txt"  # misspelt in the set itself
RAF_LISTS = ("", "EmoLabel", "basic/EmoLabel")  # where it may lie, and the pictures beside that
RAF_PICTURES = ("", "Image", "basic/Image")
AFFECT_TABLE, AFFECT_COLUMNS = "labels.csv", ("file", "label")
AFFECT_PARTS = ("val_set", "")  # with images/N.jpg and annotations/N_exp.npy, as the set comes


@task
def raf_db(folder: str, **options: Any) -> Task:
    """Seven expressions in photographs; options as of `mentalis eval run`."""
    return as_task(RAF_DB, folder, **options)


@task
def affectnet(folder: str, **options: Any) -> Task:
    """Eight expressions in photographs; options as of `mentalis eval run`."""
    return as_task(AFFECTNET, folder, **options)


def read_raf_db(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The photographs of the test part.

    Raises:
        DatasetError: naming file, line and what to do.
    """
    table = next((path for part in RAF_LISTS if (path := folder / part / RAF_LIST).is_file()), None)
    if table is None:
        raise DatasetError(f"{folder}: there is no {RAF_LIST}, nor EmoLabel/{RAF_LIST}; unpack RAF-DB's `basic` there")
    labels: dict[Path, str] = {}
    for number, line in enumerate(text_lines(table), 1):
        where, parts = f"{table}, line {number}", line.split()
        if len(parts) != 2:
            raise DatasetError(f"{where}: {quoted(line)} is no row of file and class (test_0001.jpg 7)")
        if parts[0].startswith("test_"):
            labels[_photograph(folder, parts[0])] = label_of(where, "class (the second)", parts[1], classes()["raf_db"])
    if not labels:
        raise DatasetError(f"{table}: no row begins with test_, so there is nothing to test on")
    return _items(table, folder, labels, gold_only)


def read_affectnet(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The photographs of the validation part.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    found = next((part for part in AFFECT_PARTS if (folder / part / "annotations").is_dir()), None)
    if found is not None and not (folder / AFFECT_TABLE).is_file():
        return _as_affectnet_comes(folder, folder / found, gold_only)
    how = "unpack val_set there, or write the expression's number of each picture of the validation part"
    table = existing(folder, AFFECT_TABLE, how)
    labels = {
        folder / row["file"]: label_of(f"{table}, line {number}", "label", row["label"], classes()["affectnet"])
        for number, row in enumerate(csv_rows(table, AFFECT_COLUMNS), 2)
    }
    return _items(table, folder, labels, gold_only)


def _as_affectnet_comes(folder: Path, part: Path, gold_only: bool) -> Sequence[Item]:
    labels = {}
    for path in sorted((part / "annotations").glob("*_exp.npy")):
        try:
            number = str(np.load(path, allow_pickle=False).item())
        except (OSError, ValueError) as error:
            raise DatasetError(f"{path}: can't be read as one expression's number ({error}); take it anew") from error
        picture = part / "images" / f"{path.stem.removesuffix('_exp')}.jpg"
        labels[picture] = label_of(str(path), "expression", number, classes()["affectnet"])
    if not labels:
        raise DatasetError(f"{part / 'annotations'}: there is no N_exp.npy in it; unpack AffectNet's val_set there")
    return _items(part / "annotations", folder, labels, gold_only)


def _photograph(folder: Path, name: str) -> Path:
    """The aligned face, which is nobody else's, where it is there, else the whole photograph."""
    aligned = f"aligned/{Path(name).stem}_aligned{Path(name).suffix}"
    places = [folder / part / file for file in (aligned, f"original/{name}") for part in RAF_PICTURES]
    return next((path for path in places if path.exists()), folder / "original" / name)


def _items(table: Path, folder: Path, labels: dict[Path, str], gold_only: bool) -> list[Item]:
    if not gold_only:
        refuse(table, [f"{path.relative_to(folder)} is not there" for path in labels if not path.is_file()])
    names = {path: path.relative_to(folder).as_posix() for path in labels}
    return [Item(id=names[path], gold=(label,), group=names[path], clip=path) for path, label in labels.items()]


RAF_DB = of_faces(
    "raf_db",
    "expression of a face in a photograph, seven classes",
    read_raf_db,
    layout=f"as it comes: EmoLabel/{RAF_LIST} (rows `file class`), Image/aligned/test_NNNN_aligned.jpg or "
    f"Image/original/test_NNNN.jpg; or {RAF_LIST} beside the folders aligned or original",
    source="http://www.whdeld.cn/raf/model1.html, on request, research only",
)
AFFECTNET = of_faces(
    "affectnet",
    "expression of a face in a photograph, eight classes",
    read_affectnet,
    layout="as it comes: val_set/images/N.jpg and val_set/annotations/N_exp.npy; or the pictures, and "
    f"{AFFECT_TABLE}: file, label (0 neutral to 7 contempt, AffectNet's own numbers)",
    source="http://mohammadmahoor.com/affectnet, on request, research only",
)
