"""How something is said: pitch, loudness, voice quality and pace by the eGeMAPS of openSMILE (Eyben et al. 2016)."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from perception.voice_activity import RATE_HZ

Floats = npt.NDArray[np.floating]
Samples = npt.NDArray[np.float32]

SHORTEST_S = 0.5  # of speech: eGeMAPS are means over a stretch
BLOCK_S = 60.0  # of sound at a time
COURSE_HZ = 10.0  # of the running pitch and loudness
F0_BASE_HZ = 27.5  # openSMILE gives semitones above it
USUAL_NEEDS = 3  # stretches before it is known how these voices usually sound
HIGHER, LOUDER = 2.0, 1.3  # semitones over the usual pitch, and times the usual loudness, that are told


@dataclass(frozen=True)
class Prosody:
    """One stretch of speech. A value that can't be told (no voiced sound, say) is None."""

    start_s: float
    end_s: float
    pitch_hz: float | None
    pitch_range_semitones: float | None  # 20th to 80th percentile
    loudness: float  # perceived, in openSMILE's sone-like unit
    jitter: float | None  # relative, from period to period
    shimmer_db: float | None
    voiced_per_s: float  # voiced segments: about syllables
    voiced_share: float  # of the time, in [0, 1]


def opensmile_is_here() -> bool:
    """Whether openSMILE is installed (the `prosody` extra)."""
    return importlib.util.find_spec("opensmile") is not None


def prosody_of(sound: Samples, stretches: Sequence[tuple[float, float]]) -> list[Prosody]:
    """Prosody of each stretch (start and end in seconds) that lasts long enough; mono sound at 16 kHz in [-1, 1]."""
    return [_one(sound, *stretch) for stretch in stretches if stretch[1] - stretch[0] >= SHORTEST_S]


@dataclass(frozen=True)
class Course:
    """How the voice goes on, at `COURSE_HZ`; shape (n,) each, NaN where nothing is voiced."""

    times_s: Floats
    pitch_hz: Floats
    loudness: Floats
    jitter: Floats
    voiced: Floats  # share of the time

    def around(self, series: Floats, seconds: float) -> Floats:
        """Mean of a series over some seconds about each time."""
        kernel = np.ones(max(1, round(seconds * COURSE_HZ)))
        full = np.convolve(np.ones(len(series)), kernel, "same")
        return np.asarray((np.convolve(series, kernel, "same") / full)[: len(series)])


def course(sound: Samples) -> Course:
    """The low-level descriptors of eGeMAPS, block by block."""
    times_s, pitch_hz, loudness, jitter, share = [], [], [], [], []
    for from_s, block in _blocks(sound):
        rows = _smile("LowLevelDescriptors").process_signal(block, RATE_HZ)
        at_s = rows.index.get_level_values("start").total_seconds().to_numpy()
        semitones = rows["F0semitoneFrom27.5Hz_sma3nz"].to_numpy(dtype=np.float64)
        loud = rows["Loudness_sma3"].to_numpy(dtype=np.float64)
        shaken = rows["jitterLocal_sma3nz"].to_numpy(dtype=np.float64)
        slots = (at_s * COURSE_HZ).astype(int)
        for slot in np.unique(slots):
            inside = slots == slot
            voiced = semitones[inside][semitones[inside] > 0]
            times_s.append(from_s + (slot + 0.5) / COURSE_HZ)
            pitch_hz.append(_hz(float(np.median(voiced))) if len(voiced) else np.nan)
            loudness.append(float(loud[inside].mean()))
            jitter.append(float(np.median(shaken[inside][semitones[inside] > 0])) if len(voiced) else np.nan)
            share.append(len(voiced) / int(inside.sum()))
    return Course(*(np.array(series) for series in (times_s, pitch_hz, loudness, jitter, share)))


def against_usual(one: Prosody, every: Sequence[Prosody]) -> str:
    """What is out of the ordinary among these stretches, in words; empty if nothing is or too few are known."""
    if len(every) < USUAL_NEEDS:
        return ""
    words = []
    pitches = [p.pitch_hz for p in every if p.pitch_hz]
    if one.pitch_hz and pitches:
        up = 12 * np.log2(one.pitch_hz / float(np.median(pitches)))
        if abs(up) >= HIGHER:
            words.append("higher" if up > 0 else "lower")
    louder = one.loudness / max(float(np.median([p.loudness for p in every])), 1e-6)
    if louder >= LOUDER or louder <= 1 / LOUDER:
        words.append("louder" if louder > 1 else "softer")
    return f"{' and '.join(words)} than usual in this clip" if words else ""


def _one(sound: Samples, start_s: float, end_s: float) -> Prosody:
    stretch = sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    row = _smile("Functionals").process_signal(stretch, RATE_HZ).iloc[0]
    per_s, mean_s = float(row["VoicedSegmentsPerSec"]), float(row["MeanVoicedSegmentLengthSec"])
    voiced = per_s > 0 and float(row["F0semitoneFrom27.5Hz_sma3nz_percentile50.0"]) > 0

    def if_voiced(name: str) -> float | None:
        return float(row[name]) if voiced else None

    median = if_voiced("F0semitoneFrom27.5Hz_sma3nz_percentile50.0")
    return Prosody(
        start_s=start_s,
        end_s=end_s,
        pitch_hz=None if median is None else _hz(median),
        pitch_range_semitones=if_voiced("F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2"),
        loudness=float(row["loudness_sma3_amean"]),
        jitter=if_voiced("jitterLocal_sma3nz_amean"),
        shimmer_db=if_voiced("shimmerLocaldB_sma3nz_amean"),
        voiced_per_s=per_s,
        voiced_share=min(1.0, per_s * mean_s),
    )


def _hz(semitones: float) -> float:
    return float(F0_BASE_HZ * 2 ** (semitones / 12))


def _blocks(sound: Samples) -> Iterator[tuple[float, Samples]]:
    size = round(BLOCK_S * RATE_HZ)
    for first in range(0, len(sound), size):
        block = sound[first : first + size]
        if len(block) >= RATE_HZ // 10:
            yield first / RATE_HZ, block


@cache
def _smile(level: str) -> Any:
    import opensmile

    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=getattr(opensmile.FeatureLevel, level)
    )
