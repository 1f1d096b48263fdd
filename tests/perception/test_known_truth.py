"""Tools find what was put into a clip, when it was put there; and nothing where there is nothing."""

import pytest

from mentalis.demo import compare
from perception.clip import Clip
from perception.scheduler import perceive
from perception.tool import make_tool

TOOLS = ("action_units", "blinks", "head_gestures", "rppg", "quality")


def test_the_demo_clip_is_found_as_it_is(demo):
    evidence = perceive(Clip.open(demo.clip), [make_tool("faces", engine="face_mesh"), *map(make_tool, TOOLS)])
    wrong = [row for row in compare(demo.truth, evidence.observations) if not row.ok]
    assert not wrong
    assert len(evidence.of("nod")) == 1
    assert len(evidence.of("blink")) == 3


def test_a_clip_without_a_face_says_so(shared):
    evidence = perceive(Clip.open(shared / "clips" / "no_face.mp4"), [make_tool("action_units"), make_tool("rppg")])
    assert not evidence.people
    assert any("no face" in a.reason for a in evidence.abstentions if a.tool == "faces")


def test_a_track_lies_only_where_the_face_is(shared):
    evidence = perceive(Clip.open(shared / "clips" / "face_then_none_vfr.mov"), [make_tool("faces")])
    seen = evidence.of("face_visible")
    assert seen
    assert max(o.end_s for o in seen) == pytest.approx(2.4, abs=0.2)


def test_a_single_frame_has_no_baseline_for_action_units(demo, tmp_path):
    from mentalis.testing.synthetic_clip import Script, render

    render(Script(seconds=1 / 30, size=240), tmp_path / "one.mp4")
    evidence = perceive(Clip.open(tmp_path / "one.mp4"), [make_tool("action_units")])
    assert any("no baseline" in a.reason for a in evidence.abstentions)
    assert not evidence.of("au12")
