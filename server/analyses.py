"""REST: a clip is analysed as a job, followed by events, read, exported, corrected and deleted."""

import hashlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.report import Report
from perception.errors import MentalisError
from reports.writing import FORMATS, write_file
from server.access import Caller, Reads, Writes
from server.analysis_records import Analysis, new_id
from server.bodies import described, is_json, read_json, refused
from server.engine import Options
from server.errors import ApiError
from server.event_log import as_sse
from server.file_records import Files, Stored
from server.files import shown_name
from server.jobs import CODEBOOK, Jobs
from server.security_headers import REPORT_POLICY

MEDIA_TYPES = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "openface": "text/csv; charset=utf-8",
    "elan": "application/xml", "srt": "application/x-subrip", "vtt": "text/vtt; charset=utf-8",
    "html": "text/html; charset=utf-8", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
SUFFIXES = {"openface": "openface.csv", "elan": "eaf"}
MOST_WORDS = 1_000_000  # characters of a transcript
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
Format = Literal["json", "csv", "openface", "elan", "srt", "vtt", "html", "parquet"]
Fetch = Callable[[str], AsyncIterator[bytes]]


class Wanted(BaseModel):
    """An analysis that a client asks for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"file": "file-00000000000000000000000000000000", "options": {"seed": 1}}]},
    )

    file: str | None = Field(default=None, max_length=60, description="id of a file that was sent")
    url: str | None = Field(default=None, max_length=2000, description="of a clip, where the server fetches any")
    demo: bool = Field(default=False, description="the clip of the demo")
    name: str | None = Field(default=None, max_length=200, description="what to call it")
    transcript: str | None = Field(
        default=None, max_length=MOST_WORDS, description="what is said: SRT, WebVTT, JSON or plain text"
    )
    options: Options = Options()
    purpose: str | None = Field(default=None, max_length=2000, description="why it is analysed; kept with it")
    consent: str | None = Field(default=None, max_length=2000, description="who agreed to it; kept with it")
    derived_only: bool = Field(
        default=False, description="the media are deleted once it has ended; so for all analyses of these bytes"
    )
    priority: Literal["high", "normal", "low"] = "normal"
    webhook: str | None = Field(default=None, max_length=2000, description="told when it has ended")
    expires_after: int | None = Field(default=None, ge=60, le=365 * 86_400, description="seconds")


class Demo(NamedTuple):
    """The demo's clip and its words."""

    clip: Callable[[], AsyncIterator[bytes]]
    transcript: str


