"""Anyone's predictions scored from files, with neither model nor graph: the metrics of a benchmark on gold and answers.

Both files are CSV or JSON lines with `id` and `value`: a label, a number, or what the benchmark's answers are, as JSON.
Action units may be columns AU1, AU2, ... in place of `value` (see `evals.au_files`).
Gold may also be the folder of the benchmark's data. Where an item has several values, such as the utterances of a
dialogue, the id of the n-th is ID#n, from 1.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.au_files import coded, units_of
from evals.benchmark import Benchmark
from evals.errors import DatasetError
from evals.metrics.intervals import Interval, bootstrap
from evals.metrics.measure import coverage
from evals.reading import csv_rows, jsonl_rows, refuse

RESAMPLES = 500


class Gold(NamedTuple):
    """A gold value, and the subject or dialogue that it belongs to."""

    value: Any
    group: str


class FileScore(NamedTuple):
    """A metric over the files' values; no value where it is not defined for them."""

    metric: str
    value: float | None
    interval: Interval | None
    n: int
    coverage: float


def score_files(benchmark: Benchmark, gold: Path, predictions: Path) -> list[FileScore]:
    """The benchmark's metrics with 95 % intervals over groups; what has gold and no prediction counts as wrong.

    Raises:
        DatasetError: a file can't be read, an id is there twice, or is predicted without gold.
    """
    wanted = _gold_of(benchmark, gold)
    answers = _values(predictions)
    refuse(predictions, (f"id {id_} has no gold" for id_ in answers if id_ not in wanted))
    values = [known.value for known in wanted.values()]
    predicted = [answers.get(id_) for id_ in wanted]
    groups = [known.group for known in wanted.values()]
    scores = []
    for name, metric in benchmark.metrics.items():
        try:
            value = float(metric(values, predicted))
        except ValueError:
            scores.append(FileScore(name, None, None, len(values), coverage(predicted)))
            continue
        interval = None
        if len(set(groups)) > 1:
            interval = bootstrap(metric, values, predicted, groups, resamples=RESAMPLES, leave_out_undefined=True)
        scores.append(FileScore(name, value, interval, len(values), coverage(predicted)))
    return scores


def _gold_of(benchmark: Benchmark, path: Path) -> dict[str, Gold]:
    if path.is_dir():
        items = benchmark.read(path)
        return {
            item.id if len(item.gold) == 1 else f"{item.id}#{n}": Gold(value, item.group)
            for item in items
            for n, value in enumerate(item.gold, 1)
        }
    rows = _rows(path)
    return {id_: Gold(_value(row["value"]), str(row.get("group") or id_)) for id_, row in rows.items()}


def _values(path: Path) -> dict[str, Any]:
    return {id_: _value(row["value"]) for id_, row in _rows(path).items()}


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
        units = units_of(path, rows[0])
    except DatasetError as error:
        raise DatasetError(f"{path}: no column value (there is {', '.join(map(str, rows[0]))}); add it") from error
    return [{**row, "value": _active(f"{path}, row {n}", dict(row), units)} for n, row in enumerate(rows, 1)]


def _active(where: str, row: dict[str, Any], units: dict[str, int]) -> dict[str, Any] | None:
    clip = coded(where, row, units)
    known = {name: str(row.get(name) or "") for name in ("dataset", "subject")}
    return None if clip.active is None else {"id": clip.id, **known, "active": sorted(clip.active)}


def _value(told: Any) -> Any:
    """A cell as JSON where it is JSON, else as it stands; nothing where it is empty."""
    if not isinstance(told, str):
        return told
    if not told.strip():
        return None
    try:
        return json.loads(told)
    except ValueError:
        return told.strip()
