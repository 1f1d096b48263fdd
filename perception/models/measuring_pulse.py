"""What a pulse network is worth on recordings that it did not learn from: one rate of each, against the true one."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from perception import pulse
from perception.learned_waves import standardised
from perception.models.device import device
from perception.models.pulse_network import as_channels

Floats = npt.NDArray[np.floating]
Pictures = npt.NDArray[np.uint8]


class Stretch(NamedTuple):
    """An unbroken view of a face, and its pulse."""

    crops: Pictures  # (n, side, side, 3) at `GRID_HZ`, on disk
    wave: Floats  # (n,)
    person: str
    recording: str  # several stretches are of one where its face was lost in between


def measured(
    module: nn.Module,
    held: Sequence[Stretch],
    recordings: Sequence[str],
    frames: int,
    score: Callable[[Floats, Floats], str],
) -> str:
    """What the card says of the people held out: errors over recordings with a rate, and how many have none.

    Args:
        module: the network.
        held: stretches of people held out.
        recordings: names of all their recordings, those without a stretch, too.
        frames: of a chunk.
        score: errors in words, from true and found rates in beats a minute.
    """
    if not recordings:
        return "not evaluated: nobody was held out"
    true, found = rates_of(module, held, frames)
    names = list(dict.fromkeys(stretch.recording for stretch in held))
    both = np.isfinite(true) & np.isfinite(found)
    lost = {
        "without a face for long enough": len(recordings) - len(true),
        "without a rate in the measured wave": int((~np.isfinite(true)).sum()),
        "without a rate by the network": int((np.isfinite(true) & ~np.isfinite(found)).sum()),
    }
    without = "".join(f"; {count} more {why}" for why, count in lost.items() if count)
    if not both.any():
        of = _counted(len(recordings), "recording", "recordings")
        return f"not evaluated: none of {of} held out has a true and a found rate{without}"
    scored = {name for name, there in zip(names, both, strict=True) if there}
    people = len({stretch.person for stretch in held if stretch.recording in scored})
    recordings = _counted(len(scored), "recording", "recordings")
    return f"{score(true[both], found[both])}; {recordings} of {_counted(people, 'person', 'people')} held out{without}"


def rates_of(module: nn.Module, stretches: Sequence[Stretch], frames: int) -> tuple[Floats, Floats]:
    """True and found rates of whole recordings in beats a minute; NaN where there is none; shape (recordings,).

    Of a recording in which the face was lost in between, the mean of its stretches, the longer ones weighing more: of
    those that have both rates, where any has, as others would be compared with what they are not of.
    """
    module.to(device()).eval()
    rates: dict[str, list[tuple[float, float, int]]] = {}
    for stretch in stretches:
        whole = len(stretch.wave) // frames * frames
        waves = (stretch.wave[:whole], _answer(module, stretch, frames))
        true, found = (rate.bpm if (rate := pulse.heart_rate(pulse.in_band(w))) else np.nan for w in waves)
        rates.setdefault(stretch.recording, []).append((true, found, whole))
    of_each = [_compared(np.array(told)) for told in rates.values()]
    means = [[_mean(told[:, side], told[:, 2]) for told in of_each] for side in (0, 1)]
    return np.array(means[0]), np.array(means[1])


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def differentiated(module: nn.Module) -> bool:
    """Whether a network sees differences of frames, and so answers with the wave's changes."""
    return getattr(module, "normalisation", "") == "difference"


def _compared(told: Floats) -> Floats:
    """The stretches that have both rates, or all where none has; rows of true and found rate and length."""
    both = np.isfinite(told[:, :2]).all(axis=1)
    return told[both] if both.any() else told


def _mean(rates: Floats, weights: Floats) -> float:
    there = np.isfinite(rates)
    return float(np.average(rates[there], weights=weights[there])) if there.any() else float("nan")


def _answer(module: nn.Module, stretch: Stretch, frames: int) -> Floats:
    """The network's wave of a stretch, chunk by chunk, without what is less than a chunk at its end."""
    parts = []
    for start in range(0, len(stretch.wave) // frames * frames, frames):
        with torch.inference_mode():
            waves = module(as_channels(stretch.crops[None, start : start + frames], device()))[0]
            waves = torch.cumsum(waves, dim=-1) if differentiated(module) else waves
        parts.append(standardised(waves.cpu().numpy()).mean(axis=0))
    return np.concatenate(parts)
