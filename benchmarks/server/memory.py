"""Whether memory stays flat while the server is at work."""

import asyncio
import time
from typing import Any

import numpy as np

from benchmarks.server.running import Served, asked, client, ended, memory_mb, question

EVERY_S = 5.0
WARM_SHARE = 1 / 3  # of the time, in which caches fill
MOST_GROWTH = 0.05  # from the middle third to the last


async def memory_under_load(served: Served, file: str, minutes: float) -> list[dict[str, Any]]:
    """Analyses are made, followed, asked about and deleted, one after the other by four clients."""
    over_at = time.monotonic() + 60 * minutes
    rounds = 0

    async def work(http: Any, number: int) -> None:
        nonlocal rounds
        for n in range(1_000_000):
            if time.monotonic() > over_at:
                return
            name = await asked(http, file, seed=3_000_000 + 1_000_000 * number + n)
            await ended(http, name)
            (await http.get(f"/v1/analyses/{name}/events")).raise_for_status()
            (await http.post("/v1/chat/completions", json=question(name, "What does P1 do?"))).raise_for_status()
            (await http.delete(f"/v1/analyses/{name}")).raise_for_status()
            rounds += 1

    seen = list[float]()

    async def watch() -> None:
        while time.monotonic() < over_at:
            seen.append(memory_mb(served.pid))
            await asyncio.sleep(EVERY_S)

    async with client(served) as http:
        await asyncio.gather(watch(), *(work(http, number) for number in range(4)))
    third = max(1, int(len(seen) * WARM_SHARE))
    middle, last = float(np.median(seen[third : 2 * third] or seen)), float(np.median(seen[-third:]))
    return [
        {"what": f"analyses made and deleted in {minutes:g} minutes", "measured": rounds, "at_most": None},
        {"what": "memory in the first third, MB", "measured": round(float(np.median(seen[:third]))), "at_most": None},
        {"what": "memory in the middle third, MB", "measured": round(middle), "at_most": None},
        {"what": "memory in the last third, MB", "measured": round(last), "at_most": round(middle * (1 + MOST_GROWTH))},
    ]
