"""A face cut out of a picture for a network: which square, how large, and how it moves along with the face."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]

# MediaPipe's mesh points where the 68 landmarks of OpenFace and dlib lie: jaw and brows (nose and mouth are within).
BROWS_AND_JAW = (
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
    *(234, 93, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 323, 454),
)
OTHER_SIZE = 0.2  # a face that has grown or shrunk by this share gets a square of another size


@dataclass(frozen=True)
class BoxRule:
    """How the pictures that a network was trained on were cut."""

    around: Literal["brows and jaw", "mesh"]
    of: Literal["height", "larger side"]
    scale: float  # of that length: the square's side
    stays_s: float  # before it is put about the face again; 0: it follows with every frame


class FollowingBox:
    """The square about one face, from frame to frame."""

    def __init__(self, rule: BoxRule) -> None:
        self._rule = rule
        self._placed_s = -np.inf
        self._side = 0.0
        self._corner = (0, 0)

    def crop(self, rgb: Picture, landmarks_px: Floats, time_s: float, side_px: int) -> Picture:
        """The face in a square of `side_px`, shape (side_px, side_px, 3); beyond the picture its edge goes on.

        Args:
            rgb: picture, shape (height, width, 3).
            landmarks_px: face mesh, shape (478, 2 or more).
            time_s: of the frame, ascending.
            side_px: to which the square is resized, by areas.
        """
        import cv2

        if time_s - self._placed_s >= self._rule.stays_s:
            self._place(landmarks_px, time_s)
        left, top = self._corner
        side = max(2, round(self._side))
        height, width = rgb.shape[:2]
        inside = rgb[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
        if not inside.size:
            return np.zeros((side_px, side_px, 3), dtype=np.uint8)
        beyond = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
        if any(beyond):
            inside = np.asarray(cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE), dtype=np.uint8)
        return np.asarray(cv2.resize(inside, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _place(self, landmarks_px: Floats, time_s: float) -> None:
        points = landmarks_px[list(BROWS_AND_JAW), :2] if self._rule.around == "brows and jaw" else landmarks_px[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        width, height = (float(length) for length in high - low)
        wanted = self._rule.scale * (height if self._rule.of == "height" else max(width, height))
        if abs(wanted - self._side) > OTHER_SIZE * self._side:
            self._side = wanted
        left, top = np.round((low + high) / 2 - self._side / 2).astype(int)
        self._corner, self._placed_s = (int(left), int(top)), time_s
