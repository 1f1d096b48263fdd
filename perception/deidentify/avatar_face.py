"""A face drawn from its landmarks alone, in one neutral skin: what moves stays, colour and texture are nobody's.

It is shaded and has eyes, brows and lips so that face trackers find it and can measure it again; on a bare line
drawing they find none. The proportions of the face are still those of the person.
"""

import numpy as np
import numpy.typing as npt

from perception.mediapipe_models import face_triangles

Floats = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

SKIN = np.array([214.0, 178.0, 156.0])
HAIR: Colour = (70, 58, 52)
LIPS: Colour = (168, 96, 92)
MOUTH: Colour = (60, 30, 32)
WHITE: Colour = (236, 234, 230)
IRIS: Colour = (66, 54, 46)
LASHES: Colour = (48, 38, 36)
LIGHT = np.array([-0.25, -0.45, -0.86])  # towards it, from the left, above and before the face; x right, y down, z away
AMBIENT = 0.45
SOFT_SHARE = 0.012  # of the eyes' distance: facets are blurred away

BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276))
EYES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382),
)
UPPER_LID = 9  # so many of an eye's points, from corner to corner
IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))  # middle and rim
OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
NOSTRILS = ((98, 97), (327, 326))
OUTLINE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
SKULL = 1.12  # size of the hair's outline to that of the face, about a middle that lies higher
SHIFT = 4  # fractional bits of the coordinates that OpenCV draws by: whole pixels would shake


def draw_face(canvas: Picture, landmarks: Floats) -> None:
    """Draw a face in place.

    Args:
        canvas: (height, width, 3).
        landmarks: MediaPipe's, (478, 3) px; z smaller is nearer.
    """
    import cv2

    points = np.asarray(landmarks, dtype=np.float64)
    eyes_px = float(np.hypot(*(points[263, :2] - points[33, :2])))
    outline = points[list(OUTLINE), :2]
    crown = points[10, :2]
    _fill(canvas, crown + (outline - crown) * SKULL + 0.1 * (crown - points[152, :2]), HAIR)
    _skin(canvas, points)
    for brow in BROWS:
        _fill(canvas, points[list(brow), :2], HAIR)
    for eye, iris in zip(EYES, IRISES, strict=True):
        _eye(canvas, points[list(eye), :2], points[list(iris), :2], eyes_px)
    _fill(canvas, points[list(OUTER_LIPS), :2], LIPS)
    _fill(canvas, points[list(INNER_LIPS), :2], MOUTH)
    for nostril in NOSTRILS:
        _disc(canvas, points[list(nostril), :2].mean(axis=0), 0.035 * eyes_px, MOUTH)
    rows, columns = _around(points, canvas)
    if canvas[rows, columns].size:
        canvas[rows, columns] = cv2.GaussianBlur(canvas[rows, columns], (0, 0), max(0.5, SOFT_SHARE * eyes_px))


def _skin(canvas: Picture, points: Floats) -> None:
    """Triangles from the farthest to the nearest, each in its light."""
    import cv2

    triangles = face_triangles()
    corners = points[triangles]  # (triangles, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals *= np.where(normals[:, 2:] > 0, -1, 1)  # towards the viewer, whichever way round a triangle is named
    smooth = np.zeros_like(points)
    for corner in range(3):
        np.add.at(smooth, triangles[:, corner], normals)
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    lit = AMBIENT + (1 - AMBIENT) * np.clip(smooth @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    colours = np.clip(SKIN * lit[triangles].mean(axis=1)[:, None], 0, 255).round().tolist()
    flat = np.round(corners[:, :, :2] * 2**SHIFT).astype(np.int32)
    for n in np.argsort(-corners[:, :, 2].mean(axis=1)).tolist():
        cv2.fillConvexPoly(canvas, flat[n], colours[n], cv2.LINE_8, SHIFT)


def _eye(canvas: Picture, outline: Floats, iris: Floats, eyes_px: float) -> None:
    """White and iris as far as the lids show them, and the upper lid's lashes."""
    import cv2

    opening = np.zeros(canvas.shape[:2], dtype=np.uint8)
    _fill(opening, outline, 255)
    ball = canvas.copy()
    _fill(ball, outline, WHITE)
    radius = float(np.hypot(*(iris[1:] - iris[0]).T).mean())
    _disc(ball, iris[0], radius, IRIS)
    _disc(ball, iris[0], 0.45 * radius, (16, 14, 14))
    seen = opening > 127
    canvas[seen] = ball[seen]
    thick = max(1, round(0.02 * eyes_px))
    cv2.polylines(canvas, [_fixed(outline[:UPPER_LID])], False, LASHES, thick, cv2.LINE_AA, SHIFT)


def _fill(canvas: Picture, polygon: Floats, colour: Colour | int) -> None:
    import cv2

    cv2.fillPoly(canvas, [_fixed(polygon)], colour, cv2.LINE_AA, SHIFT)


def _disc(canvas: Picture, middle: Floats, radius: float, colour: Colour) -> None:
    import cv2

    x, y = _fixed(middle).tolist()
    cv2.circle(canvas, (x, y), max(1, round(radius * 2**SHIFT)), colour, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _fixed(points: Floats) -> npt.NDArray[np.int32]:
    return np.asarray(np.round(points * 2**SHIFT), dtype=np.int32)


def _around(points: Floats, canvas: Picture) -> tuple[slice, slice]:
    height, width = canvas.shape[:2]
    (left, top), (right, bottom) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return (
        slice(max(0, int(top)), max(0, min(height, int(bottom) + 1))),
        slice(max(0, int(left)), max(0, min(width, int(right) + 1))),
    )
