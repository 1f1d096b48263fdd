"""The pulse in one window of time, from all places of the skin, all cameras, methods and networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.errors import OptionError
from perception.pulse_fusion import Fused, fuse, sign_of
from perception.pulse_methods import GRID_HZ, METHODS, Method, MethodName
from perception.pulse_networks import KINDS, NetworkName, is_network
from perception.skin_traces import EvenTrace

Floats = npt.NDArray[np.floating]
Engine = Literal["fused", MethodName, NetworkName]

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
    methods: dict[str, float]  # weight of each method and network
    own_bpm: tuple[float, ...]  # what each place shows by itself
    redness: float  # change of red over change of green at the rate: blood moves green most, light all alike


class Chosen(NamedTuple):
    """What an option names."""

    methods: dict[MethodName, Method]
    networks: tuple[str, ...]


def chosen(engine: str) -> Chosen:
    """The methods and the networks that an option names, joined by `+`; `fused` is all methods.

    Raises:
        OptionError: a part is neither.
    """
    methods: dict[MethodName, Method] = {}
    networks = list[str]()
    for part in engine.split("+"):
        if not part.strip():
            raise OptionError(f"rppg.engine={engine}: a part is empty; join names by one +, as in fused+physnet")
        if part == "fused":
            methods |= METHODS
        elif part in METHODS:
            methods[part] = METHODS[part]
        elif is_network(part):
            networks.append(part)
        else:
            there = ", ".join(("fused", *METHODS, *KINDS))
            raise OptionError(f"rppg.engine: {part!r} is none of {there}, and no folder of trained weights")
    return Chosen(methods, tuple(dict.fromkeys(networks)))


class _Views(NamedTuple):
    """Views of one pulse that share a sign."""

    names: list[str]
    waves: Floats  # (views, n), band-passed
    trust: Floats  # (views,)


def read_pulse(cameras: Sequence[EvenTrace], engine: str = "fused") -> Reading | None:
    """Fuse places of the skin for each method, then the methods, then these and each network's places of the face.

    None when nothing changes, or when no network saw enough of the face.

    Args:
        cameras: the main camera's trace, then those of further ones on the same clock.
        engine: methods and networks, as `chosen` takes them.
    """
    methods, networks = chosen(engine)
    first = cameras[0]
    used = [c for c in cameras if _covers(c, first.grid_s)]
    views, shares = dict[str, _Views](), dict[str, float]()
    if methods:
        views[""], shares = _by_colour(used, methods, first.grid_s)
    views |= {name: found for name in networks if (found := _by_network(used, name, first.grid_s))}
    if not views:
        return None
    joined = _of_one_sign(list(views.values()))
    places = fuse(joined.waves, joined.trust)
    rate = pulse.heart_rate(places.wave)
    if rate is None:
        return None
    own = [r.bpm for wave in places.aligned if (r := pulse.heart_rate(wave)) is not None]
    parts = np.split(places.weights, np.cumsum([len(v.names) for v in views.values()])[:-1])
    of_views = {name: float(weights.sum()) for name, weights in zip(views, parts, strict=True)}
    of_colour = of_views.pop("", 0.0)
    return Reading(
        grid_s=first.grid_s,
        wave=places.wave,
        rate=rate,
        agreement=places.agreement,
        weights=dict(zip(joined.names, places.weights.tolist(), strict=True)),
        methods={method: of_colour * share for method, share in shares.items()} | of_views,
        own_bpm=tuple(own),
        redness=_redness(used[0], places.wave, rate.bpm),
    )


def _by_colour(
    cameras: Sequence[EvenTrace], methods: dict[MethodName, Method], grid_s: Floats
) -> tuple[_Views, dict[str, float]]:
    """Every place of the skin over all methods, and the methods' weights."""
    visible = np.concatenate([c.visible for c in cameras])
    names = [_named(n, region) for n, c in enumerate(cameras) for region in c.regions]
    by_method = [fuse(_waves(cameras, method, grid_s), visible) for method in methods.values()]
    trust = np.array([max(f.agreement, LEAST_TRUST) for f in by_method])
    both = fuse(np.stack([f.wave for f in by_method]), trust, methods=True)
    shares = dict(zip(methods, both.weights.tolist(), strict=True))
    return _Views(names, _by_place(by_method, both), visible), {str(name): share for name, share in shares.items()}


def _by_network(cameras: Sequence[EvenTrace], network: str, grid_s: Floats) -> _Views | None:
    """Every place of the face that a network tells apart, from every camera in which it saw enough of the face."""
    names, rows = list[str](), list[Floats]()
    for n, camera in enumerate(cameras):
        if network in camera.learned:
            places, waves = camera.learned[network]
            names += [_named(n, f"{place} by {network}") for place in places]
            rows += [_on(grid_s, camera, wave) for wave in waves]
    return _Views(names, np.stack(rows), np.ones(len(rows))) if rows else None


def _of_one_sign(views: Sequence[_Views]) -> _Views:
    """All views, a network's turned over if it gives the pulse upside down: it was trained without a sign."""
    waves = [views[0].waves]
    upright = fuse(views[0].waves, views[0].trust).wave
    for each in views[1:]:
        waves.append(sign_of(upright, fuse(each.waves, each.trust).wave) * each.waves)
    names = [name for each in views for name in each.names]
    return _Views(names, np.concatenate(waves), np.concatenate([each.trust for each in views]))


def _named(camera: int, place: str) -> str:
    return place if camera == 0 else f"view {camera + 1} {place}"


def _covers(camera: EvenTrace, grid_s: Floats) -> bool:
    shared = min(camera.grid_s[-1], grid_s[-1]) - max(camera.grid_s[0], grid_s[0])
    return bool(shared >= COVERED * (grid_s[-1] - grid_s[0]))


def _waves(cameras: Sequence[EvenTrace], method: Method, grid_s: Floats) -> Floats:
    """Band-passed waves of every place of every camera on the main camera's grid, shape (places, n)."""
    rows = []
    for camera in cameras:
        for region in camera.colours:
            rows.append(_on(grid_s, camera, pulse.in_band(method(region))))
    return np.stack(rows)


def _on(grid_s: Floats, camera: EvenTrace, wave: Floats) -> Floats:
    """A camera's wave on the main camera's grid, shape (n,); 0 where it has none."""
    return wave if camera.grid_s is grid_s else np.interp(grid_s, camera.grid_s, wave, 0.0, 0.0)


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
