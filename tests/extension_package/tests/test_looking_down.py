"""A lowered head is found when it is lowered; and the tool keeps the contract of tools."""

import dataclasses

import numpy as np
import pytest
from looking_down import looking_down

from mentalis.testing import check_tool, face_track


def test_a_lowered_head_is_found_at_its_time():
    face = face_track(seconds=6.0)
    pitch_deg = np.where((face.times_s >= 2.0) & (face.times_s < 4.0), -25.0, 0.0)
    pose_deg = np.column_stack([pitch_deg, np.zeros((len(pitch_deg), 2))])
    (event,) = looking_down()(None, faces=[dataclasses.replace(face, head_pose_deg=pose_deg)]).events("looking_down")
    assert event.start_s == pytest.approx(2.0, abs=0.05)
    assert event.end_s == pytest.approx(4.0, abs=0.05)


def test_it_keeps_the_contract_of_a_tool():
    check_tool(looking_down())
