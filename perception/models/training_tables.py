"""Tables that say what to train on: read whole and checked before training begins; ills are told with their line."""

import csv
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from perception.errors import TrainingDataError

TOLD = 5  # ills of a table that are listed before the rest is counted


class Table(NamedTuple):
    """A table to write."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]


class Row(NamedTuple):
    """A row by column, and where it stands."""

    where: str  # "aus.csv, line 3"
    cells: dict[str, str]


def read_rows(path: Path, columns: Collection[str]) -> list[Row]:
    """The rows of a CSV file that has at least these columns.

    Raises:
        TrainingDataError: it can't be read as UTF-8, lacks a column, has no row, or one shorter than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            read = [(f"{path}, line {reader.line_num}", row) for row in reader]
            names = reader.fieldnames or ()
    except FileNotFoundError as error:
        raise TrainingDataError(f"{path}: is not there; write it with columns {', '.join(columns)}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingDataError(f"{path}: can't be read as CSV in UTF-8: {error}") from error
    if missing := [column for column in columns if column not in names]:
        raise TrainingDataError(f"{path}: no column {', '.join(missing)}; there is {', '.join(names) or 'none'}")
    if not read:
        raise TrainingDataError(f"{path}: there is no row below the header")
    refuse(f"{where}: the row ends before its last column" for where, row in read if None in row.values())
    return [Row(where, {name: (cell or "").strip() for name, cell in row.items() if name}) for where, row in read]


def refuse(ills: Iterable[str]) -> None:
    """Refuse a table of which something is wrong, and say the first few things.

    Raises:
        TrainingDataError: there are ills.
    """
    told = list(ills)
    if told:
        more = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
        raise TrainingDataError("; ".join(told[:TOLD]) + more)


def number(row: Row, column: str) -> float | None:
    """A cell as a number that is not negative; none where it is empty or there is no such column.

    Raises:
        TrainingDataError: it is none.
    """
    cell = row.cells.get(column, "")
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise TrainingDataError(f"{row.where}, column {column}: {cell!r} is no number from 0 on")
    return value


def write_rows(path: Path, table: Table) -> None:
    """Write a table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([table.header, *table.rows])
