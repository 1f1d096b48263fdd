"""Whether lips and voice go together: the lag at which the mouth's opening follows the loudness of the speech best."""

from array import array

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.evidence import Findings
from perception.face_following import FaceInFrame
from perception.frame import Frame
from perception.voice_activity import RATE_HZ, loud_stretches

Floats = npt.NDArray[np.floating]

LIPS, EYES = (13, 14), (33, 263)  # in MediaPipe's face mesh: inner lips, outer eye corners
GRID_HZ = 50.0
BAND_HZ = (1.0, 8.0)  # syllables (Chandrasekaran et al. 2009: mouth and voice move together at 2-7 Hz)
SPEECH_S = 4.0  # of sound while the face is in view: a lag can't be told from a few syllables
LONGEST_LAG_S, AROUND_S = 1.0, 3.0  # looked for; and where correlations show what chance gives
PEAK_S = 0.3  # about the best lag, which is no chance
LEAST, Z = 0.25, 4.5  # correlation, and standard deviations above chance
FITS_S = (-0.19, 0.09)  # sound later and earlier than the picture that passes (ITU-R BT.1359-1: acceptable)
MOVES = 0.01  # eye distances that lips part by in the band: less is a still mouth
LOWEST_RATE_HZ = 15.0


class Lips:
    """How far each person's lips are apart, over time."""

    def __init__(self) -> None:
        """Nobody was seen yet."""
        self._people: dict[str, tuple[array[float], array[float]]] = {}

    def add(self, frame: Frame) -> None:
        """See the faces that were found in the next picture."""
        faces: list[FaceInFrame] = frame.notes["faces"]
        for face in faces:
            times_s, apart = self._people.setdefault(face.person, (array("d"), array("f")))
            times_s.append(frame.time_s)
            points = face.landmarks[:, :2]
            eyes = float(np.hypot(*(points[EYES[1]] - points[EYES[0]])))
            apart.append(float(np.hypot(*(points[LIPS[1]] - points[LIPS[0]]))) / max(eyes, 1.0))

    def tell(self, clip: Clip, found: Findings) -> None:
        """Add each person's lag where it can be told; abstain where it can't."""
        if not self._people:
            return
        sound = clip.audio(RATE_HZ)
        if sound is None:
            found.abstain(None, "no lag of voice and lips: the clip has no sound")
            return
        loud = loud_stretches(sound)
        for person, (times_s, apart) in self._people.items():
            reason = _tell(person, np.array(times_s), np.array(apart), sound, loud, found)
            if reason:
                found.abstain(person, f"no lag of voice and lips: {reason}")


def lag_s(lips: Floats, loudness: Floats, heard: npt.NDArray[np.bool_]) -> tuple[float, float] | None:
    """By how much the sound is later than the lips (negative: earlier), and the correlation; none when it is unclear.

    Args:
        lips: opening at `GRID_HZ`, shape (n,); NaN where it was not seen.
        loudness: in dB on the same grid.
        heard: where there is speech.
    """
    moves, sounds = _in_band(lips), _in_band(loudness)
    seen = np.isfinite(lips)
    lags = np.arange(-round(AROUND_S * GRID_HZ), round(AROUND_S * GRID_HZ) + 1)
    fits = np.array([_correlation(moves, sounds, seen, heard, lag) for lag in lags.tolist()])
    if not np.isfinite(fits).all():
        return None
    looked = np.abs(lags) <= LONGEST_LAG_S * GRID_HZ
    best = int(np.flatnonzero(looked)[np.argmax(fits[looked])])
    chance = fits[np.abs(lags - lags[best]) > PEAK_S * GRID_HZ]
    z = (fits[best] - chance.mean()) / max(float(chance.std()), 1e-6)
    if fits[best] < LEAST or z < Z or fits[best] <= chance.max() * 1.2:
        return None
    return float(lags[best] / GRID_HZ), float(fits[best])


def _tell(
    person: str, times_s: Floats, apart: Floats, sound: Floats, loud: list[tuple[float, float]], found: Findings
) -> str | None:
    """Add the lag, or the reason why there is none."""
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    if step_s > 1 / LOWEST_RATE_HZ:
        return f"less than {LOWEST_RATE_HZ:.0f} pictures a second"
    grid_s = np.arange(times_s[0], times_s[-1], 1 / GRID_HZ)
    heard = np.zeros(len(grid_s), dtype=bool)
    for start_s, end_s in loud:
        heard |= (grid_s >= start_s) & (grid_s < end_s)
    lips = np.interp(grid_s, times_s, apart)
    before = np.searchsorted(times_s, grid_s, side="right") - 1
    after = np.minimum(before + 1, len(times_s) - 1)
    lips[times_s[after] - times_s[before] > 3 * step_s] = np.nan
    speech_s = float((heard & np.isfinite(lips)).sum()) / GRID_HZ
    if speech_s < SPEECH_S:
        return f"{speech_s:.1f} s of sound while the face is in view, of {SPEECH_S:.0f}"
    if float(np.nanstd(_in_band(lips)[heard])) < MOVES:
        return "the lips hardly move"
    lag = lag_s(lips, _loudness(sound, grid_s), heard)
    if lag is None:
        return "the sound goes with the lips at no lag more clearly than by chance (someone else may speak)"
    seconds, fit = lag
    fits = FITS_S[0] <= -seconds <= FITS_S[1]
    how = f"{abs(seconds):.2f} s {'later' if seconds > 0 else 'earlier'} than"
    told = f"voice and lips of {person} go together" if fits else f"the voice comes {how} the lips of {person} move"
    found.event(
        person,
        "lip_sync" if fits else "lip_offset",
        float(times_s[0]),
        float(times_s[-1]),
        value=round(seconds, 3),
        unit="s that the sound is later",
        text=f"{told} (correlation {fit:.2f})",
        confidence=float(np.clip(0.4 + fit / 2, 0, 0.8)),
        quality=0.8,
    )
    return None


def _loudness(sound: Floats, grid_s: Floats) -> Floats:
    """Of the sound about each point of the grid, in dB, shape (n,)."""
    half = round(RATE_HZ / GRID_HZ)
    power = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    middle = np.round(grid_s * RATE_HZ).astype(int)
    first, last = (np.clip(middle + way * half, 0, len(sound)) for way in (-1, 1))
    mean = (power[last] - power[first]) / np.maximum(last - first, 1)
    return np.asarray(10 * np.log10(np.maximum(mean, 1e-7)))


def _in_band(series: Floats) -> Floats:
    from scipy.signal import butter, sosfiltfilt

    known = np.isfinite(series)
    filled = np.interp(np.arange(len(series)), np.flatnonzero(known), series[known])
    sections = butter(2, BAND_HZ, btype="bandpass", fs=GRID_HZ, output="sos")
    return np.asarray(sosfiltfilt(sections, filled - filled.mean()))


def _correlation(
    moves: Floats, sounds: Floats, seen: npt.NDArray[np.bool_], heard: npt.NDArray[np.bool_], lag: int
) -> float:
    """Of the lips with the sound `lag` samples later, where both are there."""
    a, b = (slice(0, len(moves) - lag), slice(lag, None)) if lag >= 0 else (slice(-lag, None), slice(0, lag))
    both = seen[a] & heard[b]
    if both.sum() < 2 * GRID_HZ:
        return float("nan")
    one, other = moves[a][both], sounds[b][both]
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread > 1e-9 else 0.0
