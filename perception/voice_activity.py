"""Where there is sound louder than the background."""

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
WINDOW_S = 0.03
ABOVE_FLOOR_DB = 12.0  # over the 15th percentile of loudness: the background
SILENCE_DB = -55.0  # of full scale: below, nothing is to be heard at all
SHORTEST_S, BRIDGED_S = 0.2, 0.3


def loud_stretches(samples: npt.NDArray[np.float32]) -> list[tuple[float, float]]:
    """Start and end in seconds of stretches louder than the background; mono samples at 16 kHz in [-1, 1]."""
    size = round(WINDOW_S * RATE_HZ)
    count = len(samples) // size
    if not count:
        return []
    power = (samples[: count * size].reshape(count, size).astype(np.float64) ** 2).mean(axis=1)
    level_db = 10 * np.log10(power + 1e-12)
    floor_db = float(np.percentile(level_db, 15))
    loud = level_db > max(SILENCE_DB, floor_db + ABOVE_FLOOR_DB)
    merged: list[list[float]] = []
    for window in np.flatnonzero(loud):
        start_s, end_s = window * WINDOW_S, (window + 1) * WINDOW_S
        if merged and start_s - merged[-1][1] <= BRIDGED_S:
            merged[-1][1] = end_s
        else:
            merged.append([start_s, end_s])
    return [(a, b) for a, b in merged if b - a >= SHORTEST_S]
