"""The report on logs of benchmarks: one page that needs nothing but its samples' pages beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.benchmark import Benchmark
from evals.reporting.costs import calibrated, cost, failures
from evals.reporting.labels import by_part
from evals.reporting.logs import Logged, conditions_told, names, read_logs
from evals.reporting.published import published
from evals.reporting.samples import sample_rows, write_pages
from evals.reporting.scoring import MEAN_OF, RESAMPLES, Scores, by_stratum, differences, scored
from evals.reporting.tables import csv_text, latex
from reports.html import script_safe
from reports.writing import write_file

TEMPLATES = Path(__file__).parent / "templates"


class Section(NamedTuple):
    """All runs of one benchmark: their names and their scores, over all samples and by stratum."""

    benchmark: Benchmark
    runs: tuple[Logged, ...]
    names: dict[Path, str]
    scores: list[Scores]
    strata: list[Scores]


def write(
    logs: Sequence[Path],
    out: Path,
    latex_file: Path | None = None,
    csv_file: Path | None = None,
    resamples: int = RESAMPLES,
) -> tuple[Path, ...]:
    """Write the page of logs with its samples' pages, and its scores as LaTeX and CSV; the files but for the samples'.

    Args:
        logs: files, or folders of them.
        out: the page; its samples' pages lie in a folder beside it.
        latex_file: of the scores; where neither this nor `csv_file` is named, both lie beside the page.
        csv_file: likewise; where only one of the two is named, the other is not written.
        resamples: of each interval and each permutation test.

    Raises:
        DatasetError: a log can't be used.
        ReportError: a file can't be written.
    """
    runs, left_out = read_logs(logs)
    sections = [section([r for r in runs if r.benchmark is b], resamples) for b in _benchmarks(runs)]
    rows = [(s.names[scores.run.path], scores) for s in sections for scores in (*s.scores, *s.strata)]
    pages = write_pages(runs, out.with_name(f"{out.stem}_samples"))
    if latex_file is None and csv_file is None:
        latex_file, csv_file = out.with_suffix(".tex"), out.with_suffix(".csv")
    tables = [(latex_file, latex), (csv_file, csv_text)]
    written = [write_file(file, text(rows)) for file, text in tables if file is not None]
    return (write_file(out, page(sections, pages, left_out, resamples)), *written)


def section(runs: Sequence[Logged], resamples: int = RESAMPLES) -> Section:
    """The scores of one benchmark's runs."""
    return Section(
        benchmark=runs[0].benchmark,
        runs=tuple(runs),
        names=names(runs),
        scores=[scored(run, resamples) for run in runs],
        strata=sorted((s for run in runs for s in by_stratum(run, resamples)), key=_place),
    )


def _place(scores: Scores) -> tuple[str, bool, str]:
    """In the tables of strata: by name, and the mean over them last."""
    name, of = scores.stratum or ("", "")
    return name, of.startswith(MEAN_OF), of


def page(
    sections: Sequence[Section],
    pages: Mapping[tuple[Path, str], str],
    left_out: Sequence[str] = (),
    resamples: int = RESAMPLES,
) -> str:
    """The page of these sections; it loads nothing from anywhere."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = _number
    return environment.get_template("report.html.j2").render(
        sections=[_told(s, pages, resamples) for s in sections],
        left_out=left_out,
        resamples=resamples,
        models=list(dict.fromkeys(run.model for s in sections for run in s.runs)),
        dates=sorted(run.created[:10] for s in sections for run in s.runs),
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "report.js").read_text(encoding="utf-8"),
    )


def _told(s: Section, pages: Mapping[tuple[Path, str], str], resamples: int) -> dict[str, Any]:
    """What the template is given of a section."""
    called = [s.names[run.path] for run in s.runs]
    return {
        "benchmark": s.benchmark,
        "runs": s.runs,
        "names": s.names,
        "conditions": conditions_told(s.runs),
        "scores": s.scores,
        "strata": s.strata,
        "differences": differences(s.runs, resamples),
        "published": published(s.benchmark.name),
        "ours": {n.run.path: {score.metric: score.found for score in n.scores} for n in s.scores},
        "parts": by_part(s.runs),
        "costs": [cost(run) for run in s.runs],
        "failures": [(run, failures(run)) for run in s.runs],
        "calibrated": [found for run in s.runs for found in calibrated(run)],
        "data": script_safe({"runs": called, "samples": sample_rows(s.runs, pages)}),
        "count": len({sample.id for run in s.runs for sample in run.samples}),
    }


def _benchmarks(runs: Sequence[Logged]) -> list[Benchmark]:
    return list({run.benchmark.name: run.benchmark for run in runs}.values())


def _number(value: float | None, digits: int = 3) -> str:
    """A number as it stands in a table; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}".replace("-", "−")
