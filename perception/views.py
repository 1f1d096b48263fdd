"""Further cameras on the same scene, put on the clock of a clip: by an offset that is given, or by their sound."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from perception.clip import Clip, View
from perception.errors import ViewError

Floats = npt.NDArray[np.floating]

SOUND_HZ = 8_000
STEP_HZ = 100  # of the sound's envelope: 10 ms is a third of a frame
LEAST_LIKENESS = 0.3  # correlation of the two envelopes at the best offset
LEAST_LEAD = 1.3  # of it over the next best offset that is more than `NEAR_S` away
NEAR_S = 0.25
SHORTEST_SHARED_S = 2.0


def add_view(clip: Clip, path: Path | str, offset_s: float | None = None) -> Clip:
    """The clip with a further view of the same scene.

    Args:
        clip: the main camera.
        path: the other camera's file.
        offset_s: when the other camera's first picture was taken, on the clip's clock; found by sound if not given.

    Raises:
        ClipError: the file is no readable video.
        ViewError: the two have no sound in common and no offset is given, or never overlap.
    """
    other = Clip.open(path)
    if offset_s is None:
        offset_s = _offset_by_sound(clip, other)
    shared = min(clip.duration_s, offset_s + other.duration_s) - max(0.0, offset_s)
    if shared < SHORTEST_SHARED_S:
        raise ViewError(f"{other.path}: with an offset of {offset_s:.2f} s it does not overlap {clip.path.name}")
    view = View(path=other.path, sha256=other.sha256, offset_s=round(offset_s, 3))
    return clip.model_copy(update={"views": (*clip.views, view)})


def _offset_by_sound(clip: Clip, other: Clip) -> float:
    one, two = _envelope(clip), _envelope(other)
    advice = f"give its offset in seconds, as in {other.path.name}@0.5"
    if one is None or two is None:
        silent = clip if one is None else other
        raise ViewError(f"{silent.path}: no sound to put {clip.path.name} and {other.path.name} on one clock; {advice}")
    likeness = _likeness(one, two)
    best = int(np.argmax(likeness))
    near = round(NEAR_S * STEP_HZ)
    elsewhere = np.delete(likeness, np.s_[max(0, best - near) : best + near + 1])
    if likeness[best] < LEAST_LIKENESS or likeness[best] < LEAST_LEAD * elsewhere.max(initial=0.0):
        raise ViewError(f"{other.path}: its sound does not match that of {clip.path.name} at any one offset; {advice}")
    return (best - (len(two) - 1)) / STEP_HZ


def _envelope(clip: Clip) -> Floats | None:
    """How the loudness rises over time, at `STEP_HZ`; None without sound."""
    sound = clip.audio(SOUND_HZ)
    if sound is None:
        return None
    length = SOUND_HZ // STEP_HZ
    frames = sound[: len(sound) // length * length].reshape(-1, length)
    rises = np.clip(np.diff(np.log(1e-4 + frames.std(axis=1))), 0, None)
    return rises - rises.mean() if rises.std() > 1e-6 else None


def _likeness(one: Floats, two: Floats) -> Floats:
    """Correlation of `one` with `two` delayed by each number of steps from -(len(two) - 1) on."""
    from scipy.signal import correlate

    products = correlate(one, two, mode="full")
    return np.asarray(products / np.sqrt((one**2).sum() * (two**2).sum()))
