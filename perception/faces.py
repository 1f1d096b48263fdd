"""Faces: who is seen when, with landmarks, head pose, gaze and eye openness."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from perception import mediapipe_models
from perception.clip import Clip
from perception.errors import ToolError
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.frame import Frame
from perception.head_pose import eye_openness, gaze_deg, head_pose_deg
from perception.spool import Spool
from perception.tool import Output, Run, tool
from perception.tracking import Tracker
from perception.weights import find_weight

LONGEST_SIDE_PX = 1280  # given to the model; larger pictures are thinned out
SHORTEST_TRACK_S = 0.3  # what is shorter is a false alarm more often than a face
SEEN_WELL_PX, SEEN_POORLY_PX = 60.0, 20.0  # outer eye corners' distance: full and no visibility
TURNED_DEG, AWAY_DEG = 30.0, 60.0  # yaw or pitch: full and no visibility
GAZE_AWAY_DEG, GAZE_AWAY_S = 20.0, 0.5  # head and eyes together, off the camera
LANDMARKER = "face_landmarker"
WEIGHTS = "face_landmarker_v2_with_blendshapes"
Engine = Literal["auto", "face_mesh", "face_landmarker"]


@dataclass(frozen=True)
class FaceInFrame:
    """A face on one frame, for tools that look at its pixels."""

    person: str
    landmarks: npt.NDArray[np.float32]  # (478, 3) px
    box: npt.NDArray[np.floating]  # x0, y0, x1, y1 px


@dataclass
class _Seen:
    """One track while it grows."""

    times_s: list[float] = field(default_factory=list)
    durations_s: list[float] = field(default_factory=list)
    landmarks: Spool = field(default_factory=lambda: Spool((mediapipe_models.FACE_POINTS, 3)))
    blendshapes: list[npt.NDArray[np.float32]] = field(default_factory=list)


def _resolved(engine: Engine) -> Engine:
    """The engine that "auto" means here and now: it is part of the cache's key."""
    if engine == "auto":
        return "face_landmarker" if find_weight(WEIGHTS) else "face_mesh"
    return engine


@tool(needs="frames", version="1")
def faces(max_faces: int = 4, engine: Engine = "auto") -> Run:
    """Find faces and follow them through the clip: landmarks, head pose, gaze, eye openness.

    Args:
        max_faces: at most this many at a time.
        engine: MediaPipe's `face_mesh` (bundled), its `face_landmarker` (with blendshapes; needs its weights), or
            `auto`: the landmarker if its weights are here.
    """
    chosen = _resolved(engine)

    def run(clip: Clip, frames: Iterator[Frame]) -> Output:
        tracker, seen = Tracker(), dict[str, _Seen]()
        frame_times: list[float] = []
        with _model(chosen, max_faces) as find:
            for frame in frames:
                frame_times.append(frame.time_s)
                height, width = frame.rgb.shape[:2]
                step = -(-max(height, width) // LONGEST_SIDE_PX)
                rgb = np.ascontiguousarray(frame.rgb[::step, ::step]) if step > 1 else frame.rgb
                found = find(rgb, frame.time_s)
                scale = np.array([width, height, width], dtype=np.float32)
                points = [face.points * scale for face in found]
                boxes = [_box(p) for p in points]
                people = tracker.follow(boxes, frame.time_s)
                notes = []
                for face, person, xyz, box in zip(found, people, points, boxes, strict=True):
                    track = seen.setdefault(person, _Seen())
                    track.times_s.append(frame.time_s)
                    track.durations_s.append(frame.duration_s)
                    track.landmarks.add(xyz)
                    if face.blendshapes is not None:
                        track.blendshapes.append(face.blendshapes)
                    notes.append(FaceInFrame(person, xyz, box))
                frame.notes["faces"] = notes
        tracks = [
            _track(p, s, clip, frame_times, chosen)
            for p, s in seen.items()
            if sum(s.durations_s) >= SHORTEST_TRACK_S or len(frame_times) < 3
        ]
        return Output(tracks, _findings(tracks, len(frame_times), chosen))

    run.resolved = {"engine": chosen}  # type: ignore[attr-defined]
    return run


def _model(engine: Engine, max_faces: int) -> AbstractContextManager[Any]:
    if engine == "face_mesh":
        return mediapipe_models.face_mesh(max_faces)
    task = find_weight(WEIGHTS)
    if task is None:
        raise ToolError(f"faces.engine=face_landmarker needs its weights: mentalis weights download {WEIGHTS}")
    return mediapipe_models.face_landmarker(task, max_faces)


def _box(points: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
    return np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)]).astype(np.float64)


