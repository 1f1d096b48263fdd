"""The application: its endpoints, its limits, where it keeps things, what runs beside the requests."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dbos import DBOSConfig
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from perception.errors import MentalisError
from server import analyses, analysis_chat, catalogue, chat, chat_models, corrections, files, health, sessions, web_page
from server import engine as engines
from server.access import Access
from server.addresses import check_url
from server.analysis_records import ENDED, Analyses, Analysis
from server.api_keys import is_loopback
from server.body_limits import BodyLimits
from server.codebook_records import Codebooks
from server.database import open_database
from server.description import describe
from server.errors import ERRORS, add_error_handlers
from server.event_log import EventLog
from server.fetching import fetched
from server.figures import Figures
from server.file_records import Files
from server.heartbeats import Heartbeats
from server.jobs import Jobs
from server.patience import patiently, why
from server.security_headers import SecurityHeaders, names_of
from server.sending import Demo, Sending
from server.settings import ServerSettings
from server.sweeping import sweep
from server.telling import Deliver
from server.webhooks import deliver

SWEEP_EVERY_S = 60.0
STAGES = "1"  # version of the workflows in jobs.py: DBOS goes on with those of the same version only
PATIENCE_S = 3  # for jobs when the server is stopped: what is not done goes on at the next start
SUMMARY = "From a clip of people to behaviour, cognition and emotion, every claim with its evidence."
logger = logging.getLogger(__name__)


def create_app(
    engine: engines.Engine,
    settings: ServerSettings,
    folder: Path,
    version: str,
    demo: Demo,
    *,
    local_paths: bool = False,
) -> FastAPI:
    """The server's application.

    Args:
        engine: what measures, reasons and answers.
        settings: limits and places.
        folder: where everything is kept.
        version: of the product.
        demo: the demo's clip.
        local_paths: a client may name videos of this machine while no key was made; only for a server that nobody
            else reaches.
    """
    shared = settings.database_url
    database = database_of(settings, folder)
    figures, log = Figures(), EventLog(database)
    kept = Files(database, folder / "files", settings.file_bytes, settings.owner_bytes, settings.file_ttl_s)
    codebooks = Codebooks(database)
    jobs = Jobs(engine, Analyses(database), kept, codebooks, log, figures, folder / "analyses", _plain(shared))
    sending = Sending(
        files=kept,
        jobs=jobs,
        fetch=lambda url: fetched(url, settings.fetch_rules()),
        demo=demo,
        analysis_s=settings.analysis_ttl_s,
        check_webhook=lambda url: check_url(url, settings.webhook_reach()),
    )

    own = uuid.uuid4().hex if shared else "local"  # alone, a server that starts again goes on as itself
    heartbeats = Heartbeats(database, own, jobs.take_over)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if shared:
            heartbeats.beat()
        await jobs.launch(
            _config(settings, folder, own), settings.measure_at_once, settings.reason_at_once, tell_of(settings)
        )
        beside = [asyncio.create_task(_sweep(jobs, kept))]
        if shared:
            beside.append(asyncio.create_task(heartbeats.keep_on()))
        yield
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await jobs.close(PATIENCE_S)
        if shared:
            heartbeats.leave()
        elif left := sum(n for status, n in jobs.analyses.count().items() if status not in ENDED):
            logger.warning("analyses that go on at the next start: %d", left)
        await engine.close()
        database.dispose()

    app = FastAPI(
        title="Mentalis",
        summary=SUMMARY,
        version=version,
        lifespan=life,
        responses=ERRORS,
        docs_url=None,
        redoc_url=None,
    )
    add_error_handlers(app)
    app.add_middleware(BodyLimits, file_bytes=settings.file_bytes)
    app.add_middleware(SecurityHeaders, names=names_of(settings.host, settings.allowed_hosts))
    app.state.stop = log.stop
    app.state.access = Access(database, is_loopback(settings.host), settings.requests_per_minute)
    for router in (
        files.routes(kept, jobs, folder if local_paths else None),
        analyses.routes(sending),
        analysis_chat.routes(sending),
        corrections.routes(database, jobs),
        catalogue.routes(engine, codebooks, version, local_paths),
        chat_models.routes(engine),
        chat.routes(sending),
        sessions.routes(),
        web_page.routes(),
        health.routes(figures, database, folder, engine.trouble, jobs.analyses.count),
    ):
        app.include_router(router)
    describe(app)
    return app


def database_of(settings: ServerSettings, folder: Path) -> Engine:
    """The database of the server whose files lie in `folder`.

    Raises:
        MentalisError: it can't be opened.
    """
    url = _driver(settings.database(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return open_database(url)
    except OSError as error:
        raise MentalisError(f"{folder} can't be made ({error.strerror}); choose another --data-dir") from error
    except SQLAlchemyError as error:
        raise MentalisError(f"the database can't be opened: {why(error)}") from error


def _config(settings: ServerSettings, folder: Path, own: str) -> DBOSConfig:
    return {
        "name": "mentalis",
        "system_database_url": _driver(settings.database_url or f"sqlite:///{folder / 'jobs.sqlite'}"),
        "application_version": STAGES,
        "executor_id": own,
        "log_level": "WARNING",
        "enable_otlp": False,
    }


def tell_of(settings: ServerSettings) -> Deliver:
    """Tells a webhook of an ended analysis: what it is called and how it ended, not what was found."""
    secret = settings.webhook_secret.get_secret_value().encode() if settings.webhook_secret else b""

    async def tell(analysis: Analysis, tries: int) -> float | None:
        told = {"type": f"analysis.{analysis.status}", "analysis": analysis.id, "error": analysis.error}
        return await deliver(str(analysis.webhook), told, secret, settings.webhook_reach(), analysis.id, tries)

    return tell


async def _sweep(jobs: Jobs, files: Files) -> None:
    """Delete what has expired, now and then."""
    while True:
        try:
            await patiently(sweep, jobs, files)
        except Exception:
            logger.exception("what has expired could not all be deleted; it is tried again")
        await asyncio.sleep(SWEEP_EVERY_S)


def _driver(url: str) -> str:
    """A PostgreSQL URL as SQLAlchemy reads it for psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _plain(url: str | None) -> str | None:
    """A PostgreSQL URL as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1) if url else None
