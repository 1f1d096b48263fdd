"""A closer look: pictures of a stretch of a clip, densely sampled and cropped to one person's face."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from agents.showing.media import LONG_SIDE_PX, Picture, frame_id, jpeg, picture_part, small
from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.evidence import Evidence, Findings, Frozen, Seconds, Signal
from perception.face_track import FaceTrack
from perception.isolation import decoded
from perception.tool import Tool

SIDES = ("left", "top", "right", "bottom")
AROUND = 0.4  # of the face's size, shown on each side of it: hair, chin, hands at the face
NEAR_S = 0.25  # a face found within this time of a picture is where it was found
UPPER_BODY, SEEN = 25, 0.5  # joints of MediaPipe's pose down to the hips; visibility
MOST_ENLARGED = 4.0  # times; more shows nothing more

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the displayed picture


class Crop(Frozen):
    """What to show of the picture at a time; all of it without a box."""

    time_s: Seconds
    person: str | None = None
    box: Box | None = None


def crops(start_s: float, end_s: float, count: int, person: str | None, boxes: Sequence[Signal]) -> tuple[Crop, ...]:
    """Evenly spread times of a stretch, rounded to 0.01 s, each with the person's face where it was found.

    Args:
        start_s: of the stretch.
        end_s: of the stretch.
        count: pictures, at most: a stretch may be too short for so many.
        person: whose face; none: whole pictures.
        boxes: signals of `face_boxes`.
    """
    times = dict.fromkeys(round(start_s + (n + 0.5) * (end_s - start_s) / count, 2) for n in range(count))
    found = [(time_s, face_box(person, time_s, boxes) if person else None) for time_s in times]
    return tuple(Crop(time_s=time_s, person=person if box else None, box=box) for time_s, box in found)


def face_box(person: str, time_s: float, boxes: Sequence[Signal]) -> Box | None:
    """The person's face and some of what is around it; none where it was not found at that time."""
    edges = {s.name: s for s in boxes if s.person == person}
    if not set(SIDES) <= set(edges):
        return None
    times_s = edges["left"].times()
    nearest = int(np.abs(times_s - time_s).argmin())
    if abs(times_s[nearest] - time_s) > NEAR_S:
        return None
    left, top, right, bottom = (edges[side].values[nearest] for side in SIDES)
    wider, higher = AROUND * (right - left), AROUND * (bottom - top)
    return (round(left - wider), round(top - higher), round(right + wider), round(bottom + higher))


def face_boxes() -> Tool:
    """A tool that notes where each face is, in pixels; for a zoom alone, so that it is not among those registered."""

    def run(clip: Clip, faces: list[FaceTrack]) -> Findings:
        found = Findings()
        for face in faces:
            points = face.landmarks[:, :, :2]
            edges = np.hstack([points.min(axis=1), points.max(axis=1)])  # (n, 4) left, top, right, bottom
            for column, side in enumerate(SIDES):
                found.signal(face.person, side, edges[:, column], face.times_s, unit="px")
        return found

    return Tool("face_boxes", "1", ("faces",), run)


def body_boxes() -> Tool:
    """A tool that notes where each upper body with its hands is, in pixels; for a closer look alone."""

    def run(clip: Clip, bodies: list[BodyTrack]) -> Findings:
        found = Findings()
        for body in bodies:
            seen = body.pose[..., 2:] >= SEEN
            joints = np.where(seen, body.pose[..., :2], np.nan)[:, :UPPER_BODY]
            points = np.concatenate([joints, body.left_hand[..., :2], body.right_hand[..., :2]], axis=1)
            there = np.isfinite(points).any(axis=(1, 2))
            edges = np.hstack([np.nanmin(points[there], axis=1), np.nanmax(points[there], axis=1)])
            for column, side in enumerate(SIDES):
                found.signal(body.person, side, edges[:, column], body.times_s[there], unit="px")
        return found

    return Tool("body_boxes", "1", ("bodies",), run)


def boxes_in(evidence: Evidence) -> list[Signal]:
    """Where the faces are, as `face_boxes` noted it."""
    return [s for s in evidence.signals if s.tool == "face_boxes"]


@lru_cache(maxsize=16)  # every later message of a chat shows them again
def picture_parts(clip: Clip, shown: tuple[Crop, ...], part: str = "face") -> tuple[dict[str, Any], ...]:
    """The parts of a chat message: each picture after its id, its time and whose face (or other part) it shows.

    Raises:
        ClipError: the clip can't be decoded.
    """
    parts: list[dict[str, Any]] = []
    for crop, picture in zip(shown, decoded(_pictures, clip, shown), strict=True):
        whose = f"{crop.person}'s {part}" if crop.person else "the whole picture"
        told = f"{frame_id(crop.time_s)} (at {round(crop.time_s * 1000)} ms), {whose}"
        parts += [{"type": "text", "text": told}, picture_part(picture)]
    return tuple(parts)


def _pictures(clip: Clip, shown: tuple[Crop, ...]) -> list[bytes]:
    frames = clip.frames_at([c.time_s for c in shown])
    return [jpeg(_cropped(frame.rgb, crop.box)) for crop, frame in zip(shown, frames, strict=True)]


def _cropped(rgb: Picture, box: Box | None) -> Picture:
    """The part of a picture in the box, enlarged to what a model is shown of a whole one."""
    from PIL import Image

    if box is None:
        return small(rgb)
    height, width = rgb.shape[:2]
    left, top = max(0, min(box[0], width - 2)), max(0, min(box[1], height - 2))
    right, bottom = min(width, max(box[2], left + 2)), min(height, max(box[3], top + 2))
    part = rgb[top:bottom, left:right]
    scale = min(MOST_ENLARGED, LONG_SIDE_PX / max(part.shape[:2]))
    size = (round(part.shape[1] * scale), round(part.shape[0] * scale))
    return np.asarray(Image.fromarray(np.ascontiguousarray(part)).resize(size, Image.Resampling.LANCZOS))
