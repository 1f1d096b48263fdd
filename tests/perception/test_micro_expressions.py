"""Movements of under half a second are spotted where and when they are; slower ones, nods and blinks are not."""

import av
import pytest

from mentalis.testing.synthetic_clip import Action, Script, render
from perception.clip import Clip
from perception.micro_expressions import objective_class
from perception.scheduler import perceive
from perception.tool import make_tool


def brief(kind, start_s):
    return Action(kind, start_s, start_s + 0.4, 0.12, 0.12, 0.7)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    path = tmp_path_factory.mktemp("micro") / "clip.mp4"
    actions = (
        brief("brow_raise", 1.5),
        brief("smile", 3.5),
        Action("smile", 5.0, 7.0),
        Action("nod", 8.0, 9.2),
        Action("blink", 10.0, 10.25, 0.1, 0.1),
        brief("frown", 11.5),
    )
    render(Script(seconds=13, fps=60, size=320, actions=actions, crf=16, pulse_bpm=None), path)
    return perceive(Clip.open(path), [make_tool("micro_expressions")])


def test_brief_movements_are_spotted_when_they_are(seen):
    found = seen.of("micro_expression")
    assert [o.apex_s for o in found] == pytest.approx([1.7, 3.7, 11.7], abs=0.12)
    assert all(o.end_s - o.start_s <= 0.5 for o in found)


def test_where_and_which_action_units(seen):
    brows, smile, frown = seen.of("micro_expression")
    assert "brow" in brows.text
    assert "AU1" in brows.text
    assert "lip corner" in smile.text
    assert "AU12" in smile.text
    assert "AU15" in frown.text


@pytest.mark.parametrize(
    ("units", "name"),
    [
        ({12}, "I"),
        ({1, 2}, "II"),
        ({4, 7}, "III"),
        ({9}, "IV"),
        ({15, 17}, "V"),
        ({12, 15}, "other"),
        ({1}, "V"),
        ({2}, "II"),
        ({28}, "other"),
    ],
)
def test_objective_classes_hold_no_emotion(units, name):
    assert objective_class(units) == name


def test_slow_video_abstains(shared):
    evidence = perceive(Clip.open(shared / "clips" / "man_talking_640x360.mp4"), [make_tool("micro_expressions")])
    assert not evidence.of("micro_expression")
    assert any("24.0 frames/s" in a.reason for a in evidence.abstentions)


def test_copied_pictures_do_not_pass_for_a_high_frame_rate(tmp_path):
    """Ten pictures a second in a file of thirty."""
    slow, path = tmp_path / "slow.mp4", tmp_path / "copied.mp4"
    render(Script(seconds=5, fps=30, size=256, actions=(Action("smile", 1, 2), Action("nod", 3, 4)), crf=20), slow)
    pictures = [frame.rgb for frame in Clip.open(slow).frames()]
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        for n in range(len(pictures)):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pictures[n // 3 * 3], format="rgb24")))
        file.mux(stream.encode(None))
    evidence = perceive(Clip.open(path), [make_tool("micro_expressions")])
    assert any("frames/s that differ" in a.reason for a in evidence.abstentions)


def test_a_still_face_makes_none(tmp_path):
    render(Script(seconds=4, fps=60, size=320, crf=16), tmp_path / "clip.mp4")
    assert not perceive(Clip.open(tmp_path / "clip.mp4"), [make_tool("micro_expressions")]).of("micro_expression")


def test_the_end_of_a_long_smile_is_none(tmp_path):
    """The place where a lip mostly is changes with a long smile: what goes back to it afterwards does not come back."""
    slow = (Action("blink", 2.6, 2.85, 0.08, 0.08), Action("smile", 9.0, 11.0), Action("nod", 11.5, 12.7))
    render(Script(seconds=13.5, fps=30, size=320, actions=slow, crf=16, sway_px=1.0), tmp_path / "clip.mp4")
    assert not perceive(Clip.open(tmp_path / "clip.mp4"), [make_tool("micro_expressions")]).of("micro_expression")
