"""Files of data sets, read whole and checked before anything runs; what is wrong is told with file, column and mend."""

import csv
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from evals.errors import DatasetError

NAMING = ("clip", "transcript")  # columns that name a file
TOLD = 5  # ills of a file that are listed before the rest is counted
LONGEST_ECHO = 80  # characters of a value that are told when something is wrong with it
LARGEST_FIELD = 10_000_000  # characters of a CSV field: transcripts are longer than csv's own limit
LIKE = 0.75  # how alike, by difflib, a column's name is to one that it is taken for


def existing(folder: Path, name: str, how: str) -> Path:
    """A file or folder that a data set has.

    Args:
        folder: of the data set.
        name: of what has to be in it.
        how: it is had.

    Raises:
        DatasetError: it is not there.
    """
    path = folder / name
    if not path.exists():
        raise DatasetError(f"{folder}: there is no {name}; {how}")
    return path


def csv_rows(
    path: Path, columns: Collection[str], optional: Collection[str] = (), *, delimiter: str = ","
) -> list[dict[str, str]]:
    """The rows of a CSV file that has at least these columns; `optional` ones must not be there under another spelling.

    Raises:
        DatasetError: it is not there, can't be read as UTF-8, lacks a column or has one twice, has no row, or one that
            is shorter or longer than the header.
    """
    csv.field_size_limit(LARGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            rows = [(reader.line_num, row) for row in reader]
            names = reader.fieldnames or ()
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: can't be read as CSV in UTF-8: {error}") from error
    require(path, columns, names)
    check_spelling(path, optional, [name for name in names if name not in columns])
    refuse(path, (f"column {short(name)} comes twice; keep one" for name in dict.fromkeys(twice(filter(None, names)))))
    if not rows:
        raise DatasetError(f"{path}: there is no row below the header")
    for line, row in rows:
        if unfilled := [name for name, value in row.items() if value is None]:
            raise DatasetError(
                f"{path}, line {line}: the row ends before column {unfilled[0]}; fill it, or leave it empty"
            )
        if surplus := [cell for cell in row.pop(None, ()) if cell.strip()]:
            raise DatasetError(
                f"{path}, line {line}: the row goes on after the last column ({quoted(surplus[0])}); put a text with "
                f"{'a comma' if delimiter == ',' else repr(delimiter)} in quotation marks"
            )
    return [row for _, row in rows]


def jsonl_rows(path: Path, fields: Collection[str]) -> list[dict[str, Any]]:
    """The objects of a file with one JSON object a line, each with at least these fields.

    Raises:
        DatasetError: a line is no object or lacks a field, or there is none.
    """
    rows = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DatasetError(f"{path}, line {number}: is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise DatasetError(f"{path}, line {number}: is no JSON object: {short(line)}")
        require(f"{path}, line {number}", fields, row)
        rows.append(row)
    if not rows:
        raise DatasetError(f"{path}: there is no line in it")
    return rows


def table_rows(
    folder: Path, name: str, columns: Collection[str], optional: Collection[str] = ()
) -> tuple[Path, list[tuple[str, dict[str, Any]]]]:
    """The rows of NAME.jsonl or NAME.csv, whichever is there, each with where it stands; and the file.

    Raises:
        DatasetError: neither is there, it lacks a column, or has something else where a file is named.
    """
    path = folder / f"{name}.jsonl"
    if path.exists():
        rows = [(f"{path}, object {n}", row) for n, row in enumerate(jsonl_rows(path, columns), 1)]
        for where, row in rows:
            _require_names(where, row)
            check_spelling(where, optional, [name for name in row if name not in columns])
        return path, rows
    path = existing(folder, f"{name}.csv", f"write one, or {name}.jsonl, with {', '.join(columns)}")
    return path, [(f"{path}, line {n}", dict(row)) for n, row in enumerate(csv_rows(path, columns, optional), 2)]


def text_lines(path: Path) -> list[str]:
    """The lines of a text file that are not empty.

    Raises:
        DatasetError: it can't be read as UTF-8, or there is none.
    """
    lines = [line.strip() for line in _text(path).split("\n") if line.strip()]
    if not lines:
        raise DatasetError(f"{path}: there is no line in it")
    return lines


def json_value(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        DatasetError: it is none.
    """
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise DatasetError(f"{path}: is no JSON: {error}") from error


def require(where: Path | str, wanted: Collection[str], there: Collection[str] | Mapping[str, Any]) -> None:
    """Refuse a row or table that lacks a column.

    Raises:
        DatasetError: naming what is missing and what is there.
    """
    missing = [name for name in wanted if name not in there]
    if missing:
        has = short(", ".join(map(str, there))) or "none"
        raise DatasetError(f"{where}: no column {', '.join(missing)}; rename or add it (there is {has})")


def check_spelling(where: Path | str, optional: Collection[str], there: Collection[str]) -> None:
    """Refuse a column that can only be meant for an optional one: what it says would be passed over in silence.

    Raises:
        DatasetError: naming both.
    """
    strange = [name for name in there if name and name not in optional]
    for name in (name for name in optional if name not in there):
        if meant := get_close_matches(name, strange, 1, LIKE):
            raise DatasetError(f"{where}: column {short(meant[0])} is not known; rename it to {name}, or remove it")


def one_of(where: Path | str, column: str, value: str, allowed: Sequence[str]) -> str:
    """A value that is one of those allowed.

    Raises:
        DatasetError: it is not.
    """
    if value not in allowed:
        raise DatasetError(f"{where}, column {column}: {quoted(value)} is none of {', '.join(map(short, allowed))}")
    return value


def refuse(where: Path | str, ills: Iterable[str]) -> None:
    """Refuse a data set of which something is wrong, and say the first few things.

    Raises:
        DatasetError: there are ills.
    """
    told = list(ills)
    if told:
        more = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
        raise DatasetError(f"{where}: {'; '.join(told[:TOLD])}{more}")


def short(value: object) -> str:
    """A value as text that is not longer than a line."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}..."


def quoted(value: object) -> str:
    """A value as Python writes it, not longer than a line."""
    return short(repr(value))


def counted(n: int, what: str) -> str:
    """So many of something, in the singular for one."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def twice(names: Iterable[str]) -> list[str]:
    """The names that come more than once, each time after the first."""
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _require_names(where: str, row: Mapping[str, Any]) -> None:
    for column in NAMING:
        if not isinstance(named := row.get(column), str | None):
            raise DatasetError(f"{where}, column {column}: {quoted(named)} is no name of a file; put it in quotes")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: can't be read as text in UTF-8: {error}") from error
