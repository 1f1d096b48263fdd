"""What a test of a killed server needs: a model that counts what it answered, and a receiver of webhooks."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
from scripted_endpoint import Endpoint, sample, schema_of, scripted_endpoint, serving

from agents.claims import LEVELS

SECRET = "shared with the receiver"
AGENTS = (*LEVELS, "narrator", "audit")


class Gate:
    """Where what a test waits for hangs until the test has seen it."""

    def __init__(self) -> None:
        self.open()

    def shut(self, place: str) -> None:
        """Let nothing through at this place from now on, and through those before it what hangs there."""
        self.open()
        self._place, self._opened = place, threading.Event()

    def open(self) -> None:
        """Let all through."""
        if hasattr(self, "_opened"):
            self._opened.set()
        self._place, self._reached, self._opened = "", threading.Event(), threading.Event()

    def wait(self, seconds: float = 180) -> None:
        """Until something hangs."""
        assert self._reached.wait(seconds), f"nothing came to: {self._place}"

    def passed(self, place: str) -> bool:
        """Go through; whether that was at once."""
        if place != self._place:
            return True
        self._reached.set()
        self._opened.wait()
        return False


@dataclass
class Model:
    """A model whose answers keep the schema, and what it was asked before it answered at once."""

    gate: Gate
    wait_s: float = 0.0  # for which it thinks
    answered: list[tuple[str, float]] = field(default_factory=list)  # the request, and when
    asked_again: list[float] = field(default_factory=list)  # when what had been answered before was answered first

    def answer(self, request: dict[str, Any]) -> tuple[int, str, str]:
        """For a scripted endpoint."""
        schema = schema_of(request)
        if schema is None:  # it is being tried out
            return 200, "ok", "stop"
        time.sleep(self.wait_s)
        if self.gate.passed(agent_of(request)):
            self.answered.append((json.dumps(request, sort_keys=True), time.time()))
        return 200, json.dumps(sample(schema)), "stop"

    def repeated(self) -> list[float]:
        """When requests that were put again had been answered before."""
        first: dict[str, float] = {}
        return [first[body] for body, at in self.answered if first.setdefault(body, at) != at]

    @contextmanager
    def serving(self) -> Iterator[Endpoint]:
        """Its endpoint."""
        with scripted_endpoint(self.answer) as endpoint:
            yield endpoint


def agent_of(request: dict[str, Any]) -> str:
    """Which agent puts a request."""
    words = json.dumps(request["messages"])
    named = {**{level: f"You judge **{level}**" for level in LEVELS}, "narrator": "You are the **narrator**"}
    return next((agent for agent, begin in named.items() if begin in words), "audit")


@dataclass
class Receiver:
    """A receiver of webhooks on loopback: bodies and headers of what it was told."""

    gate: Gate
    url: str = ""
    told: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        """Listen."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((body, dict(self.headers)))
                receiver.gate.passed("webhook")
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        with serving(Handler) as self.url:
            yield self


def environment(endpoint: Endpoint) -> dict[str, str]:
    """Of a server with this model that may tell this machine."""
    return {
        "MENTALIS_MODEL": "tiny",
        "MENTALIS_BASE_URL": endpoint.url,
        "MENTALIS_SAMPLES": "1",
        "MENTALIS_AUDIT_PAIRS": "2",
        "MENTALIS_SERVER_WEBHOOK_HOSTS": "127.0.0.1",
        "MENTALIS_SERVER_WEBHOOK_SECRET": SECRET,
        "MENTALIS_SERVER_REQUESTS_PER_MINUTE": "100000",
    }


def wait_for(client: httpx.Client, name: str, kind: str) -> None:
    """Until an analysis has told an event of a kind."""
    with client.stream("GET", f"/v1/analyses/{name}/events") as answer:
        assert any(line == f"event: {kind}" for line in answer.iter_lines()), f"no {kind} came"


def events_of(client: httpx.Client, name: str) -> list[tuple[int, dict[str, Any]]]:
    """The events of an analysis with their numbers, until the last."""
    blocks = client.get(f"/v1/analyses/{name}/events").text.strip().split("\n\n")
    parts = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks if block[0] != ":"]
    return [(int(part["id"]), json.loads(part["data"])) for part in parts]
