"""What people think of the claims: accepted, rejected or relabelled; kept beside the report, never over it."""

import time
import uuid
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, delete, insert, select

from agents.report import Report
from server.access import Reads, Writes
from server.analyses import done
from server.database import CORRECTIONS
from server.errors import ApiError
from server.jobs import Jobs

Verdict = Literal["accept", "reject", "relabel"]
NO_LABEL = "(none)"  # what a person says who rejects a claim without another label


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
    def several(name: str, caller: Reads) -> dict[str, Any]:
        """All corrections, and how far people and machine agree."""
        return _all(name, caller.owner)

    @router.post("")
    def add(name: str, correction: Correction, caller: Writes) -> dict[str, Any]:
        """Accept, reject or relabel a claim; a second opinion of the same claim takes the first one's place."""
        report = done(jobs, jobs.analyses.get(name, caller.owner))
        check(correction, report)
        row = {
            "id": f"co_{uuid.uuid4().hex}", "analysis": name, "by": caller.name, "created_at": time.time(),
            **correction.model_dump(),
        }  # fmt: skip
        with engine.begin() as connection:
            connection.execute(_of_claim(name, correction.claim))
            connection.execute(insert(CORRECTIONS).values(row))
        return _all(name, caller.owner)

    @router.delete("/{claim}")
    def take_back(name: str, claim: str, caller: Writes) -> dict[str, Any]:
        """Take a correction back."""
        jobs.analyses.get(name, caller.owner)
        with engine.begin() as connection:
            if not connection.execute(_of_claim(name, claim)).rowcount:
                raise ApiError(404, f"there is no correction of {claim[:40]!r}", "not_found")
        return _all(name, caller.owner)

    def _all(name: str, owner: str) -> dict[str, Any]:
        report = done(jobs, jobs.analyses.get(name, owner))
        wanted = select(CORRECTIONS).where(CORRECTIONS.c.analysis == name).order_by(CORRECTIONS.c.created_at)
        with engine.connect() as connection:
            data = [dict(row._mapping) for row in connection.execute(wanted)]
        for row in data:
            del row["analysis"]
        return {"object": "list", "data": data, **agreement(data, report)}

    return router


def check(correction: Correction, report: Report) -> None:
    """Refuse what can't be meant.

    Raises:
        ApiError: 404, no such claim; 400, a new label that is none, or a label without need.
    """
    claim = next((c for c in report.claims if c.id == correction.claim), None)
    if claim is None:
        raise ApiError(404, f"the report has no claim {correction.claim[:40]!r}", "not_found")
    if correction.verdict == "relabel" and not correction.label:
        raise ApiError(400, "to relabel a claim, give its right label", "label")
    if correction.verdict != "relabel" and correction.label:
        raise ApiError(400, f"to {correction.verdict} a claim, give no label; relabel gives one", "label")


def agreement(corrections: list[dict[str, Any]], report: Report) -> dict[str, Any]:
    """Share of the claims seen by people whose label they kept, and Cohen's kappa (1960) of the two labellings.

    Kappa is none where there is nothing to compare, or only one label on both sides, which leaves it undefined.
    """
    claims = {claim.id: claim for claim in report.claims}
    seen = [row for row in corrections if row["claim"] in claims]
    machine = [claims[row["claim"]].label for row in seen]
    people = [_meant(row, label) for row, label in zip(seen, machine, strict=True)]
    if not seen:
        return {"n": 0, "agreement": None, "kappa": None}
    n = len(seen)
    observed = sum(a == b for a, b in zip(machine, people, strict=True)) / n
    chance = sum((machine.count(label) / n) * (people.count(label) / n) for label in {*machine, *people})
    kappa = None if chance == 1 else round((observed - chance) / (1 - chance), 4)
    return {"n": n, "agreement": round(observed, 4), "kappa": kappa}


def _meant(row: dict[str, Any], label: str) -> str:
    by_verdict: dict[str, str] = {"accept": label, "reject": NO_LABEL, "relabel": row["label"] or NO_LABEL}
    return by_verdict[row["verdict"]]


def _of_claim(name: str, claim: str) -> Any:
    return delete(CORRECTIONS).where(CORRECTIONS.c.analysis == name, CORRECTIONS.c.claim == claim)
