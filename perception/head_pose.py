"""Head pose, gaze and eye openness from face-mesh landmarks, for a whole track at once."""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

FROM_PICTURE = np.array([1.0, -1.0, -1.0])  # x right, y down, z away -> x to the person's left, y up, z forward
EYES = ((33, 133, 468), (263, 362, 473))  # the person's right and left eye: outer corner, inner corner, iris
UPPER_LIDS = ((160, 159, 158), (387, 386, 385))
LOWER_LIDS = ((144, 145, 153), (373, 374, 380))
# 12 mm over 29 mm. With it, MediaPipe's "eyeLook" blendshapes of 1 stand for 30 degrees, on three real clips.
EYEBALL_RADIUS = 0.42  # of the eye's width
PUPIL_ABOVE_CORNERS_DEG = 11.0  # looking straight ahead; by the same blendshapes, which say 0 there


def head_rotations(landmarks: Floats) -> Floats:
    """How the head is turned, as rotation matrices of shape (n, 3, 3); the identity looks into the camera.

    Axes: x to the person's left, y up, z forward. The canonical face is laid over the points that move little with
    expression (least squares; Kabsch 1976); the mesh's own depth makes that a rotation in space.

    Args:
        landmarks: face mesh, shape (n, 478, 3), z in pixels too.
    """
    points, canonical = _canonical()
    seen = landmarks[:, points].astype(np.float64) * FROM_PICTURE
    seen = seen - seen.mean(axis=1, keepdims=True)
    u, _, vt = np.linalg.svd(np.einsum("nki,kj->nij", seen, canonical))
    u[:, :, 2] *= np.linalg.det(u @ vt)[:, None]  # a rotation, no mirror image
    return np.asarray(u @ vt)


def head_pose_deg(rotations: Floats) -> Floats:
    """Pitch (+ up), yaw (+ to the person's left) and roll (+ tilted to the person's left) in degrees, shape (n, 3).

    Pitch and yaw are where the face points; roll is about that direction.
    """
    pitch = np.arcsin(np.clip(rotations[:, 1, 2], -1, 1))
    yaw = np.arctan2(rotations[:, 0, 2], rotations[:, 2, 2])
    roll = np.arctan2(-rotations[:, 1, 0], rotations[:, 1, 1])
    return np.asarray(np.degrees(np.stack([pitch, yaw, roll], axis=1)))


def gaze_deg(landmarks: Floats, rotations: Floats) -> Floats:
    """Gaze relative to the head, horizontal (+ to the person's left) and vertical (+ up), degrees, shape (n, 2).

    Mean of both eyes, from where the iris lies between the eye's corners as seen from the front of the face. Coarse:
    people differ by some five degrees (optical axis, shape of the lids), so compare a person with themself.
    """
    off = []
    for outer, inner, iris in EYES:
        eye = landmarks[:, (outer, inner, iris)].astype(np.float64) * FROM_PICTURE
        width = np.linalg.norm(eye[:, 0] - eye[:, 1], axis=1, keepdims=True)
        from_middle = np.einsum("nij,ni->nj", rotations, eye[:, 2] - (eye[:, 0] + eye[:, 1]) / 2)
        off.append(from_middle[:, :2] / (EYEBALL_RADIUS * width))
    angles = np.degrees(np.arcsin(np.clip(np.stack(off), -1, 1))).mean(axis=0)
    return np.asarray(angles - (0.0, PUPIL_ABOVE_CORNERS_DEG))


def eye_openness(landmarks: Floats) -> Floats:
    """Lid distance over eye width of the person's right and left eye, shape (n, 2): about 0.3-0.4 when open.

    The eye aspect ratio (Soukupová & Čech 2016) with the mesh's depth, so that it does not shrink as the head turns.
    """
    ratios = []
    for (outer, inner, _), upper, lower in zip(EYES, UPPER_LIDS, LOWER_LIDS, strict=True):
        height = np.linalg.norm(landmarks[:, upper] - landmarks[:, lower], axis=2).mean(axis=1)
        width = np.linalg.norm(landmarks[:, outer] - landmarks[:, inner], axis=1)
        ratios.append(height / np.maximum(width, 1e-6))
    return np.stack(ratios, axis=1)


@cache
def _canonical() -> tuple[npt.NDArray[np.intp], Floats]:
    """Numbers of the landmarks, shape (k,), and where they are about their middle, shape (k, 3)."""
    rows = np.loadtxt(Path(__file__).parent / "data" / "head_pose_points.csv", delimiter=",")
    return rows[:, 0].astype(np.intp), rows[:, 1:] - rows[:, 1:].mean(axis=0)
