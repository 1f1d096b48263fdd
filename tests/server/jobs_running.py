"""Jobs in this process, on an engine that does what a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from as_video import as_video
from fastapi import FastAPI

from agents.report import Report
from graphs.events import Event, ReportReady, ToolStarted
from reports.writing import read_report
from server import analyses, chat
from server.access import Access
from server.analysis_records import Analyses, Analysis, new_id
from server.codebook_records import Codebooks
from server.database import open_database
from server.engine import Options, Places
from server.errors import add_error_handlers
from server.event_log import EventLog
from server.figures import Figures
from server.file_records import Files
from server.jobs import Jobs
from server.sending import Demo, Fetch, Sending
from server.telling import Deliver

LOOK_S = 0.02
PATIENCE_S = 30.0


class Engine:
    """Measures and reasons at once, unless a stage of an analysis is held; the report is always the same."""

    def __init__(self) -> None:
        self.report: Report = read_report(Path(__file__).with_name("page_report.json"))
        self.held: set[str] = set()  # options' strategies whose tools do not end
        self.fails = False
        self.left: list[Path] = []  # folders of analyses whose stage was stopped, and had still something to write
        self.forgot: list[str] = []
        self.codebooks: list[str | None] = []
        self.tells: list[Event | asyncio.Event] = [ToolStarted(tool="blinks")]  # while it measures; waits for such

    async def measure(self, clip: Path, options: Options, codebook: str | None, places: Places) -> AsyncIterator[Event]:
        self.codebooks.append(codebook)
        try:
            for event in self.tells:
                if isinstance(event, asyncio.Event):
                    await event.wait()
                else:
                    yield event
            while options.strategy in self.held:
                await asyncio.sleep(LOOK_S)
        except asyncio.CancelledError:
            await asyncio.sleep(0.1)
            places.content.mkdir(parents=True, exist_ok=True)
            self.left.append(places.content.parent)
            raise
        if self.fails:
            raise RuntimeError("it breaks off")

    async def reason(self, clip: Path, options: Options, codebook: str | None, places: Places) -> AsyncIterator[Event]:
        self.codebooks.append(codebook)
        yield ReportReady(report=self.report)

    def check(self, options: Options) -> None:
        return

    async def forget(self, places: Places) -> None:
        self.forgot.append(places.thread)


async def no_one(analysis: Analysis, tries: int) -> None:
    """Told of no analysis."""


@asynccontextmanager
async def jobs_running(folder: Path, deliver: Deliver = no_one, tell_at_once: int = 16) -> AsyncIterator[Jobs]:
    """Jobs whose queues run; what they keep lies in the folder."""
    database = open_database(f"sqlite:///{folder / 'server.sqlite'}")
    files = Files(database, folder / "files", 10**6, 10**9)
    engine: Any = Engine()
    jobs = Jobs(
        engine, Analyses(database), files, Codebooks(database), EventLog(database), Figures(),
        folder / "analyses",
    )  # fmt: skip
    config = {"name": "jobs", "system_database_url": f"sqlite:///{folder / 'jobs.sqlite'}", "log_level": "ERROR",
              "enable_otlp": False}  # fmt: skip
    await jobs.launch(config, 2, tell_at_once, deliver)
    try:
        yield jobs
    finally:
        engine.held.clear()
        await jobs.close(1)
        database.dispose()


def files_of(jobs: Jobs) -> Files:
    """The files that the jobs are about."""
    return jobs._files


async def sent(jobs: Jobs, content: bytes = b"a clip", owner: str = "me") -> str:
    """The id of a file with this content."""

    async def body() -> AsyncIterator[bytes]:
        yield as_video(content)

    return (await files_of(jobs).save(body(), owner, "clip.mp4", "user_data")).id


async def started(jobs: Jobs, file: str, **values: Any) -> Analysis:
    """An analysis of a file that is queued."""
    analysis, _ = jobs.analyses.add(
        new_id(), None, "", **{"owner": "me", "file": file, "name": "clip.mp4", "options": {}, **values}
    )
    await jobs.start(analysis)
    return analysis


async def becomes(jobs: Jobs, analysis: Analysis, *statuses: str) -> None:
    """Wait until an analysis is as far as that."""
    await until(lambda: jobs.analyses.status(analysis.id) in statuses)


async def until(holds: Any) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(LOOK_S)


def client_of(jobs: Jobs, fetch: Fetch) -> httpx.AsyncClient:
    """A client of analyses and chat on these jobs, on a machine where no key was made; its owner is LOCAL."""
    app = FastAPI()
    app.state.access = Access(jobs.analyses._engine, loopback=True, per_minute=1000)
    add_error_handlers(app)
    sending = Sending(
        files=files_of(jobs), jobs=jobs, fetch=fetch, demo=Demo(lambda: fetch("demo"), ""),
        analysis_s=None, check_webhook=str,
    )  # fmt: skip
    for routes in (analyses.routes, chat.routes):
        app.include_router(routes(sending))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60)
