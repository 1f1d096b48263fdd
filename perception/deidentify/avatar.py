"""A clip redrawn from what was tracked in it: faces, bodies and hands on a blank canvas, and no pixel of its own."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from perception.body_track import BodyTrack
from perception.deidentify.avatar_body import draw_body, draw_hand
from perception.deidentify.avatar_face import draw_face
from perception.face_track import FaceTrack
from perception.frame import Frame

Floats = npt.NDArray[np.floating]

CANVAS = 150  # grey
SAME_S = 0.0005  # between a picture's time and that of a landmark on it
BRIDGED_S = 0.3  # bodies are looked at some 12 times a second: between looks as near as this they move evenly


def drawn(
    times: Sequence[tuple[float, float]],
    size: tuple[int, int],
    faces: Sequence[FaceTrack],
    bodies: Sequence[BodyTrack],
) -> Iterator[Frame]:
    """A picture for each time, blank where nobody was found.

    Args:
        times: when each picture is shown, and for how long, s.
        size: width and height, px.
        faces: everyone's face.
        bodies: everyone's body and hands.
    """
    width, height = size
    for index, (time_s, duration_s) in enumerate(times):
        canvas = np.full((height, width, 3), CANVAS, dtype=np.uint8)
        shown = [(body, at) for body in bodies if (at := _between(body.times_s, time_s)) is not None]
        for body, at in shown:
            draw_body(canvas, _mixed(body.pose, at))
        for face in faces:
            row = int(np.searchsorted(face.times_s, time_s - SAME_S))
            if row < len(face.times_s) and abs(face.times_s[row] - time_s) <= SAME_S:
                draw_face(canvas, face.landmarks[row])
        for body, at in shown:  # before the face: where a hand is hidden, it is seldom found
            for hand in (body.right_hand, body.left_hand):
                draw_hand(canvas, _mixed(hand, at))
        yield Frame(index, time_s, duration_s, canvas)


def _between(times_s: Floats, time_s: float) -> tuple[int, int, float] | None:
    """The rows before and after a time, and how far it is from the first to the second; none far from any."""
    after = int(np.searchsorted(times_s, time_s))
    before = max(0, after - 1)
    after = min(after, len(times_s) - 1)
    gap_s = float(times_s[after] - times_s[before])
    if after != before and gap_s <= BRIDGED_S:
        return before, after, (time_s - float(times_s[before])) / gap_s
    nearest = min(before, after, key=lambda row: abs(float(times_s[row]) - time_s))
    return (nearest, nearest, 0.0) if abs(float(times_s[nearest]) - time_s) <= BRIDGED_S / 2 else None


def _mixed(rows: Floats, at: tuple[int, int, float]) -> Floats:
    before, after, share = at
    a, b = np.asarray(rows[before]), np.asarray(rows[after])
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return a if share < 0.5 else b
    return np.asarray((1 - share) * a + share * b)
