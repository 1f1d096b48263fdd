"""A thousand clients that follow one analysis by server-sent events."""

import asyncio
import time
from typing import Any

import httpx

from benchmarks.server.running import Served, asked, client, ended, memory_mb

STREAMS = 1000  # what we promise


async def followed(served: Served, file: str, count: int = STREAMS) -> list[dict[str, Any]]:
    """All connect to an analysis while it runs; each is to get every event up to its last one."""
    async with client(served) as http:
        before_mb = memory_mb(served.pid)
        name = await asked(http, file, seed=2_000_000)
        followers = [asyncio.create_task(_follow(http, name)) for _ in range(count)]
        open_mb = 0.0
        while not all(follower.done() for follower in followers):
            open_mb = max(open_mb, memory_mb(served.pid))
            await asyncio.sleep(0.2)
        told = [follower.result() for follower in followers]
        job = await ended(http, name)
        events = (await http.get(f"/v1/analyses/{name}/events")).text.count("\nevent: ")
    over_at = [at for _, at in told]
    return [
        {"what": "streams that were open at once", "measured": len(told), "limit": count},
        {
            "what": f"streams that got not all of {events} events",
            "measured": sum(n != events for n, _ in told),
            "limit": 0,
        },
        {
            "what": "the last of them ended after the first by, s",
            "measured": round(max(over_at) - min(over_at), 1),
            "limit": None,
        },
        {
            "what": "memory that a stream takes, kB",
            "measured": round(1000 * (open_mb - before_mb) / count),
            "limit": None,
        },
        {"what": "status of the analysis", "measured": job["status"], "limit": "done"},
    ]


async def _follow(http: httpx.AsyncClient, name: str) -> tuple[int, float]:
    """How many events came, and when the last one did."""
    events = 0
    async with http.stream("GET", f"/v1/analyses/{name}/events") as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            events += line.startswith("event: ")
    return events, time.perf_counter()
