"""Movements of the face as distances between landmarks, free of head pose and size."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

STABLE = (33, 133, 263, 362, 168, 6, 197, 195)  # eye corners and bridge of the nose: no action moves them much
FOREHEAD = 0.66  # eye distances from the eyes to its top, in the canonical face
OPEN_PERCENTILE = 75  # of the lids' distance: blinks and narrowed eyes are rarer than open ones
BATCH = 512  # frames at a time: landmarks of a long track lie on disk


def movements(landmarks: Floats) -> dict[str, Floats]:
    """Named movements in units of the outer eye corners' distance, each of shape (n,); larger is more.

    `eye_closing` is a share of the person's own opening: 0 open, 1 shut.

    The mesh is first turned into the face's own frame by its stable points (x to the person's left, y down).
    """
    parts = [_movements(np.asarray(landmarks[i : i + BATCH])) for i in range(0, len(landmarks), BATCH)]
    moves = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    own_opening = float(np.percentile(moves["lid_raising"], OPEN_PERCENTILE))
    widths = moves["mouth_width"]
    return {
        **moves,
        "eye_closing": 1 - moves["lid_raising"] / max(own_opening, 1e-6),
        "lip_pressing": -moves["lips_height"] - np.abs(widths - np.median(widths)),
    }


def _movements(landmarks: Floats) -> dict[str, Floats]:
    p = _in_face_frame(landmarks)

    def y(*points: int) -> Floats:
        return np.asarray(p[:, points, 1].mean(axis=1))

    def apart(a: int, b: int) -> Floats:
        return np.asarray(np.linalg.norm(p[:, a] - p[:, b], axis=1))

    eyes, nose = y(33, 133, 263, 362), y(2)
    lids = (apart(159, 145) + apart(386, 374)) / 2
    corners, mouth_middle = y(61, 291), y(13, 14)
    lips = apart(0, 13) + apart(14, 17)
    wide = apart(61, 291)
    left, right = p[:, 291], p[:, 61]
    return {
        # as a share of the forehead's height, for a dropped jaw stretches the whole mesh, forehead included
        "inner_brow_height": FOREHEAD * y(107, 336, 55, 285) / np.minimum(y(10), -0.1),
        "outer_brow_height": FOREHEAD * (eyes - y(70, 300, 105, 334)) / np.maximum(eyes - y(10), 0.1),
        "brow_lowering": y(107, 336, 105, 334) - eyes - 0.5 * apart(107, 336),
        "lid_raising": lids,
        "lower_lid_height": eyes - y(145, 374),
        "upper_lip_height": nose - y(0, 37, 267),
        "corner_pull": nose - corners + 0.35 * wide,
        "corner_pull_left": nose - left[:, 1] + 0.7 * (left[:, 0] - p[:, 2, 0]),
        "corner_pull_right": nose - right[:, 1] + 0.7 * (p[:, 2, 0] - right[:, 0]),
        # against the nose a jaw carries the corners down, against the lips a raised lip does: half of each
        "corner_drop": corners - (nose + mouth_middle) / 2 - 0.15 * wide,
        "chin_raising": nose - y(152),
        "mouth_widening": wide - 0.5 * (nose - corners),
        "lip_tightening": -lips - 0.5 * wide,
        "lips_height": lips,
        "lip_sucking": y(0, 37, 267) - nose - lips - apart(13, 14),
        "lips_apart": apart(13, 14),
        "mouth_width": wide,
        "jaw_drop": y(152) - nose,
    }


def _in_face_frame(landmarks: Floats) -> Floats:
    """Landmarks about the bridge of the nose, unrotated, with the outer eye corners one unit apart."""
    centre = landmarks[:, STABLE].mean(axis=1, keepdims=True)
    across = landmarks[:, 263] - landmarks[:, 33]
    scale = np.linalg.norm(across, axis=1, keepdims=True)
    x = across / scale
    down = landmarks[:, 168] - landmarks[:, 10]  # forehead to the bridge of the nose: neither moves with the jaw
    down = down - (down * x).sum(axis=1, keepdims=True) * x
    y = down / np.linalg.norm(down, axis=1, keepdims=True)
    z = np.cross(x, y)
    axes = np.stack([x, y, z], axis=2)  # (n, 3, 3): columns are the face's axes
    return np.asarray((landmarks - centre) @ axes / scale[:, :, None])
