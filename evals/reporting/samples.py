"""Every sample for a closer look: what was asked, what each run answered, and the report that it answered from."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agents.report import Report
from evals.reporting.logs import Answered, Logged
from reports.html import drawing_library, html
from reports.writing import write_file

LIBRARY = "plotly.js"  # of all sample pages, beside them


def sample_rows(runs: Sequence[Logged], pages: Mapping[tuple[Path, str], str]) -> list[dict[str, Any]]:
    """The samples of a benchmark's runs as the page's script reads them, each with an answer (or none) for each run.

    Args:
        runs: in the order in which their answers are told.
        pages: the address of a sample's report, by the run's log and the sample's id.
    """
    answers: dict[str, dict[int, Answered]] = {}
    for place, run in enumerate(runs):
        for sample in run.samples:
            answers.setdefault(sample.id, {})[place] = sample
    rows = []
    for id_, by_run in answers.items():
        first = next(iter(by_run.values()))
        told = [
            _answer(run, by_run[n], pages.get((run.path, id_))) if n in by_run else None for n, run in enumerate(runs)
        ]
        rows.append({"id": id_, "asked": first.asked, "gold": first.gold, "strata": first.strata, "runs": told})
    return rows


def write_pages(runs: Sequence[Logged], folder: Path) -> dict[tuple[Path, str], str]:
    """Write the page of every sample that has a report of ours, and say where it is, seen from the folder's parent.

    Raises:
        ReportError: a file can't be written.
    """
    found: dict[tuple[Path, str], str] = {}
    for number, run in enumerate(runs, 1):
        for place, sample in enumerate(run.samples, 1):
            report = _report(sample)
            if report is None:
                continue
            if not found:
                write_file(folder / LIBRARY, drawing_library())
            name = f"{number}-{place}-{_file_safe(sample.id)}.html"
            write_file(folder / name, html(report, library=LIBRARY))
            found[run.path, sample.id] = f"{folder.name}/{name}"
    return found


def _answer(run: Logged, sample: Answered, page: str | None) -> dict[str, Any]:
    outcome = sample.outcome
    predictions = [
        {**p.model_dump(mode="json"), "right": run.benchmark.right(gold, p.value)}
        for gold, p in zip(sample.gold, outcome.predictions, strict=True)
    ]
    return {
        "predictions": predictions,
        "failures": outcome.failures,
        "tokens": outcome.tokens.model_dump(),
        "seconds": sample.seconds,
        "page": page,
        "report": None if page else outcome.report,
    }


def _report(sample: Answered) -> Report | None:
    """The report of an analysis; none for what other graphs make, and for reports of another version."""
    if sample.outcome.report is None:
        return None
    try:
        return Report.model_validate_json(sample.outcome.report)
    except ValidationError:
        return None


def _file_safe(id_: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", id_)[:80]
