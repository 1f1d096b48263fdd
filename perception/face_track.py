"""A face followed through the clip: what the face tool hands to the tools that build on it."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class FaceTrack:
    """One person's face in the n frames in which it was found (frames without it are absent, not NaN).

    Lengths are pixels of the displayed frame, x right and y down; angles are degrees.
    """

    person: str  # "P1", "P2", ...
    times_s: Floats  # (n,) presentation times
    durations_s: Floats  # (n,) of those frames
    landmarks: Floats  # (n, 478, 3) face mesh with irises; z in pixels too, smaller is nearer
    head_pose_deg: Floats  # (n, 3) pitch (+ up), yaw (+ to the person's left), roll (+ tilted to the person's left)
    gaze_deg: Floats  # (n, 2) eyes relative to the head: horizontal (+ to the person's left), vertical (+ up)
    eye_openness: Floats  # (n, 2) person's right and left eye: lid distance / eye width
    visibility: Floats  # (n,) in [0, 1]: how well the face can be measured (size, angle, inside the frame)
    frame_width: int
    frame_height: int
    clip_frame_times_s: Floats  # (frames of the clip,) to tell a gap from a low frame rate
    blendshapes: Floats | None = None  # (n, 52) MediaPipe's scores in [0, 1], when its model is at hand
    engine: str = "face_mesh"  # or "face_landmarker"
    gap_s: float = field(default=0.0)  # a hole longer than this ends a stretch; 0: one and a half frames

    @property
    def rate_hz(self) -> float:
        """Median frame rate while the face was seen; 0 for a single frame."""
        steps = np.diff(self.times_s)
        return float(1 / np.median(steps)) if len(steps) else 0.0

    @property
    def visible_s(self) -> float:
        """Time for which the face was seen."""
        return float(self.durations_s.sum())

    @property
    def eye_distance_px(self) -> Floats:
        """Distance of the outer eye corners, shape (n,)."""
        corners = self.landmarks[:, 263, :2] - self.landmarks[:, 33, :2]
        return np.asarray(np.hypot(corners[:, 0], corners[:, 1]))

    def stretches(self) -> list[slice]:
        """Slices of samples between which the face was lost, in order of time."""
        steps = np.diff(self.times_s)
        longest = self.gap_s or 1.5 * float(np.median(steps)) if len(steps) else 0.0
        cuts = [0, *(np.flatnonzero(steps > longest) + 1).tolist(), len(self.times_s)]
        return [slice(a, b) for a, b in pairwise(cuts) if b > a]

    def end_s(self, index: int) -> float:
        """When the sample's frame is over."""
        return float(self.times_s[index] + self.durations_s[index])

    def quality(self, start_s: float, end_s: float) -> float:
        """Mean visibility between two times, in [0, 1]; 0 where the face was not seen."""
        inside = (self.times_s >= start_s - 1e-6) & (self.times_s <= end_s + 1e-6)
        return float(self.visibility[inside].mean()) if inside.any() else 0.0
