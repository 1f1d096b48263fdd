"""A benchmark's result as tables for a person, or as one JSON object."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table


def print_result(result: dict[str, list[dict[str, Any]]], as_json: bool) -> None:
    """Print named lists of rows, which all have the same columns."""
    if as_json:
        print(json.dumps(result))
        return
    for name, rows in result.items():
        table = Table(title=name, title_justify="left")
        for column in rows[0]:
            table.add_column(column.replace("_", " "), justify="left" if column == "what" else "right")
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console(width=140).print(table)
