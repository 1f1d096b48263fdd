"""Tables of action units, ours and anyone's: a row for each clip, a column AU1, AU2, ... for each unit."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.errors import DatasetError
from evals.reading import quoted

UNIT = re.compile(r"AU0*(\d+)", re.IGNORECASE)
CODES = {"0": False, "0.0": False, "1": True, "1.0": True}  # with a point, as a column with empty cells is written
COLUMNS = "give columns AU1, AU2, ... with 1 where the unit is active and 0 where it is not"


class Coded(NamedTuple):
    """The action units of one clip, by their FACS numbers; none when the clip was not coded (abstained)."""

    id: str
    active: frozenset[int] | None


def units_of(where: Path | str, columns: Iterable[str]) -> dict[str, int]:
    """The columns of action units and their FACS numbers.

    Raises:
        DatasetError: there is none.
    """
    units = {column: int(match[1]) for column in columns if (match := UNIT.fullmatch(column.strip()))}
    if not units:
        raise DatasetError(f"{where}: no column of an action unit; {COLUMNS}")
    return units


def coded(where: str, row: dict[str, Any], units: dict[str, int]) -> Coded:
    """The active units of a row; none when all its units are left empty: the clip was not coded.

    Raises:
        DatasetError: a unit is neither 0 nor 1, or only some are left empty.
    """
    values = {column: "" if row.get(column) is None else str(row[column]).strip() for column in units}
    if not any(values.values()):
        return Coded(str(row["id"]), None)
    for column, value in values.items():
        if value not in CODES:
            raise DatasetError(
                f"{where}, column {column}: {quoted(value)} is neither 0 nor 1; code every unit, or none"
            )
    return Coded(str(row["id"]), frozenset(units[column] for column, value in values.items() if CODES[value]))


def write_coded(path: Path, clips: Iterable[Coded], units: Sequence[int]) -> None:
    """Write a table of clips; one that was not coded has empty cells."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", *(f"AU{unit}" for unit in units)])
        for clip in clips:
            cells = ["" if clip.active is None else int(unit in clip.active) for unit in units]
            rows.writerow([clip.id, *cells])
