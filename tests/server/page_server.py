"""A server that answers as ours does, from one real report: for the tests of the page, and to look at it.

`python tests/server/page_server.py [--clip CLIP --report REPORT --tracks TRACKS] [--key KEY] [--port PORT]`
"""

import argparse
import asyncio
import json
import math
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from agents.claims import LEVELS
from agents.codebook import codebook_names, load_codebook
from agents.report import Report
from server.agreement import agreement

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "server" / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NOTICE = (
    "It says what expressions may suggest.\n\nNever use it to decide about a person,\nto detect lies or to diagnose."
)
MADE = 1_790_000_000.0
TOOLS = ("quality", "faces", "blinks", "rppg", "action_units")


@dataclass
class Fake:
    """What the server knows, and how it behaves."""

    clip: Path
    report: dict[str, Any]
    tracks: dict[str, Any]
    analyses: dict[str, dict[str, Any]] = field(default_factory=dict)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    wanted: list[dict[str, Any]] = field(default_factory=list)  # analyses as they were asked for
    deleted: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)  # Last-Event-ID of each
    key: str = ""  # that a client must have given; none: all are let in
    local_paths: bool = False
    model: str | None = None
    breaks_off: bool = False  # the first connection for events, after a few of them
    step_s: float = 0.02  # between two events
    holds: bool = False  # before the end of a run
    makes_s: float = 0.0  # the demo's clip

    def add(self, name: str, status: str = "done", **more: Any) -> dict[str, Any]:
        """An analysis that is there."""
        number = len(self.analyses) + len(self.deleted) + 1
        one = {
            "id": f"an_{number:04d}", "object": "analysis", "status": status, "error": None,
            "file": f"file-{number:04d}", "name": name, "options": {}, "purpose": None, "consent": None,
            "derived_only": False, "has_media": True, "made_with": None,
            "created_at": MADE + 60 * number, "ended_at": None, "expires_at": None, **more,
        }  # fmt: skip
        self.analyses[one["id"]] = one
        return one


def demo_report() -> dict[str, Any]:
    """What was found in the demo's clip, with fewer samples; and a claim that fell, a check that failed."""
    report: dict[str, Any] = json.loads((HERE / "page_report.json").read_text(encoding="utf-8"))
    fell = "The expression suggests anger: the brows are lowered."
    report["rejected"] = [
        {
            "level": "emotion",
            "person": "P1",
            "label": "anger",
            "start_s": 4.0,
            "end_s": 6.5,
            "text": fell,
            "reason": "evidence_of_person: au4-9 is not there",
            "round": 0,
        }
    ]
    report["verdicts"].append(
        {"check": "contradicted", "claim": "P1-emotion-2", "passed": False, "detail": "a nod explains it", "round": 0}
    )
    return report


def moving_face(report: dict[str, Any]) -> dict[str, Any]:
    """A box that goes round, with a line for the eyes."""
    times = [n / 10 for n in range(int(report["clip"]["duration_s"] * 10))]
    corners = [(150 + 20 * math.sin(t), 130 + 20 * math.cos(t)) for t in times]
    boxes = [[x, y, 180, 220] for x, y in corners]
    eyes = [[[x + 40, y + 80], [x + 140, y + 80]] for x, y in corners]
    return {"people": [{"person": "P1", "times_s": times, "boxes": boxes, "contours": {"eyes": eyes}, "gap_s": 0.2}]}


def events() -> list[dict[str, Any]]:
    """What a run tells, but for its end."""
    told: list[dict[str, Any]] = [{"kind": "stage_started", "stage": "measuring"}]
    told += [{"kind": "tool_started", "tool": tool} for tool in TOOLS]
    for tool in TOOLS:
        told += [{"kind": "tool_progress", "tool": tool, "time_s": 2.0 * n, "duration_s": 14.0} for n in range(1, 8)]
        status = "abstained" if tool == "rppg" else "ok"
        told.append(
            {
                "kind": "tool_finished",
                "tool": tool,
                "status": status,
                "seconds": 1.25,
                "cached": tool == "faces",
                "error": None,
            }
        )
    told.append({"kind": "stage_started", "stage": "reasoning"})
    for agent in ("behaviour", "cognition", "emotion"):
        told.append({"kind": "agent_started", "agent": agent, "person": "P1"})
        told.append(
            {
                "kind": "agent_finished",
                "agent": agent,
                "person": "P1",
                "claims": 3,
                "rejected": 1,
                "seconds": 0.4,
                "error": None,
            }
        )
        verdict = {"check": "well_formed", "claim": f"P1-{agent}-1", "passed": True, "detail": "", "round": 0}
        told.append({"kind": "check", "level": agent, "verdict": verdict})
    return [*told, {"kind": "agent_started", "agent": "narrator", "person": None}]


