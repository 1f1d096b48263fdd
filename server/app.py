"""The application: its endpoints, its limits, where it keeps things."""

from pathlib import Path

from fastapi import FastAPI

from server import analyses, chat
from server.errors import add_error_handlers
from server.jobs import Analyse, Jobs

MOST_BYTES = 512_000_000  # of one clip


def create_app(analyse: Analyse, folder: Path, most_bytes: int = MOST_BYTES) -> FastAPI:
    """The server's application.

    Args:
        analyse: `mentalis.stream`, or what does the same.
        folder: where clips and reports lie until they are deleted.
        most_bytes: of one clip.
    """
    app = FastAPI(title="Mentalis", summary="From a clip of people to claims, each with its evidence.")
    jobs = Jobs(analyse, folder)
    add_error_handlers(app)
    app.include_router(analyses.routes(jobs, most_bytes))
    app.include_router(chat.routes(jobs, most_bytes))

    @app.get("/healthz", tags=["health"])
    async def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    return app
