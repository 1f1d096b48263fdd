"""REST: files are sent, listed, read and deleted, in OpenAI's shape."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.formparsers import MultiPartException

from perception.container import identify
from perception.errors import ClipError
from server.access import LOCAL, Reads, Writes
from server.answers import FileAnswer, FileDeleted, FilePage
from server.bodies import is_json, read_json
from server.errors import ApiError
from server.file_records import NAMELESS, Files, Stored
from server.jobs import Jobs

CHUNK_BYTES = 1 << 20
LEAST_S, MOST_S = 3600, 30 * 86_400  # that a client may ask a file to stay, as at OpenAI
NO_CLIPS = (Path("/proc"), Path("/sys"), Path("/dev"))  # files that are the system's and other programs' memory
PURPOSES = ("user_data", "vision", "assistants", "evals")


class Said(BaseModel):
    """What a client may say of a file, in the query."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200, description="what to call a clip sent as the body")
    purpose: str | None = Field(default=None, description="one of OpenAI's purposes; none: user_data")
    expires_after: int | None = Field(default=None, ge=LEAST_S, le=MOST_S, description="seconds")


class Local(BaseModel):
    """A file of this machine, in local mode."""

    path: str = Field(min_length=1, max_length=4096)


SHAPE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": list(PURPOSES)},
                        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                        "expires_after[seconds]": {"type": "integer", "minimum": LEAST_S, "maximum": MOST_S},
                    },
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "video/mp4": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


KINDS = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm", "matroska": "video/x-matroska",
         "avi": "video/x-msvideo", "gif": "image/gif"}  # fmt: skip
NO_VIDEO = "application/octet-stream"
BYTES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (*KINDS.values(), NO_VIDEO)}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes", "content": BYTES},
    206: {"description": "The range of them that was asked for", "content": BYTES},
    416: {"description": "There is no such range"},
}


def routes(files: Files, jobs: Jobs, own_folder: Path | None) -> APIRouter:
    """The endpoints under /v1/files.

    Args:
        files: the files.
        jobs: analyses that a file's deletion stops.
        own_folder: of the server, where a client on this machine may name a video elsewhere instead of sending it, as
            long as no key was ever made; none: no client may.
    """
    router = APIRouter(prefix="/v1/files", tags=["files"])

    @router.post("", openapi_extra=SHAPE)
    async def create(request: Request, caller: Writes, query: Annotated[Said, Query()]) -> FileAnswer:
        """Send a file: a form as OpenAI's clients do, or the bytes as the body."""
        name, purpose, expires_after = query.name, query.purpose, query.expires_after
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if is_json(request):
            if own_folder is None or caller.owner != LOCAL:  # with keys it would read what is another's
                raise ApiError(400, "paths are read in local mode without keys only; send the bytes", "local_paths")
            given = (await read_json(request, Local)).path
            path = await asyncio.to_thread(local_video, given, own_folder)
            name, body = name or path.name, _read(path)
        elif kind == "multipart/form-data":
            form = await _form(request)
            upload = form.get("file")
            if not isinstance(upload, UploadFile) and not hasattr(upload, "read"):
                raise ApiError(400, "the form has no file: send it as the field 'file'", "file")
            name, purpose = name or upload.filename, str(form["purpose"]) if "purpose" in form else purpose
            expires_after = _seconds(form.get("expires_after[seconds]"), expires_after)
            body = _chunks(upload)
        else:
            body = request.stream()
        if purpose is not None and purpose not in PURPOSES:
            raise ApiError(400, f"no purpose is called {purpose[:40]!r}; there are: {', '.join(PURPOSES)}", "purpose")
        called = shown_name(name) if name else None
        stored = await files.save(body, caller.owner, called, purpose, expires_after)
        return told(stored, files)

    @router.get("")
    def several(
        caller: Reads,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        after: Annotated[str | None, Query(max_length=60)] = None,
    ) -> FilePage:
        """The newest first."""
        found, more = files.all(caller.owner, limit, after)
        data = [told(file, files) for file in found]
        return FilePage(object="list", data=data, has_more=more, last_id=data[-1].id if data else None)

    @router.get("/{file}")
    def get(file: str, caller: Reads) -> FileAnswer:
        """What is known of a file."""
        return told(files.get(file, caller.owner), files)

    @router.get("/{file}/content", response_class=FileResponse, responses=CONTENT)
    def content(file: str, caller: Reads) -> FileResponse:
        """The bytes, or a range of them."""
        stored = files.get(file, caller.owner)
        path = files.media(stored.id)
        if not path.exists():
            raise ApiError(404, f"the media of {file} were deleted; what was measured is kept", "no_media")
        return FileResponse(path, media_type=media_type(path), filename=stored.name, content_disposition_type="inline")

    @router.delete("/{file}")
    async def delete(file: str, caller: Writes) -> FileDeleted:
        """Delete the bytes and all that was measured on them; analyses of it that run are cancelled."""
        stored = files.get(file, caller.owner)
        for analysis in jobs.analyses.of_file(stored.id):
            if not analysis.ended:
                await jobs.cancel(analysis)
        files.delete(stored.id)
        return FileDeleted(id=stored.id, object="file", deleted=True)

    return router


def told(file: Stored, files: Files) -> FileAnswer:
    """A file as OpenAI's clients read it."""
    return FileAnswer(
        id=file.id,
        object="file",
        bytes=file.bytes,
        created_at=int(file.created_at),
        expires_at=None if file.expires_at is None else int(file.expires_at),
        filename=file.name,
        purpose=file.purpose,
        status="processed" if files.media(file.id).exists() else "deleted",
        sha256=file.sha256,
    )


def shown_name(name: str | None) -> str:
    """What a client calls a file, as it is shown: one line without a folder."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:200] or NAMELESS


def local_video(given: str, own_folder: Path) -> Path:
    """A video of this machine by its path, links followed.

    Raises:
        ApiError: 400, there is none, or it lies where no clips are: with the system's devices, with the server's files.
        ClipError: it is no video.
    """
    try:
        path = Path(given).expanduser().resolve()
        there = path.is_file()
    except (OSError, RuntimeError, ValueError):  # too long, a link to itself, a home of nobody, NUL
        there = False
    if not there:
        raise ApiError(400, f"there is no file {given[:200]!r} on this machine", "path")
    if any(path.is_relative_to(folder) for folder in (*NO_CLIPS, own_folder.resolve())):
        raise ApiError(400, f"no clips are read from where {given[:200]!r} lies; copy it elsewhere", "path")
    identify(path)
    return path


def media_type(path: Path) -> str:
    """Told by the content; what is none of the videos that are read is bytes to a browser."""
    try:
        return KINDS[identify(path)]
    except ClipError:
        return NO_VIDEO


async def _form(request: Request) -> Any:
    try:
        return await request.form(max_files=1, max_fields=20)
    except (MultiPartException, ValueError) as error:
        raise ApiError(400, f"the form can't be read: {error}", "form") from error


def _seconds(given: Any, usual: int | None) -> int | None:
    if given is None:
        return usual
    if not str(given).isdecimal() or not LEAST_S <= int(given) <= MOST_S:
        raise ApiError(
            400, f"expires_after[seconds] must be a whole number from {LEAST_S} to {MOST_S}", "expires_after"
        )
    return int(given)


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def _chunks(upload: Any) -> AsyncIterator[bytes]:
    try:
        while chunk := await upload.read(CHUNK_BYTES):
            yield chunk
    finally:
        await upload.close()
