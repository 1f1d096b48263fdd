"""Waves of blood volume: an even grid, filtering, heart rate, and how far to trust it.

Everything here is a function of numbers: which pixels they come from is `skin_regions`, how colour becomes a wave is
`pulse_methods`, when to abstain is `rppg`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perception.pulse_methods import GRID_HZ

Floats = npt.NDArray[np.floating]

BAND_HZ = (0.7, 3.0)  # 42-180 beats a minute
FILTER_ORDER = 3
BIN_HZ = 0.005  # zero-padded to bins of 0.3 bpm, then interpolated
PEAK_HALF_WIDTH_HZ = 0.1  # what counts as signal about the rate and its double (de Haan & Jeanne 2013)


@dataclass(frozen=True)
class HeartRate:
    """The strongest rhythm in the band."""

    bpm: float
    snr_db: float  # power at the rate and its double over the rest of the band
    at_band_edge: bool  # the true peak may lie outside: the power rises towards the edge, or is higher below


def on_even_grid(times_s: Floats, traces: Floats) -> tuple[Floats, Floats]:
    """Times at `GRID_HZ`, shape (m,), and the traces there, shape (..., m), by linear interpolation.

    Args:
        times_s: increasing presentation times, shape (n,).
        traces: shape (..., n).
    """
    grid_s = np.arange(times_s[0], times_s[-1] + 1e-9, 1 / GRID_HZ)
    flat = traces.reshape(-1, traces.shape[-1])
    even = np.stack([np.interp(grid_s, times_s, trace) for trace in flat])
    return grid_s, even.reshape(*traces.shape[:-1], len(grid_s))


def in_band(wave: Floats) -> Floats:
    """The wave without its trend and without what beats slower or faster than a heart, shape (n,)."""
    from scipy.signal import butter, detrend, sosfiltfilt

    sections = butter(FILTER_ORDER, BAND_HZ, btype="bandpass", fs=GRID_HZ, output="sos")
    return np.asarray(sosfiltfilt(sections, detrend(wave)))


def heart_rate(wave: Floats) -> HeartRate | None:
    """The rate of a wave at `GRID_HZ`, shape (n,), or None if it is flat.

    Hann window, zero-padded spectrum, parabola through the peak; SNR after de Haan & Jeanne 2013.
    """
    padded = max(len(wave), round(GRID_HZ / BIN_HZ))
    power = np.abs(np.fft.rfft((wave - wave.mean()) * np.hanning(len(wave)), padded)) ** 2
    hz = np.fft.rfftfreq(padded, 1 / GRID_HZ)
    band = np.flatnonzero((hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1]))
    peak = int(band[np.argmax(power[band])])
    if power[peak] <= 1e-12 * len(wave):
        return None
    before, at, after = power[peak - 1 : peak + 2]
    beyond = power[(hz > BAND_HZ[0] / 2) & (hz < BAND_HZ[0])].max(initial=0.0)
    at_edge = not before < at > after or peak in (band[0], band[-1]) or beyond > at
    shift = 0.0 if at_edge else 0.5 * (before - after) / (before - 2 * at + after)
    rate_hz = hz[peak] + shift * (hz[1] - hz[0])
    beats = np.minimum(np.abs(hz - rate_hz), np.abs(hz - 2 * rate_hz))[band] <= PEAK_HALF_WIDTH_HZ
    rest = power[band][~beats].sum()
    snr_db = 10 * np.log10(power[band][beats].sum() / max(rest, 1e-12 * power[peak]))
    return HeartRate(bpm=60 * float(rate_hz), snr_db=float(snr_db), at_band_edge=bool(at_edge))
