"""MediaPipe's landmark models as plain functions. The only module that knows MediaPipe.

Version 0.10.14 bundles its face, pose and hand graphs; moving to releases that need a downloaded task file for
each is a change of this file alone.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
FACE_POINTS, POSE_POINTS, HAND_POINTS = 478, 33, 21
QUIET = {"GLOG_minloglevel": "3", "TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True)
class MeshFace:
    """One face in one picture: points as shares of width and height (z of width), and blendshape scores if any."""

    points: Floats  # (478, 3)
    blendshapes: Floats | None  # (52,)


@dataclass(frozen=True)
class Hand:
    """One hand in one picture: points as shares of width and height."""

    points: Floats  # (21, 3)
    score: float


@contextmanager
def face_mesh(max_faces: int) -> Iterator[Callable[[Picture, float], list[MeshFace]]]:
    """The bundled face mesh with irises, following faces from picture to picture."""
    mp = _mediapipe()
    with mp.solutions.face_mesh.FaceMesh(max_num_faces=max_faces, refine_landmarks=True) as mesh:

        def find(rgb: Picture, time_s: float) -> list[MeshFace]:
            found = mesh.process(rgb).multi_face_landmarks or []
            return [MeshFace(_points(face, FACE_POINTS), None) for face in found]

        yield find


@contextmanager
def face_landmarker(task: Path, max_faces: int) -> Iterator[Callable[[Picture, float], list[MeshFace]]]:
    """A FaceLandmarker task file: the same 478 points, and 52 blendshapes."""
    mp = _mediapipe()
    vision, base = mp.tasks.vision, mp.tasks.BaseOptions
    options = vision.FaceLandmarkerOptions(
        base_options=base(model_asset_path=str(task)),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=max_faces,
        output_face_blendshapes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:

        def find(rgb: Picture, time_s: float) -> list[MeshFace]:
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
            seen = landmarker.detect_for_video(image, round(time_s * 1000))
            faces = []
            for points, shapes in zip(seen.face_landmarks, seen.face_blendshapes, strict=True):
                xyz = np.array([(p.x, p.y, p.z) for p in points], dtype=np.float32)
                faces.append(MeshFace(xyz, np.array([s.score for s in shapes], dtype=np.float32)))
            return faces

        yield find


@contextmanager
def pose() -> Iterator[Callable[[Picture], Floats | None]]:
    """The bundled pose model (complexity 1): x, y as shares and visibility, shape (33, 3); none without a body."""
    mp = _mediapipe()
    with mp.solutions.pose.Pose(model_complexity=1) as model:

        def find(rgb: Picture) -> Floats | None:
            found = model.process(rgb).pose_landmarks
            if found is None:
                return None
            return np.array([(p.x, p.y, p.visibility) for p in found.landmark], dtype=np.float32)

        yield find


@contextmanager
def hands(most: int = 2) -> Iterator[Callable[[Picture], list[Hand]]]:
    """The bundled hand model (complexity 1)."""
    mp = _mediapipe()
    with mp.solutions.hands.Hands(max_num_hands=most, model_complexity=1) as model:

        def find(rgb: Picture) -> list[Hand]:
            seen = model.process(rgb)
            if not seen.multi_hand_landmarks:
                return []
            scores = [h.classification[0].score for h in seen.multi_handedness]
            return [
                Hand(_points(h, HAND_POINTS), float(s)) for h, s in zip(seen.multi_hand_landmarks, scores, strict=True)
            ]

        yield find


def _points(landmarks: Any, count: int) -> Floats:
    """x, y, z of a landmark list, read from its wire format: forty times faster than point by point.

    Every point takes the same number of bytes: tag, length, then a tag and four bytes for each of x, y, z.
    """
    wire = landmarks.SerializeToString()
    stride, left = divmod(len(wire), count)
    rows = np.frombuffer(wire, dtype=np.uint8)
    if left or stride < 17 or not (rows[0::stride] == 0x0A).all() or not (rows[2::stride] == 0x0D).all():
        return np.array([(p.x, p.y, p.z) for p in landmarks.landmark], dtype=np.float32)
    rows = rows.reshape(count, stride)
    xyz = np.concatenate([rows[:, 3:7], rows[:, 8:12], rows[:, 13:17]], axis=1)
    return np.ascontiguousarray(xyz).view("<f4").astype(np.float32, copy=False)


def _mediapipe() -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with contextlib.suppress(ImportError):
        import absl.logging

        absl.logging.set_verbosity("error")
    import mediapipe

    return mediapipe
