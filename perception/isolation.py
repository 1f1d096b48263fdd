"""Perception in a worker process: a crash in a decoder, or a clip that takes all memory, ends the worker alone."""

import importlib
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from perception.cache import Cache
from perception.clip import Clip
from perception.errors import WorkerKilled
from perception.evidence import Evidence
from perception.scheduler import ToolEvent, perceive
from perception.tool import Tool, factories, make_tool
from perception.worker import run_limited

T = TypeVar("T")


class WorkerLimits(NamedTuple):
    """What a worker may use, and what ends it."""

    memory_mb: float = 6000.0  # resident, with some 400 MB of libraries
    seconds: float = 4 * 3600.0  # of wall time for one clip
    cores: tuple[int, ...] = ()  # that it may use; none: all


class _Named(NamedTuple):
    """A tool as it can be sent to another process."""

    module: str
    name: str
    options: dict[str, Any]


def perceive_isolated(
    clip: Clip,
    tools: Sequence[Tool],
    limits: WorkerLimits,
    *,
    cache: Cache | None = None,
    on_event: Callable[[ToolEvent], None] = lambda event: None,
    cancel: threading.Event | None = None,
) -> Evidence:
    """What `scheduler.perceive` does, in a process of its own that is killed when it goes over a limit.

    Raises:
        ClipError: the clip can't be decoded to its end.
        WorkerKilled: over a limit, or crashed; the line names the clip.
        Cancelled: `cancel` was set.
    """
    known = factories()
    named = [_Named(known[tool.name].__module__, tool.name, tool.options) for tool in tools]
    try:
        return run_limited(
            _perceive,
            clip,
            named,
            cache,
            limits.cores,
            memory_mb=limits.memory_mb,
            seconds=limits.seconds,
            lane=limits.cores,
            on_message=on_event,
            cancel=cancel,
        )
    except WorkerKilled as error:
        raise WorkerKilled(f"{clip.path}: its measurement broke off ({error}); the file may be damaged") from error


def decoded(function: Callable[..., T], clip: Clip, *args: Any) -> T:
    """What `function(clip, *args)`, which decodes the clip, returns: from a process of its own for a clip kept apart.

    Raises:
        ClipError: the clip can't be decoded.
        WorkerKilled: over a limit, or crashed; the line names the clip.
    """
    limits = apart_of(clip)
    if limits is None:
        return function(clip, *args)
    try:
        return run_limited(function, clip, *args, memory_mb=limits.memory_mb, seconds=limits.seconds)
    except WorkerKilled as error:
        raise WorkerKilled(f"{clip.path}: it can't be decoded ({error}); the file may be damaged") from error


def kept_apart(clip: Clip, limits: WorkerLimits) -> Clip:
    """The clip, never to be decoded in this process where `decoded` is asked for it."""
    apart = clip.model_copy()
    apart._limits = tuple(limits)
    return apart


def apart_of(clip: Clip) -> WorkerLimits | None:
    """The limits of a clip that is kept apart; none of another."""
    return None if clip._limits is None else WorkerLimits(*clip._limits)


def _perceive(
    clip: Clip, named: list[_Named], cache: Cache | None, cores: tuple[int, ...], send: Callable[[ToolEvent], None]
) -> Evidence:
    if cores:
        os.sched_setaffinity(0, cores)  # before a library counts them and starts its threads
    for tool in named:
        importlib.import_module(tool.module)  # registers it
    return perceive(clip, [make_tool(t.name, **t.options) for t in named], cache=cache, on_event=send)
