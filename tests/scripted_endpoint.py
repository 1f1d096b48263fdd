"""An OpenAI-compatible endpoint on loopback whose words are fixed by the test."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """Where it is and what it was asked."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def scripted_endpoint(
    answer: Callable[[dict[str, Any]], tuple[int, str, str]],
    served: dict[str, int] | None = None,
    headers: dict[str, str] | None = None,
) -> Iterator[Endpoint]:
    """Serve; `answer(request)` gives the HTTP status, the words (of the error, too) and the finish reason.

    `served` are the models that it tells of, with the length of their context; none: it does not tell.
    """
    endpoint = Endpoint("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.asked.append(request)
            status, words, reason = answer(request)
            message = {"role": "assistant", "content": words}
            body: dict[str, Any] = {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": request["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
            }
            if status != 200:
                body = {"error": {"message": words or "scripted failure"}}
            self.reply(status, body)

        def do_GET(self) -> None:
            models = [
                {"id": name, "object": "model", "created": 0, "owned_by": "x", "max_model_len": tokens}
                for name, tokens in (served or {}).items()
            ]
            self.reply(404 if served is None else 200, {"object": "list", "data": models})

        def reply(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough of waiting
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    with serving(Handler) as endpoint.url:
        yield endpoint


@contextmanager
def dripping_endpoint() -> Iterator[str]:
    """An endpoint whose answer comes a blank at a time and never ends."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                while not over.wait(0.05):
                    self.wfile.write(b" ")

        def log_message(self, *_: object) -> None:
            return

    with serving(Handler) as url:
        try:
            yield url
        finally:
            over.set()


def replying(body: bytes, content_type: str, served: bytes | None = None) -> type[BaseHTTPRequestHandler]:
    """A handler that answers everything with one body; `served` where the list of models is another."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(body)

        def do_GET(self) -> None:
            self.reply(body if served is None else served)

        def reply(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on loopback; the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def schema_of(request: dict[str, Any]) -> dict[str, Any] | None:
    """The schema that an answer must keep; none when the endpoint is only being tried out."""
    form = request.get("response_format", {}).get("json_schema", {})
    schema: dict[str, Any] | None = form.get("schema") if form.get("name") == "answer" else None
    return schema


def sample(schema: dict[str, Any]) -> Any:
    """The smallest value that keeps a schema, with one item in each array."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0])
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(child) for name, child in schema["properties"].items()}
    if kind == "array":
        return [sample(schema["items"])]
    return {"string": "the expression suggests little", "integer": schema.get("minimum", 0), "boolean": False}.get(kind)
