"""One pulse wave out of several views of it: places of the face, cameras, methods.

A view counts by how well it agrees with the others, how far its rhythm stands out, and how much of it was seen; it is
shifted to the others first, because blood reaches the forehead and the cheeks at different times and cameras differ
(after the multi-view fusion of MVRD, arXiv 2603.22826, with these weights in place of a learned one).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.pulse_methods import GRID_HZ

Floats = npt.NDArray[np.floating]

LONGEST_LAG = round(0.17 * GRID_HZ)  # samples; blood needs far less from cheek to forehead
LAG_COSTS = 0.01  # of correlation a sample: between equal fits the smaller shift
HIGHEST_SNR_DB = 10.0  # a rhythm that stands out farther counts no more


class Fused(NamedTuple):
    """A fused wave and how it came about."""

    wave: Floats  # (n,) in standard deviations
    aligned: Floats  # (views, n) each view, shifted, in standard deviations
    weights: Floats  # (views,) that sum to 1
    lags_s: Floats  # (views,) by which each view was shifted later
    signs: Floats  # (views,) -1 where a view was turned over
    agreement: float  # mean correlation of the views, weighted: near 0 for noise, towards 1 for one pulse


def fuse(waves: Floats, trust: Floats, *, methods: bool = False) -> Fused:
    """Join views of one pulse.

    Args:
        waves: band-passed waves at `GRID_HZ`, shape (views, n).
        trust: how far each view is to be relied on beforehand, shape (views,), in [0, 1]: the share of the time for
            which it was seen, say.
        methods: the views are methods applied to the same pixels. Some are near copies of each other, so that they
            agree proves nothing and does not count; and some turn the wave upside down.
    """
    spread = waves.std(axis=1, keepdims=True)
    units = np.divide(waves, spread, out=np.zeros_like(waves), where=spread > 1e-12)
    power = np.array([_stands_out(wave) for wave in units]) * trust * (spread[:, 0] > 1e-12)
    first = units[int(np.argmax(power))]
    shifts = [_shift(first, wave, methods) for wave in units]
    aligned = np.stack([sign * _later(wave, lag) for wave, (lag, sign) in zip(units, shifts, strict=True)])
    n = len(aligned)
    alike = aligned @ aligned.T / aligned.shape[1]
    agrees = (alike.sum(axis=1) - np.diag(alike)) / max(1, n - 1) if n > 1 else np.ones(1)
    weights = power if methods else np.clip(agrees, 0, None) * power
    if weights.sum() <= 0:
        weights = power if power.sum() > 0 else np.ones(n)
    weights = weights / weights.sum()
    wave = weights @ aligned
    lags_s = np.array([lag for lag, _ in shifts]) / GRID_HZ
    signs = np.array([sign for _, sign in shifts])
    return Fused(wave / max(float(wave.std()), 1e-12), aligned, weights, lags_s, signs, _agreement(alike, weights))


def sign_of(first: Floats, other: Floats) -> float:
    """1, or -1 if the other wave fits the first one better upside down; both of shape (n,)."""
    return _shift(first, other, either_sign=True)[1]


def _stands_out(wave: Floats) -> float:
    """Power of the strongest rhythm over the rest of the band, up to a limit."""
    rate = pulse.heart_rate(wave)
    return 0.0 if rate is None else float(10 ** (min(rate.snr_db, HIGHEST_SNR_DB) / 10))


def _shift(first: Floats, wave: Floats, either_sign: bool) -> tuple[int, float]:
    """Samples by which the wave is to be delayed, and its sign, to fit the first best."""
    fits = {lag: float(first @ _later(wave, lag)) / len(first) for lag in range(-LONGEST_LAG, LONGEST_LAG + 1)}
    lag = max(fits, key=lambda k: (abs(fits[k]) if either_sign else fits[k]) - LAG_COSTS * abs(k))
    return lag, -1.0 if either_sign and fits[lag] < 0 else 1.0


def _later(wave: Floats, lag: int) -> Floats:
    """The wave delayed by some samples; what falls off an end is put to the other, where a filtered wave is flat."""
    return np.roll(wave, lag)


def _agreement(alike: Floats, weights: Floats) -> float:
    pairs = np.outer(weights, weights)
    np.fill_diagonal(pairs, 0)
    total = pairs.sum()
    return float(np.clip((pairs * alike).sum() / total, -1, 1)) if total > 1e-9 else 0.0
