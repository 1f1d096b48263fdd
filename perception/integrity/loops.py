"""Stretches that are shown again later: moving pictures that are, one after another, those of an earlier time."""

from array import array
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame

Floats = npt.NDArray[np.floating]

STEP, ROWS, COLUMNS = 8, 6, 8  # pixels, every so many across and down; fields whose mean brightness is kept
LOOKS_HZ = 5.0  # so many pictures a second are compared with all earlier ones
SAME = (
    1.0  # of 255: RMS difference of the fields' means. Measured: copies coded apart 0.3-0.6, other pictures 2.3 or more
)
MOVES = 3.0  # times SAME between the pictures of a stretch, or it stands still
SHORTEST_S = 1.0  # of a stretch, and of the time from it to its copy
BLOCK = 64  # pictures that are compared at a time
LONGEST = 40_000  # pictures that are remembered: 20 minutes and more


class Loops:
    """Mean brightness of fields of each picture."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._times_s, self._fields = array("d"), array("f")

    def add(self, frame: Frame) -> None:
        """See the next picture."""
        coarse = frame.rgb[::STEP, ::STEP, 1]
        if len(self._times_s) >= LONGEST or coarse.shape[0] < ROWS or coarse.shape[1] < COLUMNS:
            return
        rows, columns = (np.arange(n) * size // n for n, size in zip((ROWS, COLUMNS), coarse.shape, strict=True))
        sums = np.add.reduceat(np.add.reduceat(coarse.astype(np.float32), rows, axis=0), columns, axis=1)
        sizes = np.outer(np.diff([*rows, coarse.shape[0]]), np.diff([*columns, coarse.shape[1]]))
        self._times_s.append(frame.time_s)
        self._fields.extend((sums / sizes).ravel().tolist())

    def tell(self, clip: Clip, found: Findings) -> None:
        """Add the longest stretch that is shown again, if there is one."""
        repeat = self.repeat()
        if repeat is None:
            return
        first_s, again_s, lasts_s = repeat
        found.event(
            None,
            "looped",
            again_s,
            min(again_s + lasts_s, clip.duration_s),
            value=round(lasts_s, 2),
            unit="s",
            text=f"{lasts_s:.1f} s are pictures that were shown before, from {first_s:.1f} s on",
            confidence=0.7,
            quality=0.8,
        )

    def repeat(self) -> tuple[float, float, float] | None:
        """When the longest stretch that is shown again begins, when it begins again, and how long it lasts, in s."""
        times_s = np.array(self._times_s)
        if len(times_s) < 3 or times_s[-1] - times_s[0] < 2 * SHORTEST_S:
            return None
        fields = np.frombuffer(self._fields, dtype=np.float32).reshape(len(times_s), -1)
        step_s = float(np.median(np.diff(times_s)))
        least, jump = round(SHORTEST_S / step_s), max(1, round(1 / (LOOKS_HZ * step_s)))
        looks = np.arange(0, len(times_s), jump)
        alike = _alike(fields, looks, max(1, least))
        best: tuple[int, int, int] | None = None  # pictures: first, again, how many
        for lag, places in alike.items():
            for first, last in _stretches(np.array(places), jump):
                count = last - first + 1
                if count >= least and (best is None or count > best[2]) and _moves(fields[first : last + 1]):
                    best = first - lag, first, count
        if best is None:
            return None
        first, again, count = best
        return float(times_s[first]), float(times_s[again]), float(times_s[again + count - 1] - times_s[again])


def _alike(fields: Floats, looks: npt.NDArray[np.integer], least: int) -> dict[int, list[int]]:
    """For each distance in pictures, which of those looked at are like the one so far before them."""
    fields = fields - fields.mean(axis=0)  # or the squares are large and their difference coarse
    squares = (fields**2).sum(axis=1)
    near = (SAME**2) * fields.shape[1]
    found: dict[int, list[int]] = {}
    for block in np.array_split(looks, max(1, len(looks) // BLOCK)):
        apart = squares[block, None] + squares[None] - 2 * fields[block] @ fields.T
        apart[np.arange(len(fields))[None] > (block - least)[:, None]] = np.inf
        for row, column in np.argwhere(apart <= near):
            found.setdefault(int(block[row] - column), []).append(int(block[row]))
    return found


def _stretches(places: npt.NDArray[np.integer], jump: int) -> list[tuple[int, int]]:
    """First and last picture of each run of pictures that were looked at one after another."""
    cuts = [0, *(np.flatnonzero(np.diff(places) > jump) + 1).tolist(), len(places)]
    return [(int(places[a]), int(places[b - 1])) for a, b in pairwise(cuts)]


def _moves(fields: Floats) -> bool:
    """Whether the pictures of a stretch differ from each other by far more than copies do."""
    return float(np.sqrt(fields.var(axis=0).mean())) >= MOVES * SAME
