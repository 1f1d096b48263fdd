"""Analyses as durable jobs: DBOS owns the queues and the stages, LangGraph's checkpoints the steps inside a stage.

measure (processes, few at a time) -> reason (a model's endpoint, many at a time) -> tell (a webhook, if one is asked
for). A server that is killed at any point goes on when it is started again; what tools and models had done is found in
caches and checkpoints. Where a database is shared, a server that stays away is stood in for by the others.
"""

import asyncio
import json
import logging
import shutil
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from agents.report import Report
from graphs.events import Event
from perception.errors import MentalisError
from reports.writing import read_report, write_file
from server.analysis_records import ENDED, Analyses, Analysis, Status
from server.client_names import renamed
from server.codebook_records import Codebooks
from server.dbos_log import quieten
from server.derived_only import drop_media
from server.engine import Engine, Places
from server.errors import ApiError
from server.event_log import EventLog
from server.figures import Figures
from server.file_records import Files
from server.made_with import MadeWith, keep_made_with, read_made_with
from server.patience import AWAY, patiently
from server.telling import Deliver, tell
from server.workflows import Json, StageRows

MEASURE, REASON, TELL = "measure", "reason", "tell"
CODEBOOK = "codebook.yaml"  # an uploaded one as it was when the analysis was made: it may be replaced or deleted
POLL_EVERY_S = 0.5  # each queue for what is new: each look takes 5 ms from whoever is answered meanwhile
LOOK_EVERY_S = 0.25  # whether a running job was cancelled, here or at another server
REPORTS_KEPT = 16
MOST_AT_ONCE = 50  # events that are written together
URGENCY = {"high": 1, "normal": 100, "low": 1000}
logger = logging.getLogger(__name__)


