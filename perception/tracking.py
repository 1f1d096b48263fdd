"""Faces of successive pictures joined to tracks, by overlap and motion alone: never by what a face looks like."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Box = npt.NDArray[np.floating]  # x0, y0, x1, y1 in pixels

LEAST_OVERLAP = 0.25  # intersection over union with the last box, moved on by its speed
BRIDGED_S = 0.6  # a track survives this long unseen (a hand before the face); later a face is someone new


@dataclass
class _Open:
    person: str
    box: Box
    speed: Box  # of the box's corners, pixels a second
    seen_s: float


class Tracker:
    """Gives each face of a picture a track id; call it picture by picture."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self._open: list[_Open] = []
        self._count = 0

    def follow(self, boxes: list[Box], time_s: float) -> list[str]:
        """Track ids of the boxes of the picture at this time, best overlaps first."""
        self._open = [t for t in self._open if time_s - t.seen_s <= BRIDGED_S]
        pairs = sorted(
            (
                (overlap(box, track.box + track.speed * (time_s - track.seen_s)), b, t)
                for b, box in enumerate(boxes)
                for t, track in enumerate(self._open)
            ),
            reverse=True,
            key=lambda pair: pair[0],
        )
        of_box: dict[int, _Open] = {}
        taken: set[int] = set()
        for share, b, t in pairs:
            if share >= LEAST_OVERLAP and b not in of_box and t not in taken:
                of_box[b] = self._open[t]
                taken.add(t)
        ids = []
        for b, box in enumerate(boxes):
            track = of_box.get(b)
            if track is None:
                self._count += 1
                track = _Open(f"P{self._count}", box, np.zeros(4), time_s)
                self._open.append(track)
            elif time_s > track.seen_s:
                measured = (box - track.box) / (time_s - track.seen_s)
                track.speed = 0.5 * track.speed + 0.5 * measured
            track.box, track.seen_s = box, time_s
            ids.append(track.person)
        return ids


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return float(shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared))
