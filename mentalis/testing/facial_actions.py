"""How the landmarks of a neutral face move with each action unit: enough to test tools, no anatomy."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# The person's right half, by MediaPipe's numbers; the left half mirrors it.
INNER_BROW, MIDDLE_BROW, OUTER_BROW = (55, 65, 66, 107), (52, 105), (46, 53, 63, 70)
UPPER_LID, LOWER_LID = (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155)  # pairs from out to in
CHEEK, NOSE_WING, MOUTH_CORNER, CHIN = (50, 117, 118), (64, 98, 48), (61,), (152, 175, 199, 200)
UPPER_LIP = (0, 37, 39, 40, 185, 11, 72, 73, 74, 184, 12, 38, 41, 42, 183, 13, 82, 81, 80, 191)
LOWER_LIP = (17, 84, 181, 91, 146, 16, 85, 180, 90, 77, 15, 86, 179, 89, 96, 14, 87, 178, 88, 95)
MOUTH_HALF_WIDTH_CM = 2.46  # from the middle to landmark 61


class Move(NamedTuple):
    """Landmarks that an action moves at full strength, outward, up and forward, with the skin around them."""

    landmarks: Sequence[int]
    outward_cm: float = 0.0
    up_cm: float = 0.0
    forward_cm: float = 0.0
    spread_cm: float = 0.8  # sigma of the bump around each landmark; 0: nothing around moves


def lips(up_cm: float, lower_up_cm: float, forward_cm: float = 0.0) -> tuple[Move, Move]:
    """Both lips, moved on their own: a bump would carry one lip with the other."""
    return Move(UPPER_LIP, 0, up_cm, forward_cm, 0), Move(LOWER_LIP, 0, lower_up_cm, forward_cm, 0)


# Directions by the FACS manual (Ekman, Friesen & Hager 2002); sizes chosen to look like intensity E.
ACTIONS: dict[str, tuple[Move, ...]] = {
    "au1": (Move(INNER_BROW, up_cm=0.8),),
    "au2": (Move(OUTER_BROW, up_cm=0.8),),
    "au4": (Move(INNER_BROW + MIDDLE_BROW, outward_cm=-0.3, up_cm=-0.5),),
    "au5": (Move(UPPER_LID, up_cm=0.2, spread_cm=0.2),),
    "au6": (Move(CHEEK, up_cm=0.5), Move(LOWER_LID, up_cm=0.12, spread_cm=0)),
    "au7": (Move(LOWER_LID, up_cm=0.2, spread_cm=0), Move(UPPER_LID, up_cm=-0.1, spread_cm=0)),
    "au9": (Move(NOSE_WING, up_cm=0.4, spread_cm=0.6), Move(INNER_BROW, up_cm=-0.3), *lips(0.2, 0)),
    "au10": lips(0.5, 0),
    "au12": (Move(MOUTH_CORNER, outward_cm=0.8, up_cm=0.7, forward_cm=-0.3, spread_cm=1.0),),
    "au14": (Move(MOUTH_CORNER, outward_cm=0.35, forward_cm=-0.4, spread_cm=0.6),),
    "au15": (Move(MOUTH_CORNER, up_cm=-0.6),),
    "au17": (Move(CHIN, up_cm=0.5, forward_cm=0.2), *lips(0.1, 0.3)),
    "au20": (Move(MOUTH_CORNER, outward_cm=0.9, up_cm=-0.1, spread_cm=1.0),),
    "au23": (Move(MOUTH_CORNER, outward_cm=-0.3), *lips(-0.12, 0.12)),
    "au25": lips(0.15, -0.4),
    "au26": (Move(CHIN, up_cm=-1.6, spread_cm=1.6), *lips(0, -1.2)),
    "au28": lips(-0.3, 0.3, -0.3),
}


@cache
def neutral_face() -> Floats:
    """The canonical face in cm, shape (478, 3): x to the person's left, y up, z forward."""
    text = files("mentalis.testing").joinpath("data/neutral_face.csv").read_text()
    rows = [line.split(",") for line in text.splitlines() if line[0].isdigit()]
    face = np.array(rows, dtype=np.float64)[:, 1:]
    face.flags.writeable = False
    return face


@cache
def mirrored() -> npt.NDArray[np.intp]:
    """For each landmark its counterpart in the face's other half, shape (478,)."""
    face = neutral_face()
    away = np.linalg.norm(face[:, None] * (-1, 1, 1) - face[None], axis=2)
    return np.asarray(away.argmin(axis=1))


@cache
def displacement(action: str) -> Floats:
    """Where an action at full strength takes each landmark, in cm, shape (478, 3).

    `au12_left` and the like are shown by that half of the person's own face alone.
    """
    name, _, side = action.partition("_")
    total = np.zeros_like(neutral_face())
    for move in ACTIONS[name]:
        total += _moved(move)
    if side:
        inwards = neutral_face()[:, :1] * (1 if side == "left" else -1)
        total *= np.clip(inwards, 0, 1)  # fades over the middle centimetre
    return total


def with_eyes_shut(face: Floats, shut: npt.NDArray[np.floating]) -> Floats:
    """Faces, shape (n, 478, 3), whose upper lids go down to the lower ones by a share in [0, 1], shape (n,)."""
    face = face.copy()
    for upper, lower in ((UPPER_LID, LOWER_LID), (mirrored()[list(UPPER_LID)], mirrored()[list(LOWER_LID)])):
        face[:, upper] += shut[:, None, None] * (face[:, lower] - face[:, upper])
    return face


def _moved(move: Move) -> Floats:
    face = neutral_face()
    centres = np.unique([*move.landmarks, *mirrored()[list(move.landmarks)]])
    if move.spread_cm:
        away = np.linalg.norm(face[:, None] - face[None, centres], axis=2)
        weight = np.exp(-((away / move.spread_cm) ** 2) / 2).max(axis=1)
        weight[weight < 0.01] = 0.0
    else:
        weight = np.isin(np.arange(len(face)), centres).astype(np.float64)
    if set(move.landmarks) <= {*UPPER_LIP, *LOWER_LIP}:  # the corners are where the lips meet: they stay
        weight *= np.clip(1 - (face[:, 0] / MOUTH_HALF_WIDTH_CM) ** 2, 0, None)
    outward = np.sign(np.round(face[:, 0], 1))
    by = np.stack(
        [outward * move.outward_cm, np.full(len(face), move.up_cm), np.full(len(face), move.forward_cm)], axis=1
    )
    return np.asarray(weight[:, None] * by)
