"""The colour of a person's skin over time: gathered frame by frame, brought to an even grid, flicker taken out."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.learned_waves import LONGEST_HOLE_S, WaveReel
from perception.pulse_networks import Network
from perception.skin_regions import REGIONS

Floats = npt.NDArray[np.floating]

WINDOW_S = 30.0  # about this long: the rate and the light change over longer times
SEEN_AT_LEAST = 0.5  # of a window, for a region to be read in it
FLICKERS = 3e-4  # spread of the background's brightness in the pulse's band, as a share; less changes nothing


class SkinTrace:
    """Mean colours as they were gathered, NaN where a region or the background was not in view; and networks' waves."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self.reels = tuple(WaveReel(network) for network in networks)
        self._later_s = 0.0  # than the clock of the reels
        self._times_s = array("d")
        self._samples = array("f")  # flat: an hour of single arrays would take five times the memory

    def add(self, time_s: float, colours: Floats, background: Floats, middle: Floats) -> None:
        """Add one frame: colours (regions, 3), background (3,), and where the face is (2,) in eye distances."""
        self._times_s.append(time_s)
        self._samples.extend(np.concatenate([colours.ravel(), background, middle]))

    @property
    def times_s(self) -> Floats:
        """When each sample was taken, shape (n,)."""
        return np.array(self._times_s)

    def samples(self, window: slice) -> tuple[Floats, Floats, Floats]:
        """Colours (n, regions, 3), background (n, 3) and the face's middle (n, 2) of a slice."""
        rows = np.frombuffer(self._samples, dtype=np.float32).reshape(len(self._times_s), -1)[window].astype(np.float64)
        return rows[:, :-5].reshape(len(rows), -1, 3), rows[:, -5:-2], rows[:, -2:]

    def windows(self, shortest_s: float) -> list[slice]:
        """Slices of samples: each unbroken stretch of at least so long, cut into equal parts of about `WINDOW_S`."""
        windows = []
        for stretch in self._stretches():
            span_s = self._span_s(stretch)
            if span_s >= shortest_s:
                parts = max(1, round(span_s / WINDOW_S))
                edges = np.linspace(stretch.start, stretch.stop, parts + 1).round().astype(int).tolist()
                windows += [slice(a, b) for a, b in pairwise(edges)]
        return windows

    def between(self, start_s: float, end_s: float) -> slice:
        """Slice of the samples from one time to another."""
        first, last = np.searchsorted(self.times_s, (start_s, end_s))
        return slice(int(first), int(last) + 1)

    def later_by(self, offset_s: float) -> "SkinTrace":
        """The same trace on a clock on which it begins so much later."""
        later = SkinTrace()
        later._times_s = array("d", self.times_s + offset_s)
        later._samples = self._samples
        later.reels, later._later_s = self.reels, self._later_s + offset_s
        return later

    def learned(self, grid_s: Floats) -> dict[str, "Learned"]:
        """What each network found, on a grid of `GRID_HZ`; a network that saw too little of the face is absent."""
        rows = [(reel.network, reel.on(grid_s - self._later_s)) for reel in self.reels]
        return {n.name: Learned(n.kind.places, waves) for n, waves in rows if waves is not None}

    def longest_s(self) -> float:
        """Span of the longest unbroken stretch."""
        return max((self._span_s(stretch) for stretch in self._stretches()), default=0.0)

    def _stretches(self) -> list[slice]:
        cuts = [0, *(np.flatnonzero(np.diff(self.times_s) > LONGEST_HOLE_S) + 1).tolist(), len(self._times_s)]
        return [slice(a, b) for a, b in pairwise(cuts) if b > a]

    def _span_s(self, stretch: slice) -> float:
        return float(self._times_s[stretch.stop - 1] - self._times_s[stretch.start])


class Learned(NamedTuple):
    """Band-passed waves that a network found."""

    places: tuple[str, ...]  # of the face
    waves: Floats  # (places, m)


@dataclass(frozen=True)
class EvenTrace:
    """Skin of some regions at `GRID_HZ`, without holes and without the flicker of the light."""

    grid_s: Floats  # (m,)
    colours: Floats  # (regions, 3, m)
    regions: tuple[str, ...]
    visible: Floats  # (regions,) share of the time for which each was in view
    flicker: float | None  # spread of the background's brightness in the band; None when no background was in view
    movement: Floats  # (2, m) of the face across and down, in eye distances
    learned: dict[str, Learned] = field(default_factory=dict)  # by each network's name


def even_trace(trace: SkinTrace, window: slice) -> EvenTrace | None:
    """A window of a trace on the even grid; None when no region was in view long enough."""
    times_s = trace.times_s[window]
    if len(times_s) < 2:
        return None
    colours, background, middles = trace.samples(window)
    visible = np.isfinite(colours).all(axis=2).mean(axis=0)
    use = visible >= SEEN_AT_LEAST
    if not use.any():
        return None
    skin = np.stack([_filled(colours[:, region]) for region in np.flatnonzero(use)])  # (regions, 3, n)
    grid_s, even = pulse.on_even_grid(times_s, skin)
    flicker = None
    if np.isfinite(background).all(axis=1).mean() >= SEEN_AT_LEAST:
        light = pulse.on_even_grid(times_s, _filled(background))[1][1]
        even, flicker = _without_flicker(even, light)
    names = tuple(name for name, used in zip(REGIONS, use, strict=True) if used)
    movement = pulse.on_even_grid(times_s, middles.T)[1]
    return EvenTrace(grid_s, even, names, visible[use], flicker, movement, trace.learned(grid_s))


def _filled(series: Floats) -> Floats:
    """Holes filled from their neighbours in time; (n, 3) in, (3, n) out."""
    n = np.arange(len(series))
    known = np.isfinite(series).all(axis=1)
    return np.stack([np.interp(n, n[known], channel[known]) for channel in series.T])


def _without_flicker(skin: Floats, light: Floats) -> tuple[Floats, float]:
    """Skin, shape (regions, 3, m), less what the background's brightness, shape (m,), explains in the pulse's band."""
    flicker = pulse.in_band(light / light.mean())
    spread = float(flicker.std())
    if spread < FLICKERS:
        return skin, spread
    means = skin.mean(axis=2, keepdims=True)
    waves = np.apply_along_axis(pulse.in_band, 2, skin / means)
    explained = np.clip(waves @ flicker / (flicker @ flicker), 0, None)  # light brightens both or neither
    return skin - means * explained[..., None] * flicker, spread
