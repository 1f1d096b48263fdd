"""The events of all analyses, in the database: appended by who works, followed by who listens, on any server."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from server.database import ANALYSES, EVENTS
from server.patience import patiently

LOOK_EVERY_S = 0.2  # for events that other servers, or other tasks, have appended
HEARTBEAT_S = 15.0
OVER = ("report", "failed", "cancelled")  # kinds of last events
Numbered = tuple[int, dict[str, Any]]


class EventLog:
    """Events by analysis, numbered from 1. One task looks for new ones, however many listen."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None
        self._stopped_at: float | None = None

    def append(self, analysis: str, *events: dict[str, Any]) -> None:
        """Add events, all or none; none to an analysis that was deleted."""
        with self._engine.begin() as connection:
            row = update(ANALYSES).where(ANALYSES.c.id == analysis).values(id=analysis)  # who else appends waits here
            if connection.execute(row).rowcount:
                append(connection, analysis, *events)

    def after(self, analysis: str, number: int) -> list[Numbered]:
        """The events behind a number."""
        wanted = select(EVENTS.c.number, EVENTS.c.event).where(EVENTS.c.analysis == analysis, EVENTS.c.number > number)
        with self._engine.connect() as connection:
            return [(row.number, row.event) for row in connection.execute(wanted.order_by(EVENTS.c.number))]

    def last_numbers(self, analyses: Collection[str]) -> dict[str, int]:
        """Of those analyses that have events, the number of the last."""
        last = select(EVENTS.c.analysis, func.max(EVENTS.c.number)).where(EVENTS.c.analysis.in_(analyses))
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(last.group_by(EVENTS.c.analysis))}

    def stop(self) -> None:
        """Let nobody who follows wait much longer, for the server is being stopped; any thread may say so."""
        self._stopped_at = time.monotonic()

    async def followed(self, analysis: str, after: int = 0, patience_s: float = 0.0) -> AsyncIterator[Numbered | None]:
        """Events behind a number as they come, until the last one; none now and then while nothing happens.

        Of an analysis that is deleted meanwhile, the last one is that it was cancelled. Where the server is stopped it
        breaks off after `patience_s`: who listens may come again.
        """
        woken = asyncio.Event()
        self._waiting[analysis].add(woken)
        self._look()
        try:
            while True:
                woken.clear()
                for number, event in await patiently(asyncio.to_thread, self.after, analysis, after):
                    yield number, event
                    after = number
                    await asyncio.sleep(0)  # who listens may have left: only the loop hears of it
                    if event["kind"] in OVER:
                        return
                if not await patiently(asyncio.to_thread, self._there, [analysis]):  # deleted, with its last event
                    yield after + 1, {"kind": "cancelled"}
                    return
                if self._stopped_at is not None and time.monotonic() >= self._stopped_at + patience_s:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_S):
                        await woken.wait()
                        continue
                yield None
        finally:
            self._waiting[analysis].discard(woken)
            if not self._waiting[analysis]:
                del self._waiting[analysis]

    def _there(self, analyses: Collection[str]) -> set[str]:
        """Those analyses that were not deleted."""
        with self._engine.connect() as connection:
            return set(connection.execute(select(ANALYSES.c.id).where(ANALYSES.c.id.in_(analyses))).scalars())

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _look(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._wake_who_waits())

    async def _wake_who_waits(self) -> None:
        seen: dict[str, int] = {}
        while self._waiting:
            await asyncio.sleep(LOOK_EVERY_S)
            waiting = list(self._waiting)
            last = await patiently(asyncio.to_thread, self.last_numbers, waiting)
            there = await patiently(asyncio.to_thread, self._there, waiting)
            for analysis in waiting:
                if last.get(analysis) != seen.get(analysis) or analysis not in there or self._stopped_at is not None:
                    for woken in self._waiting.get(analysis, ()):
                        woken.set()
            seen = last


def append(connection: Connection, analysis: str, *events: dict[str, Any]) -> None:
    """Add events within a transaction that has written the analysis' row before: its events are numbered one by one."""
    last = select(func.coalesce(func.max(EVENTS.c.number), 0)).where(EVENTS.c.analysis == analysis)
    first = int(connection.execute(last).scalar_one()) + 1
    rows = [{"analysis": analysis, "number": n, "event": event} for n, event in enumerate(events, first)]
    connection.execute(insert(EVENTS), rows)


def as_sse(numbered: Numbered | None) -> str:
    """An event as it is sent; a comment keeps a silent connection open."""
    if numbered is None:
        return ": still there\n\n"
    number, event = numbered
    return f"id: {number}\nevent: {event['kind']}\ndata: {json.dumps(event)}\n\n"
