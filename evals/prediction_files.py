"""Anyone's predictions scored from files, with neither model nor graph: the metrics of a benchmark on gold and answers.

Both files are CSV or JSON lines with `id` and `value`, of the kind of the gold values: a label as it is, a number, yes
or no in any usual spelling, or what else the benchmark's answers are, as JSON (words also as `['happy', 'calm']`).
Action units may be columns AU1, AU2, ... in place of `value` (see `evals.au_files`).
Gold may also be the folder of the benchmark's data. Where an item has several values, such as the utterances of a
dialogue, the id of the n-th is ID#n, from 1.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.au_files import coded, units_of
from evals.benchmark import Benchmark
from evals.errors import DatasetError
from evals.metrics.intervals import Interval, bootstrap
from evals.metrics.measure import as_measure
from evals.reading import csv_rows, jsonl_rows, refuse

RESAMPLES = 500
LABELS_TOLD = 30  # of more labels not all are told
SPELLED = {"yes": True, "true": True, "1": True, "1.0": True, "no": False, "false": False, "0": False, "0.0": False}


class Gold(NamedTuple):
    """A gold value, and the subject or dialogue that it belongs to."""

    value: Any
    group: str


class FileScores(NamedTuple):
    """The metrics of a file, and what of it is not as it should be."""

    scores: list["FileScore"]
    notes: list[str]


class FileScore(NamedTuple):
    """A metric over the files' values; nothing but its name where it is not defined for them."""

    metric: str
    value: float | None = None
    interval: Interval | None = None
    n: int | None = None  # of what the metric counts, such as the clips of one level
    coverage: float | None = None
    standard_error: float | None = None  # where the metric is published with one


def score_files(benchmark: Benchmark, gold: Path, predictions: Path) -> FileScores:
    """The benchmark's metrics with 95 % intervals over groups; what has gold and no prediction counts as wrong.

    Raises:
        DatasetError: a file can't be read, an id is there twice or has no gold, or a value is of another kind.
    """
    wanted = _gold_of(benchmark, gold)
    rows = _rows(predictions)
    refuse(predictions, (_without_gold(id_, wanted) for id_ in rows if id_ not in wanted))
    kind = next(known.value for known in wanted.values())
    answers = {id_: _as(kind, row["value"], benchmark, f"{predictions}, id {id_}") for id_, row in rows.items()}
    values = [known.value for known in wanted.values()]
    predicted = [answers.get(id_) for id_ in wanted]
    groups = [known.group for known in wanted.values()]
    scores, samples = [], benchmark.packed(values, predicted)
    for name, metric in benchmark.metrics.items():
        try:
            found = as_measure(metric(*samples), predicted)
        except ValueError:
            found = None
        if found is None or math.isnan(found.value):
            scores.append(FileScore(name))
            continue
        interval = None
        if len(set(groups)) > 1:
            interval = bootstrap(metric, *samples, groups, resamples=RESAMPLES, leave_out_undefined=True)
        scores.append(FileScore(name, found.value, interval, *found[1:]))
    return FileScores(scores, [*_strangers(values, predicted), *benchmark.notes(values, predicted)])


def _without_gold(id_: str, wanted: Mapping[str, Gold]) -> str:
    alone = id_.removesuffix("#1")
    return f"id {id_} has no gold" + (f"; it is called {alone} there" if alone in wanted else "")


def _strangers(gold: Sequence[Any], predicted: Sequence[Any]) -> list[str]:
    """What is said of labels that gold does not have."""
    labels = sorted({value for value in gold if isinstance(value, str)})
    rankings = [value if isinstance(value, list) else [value] for value in predicted]
    strange = [told[0] for told in rankings if told and isinstance(told[0], str) and not set(labels) & set(told)]
    if not labels or not strange:
        return []
    known = f"; gold has {', '.join(labels)}" if len(labels) <= LABELS_TOLD else ""
    return [f"{len(strange)} predictions, such as {strange[0]!r}, are no label of gold and count as wrong{known}"]


