"""Action units are found when and how strongly they are shown, and are not mistaken for each other."""

import random

import numpy as np
import pytest

from mentalis.testing import face_track
from perception.action_units import action_units, catalogue, intensities
from perception.clip import Clip
from perception.tool import make_tool

STARTS_S = (2.0, 6.0, 10.0, 14.0, 18.0)
HEADS = {"still": (), "nodding": [("nod", 5.0, 3)], "shaking": [("shake", 12.0, 3)]}
OPPOSITES = {"au12": "au15", "au15": "au12", "au1": "au4", "au4": "au1", "au26": "au17", "au5": "au43"}


@pytest.fixture(scope="module")
def clip(demo):
    return Clip.open(demo.clip)


def schedule(au, seed=0):
    rng = random.Random(seed)
    return [(au, start, start + rng.uniform(0.8, 2.0), rng.uniform(0.4, 1.0)) for start in STARTS_S]


def event_f1(true, found):
    """F1 of events that overlap by half (intersection over union)."""

    def overlap(a, b):
        shared = min(a[2], b.end_s) - max(a[1], b.start_s)
        return shared / (max(a[2], b.end_s) - min(a[1], b.start_s))

    hits = sum(any(overlap(a, b) >= 0.5 for b in found) for a in true)
    return 2 * hits / (len(true) + len(found)) if found else 0.0


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("au", ["au1", "au2", "au4", "au10", "au12", "au15", "au17", "au20", "au25", "au26", "au43"])
def test_each_is_found_when_it_is_shown(au, head, clip):
    true = schedule(au)
    found = action_units(engine="geometry")(clip, faces=[face_track(seconds=22, actions=true, head=HEADS[head])])
    assert event_f1(true, found.events(au)) >= 0.75
    assert not found.events(OPPOSITES.get(au, "none"))


@pytest.mark.parametrize("au", ["au1", "au4", "au12", "au15", "au26"])
def test_a_stronger_action_is_more_intense(au, clip):
    actions = [(au, 2.0, 3.5, 0.5), (au, 6.0, 7.5, 1.0)]
    weak, strong = action_units(engine="geometry")(clip, faces=[face_track(seconds=10, actions=actions)]).events(au)
    assert weak.value == pytest.approx(strong.value / 2, abs=0.5)
    assert strong.value > 3


def test_a_face_that_does_nothing_shows_nothing(clip):
    found = action_units(engine="geometry")(clip, faces=[face_track(seconds=20, noise_px=0.4)])
    assert not found.observations


def test_a_smile_for_half_of_the_clip_is_still_a_smile(clip):
    face = face_track(seconds=20, actions=[("au12", 8.0, 18.0, 0.8)])
    (smile,) = action_units(engine="geometry")(clip, faces=[face]).events("au12")
    assert smile.start_s == pytest.approx(8.0, abs=0.3)
    assert smile.end_s == pytest.approx(18.0, abs=0.3)


def test_both_engines_agree_on_a_real_face(shared, monkeypatch):
    """Pearson's r of geometry and blendshapes over 20 s of a lively face, where both see the unit well."""
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    clip = Clip.open(shared / "clips" / "man_talking_640x360.mp4")
    (face,) = make_tool("faces", engine="face_landmarker")(clip, frames=clip.frames()).value
    by_shapes, by_geometry = intensities(face, True), intensities(face, False)
    for au, least in {6: 0.6, 12: 0.8, 43: 0.8}.items():
        assert np.corrcoef(by_shapes[au], by_geometry[au])[0, 1] > least, f"AU{au}"


def test_what_an_engine_can_not_see_is_absent(clip):
    found = action_units(engine="geometry")(clip, faces=[face_track(seconds=10)])
    assert {s.name for s in found.signals} == {f"AU{unit.au}" for unit in catalogue() if unit.geometry}