class Sending(BaseModel):
    """What an analysis can be made with, wired by the application."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    files: Files
    jobs: Jobs
    fetch: Fetch
    demo: Demo
    file_s: float | None
    analysis_s: float | None
    check_webhook: Callable[[str], object]  # raises where nobody may be told there


def routes(sending: Sending) -> APIRouter:
    """The endpoints under /v1/analyses that make, show and end analyses."""
    router = APIRouter(prefix="/v1/analyses", tags=["analyses"])
    jobs, files = sending.jobs, sending.files

    @router.post("", status_code=202, openapi_extra=_body())
    async def create(
        request: Request,
        caller: Writes,
        strategy: Annotated[str | None, Query(description="of a clip sent as the body")] = None,
        codebook: Annotated[str | None, Query(description="of a clip sent as the body")] = None,
        tools: Annotated[str | None, Query(description="of a clip sent as the body; comma-separated")] = None,
        name: Annotated[str | None, Query(max_length=200, description="of a clip sent as the body")] = None,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> dict[str, Any]:
        """Analyse a file that was sent, or a clip that is the request's body."""
        if is_json(request):
            wanted, stored = await read_json(request, Wanted), None
        else:
            options = _options(
                {"strategy": strategy, "codebook": codebook, "tools": tools.split(",") if tools else None}
            )
            check(options, caller, sending)
            stored = await files.save(
                request.stream(), caller.owner, shown_name(name), "user_data", later(sending.file_s)
            )
            wanted = Wanted(file=stored.id, options=options)
        return told(await made(wanted, caller, sending, idempotency_key, stored), sending)

    @router.get("")
    def several(
        caller: Reads,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        after: Annotated[str | None, Query(max_length=60)] = None,
        search: Annotated[str | None, Query(max_length=200, description="in the names")] = None,
    ) -> dict[str, Any]:
        """The newest first, without their reports."""
        found, more = jobs.analyses.page(caller.owner, limit, after, search)
        data = [told(analysis, sending) for analysis in found]
        return {"object": "list", "data": data, "has_more": more, "last_id": data[-1]["id"] if data else None}

    @router.get("/{name}")
    def get(name: str, caller: Reads) -> dict[str, Any]:
        """How far it is; with the report once it is done."""
        analysis = jobs.analyses.get(name, caller.owner)
        return told(analysis, sending, jobs.report_of(analysis))

    @router.get("/{name}/events", response_class=StreamingResponse)
    def events(name: str, caller: Reads, last_event_id: Annotated[str, Header(max_length=20)] = "") -> Response:
        """What happens, as server-sent events; after a lost connection it goes on behind Last-Event-ID."""
        analysis = jobs.analyses.get(name, caller.owner)
        after = int(last_event_id) if last_event_id.isdecimal() else 0
        if after > jobs.log.last_numbers([analysis.id]).get(analysis.id, 0):  # none of ours: all is told again
            after = 0
        return StreamingResponse(_sent(jobs, analysis, after), media_type="text/event-stream", headers=UNBUFFERED)

    @router.post("/{name}/cancel")
    async def cancel(name: str, caller: Writes) -> dict[str, Any]:
        """Stop it; one that has ended stays as it is."""
        await jobs.cancel(jobs.analyses.get(name, caller.owner))
        return told(jobs.analyses.get(name, caller.owner), sending)

    @router.delete("/{name}", status_code=204, response_class=Response)
    async def delete(name: str, caller: Writes) -> None:
        """Stop it and delete all that it made."""
        await jobs.delete(jobs.analyses.get(name, caller.owner))

    @router.get("/{name}/export", response_class=Response)
    def export(name: str, caller: Reads, format: Format = "json") -> Response:
        """The report as a file."""
        analysis = jobs.analyses.get(name, caller.owner)
        report = done(jobs, analysis)
        content = report.model_dump_json(indent=1) if format == "json" else FORMATS[format](report)
        stem = analysis.name.rpartition(".")[0] or analysis.name
        plain = "".join(c if (c.isalnum() and c.isascii()) or c in "-_" else "_" for c in stem)
        disposition = f'attachment; filename="{plain}.{SUFFIXES.get(format, format)}"'
        headers = {"Content-Disposition": disposition}
        if format == "html":
            headers["Content-Security-Policy"] = REPORT_POLICY
        return Response(content, media_type=MEDIA_TYPES[format], headers=headers)

    @router.get("/{name}/tracks")
    async def tracks(name: str, caller: Reads) -> dict[str, Any]:
        """Where faces were found, for an overlay; nothing where it is not known."""
        analysis = jobs.analyses.get(name, caller.owner)
        clip = files.media(analysis.file)
        if not clip.exists() or jobs.report_of(analysis) is None:
            return {"people": []}
        with named(clip, analysis):
            return {"people": await jobs.engine.tracks(clip, jobs.places(analysis))}

    return router


async def made(
    wanted: Wanted, caller: Caller, sending: Sending, idempotency_key: str | None = None, stored: Stored | None = None
) -> Analysis:
    """An analysis that is queued.

    Raises:
        ApiError: 400 or 404, it can't be made as it is wanted; 409, the idempotency key was used otherwise.
    """
    jobs, files = sending.jobs, sending.files
    named = [wanted.file is not None, wanted.url is not None, wanted.demo]
    if sum(named) != 1:
        raise ApiError(400, "name one of: file, url, demo", "file")
    asked = _asked(wanted, stored)
    if idempotency_key and (known := jobs.analyses.made_before(caller.owner, idempotency_key, asked)):
        return await _queued(known, wanted, jobs)
    check(wanted.options, caller, sending)
    if wanted.webhook is not None:
        sending.check_webhook(wanted.webhook)
    if stored is None and wanted.file is not None:
        stored = files.get(wanted.file, caller.owner)
    elif stored is None:
        body = sending.fetch(wanted.url) if wanted.url is not None else sending.demo.clip()
        name = wanted.name or (wanted.url or "demo.mp4").partition("?")[0]
        stored = await files.save(body, caller.owner, shown_name(name), "user_data", later(sending.file_s))
    if not files.media(stored.id).exists():
        raise ApiError(404, f"the media of {stored.id} were deleted; send the clip again", "no_media")
    return await _queued(_added(wanted, stored, caller, sending, idempotency_key, asked), wanted, jobs)


