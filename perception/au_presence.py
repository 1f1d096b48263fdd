"""Action units by Micro-AU CLIP: how probably each is shown, against the person's own usual face. No intensity."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from perception.au_intensity import catalogue
from perception.clip import Clip
from perception.events import runs
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.models.face_crops import held, in_crop
from perception.models.micro_au_reader import SHOWN, Reader
from perception.models.micro_au_table import Pair

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

LOOKS_HZ = 5.0  # a look takes the vision tower once
AT_ONCE = 16  # pictures held in memory
FEWEST_LOOKS = 2  # in a row that show a unit


def tell_presence(face: FaceTrack, unseen: Mapping[int, Flags], clip: Clip, reader: Reader, found: Findings) -> None:
    """Add the probability of each unit over time, and the stretches in which it is probably shown.

    Args:
        face: the person's track.
        unseen: by action unit where nothing can be told of it, (n,) each.
        clip: whose pictures are looked at.
        reader: the network.
        found: is added to.
    """
    at = _looks(face)
    told = np.concatenate([reader.probabilities(pairs) for pairs in _pairs(face, at, clip, reader)])
    words = {unit.au: unit.words for unit in catalogue()}
    times_s, ends_s = face.times_s[at], np.append(face.times_s[at][1:], face.end_s(int(at[-1])))
    for column, unit in enumerate(reader.units):
        seen = ~unseen[unit][at]
        found.signal(
            face.person, f"AU{unit}_probability", np.where(seen, told[:, column], np.nan), times_s, unit="probability"
        )
        for first, last in runs((told[:, column] > SHOWN) & seen):
            gaps = np.diff(times_s[first : last + 1])
            if last - first + 1 < FEWEST_LOOKS or (gaps > 2 / LOOKS_HZ).any():
                continue
            apex = first + int(np.argmax(told[first : last + 1, column]))
            probability = float(told[first : last + 1, column].mean())
            start_s, end_s = float(times_s[first]), min(float(ends_s[last]), float(times_s[last]) + 2 / LOOKS_HZ)
            quality = face.quality(start_s, end_s)
            found.event(
                face.person,
                f"au{unit}",
                start_s,
                end_s,
                apex_s=float(times_s[apex]),
                text=f"{face.person}: {words[unit]} (AU{unit}), shown with probability {probability:.2f}, "
                "intensity not measured",
                confidence=probability * quality,
                quality=quality,
            )


def _looks(face: FaceTrack) -> npt.NDArray[np.int64]:
    """Numbers of the samples that are looked at."""
    chosen, next_s = [], -np.inf
    for index, time_s in enumerate(face.times_s.tolist()):
        if time_s >= next_s:
            chosen.append(index)
            next_s = time_s + 1 / LOOKS_HZ - 1e-6
    return np.array(chosen)


def _usual(face: FaceTrack) -> int:
    """The sample in which the face is most as it is in the middle of all: next to neutral, for most of us."""
    shapes = np.stack([in_crop(points, held(points, 1)) for points in face.landmarks])  # (n, 478, 2)
    away = np.abs(shapes - np.median(shapes, axis=0)).mean(axis=(1, 2))
    return int(away.argmin())


def _pairs(face: FaceTrack, at: npt.NDArray[np.int64], clip: Clip, reader: Reader) -> Iterator[list[Pair]]:
    """The person's usual face beside each look, some looks at a time."""
    usual = _usual(face)
    onset = next(iter(clip.frames_at([float(face.times_s[usual])]))).rgb.copy()
    pairs = []
    for index, frame in zip(at.tolist(), clip.frames_at(face.times_s[at].tolist()), strict=True):
        pairs.append(reader.pair(onset, face.landmarks[usual], frame.rgb, face.landmarks[index]))
        if len(pairs) == AT_ONCE:
            yield pairs
            pairs = []
    if pairs:
        yield pairs
