"""Faces held still for networks: crops about the eyes, and which patches of a crop an action unit's region covers."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from perception.evidence import Frozen

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]  # (height, width, 3), RGB

EYES_AT = ((0.32, 0.38), (0.68, 0.38))  # where the outer eye corners are put, as shares of the crop
EYE_CORNERS = (33, 263)  # of MediaPipe's face mesh
LEAST_COVERED = 0.05  # of a patch, to be in a region


class Regions(Frozen):
    """Where on the face action units show: areas by points of the face mesh, and the areas of each unit."""

    margin_eyes: float  # distances of the outer eye corners by which an area is grown
    areas: dict[str, tuple[int, ...]]
    units: dict[int, tuple[str, ...]]


@cache
def regions() -> Regions:
    """The regions of action units."""
    path = Path(__file__).parents[1] / "data" / "au_regions.yaml"
    return Regions.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def held(landmarks: npt.NDArray[np.floating], size_px: int) -> Floats:
    """The similarity, shape (2, 3), that puts the eye corners of a face mesh (478, 2 or 3) where they belong."""
    a, b = (complex(*landmarks[corner, :2]) for corner in EYE_CORNERS)
    c, d = (complex(x * size_px, y * size_px) for x, y in EYES_AT)
    turn = (d - c) / (b - a)
    shift = c - turn * a
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], dtype=np.float32)


def crop(rgb: Picture, matrix: Floats, size_px: int) -> Picture:
    """The square crop of a picture, shape (size, size, 3)."""
    import cv2

    return np.asarray(cv2.warpAffine(rgb, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR), dtype=np.uint8)


def in_crop(landmarks: npt.NDArray[np.floating], matrix: Floats) -> Floats:
    """Landmarks (478, 2 or 3) as pixels of the crop, shape (478, 2)."""
    return np.asarray(landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


def patches(points: Floats, units: Sequence[int], size_px: int, grid: int) -> Floats:
    """The share of each patch that each unit's region covers, shape (units, grid * grid), row by row of the crop.

    Every region has a patch: that in its middle where it covers too little of any.

    Args:
        points: of the face mesh in the crop, shape (478, 2).
        units: action units, each with a region.
        size_px: of the crop.
        grid: patches along a side.
    """
    known = regions()
    by_area = {name: _mask(points[list(hull)], points, size_px) for name, hull in known.areas.items()}
    shares = np.zeros((len(units), grid * grid), dtype=np.float32)
    patch = size_px // grid
    for at, unit in enumerate(units):
        mask = np.max([by_area[name] for name in known.units[unit]], axis=0)[: grid * patch, : grid * patch]
        covered = mask.reshape(grid, patch, grid, patch).mean(axis=(1, 3)).reshape(-1)
        shares[at] = np.where(covered >= LEAST_COVERED, covered, 0)
        if not shares[at].any():
            middle = points[[p for name in known.units[unit] for p in known.areas[name]]].mean(axis=0)
            column, row = np.clip(middle // patch, 0, grid - 1).astype(int)
            shares[at, row * grid + column] = 1
    return shares


def _mask(hull: Floats, points: Floats, size_px: int) -> Floats:
    """Where the convex hull of points is, with its margin, shape (size, size)."""
    import cv2

    mask = np.zeros((size_px, size_px), dtype=np.uint8)
    corners = cv2.convexHull(hull.astype(np.float32)).round().astype(np.int32)
    cv2.fillConvexPoly(mask, corners, (1,))
    eyes_px = float(np.hypot(*(points[EYE_CORNERS[1]] - points[EYE_CORNERS[0]])))
    margin = max(1, 2 * round(regions().margin_eyes * eyes_px) + 1)
    grown = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin, margin)))
    return np.asarray(grown, dtype=np.float32)
