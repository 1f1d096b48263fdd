"""Perception as a step of a graph: the tools run in threads, their progress becomes events."""

import asyncio
import contextvars
import threading
from collections.abc import Callable

from agents.dialogue import with_words
from graphs.events import Event, ToolFinished, ToolProgress, ToolStarted
from graphs.state import Setup
from perception.evidence import Evidence
from perception.isolation import perceive_isolated
from perception.scheduler import ToolEvent, perceive
from perception.transcripts import Words

Tell = Callable[[Event], None]


async def measure(setup: Setup, tell: Tell) -> Evidence:
    """Run the tools on the clip, in a worker process if limits are set; when the graph is cancelled, so are they.

    Words alone are not measured: each utterance is an observation.

    Raises:
        ClipError: the clip can't be decoded to its end.
        WorkerKilled: the worker process went over a limit or crashed.
    """
    clip = setup.clip
    if isinstance(clip, Words):
        nothing = Evidence(clip_sha256=clip.sha256, duration_s=clip.duration_s)
        return with_words(nothing, clip.utterances, clip.language)
    loop = asyncio.get_running_loop()
    cancelled = threading.Event()
    context = contextvars.copy_context()  # LangGraph finds the stream by it, and the tools' threads have none

    def on_event(event: ToolEvent) -> None:
        loop.call_soon_threadsafe(tell, as_event(event), context=context)

    def run() -> Evidence:
        if setup.worker is not None:
            return perceive_isolated(
                clip, setup.tools, setup.worker, cache=setup.cache, on_event=on_event, cancel=cancelled
            )
        return perceive(clip, setup.tools, cache=setup.cache, on_event=on_event, cancel=cancelled)

    try:
        return await asyncio.to_thread(run)
    except asyncio.CancelledError:
        cancelled.set()
        raise


def as_event(event: ToolEvent) -> Event:
    """A scheduler's event as one of the graph's."""
    if event.kind == "tool_started":
        return ToolStarted(tool=event.tool)
    if event.kind == "tool_progress":
        return ToolProgress(tool=event.tool, time_s=event.time_s or 0.0, duration_s=event.duration_s)
    return ToolFinished(
        tool=event.tool, status=event.status or "ok", seconds=event.seconds, cached=event.cached, error=event.error
    )
