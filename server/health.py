"""Whether the server lives, whether it can work, and its figures for Prometheus."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from server.access import Oversees
from server.analysis_records import Status
from server.answers import Alive, Checks, Ready
from server.figures import Figures

LEAST_FREE_BYTES = 1_000_000_000
FIGURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Figures",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": 'mentalis_analyses{status="done"} 3.0'}},
    }
}


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
    async def healthz() -> Alive:
        """Whether the process answers."""
        return Alive(status="ok")

    @router.get("/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "It can't work"}})
    async def readyz() -> JSONResponse:
        """Whether the model's endpoint, the database and the disk are there."""
        checks = {"model": await trouble(), **await asyncio.to_thread(_own, database, folder)}
        fine = not any(checks.values())
        told = Checks(**{name: what or "ok" for name, what in checks.items()})
        ready = Ready(status="ok" if fine else "not ready", checks=told)
        return JSONResponse(ready.model_dump(), 200 if fine else 503)

    @router.get("/metrics", response_class=Response, responses=FIGURES)
    def metrics(caller: Oversees) -> Response:
        """Figures of all clients' work, in Prometheus' text format."""
        now = count()
        for status in get_args(Status):  # also those that no analysis has any more
            figures.analyses.labels(status).set(now.get(status, 0))
        return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _own(database: Engine, folder: Path) -> dict[str, str | None]:
    return {"database": _of_database(database), "disk": _of_disk(folder)}


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
