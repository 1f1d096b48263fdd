"""Pulse from the mean colour of skin over time: the classical methods, each a function of one trace.

A trace has the shape (3, n): mean red, green and blue at `GRID_HZ`. Each method gives a wave of shape (n,), unfiltered,
in arbitrary units; where the colour does not change it gives zeros. None of them ever gives NaN.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Method = Callable[[Floats], Floats]
MethodName = Literal["pos", "chrom", "green", "lgi", "pbv", "omit", "ica"]

GRID_HZ = 30.0  # traces of any frame rate are brought to this even grid: ten times the fastest pulse looked for
POS_WINDOW_S = 1.6  # Wang et al. 2017: some two beats
CHROM_WINDOW_S = 1.6  # de Haan & Jeanne 2013
CHROM_BAND_HZ = (0.7, 2.5)
LEAST = 1e-12  # a spread below this is no signal
ICA_ROUNDS, ICA_SETTLED = 200, 1e-6  # FastICA (Hyvärinen 1999)


def green(rgb: Floats) -> Floats:
    """Green alone, which blood absorbs most (Verkruysse, Svaasand & Nelson 2008)."""
    return _detrended(_normalised(rgb)[1])


def pos(rgb: Floats) -> Floats:
    """Projection on the plane orthogonal to skin tone (POS; Wang, den Brinker, Stuijk & de Haan 2017)."""
    length = min(round(POS_WINDOW_S * GRID_HZ), rgb.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(rgb, length, axis=1)  # (3, starts, length)
    red, grn, blue = windows / np.maximum(windows.mean(axis=2, keepdims=True), 1e-6)
    first, second = grn - blue, grn + blue - 2 * red
    pulses = first + _ratio(first.std(axis=1, keepdims=True), second.std(axis=1, keepdims=True)) * second
    pulses = pulses - pulses.mean(axis=1, keepdims=True)
    wave = np.zeros(rgb.shape[1])
    for offset in range(length):  # overlap-add, one sample of all windows at a time
        wave[offset : offset + pulses.shape[0]] += pulses[:, offset]
    return wave


def chrom(rgb: Floats) -> Floats:
    """Difference of two chrominances that specular light moves alike (CHROM; de Haan & Jeanne 2013)."""
    from scipy.signal import butter, sosfiltfilt

    n = rgb.shape[1]
    length = 2 * (min(round(CHROM_WINDOW_S * GRID_HZ), n) // 2)
    sections = butter(3, CHROM_BAND_HZ, btype="bandpass", fs=GRID_HZ, output="sos")
    wave, shape = np.zeros(n), np.hanning(length)
    pad = min(length - 1, 3 * (2 * len(sections) + 1))
    for start in _half_overlapping(n, length):
        red, grn, blue = _normalised(rgb[:, start : start + length]) + 1
        x, y = 3 * red - 2 * grn, 1.5 * red + grn - 1.5 * blue
        x, y = (sosfiltfilt(sections, series - series.mean(), padlen=pad) for series in (x, y))
        wave[start : start + length] += shape * (x - _ratio(x.std(), y.std()) * y)
    return wave


def lgi(rgb: Floats) -> Floats:
    """Colour without its strongest direction, which is motion and light (LGI; Pilz et al. 2018)."""
    left, _, _ = np.linalg.svd(rgb, full_matrices=False)
    return _without(left[:, 0], rgb)


def omit(rgb: Floats) -> Floats:
    """As LGI, with the direction from a QR decomposition (OMIT; Álvarez Casado & Bordallo López 2023)."""
    q, _ = np.linalg.qr(rgb)
    return _without(q[:, 0], rgb)


def pbv(rgb: Floats) -> Floats:
    """Weights that leave only what varies in blood volume's own colour direction (PBV; de Haan & van Leest 2014)."""
    series = _normalised(rgb)
    spread = series.std(axis=1)
    total = float(np.sqrt((spread**2).sum()))
    covariance = series @ series.T
    if total < LEAST or np.linalg.cond(covariance) > 1 / LEAST:
        return np.zeros(rgb.shape[1])
    signature = spread / total
    weights = np.linalg.solve(covariance, signature)
    return np.asarray(weights @ series / (signature @ weights))


def ica(rgb: Floats) -> Floats:
    """The independent component with the sharpest peak in a heart's band (Poh, McDuff & Picard 2010, by FastICA)."""
    series = np.stack([_detrended(channel) for channel in _normalised(rgb)])
    values, vectors = np.linalg.eigh(series @ series.T / series.shape[1])
    if values[0] < LEAST:
        return np.zeros(rgb.shape[1])
    white = (vectors / np.sqrt(values)).T @ series
    sources = _symmetric_ica(white) @ white
    return np.asarray(max(sources, key=_sharpness))


METHODS: dict[MethodName, Method] = {
    "pos": pos,
    "chrom": chrom,
    "green": green,
    "lgi": lgi,
    "pbv": pbv,
    "omit": omit,
    "ica": ica,
}


def _normalised(rgb: Floats) -> Floats:
    """Relative change of each channel about its mean."""
    return np.asarray(rgb / np.maximum(rgb.mean(axis=1, keepdims=True), 1e-6) - 1)


def _detrended(wave: Floats) -> Floats:
    from scipy.signal import detrend

    return np.asarray(detrend(wave))


def _ratio(one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    one, other = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    return np.asarray(np.divide(one, other, out=np.zeros_like(one), where=other > LEAST))


def _without(direction: Floats, rgb: Floats) -> Floats:
    """Green after the projection that takes a direction of colour away."""
    return _detrended((rgb - np.outer(direction, direction @ rgb))[1])


def _half_overlapping(n: int, length: int) -> list[int]:
    """Starts of windows that overlap by half; the last one ends with the trace."""
    starts = list(range(0, n - length + 1, max(1, length // 2)))
    return starts if starts[-1] + length == n else [*starts, n - length]


def _symmetric_ica(white: Floats) -> Floats:
    """Unmixing matrix (3, 3) of whitened series by FastICA with tanh, all components at once."""
    unmixing = np.eye(len(white))
    for _ in range(ICA_ROUNDS):
        bent = np.tanh(unmixing @ white)
        u, _, vt = np.linalg.svd(bent @ white.T / white.shape[1] - np.diag((1 - bent**2).mean(axis=1)) @ unmixing)
        turned = u @ vt
        settled = np.abs(np.abs((turned * unmixing).sum(axis=1)) - 1).max() < ICA_SETTLED
        unmixing = turned
        if settled:
            break
    return unmixing


def _sharpness(wave: Floats) -> float:
    """Share of the band's power that lies in its highest peak."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    hz = np.fft.rfftfreq(len(wave), 1 / GRID_HZ)
    band = power[(hz >= 0.7) & (hz <= 3.0)]
    return float(band.max() / max(band.sum(), LEAST)) if len(band) else 0.0
