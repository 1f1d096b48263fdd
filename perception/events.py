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


def rises(values: Floats, peak_at_least: float, edge_at: float, of_apex: float = 0.0) -> list[Rise]:
    """Stretches above `edge_at` that somewhere reach `peak_at_least` (hysteresis), in order of time.

    Args:
        values: shape (n,).
        peak_at_least: what the apex reaches.
        edge_at: what every sample exceeds.
        of_apex: share of its apex that every sample of a stretch exceeds, too; what is left over may be one of its own.
    """
    found = []
    left = [(0, len(values), False, False)]  # from, to, and whether a stretch was cut off before and after it
    while left:
        start, stop, cut_before, cut_after = left.pop()
        for first, last in ((start + a, start + b) for a, b in runs(values[start:stop] > edge_at)):
            apex = first + int(np.argmax(values[first : last + 1]))
            if values[apex] < peak_at_least:
                continue
            low = np.flatnonzero(values[first : last + 1] <= of_apex * values[apex]) + first
            onset = int(low[low < apex].max(initial=first - 1)) + 1
            offset = int(low[low > apex].min(initial=last + 1)) - 1
            shoulder = (cut_before and onset == start) or (cut_after and offset == stop - 1)
            if not shoulder:
                found.append(Rise(onset, apex, offset))
            left += [(first, onset, cut_before and first == start, True)] if onset > first else []
            left += [(offset + 1, last + 1, True, cut_after and last == stop - 1)] if offset < last else []
    return sorted(found)


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
