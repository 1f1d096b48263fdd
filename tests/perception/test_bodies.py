"""Hands that are small in the picture are looked for where the pose sees a wrist."""

import numpy as np
import pytest

from perception.bodies import _missed_hands
from perception.mediapipe_models import HAND_POINTS, Hand


def body(width_px=80.0, wrist_seen=0.9):
    """A pose (33, 3) whose left forearm hangs down at x = 400, its wrist at y = 300."""
    pose = np.zeros((33, 3), dtype=np.float32)
    pose[:, 2] = 0.9
    pose[11], pose[12], pose[0] = (400, 150, 0.9), (400 - width_px, 150, 0.9), (360, 90, 0.9)
    pose[13], pose[15] = (400, 240, 0.9), (400, 300, wrist_seen)
    pose[16, 2] = 0.1
    return pose


def in_the_middle(crop):
    """A hand model that finds one hand in the middle of each crop."""
    return [Hand(np.full((HAND_POINTS, 3), 0.5, dtype=np.float32), 0.9)]


def test_a_hand_is_looked_for_beyond_its_wrist_and_put_back_into_the_picture():
    picture = np.zeros((720, 1280, 3), dtype=np.uint8)
    (hand,) = _missed_hands(picture, body(), [], in_the_middle)
    assert hand[0, :2] == pytest.approx((400, 324), abs=1)  # 0.4 of the forearm's 60 px on from the wrist


@pytest.mark.parametrize(
    ("pose", "found"),
    [
        (body(wrist_seen=0.3), []),
        (body(width_px=600.0), []),
        (body(), [np.full((HAND_POINTS, 3), (402, 305, 0), dtype=np.float32)]),
    ],
    ids=["the wrist is not seen", "the body is large", "the hand is found already"],
)
def test_and_only_where_it_may_have_been_missed(pose, found):
    assert not _missed_hands(np.zeros((720, 1280, 3), dtype=np.uint8), pose, found, in_the_middle)
