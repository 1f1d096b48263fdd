"""How long a request's body may be, by what it is sent to; it is counted as it comes, whatever its head says."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import shaped

MB = 1_000_000
CHAT = "/v1/chat/completions"
FORM_BYTES = 1 * MB  # of a form around a file
JSON_BYTES = 2 * MB
CHAT_CLIP_BYTES = 100 * MB  # of a clip within JSON, which is held in memory; files are written as they come
WORDS_BYTES = 8 * MB  # of an analysis asked for with a transcript of a million characters, most of them escaped


class BodyLimits:
    """Answers 413 to a longer body: at once where its length is told, else when it has become too long."""

    def __init__(self, app: ASGIApp, file_bytes: int) -> None:
        self._app, self._file_bytes = app, file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most, length, read = self._most(scope["path"], headers), headers.get("content-length", ""), 0
        other = "send a clip to /v1/files and its id here" if scope["path"] == CHAT else "send less"
        why = f"the body is longer than {most // MB} MB; {other}"
        if length.isascii() and length.isdecimal() and int(length) > most:
            await shaped(413, why, "too_large")(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, why)  # FastAPI lets this one through where it reads a body
            return message

        await self._app(scope, counted, send)

    def _most(self, path: str, headers: Headers) -> int:
        is_json = headers.get("content-type", "").lower().startswith("application/json")
        if path == CHAT:  # clips come as base64
            return min(self._file_bytes, CHAT_CLIP_BYTES) * 4 // 3 + FORM_BYTES
        if path == "/v1/analyses" and is_json:
            return WORDS_BYTES
        if path in ("/v1/files", "/v1/analyses") and not is_json:
            return self._file_bytes + FORM_BYTES
        return JSON_BYTES
