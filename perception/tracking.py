"""Boxes of successive pictures joined to tracks, by overlap and motion alone: never by what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

LEAST_OVERLAP = 0.25  # intersection over union with where the track was last, or has moved on to
BRIDGED_S = 1.0  # a track survives this long unseen (a hand before the face); later it is someone new
MOVES_ON_S = 0.2  # what is unseen keeps its speed for so long, then is taken to rest


class Box(NamedTuple):
    """A rectangle in pixels, x right and y down."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass
class _Open:
    """A track that may go on; its speed is that of the box's centre in pixels a second."""

    number: int
    box: Box
    seen_s: float
    speed: tuple[float, float] = (0.0, 0.0)


class Tracker:
    """Gives each box of a picture the number of its track, counted from 0; call `follow` picture by picture."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._count = 0

    def follow(self, boxes: Sequence[Box], time_s: float) -> list[int]:
        """Track numbers of the boxes of the picture at this time; the largest overlaps are joined first."""
        self._open = [track for track in self._open if time_s - track.seen_s <= BRIDGED_S]
        pairs = [
            (max(overlap(box, track.box), overlap(box, _moved_on(track, time_s))), b, t)
            for b, box in enumerate(boxes)
            for t, track in enumerate(self._open)
        ]
        track_of: dict[int, _Open] = {}
        taken: set[int] = set()
        for shared, b, t in sorted(pairs, reverse=True):
            if shared >= LEAST_OVERLAP and b not in track_of and t not in taken:
                track_of[b] = self._open[t]
                taken.add(t)
        return [self._seen(track_of.get(b), box, time_s) for b, box in enumerate(boxes)]

    def _seen(self, track: _Open | None, box: Box, time_s: float) -> int:
        if track is None:
            track = _Open(self._count, box, time_s)
            self._count += 1
            self._open.append(track)
            return track.number
        elapsed_s = time_s - track.seen_s
        if elapsed_s > 0:
            (x, y), (x_before, y_before) = _centre(box), _centre(track.box)
            track.speed = ((x - x_before) / elapsed_s, (y - y_before) / elapsed_s)
        track.box, track.seen_s = box, time_s
        return track.number


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(a) + _area(b) - shared)


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def _moved_on(track: _Open, time_s: float) -> Box:
    moving_s = min(time_s - track.seen_s, MOVES_ON_S)
    x, y = track.speed[0] * moving_s, track.speed[1] * moving_s
    return Box(track.box.left + x, track.box.top + y, track.box.right + x, track.box.bottom + y)