def error(status: int, message: str, code: str) -> JSONResponse:
    """An error in OpenAI's shape."""
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": code}}, status)


def create(fake: Fake) -> FastAPI:
    """The application."""
    app = FastAPI(docs_url=None)
    plotly: str = import_module("plotly.offline").get_plotlyjs()

    @app.middleware("http")
    async def guarded(request: Request, go_on: Any) -> Response:
        path = request.url.path
        locked = fake.key and path.startswith("/v1/") and path not in ("/v1/about", "/v1/session")
        if locked and request.cookies.get("session") != "open":
            return error(401, "give an API key", "no_key")
        response: Response = await go_on(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @app.get("/")
    def index() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @app.get("/docs")
    def docs() -> HTMLResponse:
        return HTMLResponse("<title>API</title>")

    @app.get("/page/plotly.js")
    def library() -> Response:
        return Response(plotly, media_type="text/javascript")

    @app.get("/v1/about")
    def about() -> dict[str, Any]:
        settings = {"strategy": "cascade+critic", "codebook": "basic", "model": fake.model}
        return {
            "name": "mentalis",
            "version": "0.0",
            "settings": settings,
            "notice": NOTICE,
            "local_paths": fake.local_paths,
        }

    @app.post("/v1/session")
    async def session(request: Request) -> Response:
        if (await request.json())["key"] != fake.key:
            return error(401, "there is no such key", "no_key")
        response = Response(status_code=204)
        response.set_cookie("session", "open", httponly=True)
        return response

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        names = ["mentalis", "mentalis/single", "mentalis/cascade", "mentalis/cascade+critic"]
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}

    @app.get("/v1/codebooks")
    def codebooks() -> dict[str, Any]:
        return {
            "object": "list",
            "data": [{"id": name, "name": load_codebook(name).name, "own": False} for name in codebook_names()],
        }

    @app.post("/v1/files")
    async def send(request: Request, name: str = "") -> dict[str, Any]:
        if request.headers.get("content-type") == "application/json":
            name = (await request.json())["path"].rpartition("/")[2]
        size = sum([len(chunk) async for chunk in request.stream()])
        return {"id": "file-sent", "object": "file", "bytes": size, "filename": name}

    @app.get("/v1/files/{file}/content")
    def content(file: str) -> FileResponse:
        return FileResponse(fake.clip, media_type="video/mp4")

    @app.delete("/v1/files/{file}")
    def forget(file: str) -> dict[str, Any]:
        fake.deleted.append(file)
        return {"id": file, "object": "file", "deleted": True}

    @app.post("/v1/analyses", status_code=202)
    async def analyse(request: Request) -> dict[str, Any]:
        wanted = await request.json()
        fake.wanted.append(wanted)
        await asyncio.sleep(fake.makes_s)
        return fake.add("demo.mp4" if wanted.get("demo") else "sent.mp4", "queued", created_at=time.time())

    @app.get("/v1/analyses")
    def several(limit: int = 20, after: str = "", search: str = "", status: str = "") -> dict[str, Any]:
        found = [one for one in reversed(fake.analyses.values()) if search.lower() in one["name"].lower()]
        found = [one for one in found if status in ("", one["status"])]
        at = next((n + 1 for n, one in enumerate(found) if one["id"] == after), 0)
        data = found[at : at + limit]
        return {
            "object": "list",
            "data": data,
            "has_more": len(found) > at + limit,
            "last_id": data[-1]["id"] if data else None,
        }

    @app.get("/v1/analyses/{name}", response_model=None)
    def get(name: str) -> dict[str, Any] | JSONResponse:
        if name not in fake.analyses:
            return error(404, f"there is no analysis {name!r}", "not_found")
        one = fake.analyses[name]
        named = {**fake.report, "clip": {**fake.report["clip"], "name": one["name"]}}
        return {**one, "report": one.get("own_report", named) if one["status"] == "done" else None}

    @app.delete("/v1/analyses/{name}", status_code=204)
    def delete(name: str) -> Response:
        del fake.analyses[name]
        fake.deleted.append(name)
        return Response(status_code=204)

    @app.post("/v1/analyses/{name}/cancel")
    def cancel(name: str) -> dict[str, Any]:
        fake.analyses[name]["status"] = "cancelled"
        return fake.analyses[name]

    @app.get("/v1/analyses/{name}/events")
    def follow(name: str, request: Request) -> StreamingResponse:
        last = request.headers.get("last-event-id", "")
        fake.connections.append(last)
        return StreamingResponse(sent(fake, name, int(last or 0)), media_type="text/event-stream")

    @app.get("/v1/analyses/{name}/tracks")
    def tracks(name: str) -> dict[str, Any]:
        return fake.tracks

    @app.get("/v1/analyses/{name}/export")
    def export(name: str, format: str) -> Response:
        return Response(format, headers={"Content-Disposition": f'attachment; filename="report.{format}"'})

    @app.post("/v1/analyses/{name}/chat")
    async def chat(name: str, request: Request) -> dict[str, Any]:
        question = await request.json()
        turn = (question["history"] or {"turn": 0})["turn"] + 1
        cited = [
            {
                "id": "au12-1",
                "text": "P1: lip corners pulled up (AU12)",
                "person": "P1",
                "start_s": 8.6667,
                "end_s": 10.8667,
            }
        ]
        return {
            "question": question["question"],
            "text": f"Answer {turn}: P1 smiles [au12-1]. [not-an-id] <b>stays text</b>.",
            "citations": cited,
            "method": "bm25",
            "notes": ["No language model is set up."],
            "steps": [],
            "history": {"turn": turn},
        }

    @app.get("/v1/analyses/{name}/corrections")
    def corrections(name: str) -> dict[str, Any]:
        report = Report.model_validate(fake.report)
        book = load_codebook(report.provenance.codebook)
        n, kept, by_level = agreement([{"label": None, **one} for one in fake.corrections], report)
        return {
            "object": "list",
            "data": fake.corrections,
            "n": n,
            "agreement": kept,
            "by_level": {level: agreed._asdict() for level, agreed in by_level.items()},
            "labels": {
                level: [label.model_dump(include={"id", "name"}) for label in book.labels(level)] for level in LEVELS
            },
        }

    @app.post("/v1/analyses/{name}/corrections")
    async def correct(name: str, request: Request) -> dict[str, Any]:
        correction = await request.json()
        fake.corrections[:] = [one for one in fake.corrections if one["claim"] != correction["claim"]] + [correction]
        return corrections(name)

    @app.delete("/v1/analyses/{name}/corrections/{claim}")
    def uncorrect(name: str, claim: str) -> dict[str, Any]:
        fake.corrections[:] = [one for one in fake.corrections if one["claim"] != claim]
        return corrections(name)

    app.mount("/page", StaticFiles(directory=PAGE))
    return app


