"""Whether the server lives, whether it can work, and its figures for Prometheus."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

LEAST_FREE_BYTES = 1_000_000_000


class Figures:
    """What is counted and timed."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.analyses = Gauge("mentalis_analyses", "Analyses by status", ["status"], registry=self.registry)
        self.stage_s = Histogram(
            "mentalis_stage_seconds", "Time that a stage took", ["stage"], registry=self.registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000),
        )  # fmt: skip
        self.tools = Counter("mentalis_tools", "Tools that ended", ["tool", "status", "cached"], registry=self.registry)
        self.tokens = Counter("mentalis_tokens", "Tokens of models", ["kind"], registry=self.registry)
        self.calls = Counter("mentalis_model_calls", "Calls of models", ["cached"], registry=self.registry)

    def tell(self, event: dict[str, Any]) -> None:
        """Count an event of an analysis."""
        if event["kind"] == "tool_finished":
            self.tools.labels(event["tool"], event["status"], str(event["cached"]).lower()).inc()
        if event["kind"] == "agent_finished":
            tokens = event["tokens"]
            for kind in ("prompt", "cached_prompt", "completion"):
                self.tokens.labels(kind).inc(tokens[f"{kind}_tokens"])
            self.calls.labels("false").inc(tokens["calls"])
            self.calls.labels("true").inc(tokens["calls_from_cache"])


def routes(
    figures: Figures,
    database: Engine,
    folder: Path,
    trouble: Callable[[], Awaitable[str | None]],
    count: Callable[[], dict[str, int]],
) -> APIRouter:
    """The endpoints /healthz, /readyz and /metrics."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """Whether the model's endpoint, the database and the disk are there."""
        checks = {"model": await trouble(), "database": _of_database(database), "disk": _of_disk(folder)}
        fine = not any(checks.values())
        told = {name: what or "ok" for name, what in checks.items()}
        return JSONResponse({"status": "ok" if fine else "not ready", "checks": told}, 200 if fine else 503)

    @router.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Figures in Prometheus' text format."""
        for status, n in count().items():
            figures.analyses.labels(status).set(n)
        return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _of_database(database: Engine) -> str | None:
    try:
        with database.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return f"the database does not answer ({type(error).__name__})"
    return None


def _of_disk(folder: Path) -> str | None:
    free = shutil.disk_usage(folder).free
    return None if free >= LEAST_FREE_BYTES else f"only {free / 1e9:.1f} GB are free"
