"""`mentalis export`: a report in the formats of other programs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """Formats that a report can be written in."""

    CSV = "csv"
    OPENFACE = "openface"
    ELAN = "elan"
    SRT = "srt"
    VTT = "vtt"
    HTML = "html"
    PARQUET = "parquet"


SUFFIX = {Format.OPENFACE: ".openface.csv", Format.ELAN: ".eaf"}


def export(
    report: Annotated[Path, typer.Argument(help="A report.json.", show_default=False)],
    format: Annotated[Format, typer.Option(help="What to write.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="File to write; beside the report when not given.")] = None,
) -> None:
    """Write a report as CSV, OpenFace CSV, ELAN, subtitles, HTML or Parquet."""
    from reports.writing import read_report, write_export

    path = out or report.with_suffix(SUFFIX.get(format, f".{format}"))
    write_export(read_report(report), format.value, path)
    typer.echo(str(path))
