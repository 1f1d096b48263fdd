"""Reports written to disk, each file whole or not at all, and read back."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from agents.report import Report
from perception.errors import MentalisError
from reports.elan import eaf
from reports.html import html
from reports.subtitles import srt, vtt
from reports.tables import csv_text, openface_csv, parquet_bytes

FORMATS: dict[str, Callable[[Report], str | bytes]] = {
    "csv": csv_text,
    "openface": openface_csv,
    "elan": eaf,
    "srt": srt,
    "vtt": vtt,
    "html": html,
    "parquet": parquet_bytes,
}


class ReportError(MentalisError):
    """A report that can't be read or written."""


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write report.json, signals.parquet and report.html into a folder and return their paths.

    Raises:
        ReportError: the folder can't be written.
    """
    contents: dict[str, str | bytes] = {
        "report.json": report.model_dump_json(indent=1),
        "signals.parquet": parquet_bytes(report),
        "report.html": html(report),
    }
    return tuple(write_file(folder / name, content) for name, content in contents.items())


def write_export(report: Report, format: str, path: Path) -> Path:
    """Write a report in one of `FORMATS`.

    Raises:
        ReportError: the file can't be written.
    """
    return write_file(path, FORMATS[format](report))


def read_report(path: Path) -> Report:
    """Read a report.json.

    Raises:
        ReportError: no such file, or it is no report.
    """
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise ReportError(f"{path} is no report of this version: {where}: {first['msg']}") from error


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file, and the folders that it lies in; it is there whole or not at all.

    Raises:
        ReportError: it can't be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with part.open("xb") as file:  # with the rights that the user's umask gives
            file.write(data)
        os.replace(part, path)
    except OSError as error:
        raise ReportError(f"{path} can't be written: {error.strerror}") from error
    return path
