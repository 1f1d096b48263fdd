"""REST: a clip is analysed as a job, followed by events, read, exported, corrected and deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from agents.report import Report
from perception.errors import MentalisError
from reports.writing import FORMATS
from server.access import Reads, Writes
from server.analysis_records import Analysis, Status
from server.answers import AnalysisAnswer, AnalysisPage, Tracks
from server.bodies import described, is_json, read_json
from server.errors import ApiError
from server.event_log import as_sse
from server.files import shown_name
from server.jobs import Jobs
from server.security_headers import REPORT_POLICY
from server.sending import Sending, Wanted, WantedOfBody, check_all, made

MEDIA_TYPES = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "openface": "text/csv; charset=utf-8",
    "elan": "application/xml", "srt": "application/x-subrip", "vtt": "text/vtt; charset=utf-8",
    "html": "text/html; charset=utf-8", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report in the format that was asked for",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()
        }
        | {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
    }
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events as they happen; the last is a report, failed or cancelled",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 1\nevent: tool_started\ndata: {"kind": "tool_started", "tool": "faces"}\n\n',
            }
        },
    }
}
SUFFIXES = {"openface": "openface.csv", "elan": "eaf"}
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
Format = Literal["json", "csv", "openface", "elan", "srt", "vtt", "html", "parquet"]


def routes(sending: Sending) -> APIRouter:
    """The endpoints under /v1/analyses that make, show and end analyses."""
    router = APIRouter(prefix="/v1/analyses", tags=["analyses"])
    jobs, files = sending.jobs, sending.files

    @router.post("", status_code=202, openapi_extra=_body())
    async def create(
        request: Request,
        caller: Writes,
        query: Annotated[WantedOfBody, Query()],
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> AnalysisAnswer:
        """Analyse a file that was sent, or a clip that is the request's body; the query is about that clip alone."""
        if is_json(request):
            if said := ", ".join(sorted(query.model_fields_set)):
                raise ApiError(400, f"JSON says all in itself: put into it what the query says ({said})", "query")
            wanted, stored = await read_json(request, Wanted), None
        else:
            check_all(query.of(None), caller, sending)
            name = shown_name(query.name) if query.name else None
            stored = await files.save(request.stream(), caller.owner, name)
            wanted = query.of(stored.id)
        return told(await made(wanted, caller, sending, idempotency_key, stored), sending)

    @router.get("")
    def several(
        caller: Reads,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        after: Annotated[str | None, Query(max_length=60)] = None,
        search: Annotated[str | None, Query(max_length=200, description="in the names")] = None,
        status: Status | None = None,
    ) -> AnalysisPage:
        """The newest first, without their reports."""
        found, more = jobs.analyses.page(caller.owner, limit, after, search, status)
        data = [told(analysis, sending) for analysis in found]
        return AnalysisPage(object="list", data=data, has_more=more, last_id=data[-1].id if data else None)

    @router.get("/{name}")
    def get(name: str, caller: Reads) -> AnalysisAnswer:
        """How far it is; with the report once it is done."""
        analysis = jobs.analyses.get(name, caller.owner)
        return told(analysis, sending, jobs.report_of(analysis))

    @router.get("/{name}/events", response_class=StreamingResponse, responses=EVENTS)
    def events(name: str, caller: Reads, last_event_id: Annotated[str, Header(max_length=20)] = "") -> Response:
        """What happens, as server-sent events; after a lost connection it goes on behind Last-Event-ID."""
        analysis = jobs.analyses.get(name, caller.owner)
        after = int(last_event_id) if last_event_id.isdecimal() else 0
        if after > jobs.log.last_numbers([analysis.id]).get(analysis.id, 0):  # none of ours: all is told again
            after = 0
        return StreamingResponse(_sent(jobs, analysis, after), media_type="text/event-stream", headers=UNBUFFERED)

    @router.post("/{name}/cancel")
    async def cancel(name: str, caller: Writes) -> AnalysisAnswer:
        """Stop it; one that has ended stays as it is."""
        await jobs.cancel(jobs.analyses.get(name, caller.owner))
        return told(jobs.analyses.get(name, caller.owner), sending)

    @router.delete("/{name}", status_code=204, response_class=Response)
    async def delete(name: str, caller: Writes) -> None:
        """Stop it and delete all that it made."""
        await jobs.delete(jobs.analyses.get(name, caller.owner))

    @router.get("/{name}/export", response_class=Response, responses=EXPORTS)
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

    @router.get("/{name}/tracks", response_model=Tracks)
    async def tracks(name: str, caller: Reads) -> JSONResponse:
        """Where faces were found, for an overlay; nothing where it is not known."""
        analysis = await asyncio.to_thread(jobs.analyses.get, name, caller.owner)
        clip = files.media(analysis.file)
        if not clip.exists() or await asyncio.to_thread(jobs.report_of, analysis) is None:
            return JSONResponse({"people": []})
        with named(analysis, jobs):
            return JSONResponse(
                {"people": await jobs.engine.tracks(clip, jobs.places(analysis))}
            )  # long: not read again

    return router


def told(analysis: Analysis, sending: Sending, report: Report | None = None) -> AnalysisAnswer:
    """What a client is told of an analysis."""
    known = {name: value for name, value in analysis if name not in ("number", "owner")}
    media = sending.files.media(analysis.file).exists()
    made = sending.jobs.made_with(analysis)
    return AnalysisAnswer(**known, object="analysis", has_media=media, made_with=made, report=report)


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
def named(analysis: Analysis, jobs: Jobs) -> Iterator[None]:
    """What goes wrong with a clip or its words is told by its client's names for them, without the server's paths.

    Raises:
        ApiError: 400, in place of another error.
    """
    try:
        yield
    except MentalisError as error:
        raise ApiError(400, jobs.told_without_paths(str(error), analysis), type(error).__name__) from error


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
