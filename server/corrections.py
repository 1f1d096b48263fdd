"""What people think of the claims: accepted, rejected or relabelled; kept beside the report, never over it."""

import time
import uuid
from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, delete, insert, select, update

from agents.claims import LEVELS, Claim
from agents.codebook import Codebook, CodebookError, load_codebook
from agents.report import Report
from server.access import Reads, Writes
from server.agreement import agreement
from server.analyses import done
from server.analysis_records import Analysis
from server.correction_answers import ByLevel, CorrectionKept, Corrections, LabelNamed, LevelAgreed, Verdict
from server.database import ANALYSES, CORRECTIONS
from server.errors import ApiError
from server.jobs import Jobs


class Correction(BaseModel):
    """What someone thinks of a claim."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"claim": "P1-emotion-1", "verdict": "accept"}]}
    )

    claim: str = Field(max_length=100)
    verdict: Verdict
    label: str | None = Field(default=None, max_length=100, description="the right one, where it is relabelled")
    note: str | None = Field(default=None, max_length=2000)


def routes(engine: Engine, jobs: Jobs) -> APIRouter:
    """The endpoints under /v1/analyses/ID/corrections."""
    router = APIRouter(prefix="/v1/analyses/{name}/corrections", tags=["corrections"])

    @router.get("")
    def several(name: str, caller: Reads) -> Corrections:
        """All corrections, and how far people and machine agree."""
        return _all(name, caller.owner)

    @router.post("")
    def add(name: str, correction: Correction, caller: Writes) -> Corrections:
        """Accept, reject or relabel a claim; a second opinion of the same claim takes the first one's place."""
        analysis = jobs.analyses.get(name, caller.owner)
        report = done(jobs, analysis)
        check(correction, report, codebook_of(analysis, report, jobs))
        row = {
            "id": f"co_{uuid.uuid4().hex}", "analysis": name, "by": caller.name, "created_at": time.time(),
            **correction.model_dump(),
        }  # fmt: skip
        with engine.begin() as connection:
            of_it = update(ANALYSES).where(ANALYSES.c.id == name).values(id=name)  # who else corrects it waits here
            if not connection.execute(of_it).rowcount:
                raise ApiError(404, f"there is no analysis {name[:40]!r}", "not_found")
            connection.execute(_of_claim(name, correction.claim))
            connection.execute(insert(CORRECTIONS).values(row))
        return _all(name, caller.owner)

    @router.delete("/{claim}")
    def take_back(name: str, claim: str, caller: Writes) -> Corrections:
        """Take a correction back."""
        jobs.analyses.get(name, caller.owner)
        with engine.begin() as connection:
            if not connection.execute(_of_claim(name, claim)).rowcount:
                raise ApiError(404, f"there is no correction of {claim[:40]!r}", "not_found")
        return _all(name, caller.owner)

    def _all(name: str, owner: str) -> Corrections:
        analysis = jobs.analyses.get(name, owner)
        report = done(jobs, analysis)
        wanted = select(CORRECTIONS).where(CORRECTIONS.c.analysis == name).order_by(CORRECTIONS.c.created_at)
        with engine.connect() as connection:
            data = [dict(row._mapping) for row in connection.execute(wanted)]
        for row in data:
            del row["analysis"]
        n, kept, by_level = agreement(data, report)
        return Corrections(
            object="list",
            data=[CorrectionKept(**row) for row in data],
            n=n,
            agreement=kept,
            by_level=ByLevel(**{level: LevelAgreed(**agreed._asdict()) for level, agreed in by_level.items()}),
            labels=_labels(codebook_of(analysis, report, jobs)),
        )

    return router


def check(correction: Correction, report: Report, book: Codebook | None) -> None:
    """Refuse what can't be meant.

    Raises:
        ApiError: 404, no such claim; 400, a new label that is none of its level or the claim's own, or a label without
            need; 409, the codebook that has the labels is not there any more.
    """
    claim = next((c for c in report.claims if c.id == correction.claim), None)
    if claim is None:
        raise ApiError(404, f"the report has no claim {correction.claim[:40]!r}", "not_found")
    if correction.verdict == "relabel":
        _check_label(correction.label, claim, report, book)
    elif correction.label:
        raise ApiError(400, f"to {correction.verdict} a claim, give no label; relabel gives one", "label")


def _check_label(label: str | None, claim: Claim, report: Report, book: Codebook | None) -> None:
    if not label:
        raise ApiError(400, "to relabel a claim, give its right label", "label", param="label")
    if label == claim.label:
        raise ApiError(400, f"{label!r} is the claim's label: accept it", "label", param="label")
    if book is None:
        name = report.provenance.codebook
        raise ApiError(
            409, f"the codebook {name!r} of this report was changed or is gone: accept or reject the claim", "codebook"
        )
    if label not in book.ids(claim.level):
        there_are = ", ".join(book.ids(claim.level))
        raise ApiError(
            400, f"no {claim.level} is called {label[:40]!r}; there are: {there_are}", "label", param="label"
        )


def codebook_of(analysis: Analysis, report: Report, jobs: Jobs) -> Codebook | None:
    """The codebook that a report was made with; none where it is not there any more, or was changed."""
    made = report.provenance
    asked = jobs.codebook_of(analysis)
    for named in (asked,) if asked else (made.codebook, str(jobs.engine.settings()["codebook"])):
        with suppress(CodebookError):
            if (book := load_codebook(named)).sha256 == made.codebook_sha256:
                return book
    return None


def _labels(book: Codebook | None) -> ByLevel[list[LabelNamed]]:
    """What a claim may be relabelled to."""
    named = {
        level: [LabelNamed(id=label.id, name=label.name) for label in book.labels(level)] if book else []
        for level in LEVELS
    }
    return ByLevel(**named)


def _of_claim(name: str, claim: str) -> Any:
    return delete(CORRECTIONS).where(CORRECTIONS.c.analysis == name, CORRECTIONS.c.claim == claim)
