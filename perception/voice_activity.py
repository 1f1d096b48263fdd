"""When someone speaks: by Silero's network where it is installed, else when there is sound above the background."""

import importlib.util

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
    windows = samples[: count * size].reshape(count, size)
    power = np.einsum("ij,ij->i", windows, windows, dtype=np.float64) / size  # no copy: an hour's sound is large
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


def silero_is_here() -> bool:
    """Whether Silero's voice detector is installed (the `neural` extra)."""
    return importlib.util.find_spec("silero_vad") is not None


def spoken_stretches(samples: npt.NDArray[np.float32]) -> list[tuple[float, float]]:
    """Start and end in seconds of stretches of voice (Silero VAD 6; Silero Team 2021), mono samples at 16 kHz."""
    import torch
    from silero_vad import get_speech_timestamps, load_silero_vad

    model = load_silero_vad()  # keeps state while it listens: never shared between threads
    with torch.inference_mode():
        found = get_speech_timestamps(torch.from_numpy(samples), model, sampling_rate=RATE_HZ, return_seconds=False)
    return [(stretch["start"] / RATE_HZ, stretch["end"] / RATE_HZ) for stretch in found]
