"""Analyses as jobs: queued, running, done or failed; each with a folder of its own and its events in order."""

import asyncio
import json
import re
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agents.report import Report
from graphs.events import Event, ReportReady
from perception.errors import MentalisError
from server.errors import ApiError

Analyse = Callable[..., AsyncIterator[Event]]  # path, then options by name, as mentalis.stream takes them
Status = Literal["queued", "running", "done", "failed"]
ID = re.compile(r"an_[0-9a-f]{32}")
AT_ONCE = 2  # analyses; perception of one fills two cores


@dataclass
class Job:
    """One analysis."""

    id: str
    folder: Path
    options: dict[str, Any]
    status: Status = "queued"
    error: str | None = None
    report: Report | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    @property
    def clip(self) -> Path:
        """Where its clip lies; the user's own file name is never a path here."""
        return self.folder / "clip"

    def tell(self, **event: Any) -> None:
        """Add an event and wake who follows."""
        self.events.append(event)
        self.changed.set()
        self.changed = asyncio.Event()

    async def followed(self, after: int = 0) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Events numbered from 1, from the one after `after`, until the job is over."""
        while True:
            changed = self.changed
            for number, event in enumerate(self.events[after:], after + 1):
                yield number, event
            after = len(self.events)
            if self.status in ("done", "failed"):
                return
            await changed.wait()


class Jobs:
    """The server's analyses. Finished ones are read again from their folders after a restart."""

    def __init__(self, analyse: Analyse, folder: Path) -> None:
        self._analyse, self._folder = analyse, folder
        self._jobs: dict[str, Job] = {}
        self._free = asyncio.Semaphore(AT_ONCE)

    def new(self, options: dict[str, Any]) -> Job:
        """A job with an empty folder; it starts when its clip is there."""
        name = f"an_{uuid.uuid4().hex}"
        job = Job(name, self._folder / name, options)
        job.folder.mkdir(parents=True)
        self._jobs[name] = job
        return job

    def start(self, job: Job) -> None:
        """Queue it."""
        job.task = asyncio.create_task(self._run(job))

    def get(self, name: str) -> Job:
        """A job by its id.

        Raises:
            ApiError: 404, there is none.
        """
        job = self._jobs.get(name) or self._read(name)
        if job is None:
            raise ApiError(404, f"there is no analysis {name[:40]!r}", "not_found")
        return job

    async def delete(self, job: Job) -> None:
        """Stop it and delete all that it holds: clip, events, report."""
        if job.task is not None:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)
        self._jobs.pop(job.id, None)
        await asyncio.to_thread(shutil.rmtree, job.folder, ignore_errors=True)

    async def _run(self, job: Job) -> None:
        try:
            async with self._free:
                job.status = "running"
                async for event in self._analyse(job.clip, **job.options):
                    if isinstance(event, ReportReady):
                        job.report = event.report
                        (job.folder / "report.json").write_text(event.report.model_dump_json(), encoding="utf-8")
                        continue
                    job.tell(**event.model_dump(mode="json"))
            job.status = "done"
            job.tell(kind="report", id=job.id)
        except MentalisError as error:
            self._fail(job, str(error).replace(str(job.clip), "the clip"))
        except asyncio.CancelledError:
            self._fail(job, "the analysis was cancelled")
            raise
        except Exception as error:
            self._fail(job, f"the analysis broke off ({type(error).__name__})")
            raise

    def _fail(self, job: Job, why: str) -> None:
        job.status, job.error = "failed", why
        if job.folder.exists():
            (job.folder / "error.json").write_text(json.dumps(why), encoding="utf-8")
        job.tell(kind="failed", error=why)

    def _read(self, name: str) -> Job | None:
        folder = self._folder / name
        if not ID.fullmatch(name) or not folder.is_dir():
            return None
        job = Job(name, folder, {}, status="failed", error="the server was stopped before the analysis was over")
        if (folder / "report.json").exists():
            job.report = Report.model_validate_json((folder / "report.json").read_bytes())
            job.status, job.error = "done", None
            job.events.append({"kind": "report", "id": name})
        elif (folder / "error.json").exists():
            job.error = json.loads((folder / "error.json").read_text(encoding="utf-8"))
        self._jobs[name] = job
        return job
