"""The pulse in one window of time, from all places of the skin, all cameras and one or all methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.pulse_fusion import Fused, fuse
from perception.pulse_methods import GRID_HZ, METHODS, Method, MethodName
from perception.skin_traces import EvenTrace

Floats = npt.NDArray[np.floating]
Engine = Literal["fused", MethodName]

LEAST_TRUST = 0.05  # in a method whose places of skin do not agree at all
COVERED = 0.9  # of the window, for a further camera to be used in it


@dataclass(frozen=True)
class Reading:
    """A pulse wave and how far its views bear it out."""

    grid_s: Floats  # (n,)
    wave: Floats  # (n,) in standard deviations
    rate: pulse.HeartRate
    agreement: float  # of the places of the skin, in [-1, 1]
    weights: dict[str, float]  # of each place of each camera
    methods: dict[str, float]  # weight of each method
    own_bpm: tuple[float, ...]  # what each place shows by itself
    redness: float  # change of red over change of green at the rate: blood moves green most, light all alike


def read_pulse(cameras: Sequence[EvenTrace], engine: Engine = "fused") -> Reading | None:
    """Fuse places of the skin for each method, then the methods; None when no colour changes.

    Args:
        cameras: the main camera's trace, then those of further ones on the same clock.
        engine: one method, or all of them.
    """
    first = cameras[0]
    used = [c for c in cameras if _covers(c, first.grid_s)]
    visible = np.concatenate([c.visible for c in used])
    names = [f"{'' if n == 0 else f'view {n + 1} '}{region}" for n, c in enumerate(used) for region in c.regions]
    chosen = METHODS if engine == "fused" else {engine: METHODS[engine]}
    by_method = [fuse(_waves(used, method, first.grid_s), visible) for method in chosen.values()]
    trust = np.array([max(f.agreement, LEAST_TRUST) for f in by_method])
    both = fuse(np.stack([f.wave for f in by_method]), trust, methods=True)
    places = fuse(_by_place(by_method, both), visible)
    rate = pulse.heart_rate(places.wave)
    if rate is None:
        return None
    own = [r.bpm for wave in places.aligned if (r := pulse.heart_rate(wave)) is not None]
    return Reading(
        grid_s=first.grid_s,
        wave=places.wave,
        rate=rate,
        agreement=places.agreement,
        weights=dict(zip(names, places.weights.tolist(), strict=True)),
        methods=dict(zip(chosen, both.weights.tolist(), strict=True)),
        own_bpm=tuple(own),
        redness=_redness(used[0], places.wave, rate.bpm),
    )


def _covers(camera: EvenTrace, grid_s: Floats) -> bool:
    shared = min(camera.grid_s[-1], grid_s[-1]) - max(camera.grid_s[0], grid_s[0])
    return bool(shared >= COVERED * (grid_s[-1] - grid_s[0]))


def _waves(cameras: Sequence[EvenTrace], method: Method, grid_s: Floats) -> Floats:
    """Band-passed waves of every place of every camera on the main camera's grid, shape (places, n)."""
    rows = []
    for camera in cameras:
        for region in camera.colours:
            wave = pulse.in_band(method(region))
            rows.append(wave if camera.grid_s is grid_s else np.interp(grid_s, camera.grid_s, wave, 0.0, 0.0))
    return np.stack(rows)


def _by_place(by_method: Sequence[Fused], both: Fused) -> Floats:
    """Each place's wave over all methods, weighted and shifted as the methods are, shape (places, n)."""
    total = np.zeros_like(by_method[0].aligned)
    for fused, weight, sign in zip(by_method, both.weights, both.signs, strict=True):
        total += weight * sign * fused.aligned
    return total


def _redness(camera: EvenTrace, wave: Floats, bpm: float) -> float:
    """How much red changes for each change of green in step with the wave, both relative to their means."""
    times_s = np.arange(len(wave)) / GRID_HZ
    at_rate = np.exp(-2j * np.pi * bpm / 60 * times_s) * np.hanning(len(wave))
    relative = camera.colours[:, :2] / camera.colours[:, :2].mean(axis=2, keepdims=True)
    red, green = (camera.visible @ np.stack([pulse.in_band(r[c]) for r in relative]) for c in (0, 1))
    beat = wave @ at_rate
    change = float(((green @ at_rate) / beat).real)
    return float(((red @ at_rate) / beat).real) / change if abs(change) > 1e-9 else 0.0
