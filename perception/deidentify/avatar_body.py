"""An upper body and hands drawn from their skeletons alone, as a dummy of plain limbs."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

SEEN_FROM = 0.5  # visibility of a joint
SHOULDERS, HIPS, EARS = (11, 12), (24, 23), (7, 8)
ARMS = ((11, 13), (13, 15), (12, 14), (14, 16))
LEGS = ((23, 25), (25, 27), (24, 26), (26, 28))
NECK, TORSO_LENGTH = 0.35, 1.3  # shoulder widths: thickness; how far down where the hips are not seen
LIMB = 0.2  # thickness in shoulder widths
SHIRT: Colour = (86, 104, 128)
SLEEVE: Colour = (70, 86, 108)
SKIN: Colour = (206, 170, 148)
HAND, RIM, NAIL = (222, 180, 155), (120, 80, 62), (240, 205, 190)  # flat fingers are found by no hand model
PALM = (0, 1, 2, 5, 9, 13, 17)
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
FINGER_OF_PALM, TAPER, SOFT = 0.26, 0.3, 0.02  # thickness in palm lengths; less at the tip; blur in palm lengths
FINGER_STEPS, PALM_STEPS = 6, 5  # of light
# Creases of the joints and lines of the palm, in palm lengths. Measured on 114 hands at or before the face of a real
# clip: without them MediaPipe's hand model finds 43 again, with them 88, and its points half as far off.
CREASE: Colour = (165, 120, 100)
CREASE_HALF, CREASE_THICK, LINE_THICK = 0.09, 0.03, 0.025
SHIFT = 4


def draw_body(canvas: Picture, pose: Floats) -> None:
    """Draw trunk, neck, arms and legs in place, as far as their joints are seen.

    Args:
        canvas: (height, width, 3).
        pose: MediaPipe's, (33, 3): x and y in px, visibility in [0, 1].
    """
    import cv2

    seen = pose[:, 2] >= SEEN_FROM
    if not seen[list(SHOULDERS)].all():
        return
    left, right = pose[SHOULDERS[0], :2], pose[SHOULDERS[1], :2]
    width = float(np.hypot(*(left - right)))
    down = np.array([0.0, TORSO_LENGTH * width])
    hips = pose[list(HIPS), :2] if seen[list(HIPS)].all() else np.array([right, left]) + down
    head, middle = pose[list(EARS), :2].mean(axis=0), (left + right) / 2
    _line(canvas, head, middle, NECK * width, SKIN)
    cv2.fillPoly(canvas, [_fixed(np.array([left, right, *hips]))], SHIRT, cv2.LINE_AA, SHIFT)
    _line(canvas, left, right, LIMB * width, SHIRT)
    for a, b in (*LEGS, *ARMS):
        if seen[a] and seen[b]:
            _line(canvas, pose[a, :2], pose[b, :2], LIMB * width, SLEEVE)


def draw_hand(canvas: Picture, hand: Floats) -> None:
    """Draw a palm and five shaded fingers in place; nothing where the hand was not found.

    Args:
        canvas: (height, width, 3).
        hand: MediaPipe's, (21, 3) px, NaN where it was not found.
    """
    import cv2

    if not np.isfinite(hand).all():
        return
    palm = float(np.hypot(*(hand[9, :2] - hand[0, :2])))
    _palm(canvas, hand[list(PALM), :2])
    for finger in sorted(FINGERS, key=lambda one: -float(hand[list(one), 2].mean())):  # the nearest last
        joints = hand[list(finger), :2]
        _tube(canvas, joints, FINGER_OF_PALM * palm)
        _line(canvas, joints[-1], joints[-1], 0.45 * FINGER_OF_PALM * palm, NAIL)
    rows, columns = _around(hand[:, :2], palm, canvas)
    if canvas[rows, columns].size:
        canvas[rows, columns] = cv2.GaussianBlur(canvas[rows, columns], (0, 0), max(0.5, SOFT * palm))
    _creases(canvas, hand[:, :2], palm)


def _creases(canvas: Picture, hand: Floats, palm: float) -> None:
    """Across two joints of each finger; below the fingers, and around the ball of the thumb."""
    for finger in FINGERS:
        for a, b in pairwise(finger[1:]):
            along = (hand[b] - hand[a]) / max(float(np.hypot(*(hand[b] - hand[a]))), 1e-6)
            across = np.array([-along[1], along[0]]) * CREASE_HALF * palm
            _line(canvas, hand[a] - across, hand[a] + across, CREASE_THICK * palm, CREASE)
    wrist, thumb, fore, middle, little = (hand[n] for n in (0, 2, 5, 9, 17))
    heart = [0.75 * knuckle + 0.25 * wrist for knuckle in (fore, little)]
    life = [(thumb + middle) / 2, 0.7 * wrist + 0.3 * middle]
    for a, b in (heart, life):
        _line(canvas, a, b, LINE_THICK * palm, CREASE)


def _palm(canvas: Picture, outline: Floats) -> None:
    """Darker towards its edge."""
    import cv2

    middle = outline.mean(axis=0)
    for size in np.linspace(1.12, 0.75, PALM_STEPS).tolist():
        rim = _fixed(middle + (outline - middle) * size)
        colour = _mixed(max(0.0, (size - 0.75) / 0.37))
        cv2.fillPoly(canvas, [cv2.convexHull(rim)[:, 0]], colour, cv2.LINE_AA, SHIFT)


def _tube(canvas: Picture, joints: Floats, thick: float) -> None:
    """A finger with a dark rim and a light ridge, thinner towards its tip."""
    for lit in np.linspace(0, 1, FINGER_STEPS).tolist():
        for n, (a, b) in enumerate(pairwise(joints)):
            _line(canvas, a, b, thick * (1 - TAPER * n / len(joints)) * (1 - 0.75 * lit), _mixed(1 - lit))


def _mixed(dark: float) -> Colour:
    """The hand's colour, from 0 where it is lit to 1 at its rim."""
    red, green, blue = (round(dark * rim + (1 - dark) * lit) for rim, lit in zip(RIM, HAND, strict=True))
    return red, green, blue


def _around(points: Floats, margin: float, canvas: Picture) -> tuple[slice, slice]:
    height, width = canvas.shape[:2]
    (left, top), (right, bottom) = points.min(axis=0) - margin / 2, points.max(axis=0) + margin / 2
    return (
        slice(max(0, int(top)), max(0, min(height, int(bottom) + 1))),
        slice(max(0, int(left)), max(0, min(width, int(right) + 1))),
    )


def _line(canvas: Picture, a: Floats, b: Floats, thick: float, colour: Colour) -> None:
    import cv2

    (xa, ya), (xb, yb) = _fixed(a).tolist(), _fixed(b).tolist()
    cv2.line(canvas, (xa, ya), (xb, yb), colour, max(1, round(thick)), cv2.LINE_AA, SHIFT)


def _fixed(points: Floats) -> npt.NDArray[np.int32]:
    return np.asarray(np.round(points * 2**SHIFT), dtype=np.int32)
