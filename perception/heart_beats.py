"""Single beats of a pulse wave and what their distances tell: rate, variability, breathing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perception.pulse_methods import GRID_HZ

Floats = npt.NDArray[np.floating]

CLOSEST_BEATS = 0.6  # of a beat's usual length: nearer peaks belong to one beat
LEAST_PROMINENCE = 0.4  # standard deviations
ODD_INTERVAL = 0.25  # farther from the median of its neighbours, a beat was missed or made up
NEIGHBOURS = 5
RHYTHM_HZ = 4.0  # even grid on which slow rhythms of beats are looked for
LOW_HZ, HIGH_HZ = (0.04, 0.15), (0.15, 0.4)  # Task Force of the ESC and NASPE 1996
BREATH_HZ = (0.1, 0.5)  # 6-30 breaths a minute
BREATH_HALF_WIDTH_HZ = 0.03
BIN_HZ = 0.002


@dataclass(frozen=True)
class Beats:
    """Beats of one stretch of time; both arrays may be empty."""

    times_s: Floats  # (n,)
    heights: Floats  # (n,) of the wave at each beat
    intervals_s: Floats  # (n - 1,) to the next beat; NaN where a beat was missed or made up


@dataclass(frozen=True)
class Variability:
    """Heart rate variability of intervals between normal beats (Task Force of the ESC and NASPE 1996)."""

    mean_bpm: float
    sdnn_ms: float  # spread of the intervals
    rmssd_ms: float  # root mean square of the differences of successive ones
    kept: float  # share of the intervals that could be used


@dataclass(frozen=True)
class Breathing:
    """A slow rhythm of the pulse at the pace of breathing."""

    per_min: float
    snr_db: float


def find_beats(wave: Floats, grid_s: Floats, bpm: float) -> Beats:
    """The beats of a wave in standard deviations at `GRID_HZ`, whose mean rate is known, to a fraction of a sample."""
    from scipy.ndimage import median_filter
    from scipy.signal import find_peaks

    apart = max(1, round(CLOSEST_BEATS * 60 / bpm * GRID_HZ))
    peaks, _ = find_peaks(wave, distance=apart, prominence=LEAST_PROMINENCE)
    before, at, after = wave[peaks - 1], wave[peaks], wave[peaks + 1]
    shift = 0.5 * (before - after) / np.minimum(before - 2 * at + after, -1e-9)
    times_s = grid_s[peaks] + np.clip(shift, -0.5, 0.5) / GRID_HZ
    intervals_s = np.diff(times_s)
    if len(intervals_s):
        usual = median_filter(intervals_s, size=NEIGHBOURS, mode="nearest")
        intervals_s = np.where(np.abs(intervals_s / usual - 1) <= ODD_INTERVAL, intervals_s, np.nan)
    return Beats(times_s, at, intervals_s)


def variability(stretches: list[Beats]) -> Variability | None:
    """Variability over stretches whose ends are not joined; None without two successive normal intervals."""
    intervals = [b.intervals_s for b in stretches if len(b.intervals_s)]
    if not intervals:
        return None
    every = np.concatenate(intervals)
    normal = every[np.isfinite(every)]
    steps = np.concatenate([np.diff(i) for i in intervals])
    steps = steps[np.isfinite(steps)]
    if len(normal) < 2 or not len(steps):
        return None
    return Variability(
        mean_bpm=float(60 / normal.mean()),
        sdnn_ms=float(1000 * normal.std(ddof=1)),
        rmssd_ms=float(1000 * np.sqrt(np.mean(steps**2))),
        kept=len(normal) / len(every),
    )


def low_over_high(stretches: list[Beats]) -> float | None:
    """Power of the intervals' slow rhythms over that of the fast ones (LF/HF), by Lomb and Scargle."""
    from scipy.signal import lombscargle

    times = np.concatenate([b.times_s[1:] for b in stretches if len(b.times_s) > 1] or [np.array([])])
    intervals = np.concatenate([b.intervals_s for b in stretches] or [np.array([])])
    normal = np.isfinite(intervals)
    if normal.sum() < NEIGHBOURS:
        return None
    hz = np.arange(LOW_HZ[0], HIGH_HZ[1], BIN_HZ)
    power = lombscargle(times[normal], intervals[normal] - intervals[normal].mean(), 2 * np.pi * hz)
    low, high = power[hz < LOW_HZ[1]].sum(), power[hz >= HIGH_HZ[0]].sum()
    return float(low / high) if high > 0 else None


def breathing(beats: Beats) -> Breathing | None:
    """The pace at which beats quicken and slow, or grow and shrink, whichever stands out farther.

    The two of the three traces of breathing in a pulse (Karlen, Raman, Ansermino & Dumont 2013) that do not
    depend on the brightness of the skin, which movement of the head changes at the same pace.
    """
    normal = np.isfinite(beats.intervals_s)
    found = [
        rhythm
        for times_s, series in (
            (beats.times_s[1:][normal], beats.intervals_s[normal]),
            (beats.times_s, beats.heights),
        )
        if (rhythm := _slow_rhythm(times_s, series)) is not None
    ]
    return max(found, key=lambda rhythm: rhythm.snr_db, default=None)


def _slow_rhythm(times_s: Floats, series: Floats) -> Breathing | None:
    from scipy.signal import detrend

    if len(series) < 2 * NEIGHBOURS:
        return None
    even_s = np.arange(times_s[0], times_s[-1], 1 / RHYTHM_HZ)
    even = detrend(np.interp(even_s, times_s, series))
    power = np.abs(np.fft.rfft(even * np.hanning(len(even)), round(RHYTHM_HZ / BIN_HZ))) ** 2
    hz = np.fft.rfftfreq(round(RHYTHM_HZ / BIN_HZ), 1 / RHYTHM_HZ)
    band = (hz >= BREATH_HZ[0]) & (hz <= BREATH_HZ[1])
    inside_hz, inside = hz[band], power[band]
    peak = int(np.argmax(inside))
    if peak in (0, len(inside) - 1) or inside[peak] <= 0:
        return None
    near = np.abs(inside_hz - inside_hz[peak]) <= BREATH_HALF_WIDTH_HZ
    rest = max(float(inside[~near].sum()), 1e-12 * float(inside[peak]))
    return Breathing(60 * float(inside_hz[peak]), float(10 * np.log10(inside[near].sum() / rest)))
