"""Which part of a face a hand is before, so that nothing is told of what it hides."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception.body_track import BodyTrack
from perception.events import runs
from perception.face_track import FaceTrack

Flags = npt.NDArray[np.bool_]
Part = Literal["eyes", "mouth"]

OUTLINES: dict[Part, tuple[int, ...]] = {  # of the face mesh
    "eyes": (70, 105, 107, 336, 334, 300, 33, 145, 133, 362, 374, 263),
    "mouth": (2, 57, 287, 17, 61, 291, 0, 199),
}
FEWEST_POINTS = 2  # of the 21 of a hand
BRIDGED_S = 0.8
NEAR_S = 0.15  # between a frame and the look at the hands that tells of it


def covered(face: FaceTrack, bodies: Sequence[BodyTrack]) -> dict[Part, Flags]:
    """Where a hand is before each part of a face, shape (n,); nowhere where no hands were looked for."""
    hidden: dict[Part, Flags] = {part: np.zeros(len(face.times_s), dtype=bool) for part in OUTLINES}
    for body in bodies:
        near = _nearest(body.times_s, face.times_s)
        looked = np.flatnonzero(np.abs(body.times_s[near] - face.times_s) <= NEAR_S)
        for hand in (body.left_hand, body.right_hand):
            seen = looked[np.isfinite(hand[near[looked], 0, 0])]
            points = np.asarray(hand[near[seen], :, :2])  # (m, 21, 2)
            for part, outline in OUTLINES.items():
                corners = np.asarray(face.landmarks[seen][:, outline, :2])
                low, high = corners.min(axis=1, keepdims=True), corners.max(axis=1, keepdims=True)
                inside = ((points >= low) & (points <= high)).all(axis=2).sum(axis=1)
                hidden[part][seen[inside >= FEWEST_POINTS]] = True
    return {part: _bridged(flags, face.times_s) for part, flags in hidden.items()}


def _bridged(flags: Flags, times_s: npt.NDArray[np.floating]) -> Flags:
    """Short holes filled: a hand is lost for a moment, and does not leave for one."""
    filled = flags.copy()
    for first, last in runs(~flags):
        between = first > 0 and last < len(flags) - 1
        if between and times_s[last + 1] - times_s[first - 1] <= BRIDGED_S:
            filled[first : last + 1] = True
    return filled


def _nearest(times_s: npt.NDArray[np.floating], at_s: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """Number of the time nearest to each of the other times."""
    after = np.clip(np.searchsorted(times_s, at_s), 0, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(times_s[before] - at_s) <= np.abs(times_s[after] - at_s), before, after)
