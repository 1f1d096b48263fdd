"""DFEW, MAFW and FERV39k: the expression of a face in a few seconds of film, by UAR and WAR.

inspect eval evals/tasks/dynamic_expressions.py@dfew -T folder=DATA --model none

Published figures of DFEW and MAFW are means of the scores of five folds: in a report, the mean of the stratum `fold`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.errors import DatasetError
from evals.expressions import classes, label_of, of_faces
from evals.inspecting import as_task
from evals.pictures import VIDEOS
from evals.reading import quoted, refuse, text_lines, twice

ROWS = "rows `path number_of_pictures class`"
HOW = "take it from the repository of DFER-CLIP (annotation)"


@task
def dfew(folder: str, **options: Any) -> Task:
    """Seven expressions in film; options as of `mentalis eval run`."""
    return as_task(DFEW, folder, **options)


@task
def mafw(folder: str, **options: Any) -> Task:
    """Eleven expressions in film and video; options as of `mentalis eval run`."""
    return as_task(MAFW, folder, **options)


@task
def ferv39k(folder: str, **options: Any) -> Task:
    """Seven expressions in 22 kinds of scene; options as of `mentalis eval run`."""
    return as_task(FERV39K, folder, **options)


def read(folder: Path, name: str, pattern: str, files: str, gold_only: bool = False) -> Sequence[Item]:
    """The clips of the annotation files in a folder whose names fit the pattern, all folds that are there.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    tables = {path: match for path in sorted(folder.glob("*.txt")) if (match := re.fullmatch(pattern, path.name))}
    if not tables:
        raise DatasetError(f"{folder}: there is no {files}, with {ROWS}; {HOW}")
    return [item for table, match in tables.items() for item in _items(folder, table, name, match.groups(), gold_only)]


def _items(folder: Path, table: Path, name: str, fold: Sequence[str], gold_only: bool) -> list[Item]:
    rows = [_row(f"{table}, line {n}", line, name) for n, line in enumerate(text_lines(table), 1)]
    refuse(table, (f"{path} comes twice; keep one row" for path in twice(path for path, _ in rows)))
    labels = dict(rows)
    found = {path: None if gold_only else _found(folder, path) for path in labels}
    missing = [] if gold_only else [path for path, clip in found.items() if not clip]
    refuse(table, [f"{path} is not there (neither pictures nor a video)" for path in missing])
    refuse(table, _shared(found))
    strata = {"fold": fold[0]} if fold else {}
    return [
        Item(id=":".join([*fold, path]), gold=(label,), group=path, strata=strata, clip=found[path])
        for path, label in labels.items()
    ]


def _shared(found: Mapping[str, Path | None]) -> Iterator[str]:
    """What is said of rows that would be answered from the same pictures."""
    rows: dict[Path, str] = {}
    for path, clip in found.items():
        if clip is not None and (other := rows.setdefault(clip, path)) != path:
            yield f"{path} and {other} are both found as {clip}; keep the folders that tell them apart"


def _row(where: str, line: str, name: str) -> tuple[str, str]:
    """The path and the label of a row."""
    parts = line.rsplit(maxsplit=2)
    if len(parts) != 3:
        raise DatasetError(f"{where}: {quoted(line)} is no row of path, number of pictures and class; {HOW}")
    return parts[0], label_of(where, "class (the third)", parts[2], classes()[name])


def _found(folder: Path, told: str) -> Path | None:
    """Where a clip of an annotation lies in this folder: its path begins with folders of whoever wrote it."""
    parts = [part for part in PurePosixPath(told).parts if part not in ("/", ".", "..")]
    for first in range(len(parts)):
        place = folder.joinpath(*parts[first:])
        for candidate in (place, *(place.with_name(place.name + ending) for ending in VIDEOS)):
            if candidate.exists():
                return candidate
    return None


def _benchmark(name: str, about: str, pattern: str, files: str, source: str) -> Benchmark:
    return of_faces(
        name,
        about,
        partial(read, name=name, pattern=pattern, files=files),
        layout=f"{files}: {ROWS}; and under the folder the last parts of each path, a folder of pictures or a video",
        source=source,
    )


DFEW = _benchmark(
    "dfew",
    "expression of a face in a film, seven classes; five folds",
    r"DFEW_set_(\d)_test\.txt",
    "DFEW_set_1_test.txt to DFEW_set_5_test.txt, or some of them",
    "https://dfew-dataset.github.io, on request, research only; annotations: DFER-CLIP's repository, MIT",
)
MAFW = _benchmark(
    "mafw",
    "expression of a face in film and video, eleven classes; five folds",
    r"MAFW_set_(\d)_test\.txt",
    "MAFW_set_1_test.txt to MAFW_set_5_test.txt, or some of them",
    "https://mafw-database.github.io/MAFW, on request, research only; annotations: DFER-CLIP's repository, MIT",
)
FERV39K = _benchmark(
    "ferv39k",
    "expression of a face in 22 kinds of scene, seven classes",
    r"FERV39K_test\.txt",
    "FERV39K_test.txt",
    "https://wangyanckxx.github.io/Proj_CVPR2022_FERV39k.html, on request; annotations: DFER-CLIP's repository, MIT",
)
