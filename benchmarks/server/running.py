"""The server under test, in a process of its own beside a model that takes its time."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.slow_endpoint import free_port

MODEL = "slow"
TO_START_S, TO_END_S = 120.0, 900.0
LOOK_EVERY_S = 0.2
NO_LIMIT = "100000000"  # of requests a minute: what one client asks here, many would


class Served(NamedTuple):
    """A server that answers."""

    url: str
    pid: int
    data: Path


@contextmanager
def server(data: Path, model_url: str) -> Iterator[Served]:
    """A server with its own data, and no more options than a user would give."""
    port = free_port()
    command = [sys.executable, "-m", "mentalis", "serve", "--port", str(port), "--data-dir", str(data)]
    environment = {**os.environ, "MENTALIS_SERVER_REQUESTS_PER_MINUTE": NO_LIMIT}
    options = ["--model", MODEL, "--base-url", model_url]
    with subprocess.Popen([*command, *options], env=environment) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield Served(url, process.pid, data)
        finally:
            process.terminate()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    over_at = time.monotonic() + TO_START_S
    while True:
        try:
            httpx.get(f"{url}/healthz").raise_for_status()
            return
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > over_at:
                raise
            time.sleep(LOOK_EVERY_S)


def client(served: Served) -> httpx.AsyncClient:
    """A client that opens as many connections as it is asked to."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(base_url=served.url, timeout=TO_END_S, limits=limits)


async def sent(http: httpx.AsyncClient, clip: Path) -> str:
    """The id of a file that was sent."""
    told = await http.post("/v1/files", content=clip.read_bytes(), headers={"Content-Type": "video/mp4"})
    return str(told.raise_for_status().json()["id"])


async def asked(http: httpx.AsyncClient, file: str, seed: int) -> str:
    """The id of an analysis that is queued; each seed is judged anew."""
    told = await http.post("/v1/analyses", json={"file": file, "options": {"seed": seed}, "name": f"clip {seed}"})
    return str(told.raise_for_status().json()["id"])


async def ended(http: httpx.AsyncClient, analysis: str) -> dict[str, Any]:
    """An analysis, once it has ended."""
    while True:
        told: dict[str, Any] = (await http.get(f"/v1/analyses/{analysis}")).raise_for_status().json()
        if told["status"] in ("done", "failed", "cancelled"):
            return told
        await asyncio.sleep(LOOK_EVERY_S)


def question(analysis: str, text: str) -> dict[str, Any]:
    """A chat request about an analysis that is there."""
    link = {"type": "video_url", "video_url": {"url": f"analysis:{analysis}"}}
    return {
        "model": "mentalis",
        "messages": [{"role": "user", "content": [link, {"type": "text", "text": text}]}],
    }


def memory_mb(pid: int) -> float:
    """Resident memory of a process, without that of the processes that it started."""
    resident = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * os.sysconf("SC_PAGE_SIZE") / 1e6