class Jobs:
    """The analyses that are queued, run and ended."""

    def __init__(
        self,
        engine: Engine,
        analyses: Analyses,
        files: Files,
        codebooks: Codebooks,
        log: EventLog,
        figures: Figures,
        folder: Path,
        checkpoints: str | None = None,
    ) -> None:
        """Keep what analyses make in `folder`; checkpoints in PostgreSQL where a URL is given, else beside them."""
        self.engine, self.analyses, self._files, self.codebooks, self.log = engine, analyses, files, codebooks, log
        self._figures, self._folder, self._checkpoints = figures, folder, checkpoints
        self.stages = StageRows(TELL)
        self._works, self._cut = set[asyncio.Task[bool]](), False

    def folder(self, name: str) -> Path:
        """Of an analysis that there is."""
        return self._folder / name

    def report_of(self, analysis: Analysis) -> Report | None:
        """The report, once it is done: it is written before, and who cancels may still be quicker."""
        path = self.folder(analysis.id) / "report.json"
        return _report(path, path.stat().st_mtime_ns) if analysis.status == "done" and path.exists() else None

    def made_with(self, analysis: Analysis) -> MadeWith | None:
        """How it was judged, once it is done."""
        return read_made_with(self.folder(analysis.id)) if analysis.status == "done" else None

    def places(self, analysis: Analysis) -> Places:
        """Where an analysis keeps what it makes."""
        own = self.folder(analysis.id)
        words = next(own.glob("transcript.*"), None)
        checkpoints = self._checkpoints or str(own / "checkpoints.sqlite")
        return Places(
            cache=self._files.folder(analysis.file) / "cache",
            content=own / "content",
            checkpoints=checkpoints,
            thread=analysis.id,
            transcript=words,
        )

    def codebook_of(self, analysis: Analysis) -> str | None:
        """What the product loads: the analysis' own copy of an uploaded one, a shipped one's name; none: the usual."""
        own = self.folder(analysis.id) / CODEBOOK
        return str(own) if own.exists() else analysis.options.codebook

    async def launch(self, config: DBOSConfig, measure_at_once: int, reason_at_once: int, deliver: Deliver) -> None:
        """Start the queues and go on with what was under way."""
        quieten()
        DBOS(config={**config, "serializer": Json()})

        @DBOS.workflow(name=MEASURE)
        async def measure(name: str, priority: int) -> None:
            goes_on = await DBOS.run_step_async({"name": MEASURE}, patiently, self._stage, name, MEASURE)
            await (self._enqueue(REASON, name, priority, reason) if goes_on else self._enqueue_tell(name))

        @DBOS.workflow(name=REASON)
        async def reason(name: str, priority: int) -> None:
            await DBOS.run_step_async({"name": REASON}, patiently, self._stage, name, REASON)
            await self._enqueue_tell(name)

        @DBOS.workflow(name=TELL)
        async def tell_once(name: str, tries: int) -> None:
            wait_s = await DBOS.run_step_async({"name": TELL}, patiently, self._tell, name, tries, deliver)
            if wait_s is not None:  # a receiver that is waited for takes no other's place
                await self._enqueue_tell(name, tries + 1, wait_s)

        self._first, self._last = measure, tell_once
        DBOS.launch()
        for queue, at_once in ((MEASURE, measure_at_once), (REASON, reason_at_once), (TELL, reason_at_once)):
            await DBOS.register_queue_async(
                queue, worker_concurrency=at_once, polling_interval_sec=POLL_EVERY_S, on_conflict="always_update"
            )

    def take_over(self, server: str) -> None:
        """Queue again what another server, which is dead, was at; what it had done is found in caches and checkpoints.

        DBOS has no public name for this: its own service, which watches servers, calls the same.
        """
        DBOS._recover_pending_workflows([server])

    async def close(self, patience_s: int) -> None:
        """Stop taking jobs; what still runs after a while goes on at the next start, and is no error to be logged."""
        if self._works:
            await asyncio.wait(self._works, timeout=patience_s)
        self._cut = True
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=1, destroy_registry=True)
        await self.log.close()

    async def start(self, analysis: Analysis) -> None:
        """Queue an analysis that is in the table; done twice, it is queued once."""
        await self._enqueue(MEASURE, analysis.id, URGENCY[analysis.priority], self._first)

    async def cancel(self, analysis: Analysis) -> bool:
        """Stop an analysis; whether it was still under way. A stage that runs sees it in the table, and ends."""
        if not await self._end(analysis, "cancelled", {"kind": "cancelled"}):
            return False
        await self._enqueue_tell(analysis.id)
        return True

    async def delete(self, analysis: Analysis) -> None:
        """Stop an analysis and delete all that it made: evidence, report, checkpoints, events, corrections, its job."""
        await self._end(analysis, "cancelled", {"kind": "cancelled"})
        await asyncio.to_thread(self.analyses.delete, analysis.id)
        await self._clear(analysis)
        await self.stages.delete(analysis.id)

    async def _clear(self, analysis: Analysis) -> None:
        """Delete what an analysis made that has no row any more."""
        await self.engine.forget(self.places(analysis))
        await asyncio.to_thread(shutil.rmtree, self.folder(analysis.id), ignore_errors=True)

    async def _enqueue(self, queue: str, name: str, priority: int, workflow: Any) -> None:
        with SetWorkflowID(f"{name}:{queue}"), SetEnqueueOptions(priority=priority):
            await DBOS.enqueue_workflow_async(queue, workflow, name, priority)

    async def _enqueue_tell(self, name: str, tries: int = 1, wait_s: float | None = None) -> None:
        """Queue that an analysis' end is told, for the first time or, after a while, again."""
        again = f":{tries}" if tries > 1 else ""
        with SetWorkflowID(f"{name}:{TELL}{again}"), SetEnqueueOptions(delay_seconds=wait_s):
            await DBOS.enqueue_workflow_async(TELL, self._last, name, tries)

    async def _stage(self, name: str, stage: str) -> bool:
        """Run a stage from where it was until it, or the analysis, ends or is deleted; whether it ended well."""
        try:
            analysis = await asyncio.to_thread(self.analyses.get, name, None)
        except ApiError:  # deleted before its turn came
            return False
        if not await asyncio.to_thread(self.analyses.move, name, "measuring" if stage == MEASURE else "reasoning"):
            return False
        work, started = asyncio.create_task(self._work(analysis, stage)), time.perf_counter()
        self._works.add(work)
        try:
            await self._until_over(work, name)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            self._works.discard(work)
        if self._cut:  # no end of the stage: it is gone on with when the server is started again
            await asyncio.Event().wait()
        self._figures.stage_s.labels(stage).observe(time.perf_counter() - started)
        if await asyncio.to_thread(self.analyses.status, name) is None:  # deleted, but it was still being written
            await self._clear(analysis)
        return not work.cancelled() and work.result()

    async def _until_over(self, work: asyncio.Task[bool], name: str) -> None:
        """Wait for the work on an analysis, or until that is cancelled or deleted."""
        while not work.done():
            await asyncio.wait([work], timeout=LOOK_EVERY_S)
            if not work.done() and await asyncio.to_thread(self.analyses.status, name) in (None, *ENDED):
                return

    async def _work(self, analysis: Analysis, stage: str) -> bool:
        """Whether it ended well; what went wrong is told as the job's end."""
        clip = self._files.media(analysis.file)
        try:
            if not clip.exists():
                raise MentalisError("its file was deleted before it was analysed")
            run = self.engine.measure if stage == MEASURE else self.engine.reason
            events = run(clip, analysis.options, self.codebook_of(analysis), self.places(analysis))
            report = await self._follow(analysis, events)
        except (MentalisError, ApiError) as error:
            return await self._fail(analysis, await asyncio.to_thread(self.told_without_paths, str(error), analysis))
        except (asyncio.CancelledError, *AWAY):
            raise
        except Exception as error:
            logger.exception("analysis %s broke off", analysis.id)
            return await self._fail(analysis, f"the analysis broke off ({type(error).__name__})")
        if stage == REASON:
            assert report is not None, "a graph that does not raise ends with a report"
            await self._finish(analysis, report)
        return True

    def told_without_paths(self, told: str, analysis: Analysis) -> str:
        """What is told of an analysis, with its client's names for what lies somewhere at the server."""
        text: str = renamed(told, self._names(analysis))
        return text

    def _names(self, analysis: Analysis) -> dict[str, str]:
        """By the paths of an analysis' clip and words, what its client calls them."""
        words = self.places(analysis).transcript
        clip = {str(self._files.media(analysis.file)): analysis.name}
        return {**clip, str(words): "transcript"} if words else clip

    async def _follow(self, analysis: Analysis, events: AsyncIterator[Event]) -> Report | None:
        """Log what happens, once each also where a stage is run again."""
        name = analysis.id
        told = {_what(event) for _, event in await asyncio.to_thread(self.log.after, name, 0)}
        names = await asyncio.to_thread(self._names, analysis)
        new: list[dict[str, Any]] = []
        report = None
        async for event in events:
            if event.kind == "report":
                report = event.report
                continue
            plain = renamed(event.model_dump(mode="json"), names)
            if event.kind == "tool_progress" or _what(plain) not in told:
                self._figures.tell(plain)
                new.append(plain)
            if new and (event.kind != "check" or len(new) >= MOST_AT_ONCE):  # checks come by the hundred
                await asyncio.to_thread(self.log.append, name, *new)
                new = []
        if new:
            await asyncio.to_thread(self.log.append, name, *new)
        return report

    async def _finish(self, analysis: Analysis, report: Report) -> None:
        await asyncio.to_thread(self._keep, analysis, report)
        await self._end(analysis, "done", {"kind": "report", "id": analysis.id})

    def _keep(self, analysis: Analysis, report: Report) -> None:
        """Write a report, in which the clip is called what its client calls it, and what it was made with."""
        named = report.model_copy(update={"clip": report.clip.model_copy(update={"name": analysis.name})})
        plain = renamed(json.loads(named.model_dump_json()), self._names(analysis))
        keep_made_with(self.folder(analysis.id), report)
        write_file(self.folder(analysis.id) / "report.json", json.dumps(plain, ensure_ascii=False))

    async def _fail(self, analysis: Analysis, why: str) -> bool:
        await self._end(analysis, "failed", {"kind": "failed", "error": why}, why)
        return False

    async def _end(self, analysis: Analysis, status: Status, last: dict[str, Any], error: str | None = None) -> bool:
        """End an analysis, and its media where they are not to be kept; whether this ended it."""
        ended = await asyncio.to_thread(self.analyses.end, analysis.id, status, last, error)
        await self._drop_ended(analysis)
        return ended

    async def _drop_ended(self, analysis: Analysis) -> None:
        await asyncio.to_thread(drop_media, analysis.file, self.analyses, self._files, time.time())

    async def drop_media(self, file: str) -> None:
        """Delete media that came again and are not to be kept, once no analysis of them is under way."""
        await asyncio.to_thread(drop_media, file, self.analyses, self._files)

    async def _tell(self, name: str, tries: int, deliver: Deliver) -> float | None:
        """Tell a webhook, if one is asked for; the seconds after which to try again, none once it is over."""
        try:
            analysis = await asyncio.to_thread(self.analyses.get, name, None)
        except ApiError:  # deleted by now
            return None
        await self._drop_ended(analysis)  # if the server was killed before it could
        return await tell(analysis, tries, deliver, self.analyses)

    async def start_forgotten(self) -> None:
        """Queue the analyses whose server was killed between their row and their queue."""
        for analysis in await asyncio.to_thread(self.analyses.queued):
            if await DBOS.get_workflow_status_async(f"{analysis.id}:{MEASURE}") is None:
                await self.start(analysis)


@lru_cache(maxsize=REPORTS_KEPT)
def _report(path: Path, modified_ns: int) -> Report:
    """A report takes tens of milliseconds to read, and questions about it come one after the other."""
    return read_report(path)


def _what(event: dict[str, Any]) -> str:
    """What an event tells, but for how long it took."""
    kept = {k: v for k, v in event.items() if k not in ("seconds", "cached", "tokens")}
    return json.dumps(kept, sort_keys=True)
