"""Scores of heart rates and pulse waves as rPPG-Toolbox computes them (Liu et al., NeurIPS 2023), to the last digit.

"The toolbox" is its commit d807b017: SNR is 10 log10 of a ratio of powers, after a filter of order 1 from 0.6 to
3.3 Hz. Mind the version before figures are compared: commit 0591ddf8 has mag2db, 20 log10 of the same ratio (twice the
dB), and a filter of order 2 from 0.75 to 2.5 Hz.

Its choices are kept even where better ones exist (a periodogram's bin decides the rate): figures can be compared.
A score of several clips comes with its standard error, as the toolbox prints it. A predicted NaN is an abstention:
there is no rate to be wrong by, so the score is of the other clips, and its coverage says how many they are.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from evals.metrics.measure import Measure, check_pairs

Floats = npt.NDArray[np.floating]

BAND_HZ = (0.6, 3.3)
DETREND_LAMBDA = 100.0  # smoothness prior (Tarvainen, Ranta-aho & Karjalainen 2002)
FILTER_ORDER = 1
HALF_WIDTH_BPM = 6.0  # about the rate and its double
LIMITS_SD = 1.96  # 95 % of differences, if they are normal (Bland & Altman 1986)


class BlandAltman(NamedTuple):
    """Agreement of two ways to measure, in beats a minute: predicted less true."""

    bias: Measure  # mean difference, with its standard error
    sd: float  # of the differences, of a sample
    lower: float  # limits of agreement: bias -/+ 1.96 sd
    upper: float


def mae(gold_bpm: Floats, predicted_bpm: Floats) -> Measure:
    """Mean absolute error in beats a minute.

    Raises:
        ValueError: no clips, not as many predictions as gold rates, a gold rate that is not above 0, or nothing
            predicted.
    """
    gold, predicted = _answered(gold_bpm, predicted_bpm)
    return _mean(np.abs(predicted - gold), len(gold_bpm))


def rmse(gold_bpm: Floats, predicted_bpm: Floats) -> Measure:
    """Root of the mean squared error, in beats a minute; its error is the root of that of the mean square.

    Raises:
        ValueError: as `mae`.
    """
    gold, predicted = _answered(gold_bpm, predicted_bpm)
    square = _mean((predicted - gold) ** 2, len(gold_bpm))
    error = float(np.sqrt(square.standard_error or 0.0))
    return square._replace(value=float(np.sqrt(square.value)), standard_error=error)


def mape(gold_bpm: Floats, predicted_bpm: Floats) -> Measure:
    """Mean absolute error as a percentage of the true rate.

    Raises:
        ValueError: as `mae`.
    """
    gold, predicted = _answered(gold_bpm, predicted_bpm)
    return _mean(100 * np.abs((predicted - gold) / gold), len(gold_bpm))


def pearson(gold_bpm: Floats, predicted_bpm: Floats) -> Measure:
    """Correlation over clips, in [-1, 1]; 0 where all rates of either side are the same.

    Raises:
        ValueError: as `mae`, or less than three clips with a prediction.
    """
    gold, predicted = _answered(gold_bpm, predicted_bpm)
    if len(gold) < 3:
        raise ValueError(f"a correlation over {len(gold)} clips says nothing; give three or more")
    r = float(np.corrcoef(predicted, gold)[0, 1]) if np.ptp(gold) and np.ptp(predicted) else 0.0
    error = float(np.sqrt(max(0.0, 1 - r**2) / (len(gold) - 2)))
    return Measure(r, len(gold_bpm), len(gold) / len(gold_bpm), error)


def bland_altman(gold_bpm: Floats, predicted_bpm: Floats) -> BlandAltman:
    """Bias and 95 % limits of agreement of the predicted rates with the true ones (Bland & Altman 1986).

    Raises:
        ValueError: as `mae`, or less than two clips with a prediction.
    """
    gold, predicted = _answered(gold_bpm, predicted_bpm)
    if len(gold) < 2:
        raise ValueError("one clip has no limits of agreement; give two or more")
    bias, sd = float(np.mean(predicted - gold)), float(np.std(predicted - gold, ddof=1))
    of_all = Measure(bias, len(gold_bpm), len(gold) / len(gold_bpm), sd / float(np.sqrt(len(gold))))
    return BlandAltman(of_all, sd, bias - LIMITS_SD * sd, bias + LIMITS_SD * sd)


def over_clips(values: Floats) -> Measure:
    """Mean over clips of what each has by itself, such as its `snr_db` or `macc`; NaN for a clip without a wave.

    Raises:
        ValueError: no clips, or no value but NaN.
    """
    given = values[~np.isnan(values)]
    if not len(given):
        raise ValueError(f"of {len(values)} clips none has a value; give some that have")
    return _mean(given, len(values))


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


def _answered(gold_bpm: Floats, predicted_bpm: Floats) -> tuple[Floats, Floats]:
    """The rates of the clips that were answered."""
    check_pairs(gold_bpm, predicted_bpm)
    gold, predicted = np.asarray(gold_bpm, dtype=np.float64), np.asarray(predicted_bpm, dtype=np.float64)
    if not (np.isfinite(gold) & (gold > 0)).all():
        raise ValueError("a gold rate is not above 0 beats a minute: leave that clip out")
    given = ~np.isnan(predicted)
    if not given.any():
        raise ValueError(f"of {len(gold)} clips none has a predicted rate, so there is no error to score")
    return gold[given], predicted[given]


def _mean(values: Floats, n: int) -> Measure:
    error = float(np.std(values) / np.sqrt(len(values)))
    return Measure(float(np.mean(values)), n, len(values) / n, error)
