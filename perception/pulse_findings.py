"""What is told of a pulse that was found: rate, course, variability of the beats, breathing."""

from dataclasses import dataclass

import numpy as np

from perception import heart_beats, pulse
from perception.evidence import Findings
from perception.pulse_methods import GRID_HZ
from perception.pulse_reading import Reading

BEATS_APART_BPM, UNCLEAR = 3.0, 0.3  # rate by spectrum and by beats; confidence when they are farther apart
LEAST_SNR_DB = 2.0  # after de Haan & Jeanne 2013: the pulse stands out of the rest of the band
HRV_NEEDS_S, LF_NEEDS_S, BREATHING_NEEDS_S = 30.0, 120.0, 20.0  # LF: Task Force of the ESC and NASPE 1996
INTERVALS_KEPT = 0.8
LEAST_BREATHING_SNR_DB = 3.0
SLIDING_S, STEP_S = 10.0, 1.0  # of the running heart rate


@dataclass(frozen=True)
class Pulse:
    """A pulse that was found in one window."""

    reading: Reading
    beats: heart_beats.Beats

    @property
    def span_s(self) -> float:
        """Length of the window."""
        return float(self.reading.grid_s[-1] - self.reading.grid_s[0])


def tell_pulse(person: str, pulses: list[Pulse], found: Findings) -> None:
    """Add what one person's windows with a pulse show, and what they are too short or unclear for."""
    for each in pulses:
        _rate(person, each, found)
    _course(person, pulses, found)
    _variability(person, pulses, found)
    _breathing(person, max(pulses, key=lambda p: p.span_s), found)


def _rate(person: str, each: Pulse, found: Findings) -> None:
    reading, rate = each.reading, each.reading.rate
    by_beats = heart_beats.variability([each.beats])
    counted = f", {by_beats.mean_bpm:.0f} by its single beats" if by_beats else ""
    sure = float(np.clip(0.5 + 0.04 * rate.snr_db, 0.4, 0.95) * np.clip(0.6 + reading.agreement, 0.5, 1))
    if by_beats and abs(by_beats.mean_bpm - rate.bpm) > BEATS_APART_BPM:
        sure = min(sure, UNCLEAR)
    found.event(
        person,
        "heart_rate",
        float(reading.grid_s[0]),
        float(reading.grid_s[-1]),
        value=round(rate.bpm, 1),
        unit="bpm",
        text=f"{person}'s pulse is about {rate.bpm:.0f} beats a minute{counted} (SNR {rate.snr_db:.0f} dB)",
        confidence=sure,
        quality=float(np.clip(reading.agreement, 0, 1)),
    )


def _course(person: str, pulses: list[Pulse], found: Findings) -> None:
    """The wave, and the heart rate and its SNR in windows that slide over it."""
    grid_s = np.concatenate([p.reading.grid_s for p in pulses])
    found.signal(
        person, "pulse_wave", np.concatenate([p.reading.wave for p in pulses]), grid_s, unit="standard deviations"
    )
    times_s, bpm, snr = list[float](), list[float](), list[float]()
    for each in pulses:
        wave, length = each.reading.wave, round(SLIDING_S * GRID_HZ)
        for start in range(0, len(wave) - length + 1, round(STEP_S * GRID_HZ)):
            rate = pulse.heart_rate(wave[start : start + length])
            if rate and not rate.at_band_edge and rate.snr_db >= LEAST_SNR_DB:
                times_s.append(float(each.reading.grid_s[start + length // 2]))
                bpm.append(rate.bpm)
                snr.append(rate.snr_db)
    if times_s:
        found.signal(person, "heart_rate", bpm, times_s, unit="bpm")
        found.signal(person, "pulse_snr", snr, times_s, unit="dB")


def _variability(person: str, pulses: list[Pulse], found: Findings) -> None:
    """Variability of the beats and breathing, where the wave is long and clear enough."""
    span_s, beats = sum(p.span_s for p in pulses), [p.beats for p in pulses]
    start_s, end_s = float(pulses[0].reading.grid_s[0]), float(pulses[-1].reading.grid_s[-1])
    quality = float(np.clip(np.mean([p.reading.agreement for p in pulses]), 0, 1))
    varies = heart_beats.variability(beats)
    if span_s < HRV_NEEDS_S:
        found.abstain(
            person, f"variability of the heart rate needs {HRV_NEEDS_S:.0f} s of pulse; {span_s:.0f} are clear"
        )
    elif varies is None or varies.kept < INTERVALS_KEPT:
        found.abstain(person, "too many single beats are unclear to tell the variability of the heart rate")
    else:
        one, every = f"{varies.rmssd_ms:.0f} ms from one to the next (RMSSD)", f"{varies.sdnn_ms:.0f} ms in all (SDNN)"
        text = f"{person}'s beats vary by {one}, {every}"
        for kind, value, unit in (("hrv_rmssd", varies.rmssd_ms, "ms"), ("hrv_sdnn", varies.sdnn_ms, "ms")):
            found.event(
                person,
                kind,
                start_s,
                end_s,
                value=round(value, 1),
                unit=unit,
                text=text,
                confidence=0.5 * varies.kept,
                quality=quality,
            )
        ratio = heart_beats.low_over_high(beats) if span_s >= LF_NEEDS_S else None
        if ratio is not None:
            found.event(
                person,
                "hrv_lf_hf",
                start_s,
                end_s,
                value=round(ratio, 2),
                unit="ratio",
                text=f"slow rhythms of {person}'s heart rate have {ratio:.1f} times the power of fast ones (LF/HF)",
                confidence=0.4 * varies.kept,
                quality=quality,
            )


def _breathing(person: str, longest: Pulse, found: Findings) -> None:
    breathing = heart_beats.breathing(longest.beats) if longest.span_s >= BREATHING_NEEDS_S else None
    if breathing is None or breathing.snr_db < LEAST_BREATHING_SNR_DB:
        found.abstain(person, f"no pace of breathing stands out in {longest.span_s:.0f} s of pulse")
        return
    found.event(
        person,
        "respiration_rate",
        float(longest.reading.grid_s[0]),
        float(longest.reading.grid_s[-1]),
        value=round(breathing.per_min, 1),
        unit="breaths/min",
        text=f"{person} breathes about {breathing.per_min:.0f} times a minute, by the rhythm of the pulse",
        confidence=float(np.clip(0.3 + 0.03 * breathing.snr_db, 0, 0.6)),
        quality=float(np.clip(longest.reading.agreement, 0, 1)),
    )
