"""Perception in a worker process gives what it gives here, and ends alone when it must."""

import threading

import pytest

from perception.cache import Cache
from perception.clip import Clip
from perception.errors import Cancelled, TruncatedClipError, WorkerKilled
from perception.isolation import WorkerLimits, perceive_isolated
from perception.scheduler import perceive
from perception.tool import make_tool


def test_a_worker_finds_what_is_found_here_and_tells_it_as_it_happens(demo):
    clip, tools, events = Clip.open(demo.clip, transcript=demo.transcript), [make_tool("blinks")], []
    there = perceive_isolated(clip, tools, WorkerLimits(), on_event=events.append)
    here = perceive(clip, tools)
    assert there.observations == here.observations
    assert there.signals == here.signals
    assert {"tool_started", "tool_progress", "tool_finished"} == {event.kind for event in events}


def test_a_clip_that_takes_too_much_memory_ends_the_worker_alone(demo):
    with pytest.raises(WorkerKilled, match=r"clip\.mp4.*more than 100 MB"):
        perceive_isolated(Clip.open(demo.clip), [make_tool("faces")], WorkerLimits(memory_mb=100))


def test_a_worker_stops_when_the_run_is_cancelled(demo, tmp_path):
    cancel = threading.Event()

    def stop_when_under_way(event):
        if event.kind == "tool_progress":
            cancel.set()

    with pytest.raises(Cancelled):
        perceive_isolated(
            Clip.open(demo.clip),
            [make_tool("faces")],
            WorkerLimits(),
            cache=Cache(tmp_path),
            on_event=stop_when_under_way,
            cancel=cancel,
        )
    assert not list(tmp_path.iterdir())


def test_errors_of_the_clip_come_through_as_they_are(make_clip):
    path = make_clip("a.mp4", frames=60, options={"movflags": "faststart"})
    clip = Clip.open(path)
    path.write_bytes(path.read_bytes()[:-400])  # cut short after it was opened
    with pytest.raises(TruncatedClipError):
        perceive_isolated(clip, [make_tool("quality")], WorkerLimits())
