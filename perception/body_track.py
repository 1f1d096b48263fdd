"""An upper body and its hands followed through the clip."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class BodyTrack:
    """One body in the n frames in which it was looked for and found; pixels, x right and y down."""

    person: str | None  # whose face its nose lies in; None: nobody's whose face is followed
    times_s: Floats  # (n,) presentation times
    durations_s: Floats  # (n,) until the next look
    pose: Floats  # (n, 33, 3) x, y, visibility in [0, 1]: MediaPipe's 33 body landmarks
    right_hand: Floats  # (n, 21, 3) the person's right hand: x, y, z; NaN where it was not found
    left_hand: Floats  # (n, 21, 3)
    frame_width: int
    frame_height: int

    @property
    def rate_hz(self) -> float:
        """Median rate at which the body was looked for; 0 for a single look."""
        steps = np.diff(self.times_s)
        return float(1 / np.median(steps)) if len(steps) else 0.0

    @property
    def shoulder_width_px(self) -> Floats:
        """Distance of the shoulders, shape (n,)."""
        return np.asarray(np.hypot(*(self.pose[:, 11, :2] - self.pose[:, 12, :2]).T))
