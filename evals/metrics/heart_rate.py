"""Scores of heart rates and pulse waves as rPPG-Toolbox computes them (Liu et al., NeurIPS 2023), to the last digit.

Its choices are kept even where better ones exist (a periodogram's bin decides the rate): figures can be compared.
A rate of several clips comes with its standard error, as the toolbox prints it.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

BAND_HZ = (0.6, 3.3)
DETREND_LAMBDA = 100.0  # smoothness prior (Tarvainen, Ranta-aho & Karjalainen 2002)
FILTER_ORDER = 1
HALF_WIDTH_BPM = 6.0  # about the rate and its double


class Score(NamedTuple):
    """A mean over clips and its standard error."""

    value: float
    standard_error: float


def mae(predicted_bpm: Floats, gold_bpm: Floats) -> Score:
    """Mean absolute error in beats a minute."""
    return _mean(np.abs(predicted_bpm - gold_bpm))


def rmse(predicted_bpm: Floats, gold_bpm: Floats) -> Score:
    """Root of the mean squared error, in beats a minute; its error is the root of that of the mean square."""
    square = _mean((predicted_bpm - gold_bpm) ** 2)
    return Score(float(np.sqrt(square.value)), float(np.sqrt(square.standard_error)))


def mape(predicted_bpm: Floats, gold_bpm: Floats) -> Score:
    """Mean absolute error as a percentage of the true rate."""
    return _mean(100 * np.abs((predicted_bpm - gold_bpm) / gold_bpm))


def pearson(predicted_bpm: Floats, gold_bpm: Floats) -> Score:
    """Correlation over clips, in [-1, 1]; needs three clips or more.

    Raises:
        ValueError: less than three clips.
    """
    if len(gold_bpm) < 3:
        raise ValueError(f"a correlation over {len(gold_bpm)} clips says nothing; give three or more")
    r = float(np.corrcoef(predicted_bpm, gold_bpm)[0, 1])
    return Score(r, float(np.sqrt(max(0.0, 1 - r**2) / (len(gold_bpm) - 2))))


def post_processed(wave: Floats, rate_hz: float, *, differenced: bool = False) -> Floats:
    """The wave (or its running sum, if it is a network's derivative) without its trend, in the toolbox's band."""
    from scipy.signal import butter, filtfilt

    b, a = butter(FILTER_ORDER, np.array(BAND_HZ) / rate_hz * 2, btype="bandpass")
    return np.asarray(filtfilt(b, a, smoothness_detrended(np.cumsum(wave) if differenced else wave)))


def smoothness_detrended(wave: Floats, strength: float = DETREND_LAMBDA) -> Floats:
    """The wave less its smooth trend (Tarvainen et al. 2002), by a banded solution instead of a dense inverse."""
    from scipy.sparse import diags_array, eye_array
    from scipy.sparse.linalg import spsolve

    n = len(wave)
    second = diags_array([np.ones(n - 2), np.full(n - 2, -2.0), np.ones(n - 2)], offsets=(0, 1, 2), shape=(n - 2, n))
    return np.asarray(wave - spsolve((eye_array(n) + strength**2 * second.T @ second).tocsc(), wave))


def bpm_of(wave: Floats, rate_hz: float, method: Literal["fft", "peaks"] = "fft") -> float:
    """Heart rate of a post-processed wave: the periodogram's highest bin, or the mean distance of all its peaks."""
    from scipy.signal import find_peaks

    if method == "peaks":
        return float(60 * rate_hz / np.mean(np.diff(find_peaks(wave)[0])))
    hz, power = _periodogram(wave, rate_hz)
    band = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    return float(60 * hz[band][np.argmax(power[band])])


def snr_db(wave: Floats, gold_bpm: float, rate_hz: float) -> float:
    """Power within 6 bpm of the true rate and of its double over the rest of the band, in dB; 0 if there is no rest."""
    hz, power = _periodogram(wave, rate_hz)
    near = np.zeros(len(hz), dtype=bool)
    for harmonic in (1, 2):
        centre = harmonic * gold_bpm / 60
        near |= (hz >= centre - HALF_WIDTH_BPM / 60) & (hz <= centre + HALF_WIDTH_BPM / 60)
    rest = power[(hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1]) & ~near].sum()
    return float(10 * np.log10(power[near].sum() / rest)) if rest else 0.0


def macc(wave: Floats, gold: Floats) -> float:
    """Highest absolute correlation of the two waves over all circular shifts, in [0, 1]."""
    n = min(len(wave), len(gold))
    wave, gold = wave[:n] - wave[:n].mean(), gold[:n] - gold[:n].mean()
    shifted = np.fft.irfft(np.fft.rfft(wave) * np.conj(np.fft.rfft(gold)), n)[: n - 1]
    return float(np.abs(shifted).max() / np.sqrt((wave**2).sum() * (gold**2).sum()))


def _periodogram(wave: Floats, rate_hz: float) -> tuple[Floats, Floats]:
    from scipy.signal import periodogram

    bins = 1 << (len(wave) - 1).bit_length()
    hz, power = periodogram(wave, fs=rate_hz, nfft=bins, detrend=False)
    return np.asarray(hz), np.asarray(power)


def _mean(values: Floats) -> Score:
    return Score(float(np.mean(values)), float(np.std(values) / np.sqrt(len(values))))
