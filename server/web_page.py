"""The page: its files, as they are, plotly.js from the package that has it, and the page of the API."""

import functools
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from server.api_page import api_page
from server.errors import ApiError

FOLDER = Path(__file__).with_name("page")
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
AGAIN = {"Cache-Control": "no-cache"}  # asked whether it changed, so that a new version is seen at once
LASTING = {"Cache-Control": "public, max-age=86400"}


def routes() -> APIRouter:
    """The endpoints /, /docs and /page/NAME."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def index() -> FileResponse:
        return FileResponse(FOLDER / "index.html", media_type=KINDS[".html"], headers=AGAIN)

    @router.get("/docs")
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(api_page(request.app.openapi()), headers=AGAIN)

    @router.get("/page/plotly.js")
    def plotly() -> Response:
        return Response(_plotly(), media_type=KINDS[".js"], headers=LASTING)

    @router.get("/page/{name}")
    def part(name: str) -> FileResponse:
        path = FOLDER / name
        if path.parent != FOLDER or path.suffix not in KINDS or not path.is_file():
            raise ApiError(404, f"the page has no part {name[:40]!r}", "not_found")
        return FileResponse(path, media_type=KINDS[path.suffix], headers=AGAIN)

    return router


@functools.cache
def _plotly() -> str:
    from reports.html import drawing_library

    return drawing_library()
