"""Events in a series: runs of a condition, and onset, apex and offset of a rise."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


class Rise(NamedTuple):
    """Sample numbers of an event: it begins, is strongest, and ends (the last sample that belongs to it)."""

    onset: int
    apex: int
    offset: int


def runs(condition: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last sample of each stretch in which the condition holds, shape (n,) in."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], condition.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def rises(values: Floats, peak_at_least: float, edge_at: float) -> list[Rise]:
    """Stretches above `edge_at` that somewhere reach `peak_at_least` (hysteresis), shape (n,) in."""
    found = []
    for first, last in runs(values > edge_at):
        apex = first + int(np.argmax(values[first : last + 1]))
        if values[apex] >= peak_at_least:
            found.append(Rise(first, apex, last))
    return found


def smoothed(values: Floats, times_s: Floats, window_s: float) -> Floats:
    """Running median over a window of time, which keeps onsets where they are; shape (n,)."""
    from scipy.ndimage import median_filter

    if len(values) < 3:
        return values
    step_s = float(np.median(np.diff(times_s)))
    width = max(1, round(window_s / step_s)) | 1
    return np.asarray(median_filter(values, size=min(width, len(values)), mode="nearest"))


def most_common(values: Floats) -> float:
    """The half-sample mode: the densest half of the values, again and again (Robertson & Cryer 1974)."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    while len(ordered) > 2:
        half = (len(ordered) + 1) // 2
        start = int(np.argmin(ordered[half - 1 :] - ordered[: len(ordered) - half + 1]))
        ordered = ordered[start : start + half]
    return float(ordered.mean())
