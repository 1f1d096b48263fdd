"""Mean colour of the skin of the forehead and the cheeks, from a picture and a face mesh."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

# Outlines in MediaPipe's face mesh: where skin is bare and moves least with the features (Kwon et al. 2015).
REGIONS = {
    "forehead": (103, 67, 109, 10, 338, 297, 332, 334, 296, 336, 9, 107, 66, 105),
    "right cheek": (117, 118, 119, 100, 36, 205, 187, 123),
    "left cheek": (346, 347, 348, 329, 266, 425, 411, 352),
}
SHRUNK = 0.75  # about their centres, to stay clear of hair, brows and the outline of the face
OUTLINES = tuple(np.array(outline) for outline in REGIONS.values())
CROP_PX = 128  # a larger face is read at every second, third ... pixel: its mean needs no more
FEWEST_PX = 100  # of skin in a region: below, the camera's noise hides a change of colour of under 1 %
FEWEST_OF_LARGEST = 0.15  # a cheek turned away shows less than this share of the largest region
OUTLIER_SD = 2.0  # pixels farther from the mean brightness are hair, glasses or glare


def region_means(rgb: npt.NDArray[np.uint8], landmarks_px: Floats) -> Floats:
    """Mean red, green and blue of each of `REGIONS`, shape (3, 3); NaN for a region that is not well in view.

    Args:
        rgb: picture, shape (height, width, 3).
        landmarks_px: face mesh, shape (478, 2 or more), x right and y down.
    """
    import cv2

    means = np.full((len(OUTLINES), 3), np.nan)
    polygons = [_shrunk(landmarks_px[outline, :2]) for outline in OUTLINES]
    corners = np.concatenate(polygons)
    (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    left, top = max(0, int(left)), max(0, int(top))
    step = max(1, int(max(right - left, bottom - top)) // CROP_PX)
    crop = rgb[top : max(top, int(bottom)) : step, left : max(left, int(right)) : step]
    if not crop.size:
        return means
    labels = np.zeros(crop.shape[:2], dtype=np.uint8)
    for label, polygon in enumerate(polygons, start=1):
        cv2.fillPoly(labels, [np.round((polygon - (left, top)) / step).astype(np.int32)], label)
    skins = [crop[labels == label] for label in range(1, len(OUTLINES) + 1)]
    fewest = max(FEWEST_PX / step**2, FEWEST_OF_LARGEST * max(map(len, skins)))
    for region, skin in enumerate(skins):
        if len(skin) >= fewest:
            means[region] = _mean_without_outliers(skin)
    return means


def _shrunk(outline_px: Floats) -> Floats:
    centre = outline_px.mean(axis=0)
    return np.asarray(centre + SHRUNK * (outline_px - centre))


def _mean_without_outliers(skin: npt.NDArray[np.uint8]) -> Floats:
    """Mean colour, shape (3,), of pixels of shape (n, 3)."""
    green = skin[:, 1].astype(np.float32)
    usual = np.abs(green - green.mean()) <= OUTLIER_SD * green.std()
    return np.asarray(skin[usual].mean(axis=0))