def _asked(wanted: Wanted, sent: Stored | None) -> str:
    """What a request asks for, as a hash: the same when it comes again, whether its file is still there or not."""
    about = None if sent is None else sent.sha256  # of a clip that came with it, whose id is new when it comes again
    plain = wanted.model_dump(mode="json", exclude={"file"} if sent else None)
    return hashlib.sha256(json.dumps([plain, about]).encode()).hexdigest()


async def _queued(analysis: Analysis, wanted: Wanted, jobs: Jobs) -> Analysis:
    if analysis.status == "queued":
        await jobs.start(analysis, wanted.priority)
    return analysis


def check(options: Options, caller: Caller, sending: Sending) -> None:
    """Refuse options that can't be used, before anything is kept.

    Raises:
        ApiError: 400, no such codebook.
        MentalisError: the others.
    """
    sending.jobs.codebooks.text_of(options.codebook, caller.owner)
    sending.jobs.engine.check(options)


def _added(
    wanted: Wanted, stored: Stored, caller: Caller, sending: Sending, idempotency_key: str | None, asked: str
) -> Analysis:
    """An analysis, its words and its codebook, which are there before its row: it never runs without them."""
    jobs, name, new = sending.jobs, new_id(), False
    words = sending.demo.transcript if wanted.demo else wanted.transcript
    try:
        if words:
            write_file(jobs.folder(name) / f"transcript.{kind_of(words)}", words)
        if book := jobs.codebooks.text_of(wanted.options.codebook, caller.owner):
            write_file(jobs.folder(name) / CODEBOOK, book)
        analysis, new = _row(wanted, stored, caller, sending, idempotency_key, asked, name)
        return analysis
    finally:
        if not new:
            shutil.rmtree(jobs.folder(name), ignore_errors=True)


def _row(
    wanted: Wanted,
    stored: Stored,
    caller: Caller,
    sending: Sending,
    idempotency_key: str | None,
    asked: str,
    name: str,
) -> tuple[Analysis, bool]:
    return sending.jobs.analyses.add(
        name,
        idempotency_key,
        asked,
        owner=caller.owner,
        file=stored.id,
        name=shown_name(wanted.name or stored.name),
        options=wanted.options.model_dump(mode="json", exclude_none=True),
        purpose=wanted.purpose,
        consent=wanted.consent,
        derived_only=wanted.derived_only,
        webhook=wanted.webhook,
        expires_at=later(wanted.expires_after or sending.analysis_s),
    )


def told(analysis: Analysis, sending: Sending, report: Report | None = None) -> dict[str, Any]:
    """An analysis as JSON."""
    plain = analysis.model_dump(mode="json", exclude={"number", "owner"})
    plain["options"] = analysis.options.model_dump(mode="json", exclude_none=True)
    media = sending.files.media(analysis.file).exists()
    told_report = report.model_dump(mode="json") if report else None
    return {**plain, "object": "analysis", "has_media": media, "report": told_report}


def done(jobs: Jobs, analysis: Analysis) -> Report:
    """The report of an analysis.

    Raises:
        ApiError: 409, there is none.
    """
    report = jobs.report_of(analysis)
    if report is None:
        why = f": {analysis.error}" if analysis.error else ""
        raise ApiError(409, f"there is no report: the analysis is {analysis.status}{why}", "not_done")
    return report


@contextmanager
def named(clip: Path, analysis: Analysis) -> Iterator[None]:
    """What goes wrong with a clip is told by its client's name for it, without the server's path.

    Raises:
        ApiError: 400, in place of another error.
    """
    try:
        yield
    except MentalisError as error:
        raise ApiError(400, str(error).replace(str(clip), analysis.name), type(error).__name__) from error


def kind_of(transcript: str) -> str:
    """Suffix of a transcript's format, told by its content."""
    begin = transcript.lstrip("\ufeff \t\r\n")
    if begin.startswith("WEBVTT"):
        return "vtt"
    if begin.startswith(("{", "[")):
        return "json"
    return "srt" if "-->" in transcript else "txt"


def later(seconds: float | None) -> float | None:
    """When something expires that stays for so long."""
    return None if seconds is None else time.time() + seconds


def _options(given: dict[str, Any]) -> Options:
    try:
        return Options.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise refused(error) from error


def _body() -> dict[str, Any]:
    clip = {"schema": {"type": "string", "format": "binary"}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": described(Wanted)},
                "video/mp4": clip,
                "application/octet-stream": clip,
            },
        }
    }


async def _sent(jobs: Jobs, analysis: Analysis, after: int) -> AsyncIterator[str]:
    async for numbered in jobs.log.followed(analysis.id, after):
        yield as_sse(numbered)
