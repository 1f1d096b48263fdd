"""How soon the server says that it lives while many clients chat."""

import asyncio
import http.client
import multiprocessing
import time
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.server.running import Served, client, question

CLIENTS, MOST_P99_MS = 32, 50.0  # what we promise
EVERY_S = 0.02


def answers_while_chatting(served: Served, analysis: str, seconds: float) -> list[dict[str, Any]]:
    """The clients are a process of their own, so that what is timed is the server."""
    context = multiprocessing.get_context("spawn")
    answered = context.Value("i", 0)
    clients = context.Process(target=_chat, args=(served, analysis, answered), daemon=True)
    clients.start()
    while not answered.value:  # all are at it
        time.sleep(EVERY_S)
    before, took_ms = answered.value, _asked_for(served, seconds)
    questions = answered.value - before
    clients.terminate()
    clients.join()
    p50, p99 = np.percentile(took_ms, [50, 99])
    return [
        {
            "what": f"questions of {CLIENTS} clients answered a second",
            "measured": round(questions / seconds, 1),
            "at_most": None,
        },
        {"what": f"/healthz, ms, median of {len(took_ms)}", "measured": round(float(p50), 1), "at_most": None},
        {"what": "/healthz, ms, 99th percentile", "measured": round(float(p99), 1), "at_most": MOST_P99_MS},
    ]


def _asked_for(served: Served, seconds: float) -> list[float]:
    """Milliseconds of each answer, one after the other on one connection."""
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
    took_ms, over_at = [], time.perf_counter() + seconds
    while (started := time.perf_counter()) < over_at:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b'{"status":"ok"}'
        took_ms.append(1000 * (time.perf_counter() - started))
        time.sleep(EVERY_S)
    connection.close()
    return took_ms


def _chat(served: Served, analysis: str, answered: Any) -> None:
    """Each client asks its next question when the last one is answered, until the process is ended."""

    async def one(http: Any, number: int) -> None:
        for n in range(1_000_000):
            told = await http.post(
                "/v1/chat/completions",
                json=question(analysis, f"What does P1 do at 2 s? Client {number} asks for the {n}th time."),
            )
            told.raise_for_status()
            answered.value += 1

    async def all_() -> None:
        async with client(served) as http:
            await asyncio.gather(*(one(http, number) for number in range(CLIENTS)))

    asyncio.run(all_())
