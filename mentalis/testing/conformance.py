"""The conformance suite of tools: what every tool must hold to, ours and third parties'."""

import atexit
import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mentalis.testing.body_tracks import body_track
from mentalis.testing.synthetic_clip import Action, Script, render
from mentalis.testing.tracks import face_track
from perception.cache import Cache
from perception.clip import Clip
from perception.errors import Cancelled
from perception.evidence import Findings
from perception.scheduler import perceive
from perception.tool import Output, Tool, make_tool

TRACK_S, GAP_S = 6.0, (2.0, 3.0)
TRACKED = ("faces", "bodies")  # whose tracks are made up; what other frame-level tools find needs pictures
SCRIPTS = {
    "one face": Script(seconds=2.0, size=240, actions=(Action("blink", 0.8, 1.1),)),
    "two faces": Script(seconds=1.0, size=240, people=2),
    "no face": Script(seconds=0.5, size=240, absent=((0.0, 9.0),)),
    "a gap": Script(seconds=2.0, size=240, absent=((0.8, 1.4),)),
    "one frame": Script(seconds=1 / 30, size=240),
}


def check_tool(tool: Tool) -> None:
    """Run a tool on clips and tracks of many kinds and check the contract.

    Raises:
        AssertionError: naming the rule that is broken, and on which input.
    """
    assert tool.summary, f"{tool.name}: its factory has no docstring; its first line is shown to users"
    looks = any(make_tool(need).sees_frames for need in tool.needs if need not in ("frames", *TRACKED))
    if tool.sees_frames or looks or not tool.needs:
        _check_on_clips(tool)
    else:
        _check_on_tracks(tool)


def _check_on_clips(tool: Tool) -> None:
    for name in SCRIPTS:
        clip = _clip(name)
        first, again = (perceive(clip, [tool]) for _ in range(2))
        run = next(r for r in first.tools if r.tool == tool.name)
        assert run.status in ("ok", "abstained"), f"{tool.name} on {name}: {run.error}"
        assert first.observations == again.observations, f"{tool.name} on {name}: another run gives another answer"
        assert first.signals == again.signals, f"{tool.name} on {name}: another run gives other signals"
    with tempfile.TemporaryDirectory() as folder:
        kept = [perceive(_clip("one face"), [tool], cache=Cache(Path(folder))) for _ in range(2)]
        assert kept[0].observations == kept[1].observations, f"{tool.name}: the cache gives another answer"
    if tool.sees_frames:
        _check_cancellation(tool)


def _check_cancellation(tool: Tool) -> None:
    cancel = threading.Event()
    cancel.set()
    try:
        perceive(_clip("one face"), [tool], cancel=cancel)
    except Cancelled:
        return
    raise AssertionError(f"{tool.name}: it does not stop when the analysis is cancelled")


def _check_on_tracks(tool: Tool) -> None:
    clip = _clip("one face")
    inputs: dict[str, dict[str, Callable[[], Any]]] = {
        "faces": {
            "one face": lambda: [face_track(seconds=TRACK_S)],
            "two faces": lambda: [face_track(seconds=TRACK_S), face_track(seconds=TRACK_S, person="P2", seed=1)],
            "no face": list,
            "a gap": lambda: [face_track(seconds=TRACK_S, gaps_s=[GAP_S])],
            "a short face": lambda: [face_track(seconds=0.1)],
        },
        "bodies": {"one face": lambda: [body_track(seconds=TRACK_S)], "no face": list},
    }
    for name in inputs["faces"]:
        needs = {need: _input(need, name, clip, inputs) for need in tool.needs}
        first, again = (_findings(tool, clip, needs) for _ in range(2))
        assert first.observations == again.observations, f"{tool.name} on {name}: another run gives another answer"
        assert first.signals == again.signals, f"{tool.name} on {name}: another run gives other signals"
        for o in first.observations:
            assert o.end_s <= TRACK_S + 0.1, f"{tool.name} on {name}: {o.id} ends after the track"
        if name == "a gap":
            _check_gap(tool, first)
        if not any(needs.values()):
            assert first.abstentions, f"{tool.name} on {name}: it neither finds anything nor says why"


def _input(need: str, name: str, clip: Clip, inputs: dict[str, dict[str, Callable[[], Any]]]) -> Any:
    """Tracks of this name, or what another signal-level tool finds on them."""
    if need in inputs:
        return inputs[need].get(name, inputs[need]["one face"])()
    upstream = make_tool(need)
    returned = upstream(clip, **{further: _input(further, name, clip, inputs) for further in upstream.needs})
    return returned if isinstance(returned, Findings) else returned.value


def _check_gap(tool: Tool, found: Findings) -> None:
    """Nothing is measured while the face is away."""
    gone_s, back_s = GAP_S
    for signal in found.signals:
        times_s = signal.times()
        made_up = ((times_s > gone_s + 0.1) & (times_s < back_s - 0.1)).any()
        assert not made_up, f"{tool.name}: signal {signal.name} has samples in a gap, where nothing was seen"
    inside = [o.id for o in found.observations if o.person and gone_s < o.start_s and o.end_s < back_s]
    assert not inside, f"{tool.name}: {', '.join(inside)} lies in a gap, where nothing was seen"


def _findings(tool: Tool, clip: Clip, needs: dict[str, Any]) -> Findings:
    returned = tool(clip, **needs)
    found = returned.findings if isinstance(returned, Output) else returned
    assert isinstance(found, Findings), f"{tool.name} returns {type(found).__name__}, not Findings"
    return found.seal(tool.name)


@cache
def _clip(name: str) -> Clip:
    folder = Path(tempfile.mkdtemp(prefix="mentalis-check-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "clip.mp4"
    render(SCRIPTS[name], path)
    return Clip.open(path)
