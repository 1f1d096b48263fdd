"""Who is who: followed through what hides a face for a moment, never from one shot or absence into the next."""

import numpy as np
import pytest

from mentalis.testing.synthetic_clip import Action, Script, render
from perception.clip import Clip
from perception.frame import Frame
from perception.scheduler import perceive
from perception.tool import make_tool
from perception.tracking import Box, Tracker

SIZE = 320


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two people side by side for six seconds, who smile together from 2 to 3.5 s."""
    path = tmp_path_factory.mktemp("two") / "two.mp4"
    render(Script(seconds=6, size=SIZE, people=2, actions=(Action("smile", 2.0, 3.5),)), path)
    return Clip.open(path)


def hidden(frames, *stretches, side=0, by=90):
    """The frames with a board before the face of the left or the right person in some stretches."""
    for frame in frames:
        if any(a <= frame.time_s < b for a, b in stretches):
            rgb = frame.rgb.copy()
            left = side * SIZE + SIZE // 4
            rgb[SIZE // 8 : 3 * SIZE // 4, left : left + SIZE // 2] = by
            frame = Frame(frame.index, frame.time_s, frame.duration_s, rgb)
        yield frame


def tracks(clip, frames):
    return make_tool("faces", engine="face_mesh")(clip, frames=frames).value


def test_two_people_are_two_tracks_from_beginning_to_end(clip):
    left, right = sorted(tracks(clip, clip.frames()), key=lambda t: t.landmarks[0, 1, 0])
    assert {left.person, right.person} == {"P1", "P2"}
    assert len(left.times_s) == len(right.times_s) == clip.n_frames
    assert (left.landmarks[:, 1, 0] < SIZE).all()
    assert (right.landmarks[:, 1, 0] > SIZE).all()


def test_each_one_gets_findings_of_their_own(clip):
    evidence = perceive(clip, [make_tool("action_units", engine="geometry")])
    smiles = evidence.of("au12")
    assert {o.person for o in smiles} == {"P1", "P2"}
    assert all(o.start_s == pytest.approx(2.0, abs=0.3) for o in smiles)


@pytest.mark.parametrize("side", [0, 1], ids=["left", "right"])
def test_a_face_hidden_for_a_moment_keeps_its_id(clip, side):
    seen = tracks(clip, hidden(clip.frames(), (2.0, 2.6), side=side))
    assert sorted(t.person for t in seen) == ["P1", "P2"]
    (gap,) = [t for t in seen if len(t.stretches()) == 2]
    assert (gap.landmarks[:, 1, 0] > SIZE).all() == bool(side)
    assert not ((gap.times_s > 2.05) & (gap.times_s < 2.55)).any()


def test_both_hidden_at_once_come_back_as_themselves(clip):
    frames = hidden(hidden(clip.frames(), (2.0, 2.6), side=0), (2.0, 2.6), side=1)
    first, second = tracks(clip, frames)
    assert [len(t.stretches()) for t in (first, second)] == [2, 2]
    assert all(np.ptp(t.landmarks[:, 1, 0]) < SIZE / 2 for t in (first, second))


def test_who_comes_back_after_more_than_a_second_is_someone_new(clip):
    seen = tracks(clip, hidden(clip.frames(), (2.0, 3.5), side=0))
    on_the_left = [t for t in seen if t.landmarks[0, 1, 0] < SIZE]
    assert len(on_the_left) == 2
    assert len({t.person for t in on_the_left}) == 2
    assert len(seen) == 3


def box(x, y=100.0, size=80.0):
    return Box(x, y, x + size, y + size)


def test_two_who_pass_each_other_keep_their_ids_by_motion():
    """One goes right, one left, at different heights; where they overlap, the one in front alone is found."""
    tracker = Tracker()
    ids = []
    for n in range(60):
        going, coming = box(20 + 8 * n, y=100), box(492 - 8 * n, y=130)
        covered = abs(going.left - coming.left) < 40
        ids.append(tracker.follow([going] if covered else [going, coming], n / 30))
    assert ids[0] == ids[-1] == [0, 1]


def test_a_jump_across_the_picture_is_no_motion():
    tracker = Tracker()
    assert tracker.follow([box(20)], 0.0) == [0]
    assert tracker.follow([box(400)], 0.1) == [1]


def test_a_face_that_moves_on_while_hidden_is_found_where_it_went():
    tracker = Tracker()
    for n in range(10):
        tracker.follow([box(20 + 10 * n)], n / 30)
    assert tracker.follow([box(20 + 10 * 14)], 14 / 30) == [0]


def test_head_gestures_are_each_persons_own(tmp_path):
    render(Script(seconds=5, size=SIZE, people=2, actions=(Action("nod", 1.5, 3.0),)), tmp_path / "nod.mp4")
    evidence = perceive(Clip.open(tmp_path / "nod.mp4"), [make_tool("head_gestures")])
    assert {o.person for o in evidence.of("nod")} == {"P1", "P2"}


def test_a_board_before_one_of_two_is_no_cut(clip):
    """A fifth of the picture changes at once, in a moment."""

    def with_board(frames):
        for frame in frames:
            rgb = frame.rgb.copy()
            if 2.0 <= frame.time_s < 2.6:
                rgb[:, SIZE + SIZE // 4 : 2 * SIZE - SIZE // 4] = 230
            yield Frame(frame.index, frame.time_s, frame.duration_s, rgb)

    assert sorted(t.person for t in tracks(clip, with_board(clip.frames()))) == ["P1", "P2"]