def _gold_of(benchmark: Benchmark, path: Path) -> dict[str, Gold]:
    if path.is_dir():
        items = benchmark.items(path)
        return {
            item.id if len(item.gold) == 1 else f"{item.id}#{n}": Gold(value, item.group)
            for item in items
            for n, value in enumerate(item.gold, 1)
        }
    rows = _rows(path)
    refuse(path, (f"id {id_} has no value" for id_, row in rows.items() if row["value"] in (None, "")))
    told = [row["value"] for row in rows.values()]
    read = _read_as_json(told) if path.suffix != ".jsonl" else told
    return {
        id_: Gold(_truth(value, benchmark, f"{path}, id {id_}"), str(row.get("group") or id_))
        for (id_, row), value in zip(rows.items(), read, strict=True)
    }


def _truth(told: Any, benchmark: Benchmark, where: str) -> Any:
    """A gold value as the benchmark's metrics take it.

    Raises:
        DatasetError: it is none.
    """
    if benchmark.truth is None:
        return told
    try:
        return benchmark.truth(told)
    except (TypeError, ValueError):
        raise DatasetError(f"{where}: {told!r} is not {benchmark.answer_form}") from None


def _read_as_json(cells: Sequence[Any]) -> list[Any]:
    """The cells of a column as JSON or yes and no, where all are that and none is a text; else as they stand."""
    try:
        read = [SPELLED[cell.strip().lower()] if _spelled(cell) else json.loads(cell) for cell in cells]
    except (TypeError, ValueError):
        return [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    return list(cells) if any(isinstance(value, str) for value in read) else read


def _as(kind: Any, told: Any, benchmark: Benchmark, where: str) -> Any:
    """A predicted value as the benchmark's own answer, or else as one of gold's kind; nothing where the cell is empty.

    Raises:
        DatasetError: it is none.
    """
    if told is None or (isinstance(told, str) and not told.strip()):
        return None
    read, form = _reader(kind, benchmark)
    try:
        return read(told)
    except (KeyError, TypeError, ValueError):
        raise DatasetError(f"{where}: {told!r} is not {form}") from None


def _reader(kind: Any, benchmark: Benchmark) -> tuple[Callable[[Any], Any], str]:
    """What reads an answer, and what it is called that it reads."""
    if benchmark.truth is None:
        if isinstance(kind, str):
            return _label, "a label"
        if isinstance(kind, bool):
            return lambda told: SPELLED[str(told).strip().lower()], "yes or no"
        if isinstance(kind, int | float):
            return _number, "a number"
    return benchmark.answer, benchmark.answer_form


def _label(told: Any) -> str:
    if not isinstance(told, str):
        raise ValueError("a label is a text")
    return told.strip()


def _number(told: Any) -> float | None:
    """A number; NaN says that there is none."""
    number = float(told)
    return None if math.isnan(number) else number


def _spelled(cell: Any) -> bool:
    return isinstance(cell, str) and cell.strip().lower() in ("yes", "no", "true", "false")


def _rows(path: Path) -> dict[str, Mapping[str, Any]]:
    read = jsonl_rows(path, ("id",)) if path.suffix == ".jsonl" else csv_rows(path, ("id",))
    rows: dict[str, Mapping[str, Any]] = {}
    for number, row in enumerate(read if "value" in read[0] else _of_units(path, read), 1):
        if "value" not in row:
            raise DatasetError(f"{path}, row {number}: no column value; add it")
        if str(row["id"]) in rows:
            raise DatasetError(f"{path}, column id: {row['id']} is there twice; give each once")
        rows[str(row["id"])] = row
    return rows


def _of_units(path: Path, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with columns of action units, as values of the benchmark `au`."""
    try:
        units = units_of(path, dict.fromkeys(column for row in rows for column in row))
    except DatasetError as error:
        raise DatasetError(f"{path}: no column value (there is {', '.join(map(str, rows[0]))}); add it") from error
    return [
        {**row, "value": _active(f"{path}, row {n}", dict(row), {c: unit for c, unit in units.items() if c in row})}
        for n, row in enumerate(rows, 1)
    ]


def _active(where: str, row: dict[str, Any], units: dict[str, int]) -> dict[str, Any] | None:
    clip = coded(where, row, units)
    known = {name: str(row.get(name) or "") for name in ("dataset", "subject")}
    told = {"id": clip.id, **known, "units": sorted(set(units.values()))}
    return None if clip.active is None else {**told, "active": sorted(clip.active)}
