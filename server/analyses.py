"""REST: a clip is sent, analysed as a job, followed by events, read and deleted."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from server.errors import ApiError
from server.jobs import Job, Jobs
from server.uploads import save


def routes(jobs: Jobs, most_bytes: int) -> APIRouter:
    """The endpoints under /v1/analyses."""
    router = APIRouter(prefix="/v1/analyses", tags=["analyses"])

    @router.post("", status_code=202)
    async def create(
        request: Request,
        codebook: Annotated[str | None, Query(description="a shipped codebook")] = None,
        tools: Annotated[str | None, Query(description="names, comma-separated")] = None,
    ) -> dict[str, Any]:
        """Send a clip as the request's body: `curl -T clip.mp4 -X POST .../v1/analyses`."""
        job = jobs.new({"codebook": codebook_name(codebook), "tools": tools.split(",") if tools else None})
        try:
            await save(request.stream(), job.clip, most_bytes)
        except BaseException:
            await jobs.delete(job)
            raise
        jobs.start(job)
        return told(job)

    @router.get("/{name}")
    async def get(name: str) -> dict[str, Any]:
        """How far it is; with the report once it is done."""
        return told(jobs.get(name))

    @router.get("/{name}/events")
    async def events(name: str, last_event_id: Annotated[int, Header()] = 0) -> StreamingResponse:
        """What happens, as server-sent events; after a lost connection it goes on behind Last-Event-ID."""
        return StreamingResponse(_sent(jobs.get(name), last_event_id), media_type="text/event-stream")

    @router.get("/{name}/report.html", response_class=HTMLResponse)
    async def page(name: str) -> str:
        """The report as a page."""
        from reports.html import html

        job = jobs.get(name)
        if job.report is None:
            raise ApiError(409, f"there is no report: the analysis is {job.status}", "not_done")
        return html(job.report)

    @router.delete("/{name}", status_code=204)
    async def delete(name: str) -> Response:
        """Delete the clip and all that was made of it."""
        await jobs.delete(jobs.get(name))
        return Response(status_code=204)

    return router


def told(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    report = job.report.model_dump(mode="json") if job.report else None
    return {"id": job.id, "object": "analysis", "status": job.status, "error": job.error, "report": report}


def codebook_name(name: str | None) -> str | None:
    """A shipped codebook's name; a path of the server's disk is nobody's to name.

    Raises:
        ApiError: 400, no such codebook.
    """
    from agents.codebook import codebook_names

    if name is not None and name not in codebook_names():
        raise ApiError(
            400, f"no codebook is called {name[:40]!r}; there are: {', '.join(codebook_names())}", "codebook"
        )
    return name


async def _sent(job: Job, after: int) -> AsyncIterator[str]:
    async for number, event in job.followed(after):
        yield f"id: {number}\nevent: {event['kind']}\ndata: {json.dumps(event)}\n\n"
