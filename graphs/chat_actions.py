"""What a model may do before it answers a question about a clip: search its report, measure, look closer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from agents.chat import Measure, Search, Zoom
from agents.chat_history import ChatHistory, Open, Source
from agents.checking.grounding import picture, sources_of
from agents.searching.passage import passage, tools_as_reported
from agents.searching.retrieval import search
from agents.showing.escaping import data_line
from agents.showing.relevance import EmbedderError
from agents.showing.zoom import Crop, boxes_in, crops, face_boxes, picture_parts
from graphs.chat_setup import Chat, most_pictures
from perception.errors import ClipError
from perception.evidence import Evidence
from perception.isolation import perceive_isolated
from perception.scheduler import perceive
from perception.tool import Tool

T = TypeVar("T")
AROUND_S = 0.25  # before and after a moment: about as long as a blink or a short expression lasts


class Outcome(NamedTuple):
    """What came of an action: for the model, for the chat, and in a few words for a reader."""

    words: str
    lines: tuple[str, ...]
    sources: tuple[Source, ...] = ()
    crops: tuple[Crop, ...] = ()
    failed: bool = False


async def _search(action: Any, history: ChatHistory, about: Chat, frames_left: int) -> Outcome:
    assert isinstance(action, Search)
    hits, notes = await searched(search, action.query, about)
    lines = tuple(data_line({"id": h.id, "person": h.person, "text": h.text}) for h in hits)
    known = sources_of(about.report, history)
    sources = tuple(known[h.id] for h in hits)
    words = "; ".join((f"{len(hits)} found", *notes))
    return Outcome(words, lines or _nothing("the report has nothing on this"), sources)


async def _measure(action: Any, history: ChatHistory, about: Chat, frames_left: int) -> Outcome:
    """Of the report where the tool ran for it, else of the whole clip: a part has no neutral and tracks of its own."""
    assert isinstance(action, Measure)
    start_s, end_s = _stretch(action, about)
    ran = {run.tool for run in about.report.evidence.tools if run.status in ("ok", "abstained")}
    evidence = about.report.evidence
    if action.tool not in ran:
        evidence = await _perceive(tools_as_reported(action.tool, about.report), about)
        problem = next((run.error for run in evidence.tools if run.tool == action.tool and run.error), None)
        if problem:
            return failed(f"{action.tool}: {problem}")
    name = f"measure{history.measured + 1}"
    found = passage(evidence, action.tool, start_s, end_s, name, reported=action.tool in ran)
    words = f"{len(found.sources)} found"
    return Outcome(words, found.lines or _nothing(f"{action.tool} found nothing there"), found.sources)


async def _zoom(action: Any, history: ChatHistory, about: Chat, frames_left: int) -> Outcome:
    assert isinstance(action, Zoom)
    count = min(action.frames, frames_left, most_pictures(history) - history.crops)
    if about.clip is None or not history.sees:
        return failed("pictures can't be shown")
    if count < 1:
        return failed("no more pictures can be shown for this question")
    if action.person is not None and action.person not in {p.id for p in about.report.people}:
        return failed(f"there is no {action.person}")
    start_s, end_s = _stretch(action, about)
    boxes = []
    if action.person is not None:
        boxes = boxes_in(await _perceive([face_boxes(), *tools_as_reported("faces", about.report)], about))
    looked = crops(start_s, end_s, count, action.person, boxes)
    await asyncio.to_thread(picture_parts, about.clip, looked)  # a clip that can't be decoded is told of here
    sources = tuple(picture(crop.time_s, crop.person) for crop in looked)
    lines = [
        data_line({"id": s.id, "shows": f"{s.person}'s face" if s.person else "the whole picture"}) for s in sources
    ]
    without_face = sum(crop.person != action.person for crop in looked)
    words = f"{len(looked)} pictures" + (f", {without_face} without {action.person}'s face" if without_face else "")
    return Outcome(words, tuple(lines), sources, looked)


ACTIONS: dict[Open, Callable[[Any, ChatHistory, Chat, int], Awaitable[Outcome]]] = {
    "search": _search,
    "measure": _measure,
    "zoom": _zoom,
}


def _stretch(action: Measure | Zoom, about: Chat) -> tuple[float, float]:
    """The times in seconds; a moment is taken with what is around it.

    Raises:
        ClipError: there is no such stretch in the clip.
    """
    duration_s = about.report.clip.duration_s
    last_ms = int(duration_s * 1000)
    if action.start_ms > min(action.end_ms, last_ms):
        raise ClipError(f"{action.start_ms}-{action.end_ms} ms is no stretch of the clip, which is 0-{last_ms} ms long")
    start_s, end_s = action.start_ms / 1000, min(action.end_ms / 1000, duration_s)
    if action.start_ms < min(action.end_ms, last_ms):
        return start_s, end_s
    return max(0.0, start_s - AROUND_S), min(end_s + AROUND_S, duration_s)


async def _perceive(tools: list[Tool], about: Chat) -> Evidence:
    """Run tools on the clip; they stop when this is cancelled.

    Raises:
        ClipError: the clip can't be decoded, or is not at hand.
        WorkerKilled: the worker process went over a limit or crashed.
    """
    clip, cancelled = about.clip, threading.Event()
    if clip is None:
        raise ClipError("the clip itself is not at hand, only its report")

    def run() -> Evidence:
        if about.worker is not None:
            return perceive_isolated(clip, tools, about.worker, cache=about.cache, cancel=cancelled)
        return perceive(clip, tools, cache=about.cache, cancel=cancelled)

    try:
        return await asyncio.to_thread(run)
    except asyncio.CancelledError:
        cancelled.set()
        raise


async def searched(by: Callable[..., T], question: str, about: Chat) -> tuple[T, tuple[str, ...]]:
    """What a search gives; by words where sentences can't be compared, with a note of why."""
    try:
        return await asyncio.to_thread(by, question, about.report, embedder=about.embedder), ()
    except EmbedderError as error:
        found = await asyncio.to_thread(by, question, about.report)
        return found, (f"{error} (searched by words instead)",)


def failed(why: str) -> Outcome:
    """What went wrong, told to the model."""
    return Outcome(f"failed: {why}", (data_line({"failed": why}),), failed=True)


def _nothing(why: str) -> tuple[str, ...]:
    return (data_line({"found": why}),)
