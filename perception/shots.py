"""Shots: stretches of a clip filmed without a cut. Nobody is followed from one shot into the next."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

import numpy as np
import numpy.typing as npt

from perception.frame import Frame

ACROSS, DOWN = 32, 18  # cells of a picture that are compared
SAMPLES = 2  # pixels read along each side of a cell: enough against noise, and quick
# Successive pictures of one shot correlate by 0.94 and more at 24 a second, by 0.74 and more at 5 (a lively head that
# fills the picture); pictures of different portraits by -0.5 to 0.8.
CUT_BELOW, CUT_BELOW_WHEN_SLOW = 0.8, 0.5
SLOW_S = 0.08  # between pictures: from here on the second limit holds
CUT_CHANGES, DIFFERS = 0.35, 8.0  # share of the cells that a cut changes, by so much of 255; a hand changes fewer
FLAT_SD = 4.0  # of 0-255: a black or plain picture tells nothing, the next one is compared with the one before it

Cells = npt.NDArray[np.float32]


def shots(frames: Iterable[Frame]) -> Iterator[Iterator[Frame]]:
    """The frames of each shot, one shot after the other; each must be used up before the next is asked for.

    A cut is where most of the picture changes at once. Light may change within a shot; dissolves are not noticed.
    """
    number, before, before_s = 0, None, 0.0

    def shot(frame: Frame) -> int:
        nonlocal number, before, before_s
        now = _cells(frame.rgb)
        if now.std() < FLAT_SD:
            return number
        limit = CUT_BELOW if frame.time_s - before_s < SLOW_S else CUT_BELOW_WHEN_SLOW
        if before is not None and _correlation(before, now) < limit and _changed(before, now) >= CUT_CHANGES:
            number += 1
        before, before_s = now, frame.time_s
        return number

    return (of_shot for _, of_shot in groupby(frames, key=shot))


def _cells(rgb: npt.NDArray[np.uint8]) -> Cells:
    """Mean green, which carries most of the brightness, of a grid of cells, shape (DOWN, ACROSS)."""
    green = rgb[(*_grid(*rgb.shape[:2]), 1)]
    return np.asarray(green.reshape(DOWN, SAMPLES, ACROSS, SAMPLES).mean(axis=(1, 3), dtype=np.float32))


@cache
def _grid(height: int, width: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows, shape (DOWN * SAMPLES, 1), and columns of the pixels that are read."""
    rows = np.linspace(0, height - 1, DOWN * SAMPLES).astype(np.intp)
    return rows[:, None], np.linspace(0, width - 1, ACROSS * SAMPLES).astype(np.intp)


def _changed(a: Cells, b: Cells) -> float:
    """Share of the cells that differ."""
    return float((np.abs(a - b) > DIFFERS).mean())


def _correlation(a: Cells, b: Cells) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))
