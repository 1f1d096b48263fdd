"""How an analysis was judged, kept beside its report: lists tell it without reading reports, which are long."""

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agents.report import Report
from reports.writing import write_file

NAME = "made_with.json"
MOST_KEPT = 1000  # in memory


class MadeWith(BaseModel):
    """What tells an analysis from another one of the same clip."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: str
    model: str | None = Field(description="none: published rules, no language model")
    codebook: str


def keep_made_with(folder: Path, report: Report) -> None:
    """Write into an analysis' folder what its report was made with."""
    made = report.provenance
    kept = MadeWith(strategy=made.strategy, model=made.model, codebook=made.codebook)
    write_file(folder / NAME, kept.model_dump_json())


def read_made_with(folder: Path) -> MadeWith | None:
    """What was written; none before the report is there."""
    path = folder / NAME
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=MOST_KEPT)
def _read(path: Path, modified_ns: int) -> MadeWith:
    return MadeWith.model_validate_json(path.read_bytes())
