"""Head pose, gaze and eye openness from face-mesh landmarks, for a whole track at once."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

FOREHEAD, CHIN = 10, 152
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263  # the person's own right and left
EYES = {  # outer corner, inner corner, upper lid, lower lid, iris centre
    "right": (33, 133, 159, 145, 468),
    "left": (263, 362, 386, 374, 473),
}
EYEBALL_RADIUS = 0.42  # of the eye's width: 12 mm eyeball radius over a 29 mm palpebral fissure


def head_pose_deg(landmarks: Floats) -> Floats:
    """Pitch (+ up), yaw and roll (+ to the person's left) in degrees, shape (n, 3).

    From two axes of the mesh (eye line, chin to forehead), with the mesh's own depth; landmarks (n, 478, 3) px.
    """
    across = landmarks[:, LEFT_EYE_OUTER] - landmarks[:, RIGHT_EYE_OUTER]  # towards the person's left: x right
    up = landmarks[:, FOREHEAD] - landmarks[:, CHIN]
    x = across / np.linalg.norm(across, axis=1, keepdims=True)
    up = up - (up * x).sum(axis=1, keepdims=True) * x
    y = up / np.linalg.norm(up, axis=1, keepdims=True)
    # the face looks towards the camera, which is towards smaller z
    z = np.cross(x, y)
    pitch = np.arcsin(np.clip(-z[:, 1], -1, 1))
    yaw = np.arctan2(z[:, 0], -z[:, 2])
    roll = np.arctan2(x[:, 1], x[:, 0])
    return np.asarray(np.degrees(np.stack([pitch, yaw, roll], axis=1)))


def gaze_deg(landmarks: Floats, pose_deg: Floats) -> Floats:
    """Gaze relative to the head, horizontal (+ to the person's left) and vertical (+ up), degrees, shape (n, 2).

    From where the iris lies between the eye's corners, along and across the eye line. Coarse: a few degrees.
    """
    angles = []
    for outer, inner, _upper, _lower, iris in EYES.values():
        a, b = landmarks[:, outer, :2], landmarks[:, inner, :2]
        towards_left = (b - a) if outer == RIGHT_EYE_OUTER else (a - b)
        width = np.linalg.norm(towards_left, axis=1, keepdims=True)
        x = towards_left / width
        y = np.stack([x[:, 1], -x[:, 0]], axis=1)  # up in the picture
        off = landmarks[:, iris, :2] - (a + b) / 2
        radius = EYEBALL_RADIUS * width[:, 0]
        along = np.clip((off * x).sum(axis=1) / radius, -1, 1)
        above = np.clip((off * y).sum(axis=1) / radius, -1, 1)
        angles.append(np.degrees(np.stack([np.arcsin(along), np.arcsin(above)], axis=1)))
    return np.asarray(np.mean(angles, axis=0))


def eye_openness(landmarks: Floats) -> Floats:
    """Lid distance over eye width of the person's right and left eye, shape (n, 2)."""
    ratios = []
    for outer, inner, upper, lower, _iris in EYES.values():
        height = np.linalg.norm(landmarks[:, upper] - landmarks[:, lower], axis=1)
        width = np.linalg.norm(landmarks[:, outer] - landmarks[:, inner], axis=1)
        ratios.append(height / np.maximum(width, 1e-6))
    return np.stack(ratios, axis=1)
