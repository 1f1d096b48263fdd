"""Two cameras are put on one clock by their sound or by a given offset; what can't be, is said."""

import numpy as np
import pytest

from perception.clip import Clip
from perception.errors import ViewError
from perception.scheduler import perceive
from perception.tool import make_tool
from perception.views import add_view

LATER_S = 1.37


@pytest.fixture
def cameras(make_clip):
    """The same claps, heard by a camera that was started so much later."""
    rng = np.random.default_rng(0)
    sound = 0.002 * rng.standard_normal(16_000 * 12)
    for at in rng.uniform(0.3, 11.5, 25) * 16_000:
        clap = rng.standard_normal(800) * np.exp(-np.arange(800) / 200)
        sound[int(at) : int(at) + 800] += 0.5 * clap
    late = 0.3 * sound[round(LATER_S * 16_000) :] + 0.002 * rng.standard_normal(16_000 * 12 - round(LATER_S * 16_000))
    first = make_clip("first.mp4", frames=12 * 24, sound=sound)
    return Clip.open(first), make_clip("late.mp4", frames=10 * 24, sound=late)


def test_two_cameras_are_put_on_one_clock_by_their_sound(cameras):
    clip, late = cameras
    assert add_view(clip, late).views[0].offset_s == pytest.approx(LATER_S, abs=0.02)
    assert add_view(Clip.open(late), clip.path).views[0].offset_s == pytest.approx(-LATER_S, abs=0.02)


def test_an_offset_that_is_given_is_taken(cameras):
    clip, late = cameras
    assert add_view(clip, late, 0.5).views[0].offset_s == 0.5


def test_a_camera_without_sound_needs_an_offset(cameras, make_clip):
    silent = make_clip("silent.mp4", frames=100)
    with pytest.raises(ViewError, match=r"silent.mp4: no sound .* give its offset in seconds, as in silent.mp4@0.5"):
        add_view(cameras[0], silent)


def test_other_sound_is_not_made_to_fit(cameras, make_clip):
    other = make_clip("other.mp4", frames=240, sound=0.1 * np.random.default_rng(9).standard_normal(160_000))
    with pytest.raises(ViewError, match="does not match"):
        add_view(cameras[0], other)


def test_a_view_of_another_time_is_refused(cameras):
    clip, late = cameras
    with pytest.raises(ViewError, match="does not overlap"):
        add_view(clip, late, 60.0)


def test_a_view_without_a_face_is_said_and_the_pulse_is_read_from_the_other(demo, make_clip):
    clip = add_view(Clip.open(demo.clip), make_clip("empty.mp4", frames=300, rate=30), 0.0)
    evidence = perceive(clip, [make_tool("rppg")])
    assert "no face was found in the view empty.mp4" in [a.reason for a in evidence.abstentions]
    assert evidence.of("heart_rate")[0].value == pytest.approx(72, abs=1)


def test_the_same_face_from_two_cameras_is_one_pulse(demo):
    clip = add_view(Clip.open(demo.clip), demo.clip, 0.0)
    evidence = perceive(clip, [make_tool("rppg")])
    (run,) = [run for run in evidence.tools if run.tool == "rppg"]
    assert "view 2" in run.notes["P1"]
    assert evidence.of("heart_rate")[0].value == pytest.approx(72, abs=1)