async def sent(fake: Fake, name: str, after: int) -> AsyncIterator[str]:
    """Events behind a number; the first connection breaks off where that is wanted."""
    one = fake.analyses[name]
    for number, event in enumerate(events(), start=1):
        if number <= after:
            continue
        await asyncio.sleep(fake.step_s)
        if name not in fake.analyses or one["status"] == "cancelled":
            yield 'id: 900\nevent: cancelled\ndata: {"kind": "cancelled"}\n\n'
            return
        one["status"] = "measuring" if event["kind"].startswith("tool") else "reasoning"
        first = "retry: 100\n" if number == 1 else ""
        yield f"{first}id: {number}\nevent: {event['kind']}\ndata: {json.dumps(event)}\n\n"
        if fake.breaks_off and len(fake.connections) == 1 and number == 12:
            return
    while fake.holds:
        await asyncio.sleep(0.05)
    one["status"] = "done"
    yield f'id: 901\nevent: report\ndata: {{"kind": "report", "id": "{name}"}}\n\n'


def main() -> None:
    """Serve a report that lies on disk, or the tests' own."""
    import uvicorn

    read = argparse.ArgumentParser()
    for name in ("--clip", "--report", "--tracks", "--second"):
        read.add_argument(name, type=Path)
    read.add_argument("--key", default="")
    read.add_argument("--port", type=int, default=8099)
    read.add_argument("--empty", action="store_true")
    given = read.parse_args()
    report = json.loads(given.report.read_text()) if given.report else demo_report()
    tracks = json.loads(given.tracks.read_text()) if given.tracks else moving_face(report)
    fake = Fake(
        given.clip or Path(shutil.which("true") or ""), report, tracks, key=given.key, local_paths=True, step_s=0.3
    )
    if not given.empty:
        for n in range(24):
            made = {"strategy": ("cascade", "debate", "vote")[n % 3], "model": "qwen3-omni", "codebook": "basic"}
            fake.add(f"interview-{n // 2 + 1:02d}.mp4", made_with={**made, "model": made["model"] if n % 2 else None})
        fake.add("broken.avi", "failed", error="it can't be decoded: no video stream was found")
        second = {"own_report": json.loads(given.second.read_text())} if given.second else {}
        fake.add("second.mp4", **second)
        fake.add("without-media.mp4", has_media=False, derived_only=True)
        fake.add("demo.mp4")
    uvicorn.run(create(fake), port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
