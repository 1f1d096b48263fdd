"""A face cut out of pictures for a network: which square, how it moves along, and how it is brought to an even rate."""

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
GRID_HZ = 30.0  # of the videos that networks for the pulse were trained on
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


class EvenCrops:
    """One face at `GRID_HZ`, from frames at any rate; two neighbours are mixed for a time between them."""

    def __init__(self, rule: BoxRule, side_px: int) -> None:
        self._box, self._side_px = FollowingBox(rule), side_px
        self._last: Picture | None = None
        self.start_s = self._last_s = 0.0
        self.count = 0  # of crops made so far; crop n is at start_s + n / GRID_HZ

    def add(self, time_s: float, rgb: Picture, landmarks_px: Floats) -> list[Picture]:
        """The crops that are due since the last frame, of (side, side, 3) each; see `FollowingBox.crop`."""
        crop = self._box.crop(rgb, landmarks_px, time_s, self._side_px)
        if self._last is None:
            self.start_s = time_s
        due = list[Picture]()
        while (due_s := self.start_s + self.count / GRID_HZ) <= time_s + 1e-9:
            due.append(crop if self._last is None else _between(self._last, crop, self._last_s, time_s, due_s))
            self.count += 1
        self._last, self._last_s = crop, time_s
        return due


def _between(last: Picture, crop: Picture, last_s: float, time_s: float, due_s: float) -> Picture:
    share = min(1.0, (due_s - last_s) / (time_s - last_s))
    return np.asarray(np.rint((1 - share) * last.astype(np.float32) + share * crop), dtype=np.uint8)
