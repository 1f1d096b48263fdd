"""What a stream tells while an analysis is under way: what begins, how far it is, what has ended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from server.analysis_records import Analysis
from server.jobs import Jobs

PATIENCE_S = 3.0  # for what is nearly done when the server is stopped
STEPS = 4  # into which a tool's way through the clip is cut: each is told


async def progress(analysis: Analysis, new: bool, jobs: Jobs) -> AsyncIterator[str | None]:
    """Lines until the analysis has ended, none now and then while nothing happens.

    Of an analysis that was there before, only what happens from now on is told: nothing of one that has ended.
    """
    numbers = {} if new else await asyncio.to_thread(jobs.log.last_numbers, [analysis.id])
    after = numbers.get(analysis.id, 0)
    now = await asyncio.to_thread(
        jobs.analyses.get, analysis.id, analysis.owner
    )  # read after the number: its last event is still to come
    if now.ended and not new:
        return
    if now.status == "queued":
        yield "waiting for its turn"
    steps: dict[str, int] = {}
    async for numbered in jobs.log.followed(analysis.id, after, PATIENCE_S):
        if numbered is None:
            yield None
        elif line := _line(numbered[1], steps):
            yield line


def _line(event: dict[str, Any], steps: dict[str, int]) -> str | None:
    """A line about what has happened; `steps` has how far each tool was when that was told."""
    if event["kind"] == "stage_started":
        return f"{event['stage']} begins"
    if event["kind"] == "tool_started":
        return f"{event['tool']} begins"
    if event["kind"] == "tool_progress":
        step = int(STEPS * event["time_s"] / event["duration_s"]) if event["duration_s"] else 0
        if steps.get(event["tool"], 0) < step < STEPS:
            steps[event["tool"]] = step
            return f"{event['tool']} has seen {step / STEPS:.0%} of the clip"
    if event["kind"] == "tool_finished":
        done = "is done" if event["status"] in ("ok", "abstained") else event["status"]
        return f"{event['tool']} {done}" + (f": {event['error']}" if event["error"] else "")
    if event["kind"] in ("agent_started", "agent_finished"):
        about = f" about {event['person']}" if event["person"] else ""
        if event["kind"] == "agent_started":
            return f"{event['agent']}{about} begins"
        return f"{event['agent']}{about} is done" + (f": {event['error']}" if event["error"] else "")
    return None
