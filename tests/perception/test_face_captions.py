"""A caption says what the face shows, where and how strongly, at the moments when it shows most."""

import pytest

from mentalis.testing import face_track
from perception.action_units import action_units
from perception.clip import Clip
from perception.face_captions import caption, face_captions


def test_a_caption_names_the_whole_each_region_and_what_carries_it():
    assert caption({12: 4.0, 6: 2.0, 25: 0.4, 4: 0.0}) == (
        "overall a smile with raised cheeks, high intensity; eyes: perhaps cheeks raised slightly (AU6); "
        "mouth: lip corners pulled up strongly (AU12); carried by the eyes and mouth"
    )


def test_a_face_at_rest_is_called_that():
    assert caption({12: 0.3, 4: 0.9}) == "overall a face at rest"


def test_the_moments_are_those_of_the_strongest_actions(demo):
    clip = Clip.open(demo.clip)
    face = face_track(seconds=12, actions=[("au12", 3.0, 4.5, 1.0), ("au4", 8.0, 9.5, 1.0)])
    found = face_captions()(clip, faces=[face], action_units=action_units(engine="geometry")(clip, faces=[face]))
    smile, frown = found.events("face_caption")
    assert 3.0 <= smile.start_s <= 4.5
    assert "a smile" in smile.text
    assert 8.0 <= frown.start_s <= 9.5
    assert "lowered brows" in frown.text


def test_without_action_units_there_is_no_caption(demo):
    clip = Clip.open(demo.clip)
    face = face_track(seconds=1.0)
    found = face_captions()(clip, faces=[face], action_units=action_units()(clip, faces=[face]))
    assert found.abstentions[0].reason == "no action units were measured"
    assert found.observations == pytest.approx(())
