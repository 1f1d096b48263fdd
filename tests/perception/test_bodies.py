"""Everyone's body is followed; hands that are small in the picture are looked for where the pose sees a wrist."""

import av
import numpy as np
import pytest

from perception.bodies import _missed_hands
from perception.body_following import Company, hands_of
from perception.clip import Clip
from perception.face_following import FaceInFrame
from perception.mediapipe_models import HAND_POINTS, Hand
from perception.scheduler import perceive
from perception.tool import make_tool
from perception.tracking import Box


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


def at(x, y):
    return np.full((HAND_POINTS, 3), (x, y, 0), dtype=np.float32)


def test_one_hand_near_both_wrists_is_that_of_the_nearer_one_alone():
    pose = body()
    pose[15, :2], pose[16, :2] = (400, 200), (390, 200)
    left, right = hands_of(pose, [at(392, 200)])
    assert np.isnan(left).all()
    assert right[0, 0] == 392
    left, right = hands_of(pose, [at(392, 200), at(396, 200)])
    assert (left[0, 0], right[0, 0]) == (396, 392)


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


@pytest.fixture(scope="module")
def side_by_side(shared, tmp_path_factory):
    """Someone who wipes the face from 3 s on, and to the right the same clip from 12 s on, when she sits still."""
    clip = Clip.open(shared / "clips" / "man_talking_640x360.mp4")
    pictures = [frame.rgb for frame in clip.frames()]
    path = tmp_path_factory.mktemp("tiled") / "two.mp4"
    later = round(9 * clip.fps)
    write([np.hstack([pictures[n], pictures[n + later]]) for n in range(72, 72 + 7 * 24)], 24, path)
    return Clip.open(path)


def write(pictures, rate, path):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "16", "preset": "veryfast"}
        for rgb in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        file.mux(stream.encode(None))


def test_two_people_are_two_bodies_with_gestures_of_their_own(side_by_side):
    gestures = perceive(side_by_side, [make_tool("micro_gestures")])
    seen = {o.person: o for o in gestures.of("body_visible")}
    assert len(seen) == 2
    assert all(o.quality > 0.7 for o in seen.values())
    at_face = gestures.of("touch_face", "rub_eyes", "cover_face", "bite_nails", "touch_jaw")
    yaw = {s.person: s for s in gestures.signals if s.name == "head_yaw"}
    left = next(o.person for o in gestures.of("face_visible"))
    assert set(yaw) == set(seen)
    assert at_face
    assert {o.person for o in at_face} == {left}


def seen_face(person, left, top=100.0, size=80.0):
    return FaceInFrame(person, np.zeros((478, 3), dtype=np.float32), Box(left, top, left + size, top + size))


def test_each_of_two_is_looked_for_beside_the_others_face():
    company = Company()
    company.see([seen_face("P1", 100), seen_face("P2", 260)], 0.0, 0)
    (first, slot, left), (second, other_slot, right) = company.regions(640, 360)
    assert (first, second) == ("P1", "P2")
    assert slot != other_slot
    assert 180 < right.left < left.right < 260


def test_someone_alone_is_looked_for_in_the_whole_picture():
    company = Company()
    company.see([seen_face("P1", 100)], 0.0, 0)
    assert company.regions(640, 360) == [(None, 0, Box(0, 0, 640, 360))]


def test_a_body_is_followed_on_behind_a_covered_face_but_not_after_a_cut():
    company, pose = Company(), body()
    company.see([seen_face("P1", 320, 60)], 0.0, 0)
    assert company.whose(pose, None) == "P1"
    company.follow("P1", pose, 0.0)
    for n in range(1, 40):  # the face is not found for three seconds
        company.see([], n / 12, 0)
        assert company.whose(pose, None) == "P1"
        company.follow("P1", pose, n / 12)
    company.see([], 3.4, 1)
    assert company.whose(pose, None) is None
