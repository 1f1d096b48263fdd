"""Run the mental-state graph with a durable checkpoint after each step, and stream what happens."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aiosqlite
import langsmith
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents.report import Report
from graphs import mental_state
from graphs.events import Event, ReportReady
from graphs.state import Setup
from perception.clip import Clip
from perception.transcripts import Words

if TYPE_CHECKING:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection


LOCK = 0x6D656E75  # of PostgreSQL, while the tables of the checkpoints are made


def thread_of(setup: Setup) -> str:
    """The checkpoint thread of an analysis: the clip's hash and all that can change its result."""
    clip, model = setup.clip, setup.model
    what = {
        "transcript": [u.model_dump() for u in (clip.utterances if isinstance(clip, Words) else clip.transcript)],
        "views": [[view.sha256, view.offset_s] for view in clip.views] if isinstance(clip, Clip) else [],
        "tools": [[t.name, t.version, t.options] for t in setup.tools],
        "codebook": setup.codebook.sha256,
        "model": model.name if model else None,
        "embedder": setup.embedder,
        "wanted": setup.wanted.model_dump(),
        "strategy": setup.strategy,
        "samples": setup.samples,
        "calibrations": [c.model_dump() for c in setup.calibrations],
        "audit_pairs": setup.audit_pairs,
        **({"check_gestures": True} if setup.check_gestures else {}),  # threads from before it was there stay theirs
        "max_revisions": setup.max_revisions,
        "seed": setup.seed,
        "version": setup.version,
    }
    options = hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()
    return f"{clip.sha256[:32]}-{options[:32]}"


@asynccontextmanager
async def checkpoints(database: Path | str) -> AsyncIterator["AsyncSqliteSaver | AsyncPostgresSaver"]:
    """The checkpointer on an SQLite file or, by its URL, on PostgreSQL; it restores plain JSON values only."""
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    if str(database).startswith("postgresql"):
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        from psycopg import AsyncConnection
        from psycopg.rows import dict_row

        async with await AsyncConnection.connect(
            str(database), autocommit=True, prepare_threshold=0, row_factory=dict_row
        ) as postgres:
            shared = AsyncPostgresSaver(postgres, serde=serde)
            async with _locked(postgres):
                await shared.setup()
            yield shared
        return
    file = Path(database)
    file.parent.mkdir(parents=True, exist_ok=True)
    async with aiosqlite.connect(file) as connection:
        own = AsyncSqliteSaver(connection, serde=serde)
        await own.setup()
        yield own


@asynccontextmanager
async def _locked(connection: "AsyncConnection[dict[str, Any]]") -> AsyncIterator[None]:
    """One process at a time. Who waits asks again: one asleep in the lock would hold up the other's new indexes."""
    while True:
        found = await connection.execute("SELECT pg_try_advisory_lock(%s) AS locked", [LOCK])
        if (row := await found.fetchone()) and row["locked"]:
            break
        await asyncio.sleep(0.1)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


async def forget(database: Path | str, thread: str) -> None:
    """Delete the checkpoints of a thread."""
    async with checkpoints(database) as saver:
        await saver.adelete_thread(thread)


async def run(
    setup: Setup, database: Path | str, *, resume: bool = False, thread: str | None = None
) -> AsyncIterator[Event]:
    """Analyse the clip and yield events; the last is the report.

    Args:
        setup: the clip, tools, model and stores.
        database: SQLite file of the checkpoints, or a PostgreSQL URL.
        resume: go on from the last finished step of the same analysis if there is one; otherwise start afresh.
        thread: name of its checkpoints; by the clip and all that can change the result when not given.

    Raises:
        ClipError: the clip can't be decoded to its end.
    """
    thread = thread or thread_of(setup)
    config: RunnableConfig = {"configurable": {"thread_id": thread}, "recursion_limit": 20 + 4 * setup.max_revisions}
    async with checkpoints(database) as saver:
        graph = mental_state.build(saver, setup.strategy)
        goes_on = False
        if resume:
            snapshot = await graph.aget_state(config)
            if done := _report_in(snapshot.values, setup):
                yield ReportReady(report=done)
                return
            goes_on = bool(snapshot.next) and _evidence_is_stored(snapshot.values.get("evidence"), setup)
        if not goes_on:
            await saver.adelete_thread(thread)
        # nothing phones home: a tracing variable left in the environment must not send a clip's claims away
        with langsmith.tracing_context(enabled=False):
            async for event in graph.astream(
                None if goes_on else {}, config, context=setup, stream_mode="custom", durability="sync"
            ):
                yield cast(Event, event)


async def finished(setup: Setup, database: Path | str) -> Report | None:
    """The report of an earlier run of the same analysis; none where it did not come to its end."""
    async with checkpoints(database) as saver:
        graph = mental_state.build(saver, setup.strategy)
        snapshot = await graph.aget_state({"configurable": {"thread_id": thread_of(setup)}})
    return _report_in(snapshot.values, setup)


def _report_in(values: dict[str, Any], setup: Setup) -> Report | None:
    done = values.get("report")
    return setup.store.get(done, Report) if done and setup.store.has(done) else None


def _evidence_is_stored(key: str | None, setup: Setup) -> bool:
    return key is None or setup.store.has(key)
