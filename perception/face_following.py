"""Everyone whose face is seen, followed frame by frame until their tracks are made."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.face_track import FaceTrack
from perception.frame import Frame
from perception.head_pose import eye_openness, gaze_deg, head_pose_deg, head_rotations
from perception.mediapipe_models import FACE_POINTS, MeshFace
from perception.spool import Spool
from perception.tracking import Box, Tracker

Floats = npt.NDArray[np.floating]

SHORTEST_TRACK_S, FEWEST_FRAMES = 0.3, 3  # what is shorter is a false alarm more often than a face
SEEN_WELL_PX, SEEN_POORLY_PX = 60.0, 15.0  # distance of the outer eye corners: full and no visibility
TURNED_DEG, AWAY_DEG = 30.0, 60.0  # yaw or pitch: full and no visibility (the far half of the mesh is guessed)
OUTLINE = (10, 297, 284, 389, 454, 361, 397, 378, 152, 149, 172, 132, 234, 162, 54, 67)  # of the face, all around
GAP_STEPS = 1.5  # a hole of more than so many of the clip's longer steps between frames ends a stretch


@dataclass(frozen=True)
class FaceInFrame:
    """A face on one frame, for tools that look at its pixels."""

    person: str
    landmarks: npt.NDArray[np.float32]  # (478, 3) px
    box: Box  # around the landmarks, px


@dataclass
class _Growing:
    """A track while its shot lasts."""

    person: str = ""  # none until it has been seen for long enough
    times_s: list[float] = field(default_factory=list)
    durations_s: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # of the spooled landmarks
    blendshapes: list[npt.NDArray[np.float32]] = field(default_factory=list)


class Cast:
    """The people of a clip, in order of appearance; their landmarks grow on disk."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._enough_s = min(SHORTEST_TRACK_S, clip.duration_s / 2)
        self._enough_frames = min(FEWEST_FRAMES, clip.n_frames)
        self._people: list[_Growing] = []
        self._spool = Spool((FACE_POINTS, 3))
        self.new_shot()

    def new_shot(self) -> None:
        """Follow nobody on: after a cut, a face in the same place may be another's."""
        self._tracker = Tracker()
        self._tracks: dict[int, _Growing] = {}

    def see(self, frame: Frame, found: list[MeshFace]) -> list[FaceInFrame]:
        """Add the faces found in a frame to their tracks, and tell who is who as far as it is known by now."""
        height, width = frame.rgb.shape[:2]
        points = [face.points * np.array([width, height, width], dtype=np.float32) for face in found]
        boxes = [_box(p) for p in points]
        seen = []
        numbers = self._tracker.follow(boxes, frame.time_s)
        for face, number, xyz, box in zip(found, numbers, points, boxes, strict=True):
            track = self._tracks.setdefault(number, _Growing())
            track.times_s.append(frame.time_s)
            track.durations_s.append(frame.duration_s)
            track.rows.append(self._spool.add(xyz))
            if face.blendshapes is not None:
                track.blendshapes.append(face.blendshapes)
            if not track.person and self._lasts(track):
                self._people.append(track)
                track.person = f"P{len(self._people)}"
            if track.person:
                seen.append(FaceInFrame(track.person, xyz, box))
        return seen

    def tracks(self, frame_times_s: Floats, engine: str) -> list[FaceTrack]:
        """Everyone's track; `frame_times_s` are the presentation times of all frames that were looked at."""
        landmarks = self._spool.gathered([growing.rows for growing in self._people])
        return [
            _track(growing, points, self._clip, frame_times_s, engine)
            for growing, points in zip(self._people, landmarks, strict=True)
        ]

    def _lasts(self, track: _Growing) -> bool:
        return len(track.rows) >= self._enough_frames and sum(track.durations_s) >= self._enough_s


def _box(points: npt.NDArray[np.float32]) -> Box:
    (left, top), (right, bottom) = points[:, :2].min(axis=0).tolist(), points[:, :2].max(axis=0).tolist()
    return Box(left, top, right, bottom)


def _track(growing: _Growing, landmarks: Floats, clip: Clip, frame_times_s: Floats, engine: str) -> FaceTrack:
    rotations = head_rotations(landmarks)
    pose_deg = head_pose_deg(rotations)
    steps_s = np.diff(frame_times_s)
    return FaceTrack(
        person=growing.person,
        times_s=np.array(growing.times_s),
        durations_s=np.array(growing.durations_s),
        landmarks=landmarks,
        head_pose_deg=pose_deg,
        gaze_deg=gaze_deg(landmarks, rotations),
        eye_openness=eye_openness(landmarks),
        visibility=_visibility(landmarks, pose_deg, clip),
        frame_width=clip.width,
        frame_height=clip.height,
        clip_frame_times_s=frame_times_s,
        blendshapes=np.array(growing.blendshapes) if growing.blendshapes else None,
        engine=engine,
        gap_s=GAP_STEPS * float(np.percentile(steps_s, 95)) if len(steps_s) else 0.0,  # 95: the frame rate may vary
    )


def _visibility(landmarks: Floats, pose_deg: Floats, clip: Clip) -> Floats:
    """How well the face can be measured, in [0, 1], shape (n,): its size, its angle and the share inside the frame."""
    eyes_px = np.linalg.norm(landmarks[:, 263, :2] - landmarks[:, 33, :2], axis=1)
    by_size = np.clip((eyes_px - SEEN_POORLY_PX) / (SEEN_WELL_PX - SEEN_POORLY_PX), 0, 1)
    by_angle = np.clip((AWAY_DEG - np.abs(pose_deg[:, :2]).max(axis=1)) / (AWAY_DEG - TURNED_DEG), 0, 1)
    outline = landmarks[:, OUTLINE, :2]
    inside = ((outline >= 0) & (outline < (clip.width, clip.height))).all(axis=2).mean(axis=1)
    return np.asarray(by_size * by_angle * inside)
