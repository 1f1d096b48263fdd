"""Hallucination in our own reports: how far claims rest on what was measured; no labels are needed.

inspect eval evals/tasks/report_audit.py -T folder=CLIPS --model none

The folder has clips, each perhaps with a transcript of its name beside it (.srt, .vtt or .txt), or finished reports
(`report.json`, at any depth), which are then audited as they are.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from pydantic import ValidationError

from agents.codebook import Codebook, CodebookError, load_codebook
from agents.report import Report
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics import report_audit as metrics
from evals.metrics.intervals import Metric
from evals.metrics.measure import Measure
from evals.metrics.report_audit import ReportAudit, audit
from evals.pictures import VIDEOS
from evals.run import Run
from evals.solving import ANALYSING, analysis, reported

REPORT = "report.json"
TRANSCRIPTS = (".srt", ".vtt", ".txt")
AUDIT_PAIRS = 5  # of statements about each report, as in the product


@task
def report_audit(folder: str, **options: Any) -> Task:
    """Audit reports on clips, or finished ones; options as of `mentalis eval run`."""
    return as_task(AUDIT, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The finished reports of a folder, or its clips where it has no report.

    Raises:
        DatasetError: there is neither, or a report can't be read.
    """
    reports = sorted(folder.rglob(REPORT))
    if reports:
        return [_finished(folder, path) for path in reports]
    clips = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS)
    if not clips:
        raise DatasetError(f"{folder}: there is neither a {REPORT} nor a clip in it ({', '.join(VIDEOS)})")
    return [_clip(folder, path) for path in clips]


async def solve(item: Item, run: Run) -> Outcome:
    """Make the report, if there is none yet, and count what its claims rest on."""
    if "report" in item.given:
        path = Path(item.given["report"])
        report = await asyncio.to_thread(read_report, path)
        return _audited(report, codebook_of(path, report, run.codebook))
    report = await analysis(item, run, audit_pairs=AUDIT_PAIRS)
    return _audited(report, run.codebook or load_codebook("basic"))


def read_report(path: Path) -> Report:
    """A finished report.

    Raises:
        DatasetError: it is none of ours.
    """
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        why = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        field = ".".join(map(str, why["loc"])) or "file"
        raise DatasetError(f"{path}, {field}: {why['msg']}; give a {REPORT} that this version wrote") from error


def codebook_of(path: Path, report: Report, given: Codebook | None) -> Codebook:
    """The codebook of a report's labels: the one given, or a shipped one.

    Raises:
        DatasetError: neither has the labels that the report was made with.
    """
    made_with = report.provenance
    books = [given] if given else []
    with suppress(CodebookError):  # one of the user's own has to be given
        books.append(load_codebook(made_with.codebook))
    for book in books:
        if book.sha256 == made_with.codebook_sha256:
            return book
    raise DatasetError(
        f"{path}: its labels are those of another codebook {made_with.codebook!r}; name it: codebook=FILE"
    )


def _audited(report: Report, codebook: Codebook) -> Outcome:
    return reported(report, (Prediction(value=audit(report, codebook)._asdict()),))


def _finished(folder: Path, path: Path) -> Item:
    read_report(path)  # refused before anything runs
    id_ = path.parent.relative_to(folder).as_posix()
    return Item(id=id_, gold=(None,), group=id_, given={"report": str(path)})


def _clip(folder: Path, path: Path) -> Item:
    id_ = path.relative_to(folder).as_posix()
    beside = [path.with_suffix(ending) for ending in TRANSCRIPTS]
    transcript = next((place for place in beside if place.is_file()), None)
    return Item(id=id_, gold=(None,), group=id_, clip=path, transcript=transcript)


def _counted(metric: Callable[[Sequence[ReportAudit | None]], Measure]) -> Metric:
    def score(gold: Sequence[None], predicted: Sequence[dict[str, int] | None]) -> Measure:
        return metric([None if counts is None else ReportAudit(**counts) for counts in predicted])

    return score


def _faithful(gold: None, counts: dict[str, int] | None) -> bool:
    """Whether nothing in a report is unsupported or contradicted."""
    return counts is not None and not counts["unsupported"] and not counts["contradicted"]


AUDIT = Benchmark(
    name="report_audit",
    about="hallucination in our own reports, without labels",
    read=read,
    solve=solve,
    metrics={
        name: _counted(getattr(metrics, name))
        for name in (
            "evidence_precision",
            "evidence_exists",
            "evidence_of_person",
            "evidence_in_time",
            "evidence_by_rule",
            "unsupported_rate",
            "contradiction_rate",
            "withheld_rate",
            "abstention_rate",
            "self_audit_pair_accuracy",
            "round_agreement",
        )
    },
    strategies=ANALYSING,
    layout=f"clips, perhaps with transcripts of their names, or finished reports ({REPORT}) at any depth",
    source="any clips",
    usual={"codebook": "basic"},
    right=_faithful,
    unscored="reports are audited without gold (mentalis eval run report_audit FOLDER)",
)
