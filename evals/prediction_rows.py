"""The rows of a gold or prediction file by their ids: CSV, JSON lines or a JSON list; unit columns become a value."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.au_files import coded, units_of
from evals.errors import DatasetError
from evals.reading import csv_rows, json_value, jsonl_rows, require, short


def rows_by_id(path: Path) -> dict[str, Mapping[str, Any]]:
    """The rows of a file with `id` and `value`, by id; columns AU1, AU2, ... may stand in place of `value`.

    Raises:
        DatasetError: it can't be read, lacks a column, or has an id twice.
    """
    read = _read(path)
    rows: dict[str, Mapping[str, Any]] = {}
    for number, row in enumerate(read if "value" in read[0] else _of_units(path, read), 1):
        if "value" not in row:
            raise DatasetError(f"{path}, row {number}: no column value; add it")
        if str(row["id"]) in rows:
            raise DatasetError(f"{path}, column id: {short(str(row['id']))} is there twice; give each once")
        rows[str(row["id"])] = row
    return rows


def of_item(id_: str) -> str:
    """The item that ID#n is the n-th value of; another id is an item's own."""
    item, _, number = id_.rpartition("#")
    return item if item and number.isdecimal() else id_


def _read(path: Path) -> Sequence[Mapping[str, Any]]:
    if path.suffix == ".jsonl":
        return jsonl_rows(path, ("id",))
    if path.suffix != ".json":
        return csv_rows(path, ("id",))
    rows = json_value(path)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise DatasetError(f"{path}: is no list of objects with id and value; give that, JSON lines (.jsonl) or CSV")
    for number, row in enumerate(rows, 1):
        require(f"{path}, object {number}", ("id",), row)
    return rows


def _of_units(path: Path, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with columns of action units, as values of the benchmark `au`."""
    try:
        units = units_of(path, dict.fromkeys(column for row in rows for column in row))
    except DatasetError as error:
        raise DatasetError(
            f"{path}: no column value (there is {short(', '.join(map(str, rows[0])))}); add it"
        ) from error
    return [
        {**row, "value": _active(f"{path}, row {n}", dict(row), {c: unit for c, unit in units.items() if c in row})}
        for n, row in enumerate(rows, 1)
    ]


def _active(where: str, row: dict[str, Any], units: dict[str, int]) -> dict[str, Any] | None:
    clip = coded(where, row, units)
    known = {name: str(row.get(name) or "") for name in ("dataset", "subject")}
    told = {"id": clip.id, **known, "units": sorted(set(units.values()))}
    return None if clip.active is None else {**told, "active": sorted(clip.active)}
