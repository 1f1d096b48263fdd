"""Every gesture that a rule decides is found when it is made, however it is seen; a body at rest makes none."""

import pytest
import yaml

from benchmarks.accuracy.events import event_f1
from benchmarks.accuracy.gestures import CONDITIONS, TIMES_S, measured
from mentalis.testing import body_track, face_track
from mentalis.testing.body_tracks import GESTURES
from perception import micro_gestures as tool_module
from perception.action_units import action_units
from perception.clip import Clip
from perception.gesture_rules import flags_of
from perception.micro_gestures import gestures, micro_gestures
from perception.posture import posture
from perception.scheduler import perceive
from perception.tool import make_tool


@pytest.fixture(scope="module")
def clip(demo):
    return Clip.open(demo.clip)


@pytest.mark.parametrize("seen", CONDITIONS)
@pytest.mark.parametrize("kind", GESTURES)
def test_each_gesture_is_found_when_it_is_made(kind, seen, clip):
    found = measured(clip, *((kind, a, b) for a, b in TIMES_S), **CONDITIONS[seen])
    assert event_f1(TIMES_S, found.events(kind)) >= 0.9


def test_what_is_beyond_the_picture_is_not_told(clip):
    body = body_track(seconds=12, gestures=[("arms_akimbo", 3, 5), ("touch_face", 7, 9)], shoulder_width=0.35)
    face = face_track(seconds=12, center=(0.5, 0.25), face_width=0.14)  # the hips are below the picture
    units = action_units(engine="geometry")(clip, faces=[face])
    found = micro_gestures()(clip, bodies=[body], faces=[face], action_units=units)
    assert {o.kind for o in found.observations} == {"touch_face", "gesture_rate"}


@pytest.mark.parametrize("kind", GESTURES)
def test_no_gesture_is_taken_for_another(kind, clip):
    found = measured(clip, *((kind, a, b) for a, b in TIMES_S))
    others = {o.kind for o in found.observations} - {kind, "gesture_rate"}
    assert not others


def test_a_body_at_rest_makes_no_gesture(clip):
    (rate,) = measured(clip, noise_px=2.0).observations
    assert (rate.kind, rate.value) == ("gesture_rate", 0)


def test_a_raised_head_and_pressed_lips_are_told_by_the_face(clip):
    face = face_track(seconds=12, actions=[("au28", 8.0, 9.5, 1.0)], head=[("tilt", 2.0, 1)])
    face.head_pose_deg[90:150, 0] += 20
    units = action_units(engine="geometry")(clip, faces=[face])
    found = micro_gestures()(clip, bodies=[], faces=[face], action_units=units)
    (up,) = found.events("head_up")
    assert (up.start_s, up.end_s) == (pytest.approx(3.0, abs=0.1), pytest.approx(5.0, abs=0.1))
    (pressed,) = found.events("press_lips")
    assert pressed.start_s == pytest.approx(8.0, abs=0.4)


def test_two_who_press_their_lips_at_once_both_do(clip):
    faces = [
        face_track(seconds=12, person=p, actions=[("au28", 8.0, 9.5, 1.0)], seed=n) for n, p in enumerate(("P1", "P2"))
    ]
    units = action_units(engine="geometry")(clip, faces=faces)
    found = micro_gestures()(clip, bodies=[], faces=faces, action_units=units)
    assert {o.person for o in found.events("press_lips")} == {"P1", "P2"}


def test_a_rate_is_told_and_where_it_rises(clip):
    made = [("touch_face", 3.0 + 0.01, 4.5)] + [("touch_neck", 22.0 + 3 * n, 23.5 + 3 * n) for n in range(5)]
    (rate,) = measured(clip, *made, seconds=40).events("gesture_rate")
    assert rate.value == pytest.approx(6 / 40 * 60, abs=0.2)
    assert "more in the second half" in rate.text


def test_every_class_has_a_rule_or_a_reason_why_not():
    folder = tool_module.Path(tool_module.__file__).parent / "data"
    taxonomies = yaml.safe_load((folder / "taxonomies.yaml").read_text())
    for name, taxonomy in taxonomies.items():
        decided = {number for gesture in gestures().values() for number in getattr(gesture, name)}
        assert decided | set(taxonomy["undecided"]) == set(range(len(taxonomy["classes"]))), name
        assert not decided & set(taxonomy["undecided"]), name
    assert set(flags_of(posture(body_track(seconds=2)))) | {"head_up", "press_lips"} == set(gestures())


@pytest.mark.parametrize("name", ["single_face_2s.mp4", "face_then_none_vfr.mov", "no_face.mp4"])
def test_real_people_who_sit_still_make_at_most_one_stress_gesture(shared, name):
    found = perceive(Clip.open(shared / "clips" / name), [make_tool("micro_gestures")])
    assert sum(gestures()[o.kind].group == "stress" for o in found.observations if o.kind in gestures()) <= 1


def test_a_hand_that_wipes_a_real_face_is_found_and_no_gesture_after_it(shared):
    """Someone wipes nose and eyes from 3 to 10 s, and then sits still."""
    clip = Clip.open(shared / "clips" / "man_talking_640x360.mp4")
    found = perceive(clip, [make_tool("micro_gestures")])
    at_face = found.of("touch_face", "rub_eyes", "cover_face", "bite_nails")
    assert min(o.start_s for o in at_face) == pytest.approx(3.2, abs=0.4)
    assert max(o.end_s for o in at_face) == pytest.approx(9.6, abs=0.6)
    stress = [o for o in found.observations if o.kind in gestures() and gestures()[o.kind].group == "stress"]
    assert len([o for o in stress if o.start_s > 10]) <= 1
