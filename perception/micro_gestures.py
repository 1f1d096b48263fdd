"""Micro-gestures that pose and hands decide: touching or covering the face, folding arms, rubbing hands."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.events import runs
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.tool import Run, tool

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]

TIPS, PALM = (4, 8, 12, 16, 20), (0, 5, 9, 13, 17)  # of MediaPipe's hand
NEAR_FACE = 0.12  # shoulder widths a fingertip may stand off the face
COVERED_SHARE = 0.25  # of the face's box under the palm and fingers
WRIST_SEEN = 0.6
AT_ELBOW, ACROSS = 0.45, 0.1  # folded: each wrist near the other elbow, and past the middle
HANDS_TOGETHER = 0.35  # shoulder widths between the palms' centres
GAP_S = 0.25  # shorter holes in a gesture are bridged
CONFIDENCE = {"touch_face": 0.6, "cover_face": 0.55, "fold_arms": 0.6, "rub_hands": 0.5}


@cache
def classes() -> dict[str, dict[str, Any]]:
    """The gestures with the classes that they stand for."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "data" / "micro_gestures.yaml").read_text(encoding="utf-8")
    )
    return content


@tool(needs=("bodies", "faces"), version="1")
def micro_gestures() -> Run:
    """Find self-touch and closed postures by rules over pose and hands, scaled by shoulder width."""

    def run(clip: Clip, bodies: list[BodyTrack], faces: list[FaceTrack]) -> Findings:
        found = Findings()
        if not bodies:
            found.abstain(None, "no upper body was found")
        for body in bodies:
            person, boxes = _owner(body, faces)
            if person is None:
                found.abstain(None, "the body that is seen belongs to none of the faces")
                continue
            flags = {
                "touch_face": _touches_face(body, boxes),
                "cover_face": _covers_face(body, boxes),
                "fold_arms": _folds_arms(body),
                "rub_hands": _hands_together(body),
            }
            flags["touch_face"] &= ~flags["cover_face"]
            flags["rub_hands"] &= ~flags["fold_arms"]
            for kind, flag in flags.items():
                _events(body, person, kind, flag, found)
        return found

    return run


def _owner(body: BodyTrack, faces: list[FaceTrack]) -> tuple[str | None, Floats]:
    """Whose face the body's nose lies in most often, and that face's box at each look (NaN when unseen)."""
    best: tuple[float, str | None, Floats] = (0.0, None, np.full((len(body.times_s), 4), np.nan))
    for face in faces:
        at = np.clip(np.searchsorted(face.times_s, body.times_s - 1e-3), 0, len(face.times_s) - 1)
        together = np.abs(face.times_s[at] - body.times_s) < 0.1
        xy = np.asarray(face.landmarks[at][:, :, :2])
        boxes = np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1)
        nose = body.pose[:, 0, :2]
        inside = together & (nose >= boxes[:, :2]).all(axis=1) & (nose <= boxes[:, 2:]).all(axis=1)
        if inside.mean() > best[0]:
            best = (float(inside.mean()), face.person, np.where(together[:, None], boxes, np.nan))
    return best[1], best[2]


def _touches_face(body: BodyTrack, boxes: Floats) -> Flags:
    margin = NEAR_FACE * body.shoulder_width_px
    touching = np.zeros(len(body.times_s), dtype=bool)
    for hand in (body.left_hand, body.right_hand):
        tips = hand[:, TIPS, :2]
        low, high = boxes[:, None, :2] - margin[:, None, None], boxes[:, None, 2:] + margin[:, None, None]
        touching |= ((tips >= low) & (tips <= high)).all(axis=2).any(axis=-1)
    return touching


def _covers_face(body: BodyTrack, boxes: Floats) -> Flags:
    covered = np.zeros(len(body.times_s), dtype=bool)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for hand in (body.left_hand, body.right_hand):
        low, high = hand[:, :, :2].min(axis=1), hand[:, :, :2].max(axis=1)
        size = np.minimum(high, boxes[:, 2:]) - np.maximum(low, boxes[:, :2])
        covered |= np.clip(size, 0, None).prod(axis=1) > COVERED_SHARE * area
    return covered


def _folds_arms(body: BodyTrack) -> Flags:
    left_elbow, right_elbow, left_wrist, right_wrist = (body.pose[:, i] for i in (13, 14, 15, 16))
    seen = (left_wrist[:, 2] > WRIST_SEEN) & (right_wrist[:, 2] > WRIST_SEEN)
    width = body.shoulder_width_px
    middle = body.pose[:, (11, 12), 0].mean(axis=1)
    side = np.sign(body.pose[:, 11, 0] - middle)  # where the left shoulder is
    crossed = (side * (middle - left_wrist[:, 0]) > ACROSS * width) & (
        side * (right_wrist[:, 0] - middle) > ACROSS * width
    )
    near = _apart(left_wrist, right_elbow) < AT_ELBOW * width
    near &= _apart(right_wrist, left_elbow) < AT_ELBOW * width
    return np.asarray(seen & crossed & near)


def _hands_together(body: BodyTrack) -> Flags:
    left, right = body.left_hand[:, PALM].mean(axis=1), body.right_hand[:, PALM].mean(axis=1)
    below_chin = left[:, 1] > body.pose[:, (11, 12), 1].mean(axis=1)
    return np.asarray((_apart(left, right) < HANDS_TOGETHER * body.shoulder_width_px) & below_chin)


def _apart(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1]))


def _events(body: BodyTrack, person: str, kind: str, flags: Flags, found: Findings) -> None:
    stretches: list[tuple[int, int]] = []
    for first, last in runs(flags):
        if stretches and body.times_s[first] - body.times_s[stretches[-1][1]] <= GAP_S:
            stretches[-1] = (stretches[-1][0], last)
        else:
            stretches.append((first, last))
    for first, last in stretches:
        start_s, end_s = float(body.times_s[first]), float(body.times_s[last] + body.durations_s[last])
        if end_s - start_s >= classes()[kind]["shortest_s"]:
            seen = float(flags[first : last + 1].mean())
            text = f"{person} {classes()[kind]['words']}"
            found.event(
                person, kind, start_s, end_s, text=text, confidence=CONFIDENCE[kind] * seen, quality=min(1.0, seen)
            )
