"""Mean colour of the skin in places of the face, and of what lies behind the people, from a picture and face meshes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

# Outlines in MediaPipe's face mesh: where skin is bare and moves least with the features (Kwon et al. 2015).
REGIONS = {
    "forehead": (103, 67, 109, 10, 338, 297, 332, 334, 296, 336, 9, 107, 66, 105),
    "right cheek": (117, 118, 119, 100, 36, 205, 187, 123),
    "left cheek": (346, 347, 348, 329, 266, 425, 411, 352),
    "nose": (193, 417, 399, 456, 363, 440, 275, 45, 220, 134, 236, 174),
    "chin": (194, 201, 200, 421, 418, 262, 369, 396, 175, 171, 140, 32),
}
SHRUNK = 0.75  # about their centres, to stay clear of hair, brows and the outline of the face
OUTLINES = tuple(np.array(outline) for outline in REGIONS.values())
CROP_PX = 128  # a larger face is read at every second, third ... pixel: its mean needs no more
FEWEST_PX = 100  # of skin in a region: below, the camera's noise hides a change of colour of under 1 %
FEWEST_OF_LARGEST = 0.15  # a cheek turned away shows less than this share of the largest region
OUTLIER_SD = 2.0  # pixels farther from the mean brightness are hair, glasses or glare
BACKGROUND_STEP = 8  # of its pixels, every eighth across and down
PERSON_WIDTHS, PERSON_HEIGHTS = 3.0, 1.0  # about a face: three faces wide, a face's height above; all below is body
FEWEST_BACKGROUND = 0.05  # of the picture: less tells of one spot, not of the light
BACKGROUND_RANGE = (15.0, 240.0)  # darker or brighter pixels do not follow the light


def region_means(rgb: npt.NDArray[np.uint8], landmarks_px: Floats) -> Floats:
    """Mean red, green and blue of each of `REGIONS`, shape (regions, 3); NaN for a region that is not well in view.

    Args:
        rgb: picture, shape (height, width, 3).
        landmarks_px: face mesh, shape (478, 2 or more), x right and y down.
    """
    means = np.full((len(OUTLINES), 3), np.nan)
    polygons = [shrunk(landmarks_px[outline, :2]) for outline in OUTLINES]
    corners = np.concatenate(polygons)
    step = max(1, int(np.ptp(corners, axis=0).max()) // CROP_PX)
    skins = [_inside(rgb, polygon, step) for polygon in polygons]
    fewest = max(FEWEST_PX / step**2, FEWEST_OF_LARGEST * max(map(len, skins)))
    for region, skin in enumerate(skins):
        if len(skin) >= fewest:
            means[region] = _mean_without_outliers(skin)
    return means


def _inside(rgb: npt.NDArray[np.uint8], polygon: Floats, step: int) -> npt.NDArray[np.uint8]:
    """The pixels in a polygon, every so many across and down, shape (n, 3)."""
    import cv2

    left, top = np.maximum(np.floor(polygon.min(axis=0)), 0).astype(int)
    right, bottom = np.maximum(np.ceil(polygon.max(axis=0)) + 1, 0).astype(int)
    crop = rgb[top:bottom:step, left:right:step]
    mask = np.zeros(crop.shape[:2], dtype=np.uint8)
    if mask.size:
        cv2.fillPoly(mask, [np.round((polygon - (left, top)) / step).astype(np.int32)], 1)
    return np.asarray(crop[mask.view(bool)])


def background_mean(rgb: npt.NDArray[np.uint8], faces_px: Sequence[Floats]) -> Floats:
    """Mean red, green and blue of the picture without the people, shape (3,); NaN where they fill it.

    Args:
        rgb: picture, shape (height, width, 3).
        faces_px: the face mesh of each person, shape (478, 2 or more).
    """
    coarse = rgb[::BACKGROUND_STEP, ::BACKGROUND_STEP]
    free = np.ones(coarse.shape[:2], dtype=bool)
    for landmarks in faces_px:
        low, high = landmarks[:, :2].min(axis=0) / BACKGROUND_STEP, landmarks[:, :2].max(axis=0) / BACKGROUND_STEP
        aside, above = (high - low) * ((PERSON_WIDTHS - 1) / 2, PERSON_HEIGHTS)
        left, right, top = (round(max(0.0, float(x))) for x in (low[0] - aside, high[0] + aside, low[1] - above))
        free[top:, left:right] = False
    green = coarse[..., 1]
    free &= (green > BACKGROUND_RANGE[0]) & (green < BACKGROUND_RANGE[1])
    if free.mean() < FEWEST_BACKGROUND:
        return np.full(3, np.nan)
    return np.asarray(coarse[free].mean(axis=0))


def shrunk(outline_px: Floats) -> Floats:
    """An outline, shape (points, 2), about its centre: the place that is read of a region."""
    centre = outline_px.mean(axis=0)
    return np.asarray(centre + SHRUNK * (outline_px - centre))


def _mean_without_outliers(skin: npt.NDArray[np.uint8]) -> Floats:
    """Mean colour, shape (3,), of pixels of shape (n, 3)."""
    green = skin[:, 1].astype(np.float32)
    usual = np.abs(green - green.mean()) <= OUTLIER_SD * green.std()
    return np.asarray(usual @ skin.astype(np.float32) / np.count_nonzero(usual))
