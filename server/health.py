"""Whether the server lives, whether it can work, and its figures for Prometheus."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from server.access import Oversees
from server.analysis_records import Status
from server.figures import Figures

LEAST_FREE_BYTES = 1_000_000_000


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
    def metrics(caller: Oversees) -> Response:
        """Figures of all clients' work, in Prometheus' text format."""
        now = count()
        for status in get_args(Status):  # also those that no analysis has any more
            figures.analyses.labels(status).set(now.get(status, 0))
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