def _track(person: str, seen: _Seen, clip: Clip, frame_times: list[float], engine: Engine) -> FaceTrack:
    landmarks = seen.landmarks.array()
    pose = head_pose_deg(landmarks)
    eyes = np.linalg.norm(landmarks[:, 263, :2] - landmarks[:, 33, :2], axis=1)
    by_size = np.clip((eyes - SEEN_POORLY_PX) / (SEEN_WELL_PX - SEEN_POORLY_PX), 0, 1)
    turned = np.maximum(np.abs(pose[:, 0]), np.abs(pose[:, 1]))
    by_angle = np.clip((AWAY_DEG - turned) / (AWAY_DEG - TURNED_DEG), 0, 1)
    x, y = landmarks[:, :, 0], landmarks[:, :, 1]
    inside = ((x >= 0) & (x < clip.width) & (y >= 0) & (y < clip.height)).mean(axis=1)
    return FaceTrack(
        person=person,
        times_s=np.array(seen.times_s),
        durations_s=np.array(seen.durations_s),
        landmarks=landmarks,
        head_pose_deg=pose,
        gaze_deg=gaze_deg(landmarks, pose),
        eye_openness=eye_openness(landmarks),
        visibility=by_size * by_angle * inside,
        frame_width=clip.width,
        frame_height=clip.height,
        clip_frame_times_s=np.array(frame_times),
        blendshapes=np.array(seen.blendshapes) if seen.blendshapes else None,
        engine=engine,
    )


def _findings(tracks: list[FaceTrack], n_frames: int, engine: Engine) -> Findings:
    found = Findings(notes={"engine": f"MediaPipe {engine.replace('_', ' ')}"})
    if not tracks:
        found.abstain(None, f"no face was found in {n_frames} frames")
    for track in tracks:
        for stretch in track.stretches():
            start_s, end_s = float(track.times_s[stretch][0]), track.end_s(stretch.stop - 1)
            quality = track.quality(start_s, end_s)
            size = float(np.median(track.eye_distance_px[stretch]))
            text = f"{track.person}'s face is seen (eyes {size:.0f} px apart)"
            found.event(track.person, "face_visible", start_s, end_s, text=text, confidence=0.95, quality=quality)
        names = ("head_pitch", "head_yaw", "head_roll")
        for column, name in enumerate(names):
            found.signal(track.person, name, track.head_pose_deg[:, column], track.times_s, unit="deg")
        for column, name in enumerate(("gaze_x", "gaze_y")):
            found.signal(track.person, name, track.gaze_deg[:, column], track.times_s, unit="deg")
        found.signal(track.person, "eye_openness", track.eye_openness.mean(axis=1), track.times_s, unit="ratio")
        _gaze_away(track, found)
    return found


def _gaze_away(track: FaceTrack, found: Findings) -> None:
    """Stretches in which head and eyes together point well past the camera."""
    direction = track.gaze_deg + track.head_pose_deg[:, [1, 0]]
    away = np.hypot(direction[:, 0], direction[:, 1]) > GAZE_AWAY_DEG
    for stretch in track.stretches():
        edges = np.flatnonzero(np.diff(np.concatenate([[0], away[stretch].astype(int), [0]])))
        for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
            a, b = stretch.start + first, stretch.start + last
            start_s, end_s = float(track.times_s[a]), track.end_s(b)
            if end_s - start_s >= GAZE_AWAY_S:
                quality = track.quality(start_s, end_s)
                text = f"{track.person} looks past the camera"
                found.event(track.person, "gaze_away", start_s, end_s, text=text, confidence=0.6, quality=quality)
