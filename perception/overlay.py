"""What a player draws over a clip: boxes, contours and regions of skin of the faces, thinned out for the eye."""

from typing import Any

import numpy as np

from perception.cache import Cache, key_of
from perception.clip import Clip
from perception.face_track import FaceTrack
from perception.skin_regions import REGIONS, shrunk
from perception.tool import make_tool

RATE_HZ = 12.5  # at most, between the samples of a track: a box that moves faster blurs
CONTOURS: dict[str, tuple[int, ...]] = {  # landmarks of MediaPipe's face mesh, in drawing order
    "right_brow": (70, 63, 105, 66, 107),
    "left_brow": (336, 296, 334, 293, 300),
    "right_eye": (33, 160, 158, 133, 153, 144, 33),
    "left_eye": (362, 385, 387, 263, 373, 380, 362),
    "nose": (168, 197, 4, 98, 2, 327),
    "lips": (61, 39, 0, 269, 291, 405, 17, 181, 61),
    "inner_lips": (78, 81, 13, 311, 308, 402, 14, 178, 78),
    "jaw": (234, 132, 172, 150, 152, 379, 397, 361, 454),
}


def overlay(clip: Clip, cache: Cache) -> list[dict[str, Any]]:
    """Each person's box, contours and regions of skin (where a pulse is read) over time, from the cached faces.

    There are none where faces were not measured. Lengths are pixels of the displayed picture, rounded to a tenth; times
    are seconds.
    """
    kept = cache.get(key_of(make_tool("faces"), clip, {}))
    tracks: list[FaceTrack] = list(kept.value) if kept is not None and kept.value else []
    return [_told(track) for track in tracks]


def _told(track: FaceTrack) -> dict[str, Any]:
    shown = _thinned(track)
    points = track.landmarks[shown, :, :2]
    low, high = points.min(axis=1), points.max(axis=1)
    boxes = np.concatenate([low, high - low], axis=1)
    return {
        "person": track.person,
        "times_s": np.round(track.times_s[shown], 3).tolist(),
        "boxes": np.round(boxes, 1).tolist(),
        "contours": {name: np.round(points[:, at], 1).tolist() for name, at in CONTOURS.items()},
        "regions": {
            name: np.round([shrunk(face[list(at)]) for face in points], 1).tolist() for name, at in REGIONS.items()
        },
        "gap_s": round(float(max(2 / RATE_HZ, track.gap_s)), 3),
    }


def _thinned(track: FaceTrack) -> list[int]:
    """Indices of samples that are far enough apart."""
    shown, next_s = [], -np.inf
    for index, time_s in enumerate(track.times_s):
        if time_s >= next_s:
            shown.append(index)
            next_s = time_s + 1 / RATE_HZ - 1e-6
    return shown
