"""Many analyses at once, whose clip is measured already: none lost, none done twice."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from benchmarks.server.running import Served, asked, client, ended


async def queued(served: Served, file: str, count: int, answered: Callable[[], int]) -> list[dict[str, Any]]:
    """Queue them all, wait for all, and count what came of them."""
    async with client(served) as http:
        before = answered()
        await ended(http, await asked(http, file, seed=1_000_000))
        calls_each = answered() - before
        started, before = time.perf_counter(), answered()
        names = await asyncio.gather(*(asked(http, file, seed) for seed in range(1, count + 1)))
        all_queued_s = time.perf_counter() - started
        jobs = [await ended(http, name) for name in names]
        took_s = time.perf_counter() - started
        calls = answered() - before
        reports = [await _reports(http, name) for name in names]
    done = sum(job["status"] == "done" for job in jobs)
    return [
        {"what": f"{count} analyses accepted after, s", "measured": round(all_queued_s, 1), "limit": None},
        {"what": f"{count} analyses done after, s", "measured": round(took_s, 1), "limit": None},
        {"what": "a minute", "measured": round(60 * count / took_s), "limit": None},
        {"what": "lost", "measured": count - done, "limit": 0},
        {"what": "reported twice", "measured": sum(n != 1 for n in reports), "limit": 0},
        {
            "what": f"calls of the model beyond {calls_each} an analysis",
            "measured": calls - count * calls_each,
            "limit": 0,
        },
    ]


async def _reports(http: Any, name: str) -> int:
    """How often an analysis' events tell that its report is there."""
    events = (await http.get(f"/v1/analyses/{name}/events")).raise_for_status().text
    return int(events.count("event: report\n"))
