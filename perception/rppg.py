"""Pulse from the colour of the skin, or why it can't be told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame
from perception.pulse_methods import METHODS
from perception.skin_regions import REGIONS, region_means
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]
Method = Literal["pos", "chrom", "green", "lgi", "pbv", "omit", "ica"]

SHORTEST_S = 6.0  # of unbroken view: some six beats
LOWEST_RATE_HZ = 15.0
DARKEST = 40.0  # mean green of 255
LEAST_SNR_DB = 1.0  # after de Haan & Jeanne 2013: the pulse stands out of the rest of the band
LEAST_AGREEMENT = 0.35  # mean correlation of the regions' waves: light and noise differ from place to place
REGIONS_APART_BPM = 6.0  # a region's own rate may differ this much from the fused one


@dataclass
class _Trace:
    times_s: list[float] = field(default_factory=list)
    colours: list[Floats] = field(default_factory=list)  # (regions, 3)


@tool(needs=("frames", "faces"), version="2")
def rppg(method: Method = "pos") -> Run:
    """Measure the pulse from the colour of forehead and cheeks, and abstain when it does not stand out.

    Args:
        method: how colour becomes a wave; `pulse_methods` names each one's source.
    """

    def run(clip: Clip, frames: Iterator[Frame]) -> Findings:
        traces: dict[str, _Trace] = {}
        for frame in frames:
            for face in frame.notes["faces"]:
                trace = traces.setdefault(face.person, _Trace())
                trace.times_s.append(frame.time_s)
                trace.colours.append(region_means(frame.rgb, face.landmarks))
        found = Findings(notes={"method": f"{method.upper()} of {', '.join(REGIONS)}"})
        if not traces:
            found.abstain(None, "no face was found")
        for person, trace in traces.items():
            _measure(person, np.array(trace.times_s), np.array(trace.colours), METHODS[method], found)
        return found

    return run


def _measure(
    person: str, times_s: Floats, colours: Floats, as_wave: Callable[[Floats], Floats], found: Findings
) -> None:
    """Add pulse wave and heart rate, or the reason why not; colours (n, regions, 3)."""
    first, last = _longest_unbroken(times_s)
    times_s, colours = times_s[first : last + 1], colours[first : last + 1]
    span_s = float(times_s[-1] - times_s[0])
    if span_s < SHORTEST_S:
        found.abstain(person, f"the face is seen for {span_s:.1f} s at a stretch; a pulse needs {SHORTEST_S:.0f}")
        return
    rate_hz = (len(times_s) - 1) / span_s
    if rate_hz < LOWEST_RATE_HZ:
        found.abstain(person, f"{rate_hz:.0f} frames/s; a pulse needs {LOWEST_RATE_HZ:.0f}")
        return
    seen = np.isfinite(colours).all(axis=2).mean(axis=0) > 0.9  # (regions,)
    if seen.sum() < 2:
        found.abstain(person, "less than two regions of bare skin are in view")
        return
    skin = _filled(colours[:, seen])
    if float(skin[:, :, 1].mean()) < DARKEST:
        found.abstain(person, "the skin is too dark in the picture to show a pulse")
        return
    grid_s, even = pulse.on_even_grid(times_s, skin.transpose(1, 2, 0))  # (regions, 3, m)
    waves = np.stack([pulse.in_band(as_wave(region)) for region in even])
    waves /= np.maximum(waves.std(axis=1, keepdims=True), 1e-9)
    fused = waves.mean(axis=0)
    rate, together = pulse.heart_rate(fused), pulse.agreement(waves)
    reason = _why_not(rate, together, waves)
    if reason or rate is None:
        found.abstain(person, reason or "the colour of the skin does not change")
        return
    confidence = float(np.clip(0.4 + 0.05 * rate.snr_db, 0, 0.9) * np.clip(together + 0.3, 0, 1))
    start_s, end_s = float(grid_s[0]), float(grid_s[-1])
    found.signal(person, "pulse_wave", fused, grid_s, unit="standard deviations")
    found.event(
        person,
        "heart_rate",
        start_s,
        end_s,
        value=round(rate.bpm, 1),
        unit="bpm",
        text=f"{person}'s pulse is about {rate.bpm:.0f} beats a minute (SNR {rate.snr_db:.0f} dB)",
        confidence=confidence,
        quality=float(np.clip(together, 0, 1)),
    )


def _why_not(rate: pulse.HeartRate | None, together: float, waves: Floats) -> str | None:
    if rate is None:
        return "the colour of the skin does not change"
    if rate.at_band_edge:
        return "the strongest rhythm lies at the edge of what a heart can do"
    if together < LEAST_AGREEMENT:
        return f"forehead and cheeks do not beat together (agreement {together:.2f})"
    if rate.snr_db < LEAST_SNR_DB:
        return f"no rhythm stands out of the noise (SNR {rate.snr_db:.0f} dB): motion, light or compression hide it"
    own = [r.bpm for w in waves if (r := pulse.heart_rate(w)) is not None]
    if sum(abs(bpm - rate.bpm) <= REGIONS_APART_BPM for bpm in own) < 2:
        return "forehead and cheeks show different rates"
    return None


def _longest_unbroken(times_s: Floats) -> tuple[int, int]:
    """First and last sample of the longest stretch without a hole of more than 0.2 s."""
    cuts = [0, *(np.flatnonzero(np.diff(times_s) > 0.2) + 1).tolist(), len(times_s)]
    spans = [(a, b - 1) for a, b in pairwise(cuts)]
    return max(spans, key=lambda s: float(times_s[s[1]] - times_s[s[0]]))


def _filled(colours: Floats) -> Floats:
    """Short holes in a region's colour filled from its neighbours in time."""
    n = np.arange(len(colours))
    out = colours.copy()
    for region in range(colours.shape[1]):
        for channel in range(3):
            series = out[:, region, channel]
            known = np.isfinite(series)
            series[~known] = np.interp(n[~known], n[known], series[known])
    return out
