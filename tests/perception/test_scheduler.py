"""The scheduler decodes once, keeps failures to themselves, and stops when told."""

import subprocess
import sys
import threading

import pytest

from perception.cache import Cache
from perception.clip import Clip
from perception.errors import Cancelled
from perception.evidence import Findings
from perception.scheduler import perceive
from perception.tool import tool

DECODED: list[int] = []


@tool(needs="frames", version="1")
def frame_counter():
    """Count the frames."""

    def run(clip, frames):
        count = sum(1 for _ in frames)
        DECODED.append(count)
        found = Findings()
        found.event(None, "count", 0.0, clip.duration_s, value=count, text="frames", confidence=1.0, quality=1.0)
        return found

    return run


@tool(needs="frames", version="1")
def breaks():
    """Break at the third frame."""

    def run(clip, frames):
        for n, _ in enumerate(frames):
            if n == 2:
                raise RuntimeError("broken on purpose")
        return Findings()

    return run


@tool(needs="breaks", version="1")
def builds_on_it():
    """Need what breaks."""
    return lambda clip, breaks: Findings()


@tool(needs=(), version="1")
def speaks_of_later():
    """See something after the clip's end."""

    def run(clip):
        found = Findings()
        found.event(None, "later", clip.duration_s, clip.duration_s + 9, text="x", confidence=1.0, quality=1.0)
        return found

    return run


def test_a_tool_that_raises_does_not_sink_the_others(demo):
    clip = Clip.open(demo.clip)
    evidence = perceive(clip, [frame_counter(), builds_on_it(), speaks_of_later()])
    runs = {run.tool: run for run in evidence.tools}
    assert evidence.of("count")[0].value == clip.n_frames
    assert runs["breaks"].status == "failed"
    assert "broken on purpose" in runs["breaks"].error
    assert runs["builds_on_it"].status == "skipped"
    assert runs["speaks_of_later"].status == "failed"


def test_what_is_measured_stands_where_it_can_not_be_kept_and_that_is_said(demo, tmp_path):
    (tmp_path / "full").symlink_to(tmp_path / "nowhere")
    found = perceive(Clip.open(demo.clip), [frame_counter()], cache=Cache(tmp_path / "full"))
    assert found.tools[0].status == "ok"
    assert found.of("count")
    assert "not kept" in found.tools[0].notes["cache"]


def test_a_cached_result_needs_no_decoding(demo, tmp_path):
    clip, cache = Clip.open(demo.clip), Cache(tmp_path)
    first = perceive(clip, [frame_counter()], cache=cache)
    DECODED.clear()
    again = perceive(clip, [frame_counter()], cache=cache)
    assert again.observations == first.observations
    assert again.tools[0].cached
    assert not DECODED


def test_cancelling_stops_the_tools_and_leaves_no_thread(demo):
    cancel, before = threading.Event(), threading.active_count()
    with pytest.raises(Cancelled):
        perceive(Clip.open(demo.clip), [frame_counter()], on_event=lambda event: cancel.set(), cancel=cancel)
    assert threading.active_count() == before


@tool(needs=(), uses=("frame_counter",), version="1")
def counts_if_told():
    """Tell the number of frames if someone counts them anyway."""

    def run(clip, frame_counter=None):
        found = Findings()
        count = frame_counter.events("count")[0].value if frame_counter else 0
        found.event(None, "told", 0.0, 1.0, value=count, text="frames", confidence=1.0, quality=1.0)
        return found

    return run


def test_a_tool_is_given_what_it_uses_only_where_that_runs(demo, tmp_path):
    clip, cache = Clip.open(demo.clip), Cache(tmp_path)
    alone = perceive(clip, [counts_if_told()], cache=cache)
    assert [run.tool for run in alone.tools] == ["counts_if_told"]
    assert alone.of("told")[0].value == 0
    both = perceive(clip, [counts_if_told(), frame_counter()], cache=cache)
    assert both.of("told")[0].value == clip.n_frames


LOADED = """
import sys
from perception.clip import Clip
from perception.evidence import Findings
from perception.scheduler import perceive
from perception.tool import tool

assert "scipy" not in sys.modules, "nothing heavy is imported before a tool runs"

@tool(needs="frames", version="1")
def looks():
    def run(clip, frames):
        missing = {"scipy.ndimage", "scipy.signal", "cv2"} - sys.modules.keys()
        if missing:
            raise RuntimeError(f"{missing} would be imported by several threads at once")
        return Findings()
    return run

(run,) = perceive(Clip.open(sys.argv[1]), [looks()]).tools
print(run.status, run.error)
"""


def test_threads_of_tools_find_the_libraries_that_they_share(demo):
    done = subprocess.run([sys.executable, "-c", LOADED, demo.clip], capture_output=True, text=True, check=False)
    assert done.stdout.split()[:1] == ["ok"], done.stdout + done.stderr
