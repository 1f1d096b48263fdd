"""What a hand hides of a face is not measured."""

import numpy as np

from mentalis.testing import body_track, face_track
from perception.action_units import action_units
from perception.clip import Clip
from perception.covered_face import covered


def scene(gesture, **face):
    seen = {"size": 1280, "shoulder_width": 0.16}
    body = body_track(seconds=12, gestures=[(gesture, 4.0, 8.0)], **seen)
    return face_track(seconds=12, center=(0.5, 0.25), face_width=0.064, size=1280, **face), body


def test_a_hand_before_the_face_covers_it_while_it_is_there():
    face, body = scene("cover_face")
    hidden = covered(face, [body])["eyes"]
    assert hidden[(face.times_s > 4.6) & (face.times_s < 7.4)].all()
    assert not hidden[(face.times_s < 3.8) | (face.times_s > 8.2)].any()


def test_hands_in_the_lap_cover_nothing():
    face, body = scene("rub_hands")
    assert not any(flags.any() for flags in covered(face, [body]).values())


def test_nothing_is_told_of_eyes_behind_a_hand(demo):
    face, body = scene("cover_face", actions=[("au1", 5.0, 7.0, 1.0), ("au1", 9.5, 11.0, 1.0)])
    clip = Clip.open(demo.clip)
    free = action_units(engine="geometry")(clip, faces=[face])
    found = action_units(engine="geometry")(clip, faces=[face], bodies=[body])
    assert len(free.events("au1")) == 2
    (raised,) = found.events("au1")
    assert raised.start_s > 9
    (signal,) = [s for s in found.signals if s.name == "AU1"]
    assert not ((signal.times() > 5) & (signal.times() < 7)).any()
    assert np.isfinite(signal.values).all()
    assert any("hand is before the eyes" in a.reason for a in found.abstentions)
