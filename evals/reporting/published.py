"""Published numbers of a benchmark, each with its source."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, model_validator

from perception.evidence import Frozen

FILE = Path(__file__).parents[1] / "published.yaml"


class Column(Frozen):
    """A measure as it is published, and the metric of ours that is the same, if there is one."""

    title: str
    ours: str | None = None
    times: float = Field(default=1.0, description="ours is multiplied by it, for the table's unit")


class Row(Frozen):
    """What a system scored; none where nothing is published."""

    system: str
    values: tuple[float | None, ...]


class Published(Frozen):
    """A table of a paper or a repository."""

    title: str
    benchmarks: tuple[str, ...]
    source: Annotated[str, Field(min_length=1)]
    unit: str
    note: str = ""
    columns: tuple[Column, ...]
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _as_many_values_as_columns(self) -> "Published":
        for row in self.rows:
            if len(row.values) != len(self.columns):
                raise ValueError(f"{self.title}: {row.system} has {len(row.values)} of {len(self.columns)} values")
        return self


def published(benchmark: str) -> tuple[Published, ...]:
    """The tables that are shown beside the runs of a benchmark."""
    return tuple(table for table in _tables() if benchmark in table.benchmarks)


@cache
def _tables() -> tuple[Published, ...]:
    return tuple(Published.model_validate(table) for table in yaml.safe_load(FILE.read_text(encoding="utf-8")))
