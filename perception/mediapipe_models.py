"""MediaPipe's landmark models as plain functions. The only module that knows MediaPipe.

Version 0.10.14 bundles its face, pose and hand graphs; moving to releases that need a downloaded task file for
each is a change of this file alone. A model opened here follows what it saw in the picture before, so open
a new one for each shot.
"""

import os
import re
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]  # (height, width, 3), RGB
FACE_POINTS, POSE_POINTS, HAND_POINTS = 478, 33, 21
LONGEST_SIDE_PX = 1920  # the models see 128-256 px of a picture or face; a larger one is thinned out first
POINT_BYTES = 17  # of x, y, z on the wire: tag and length, then a tag and four bytes for each
POINT = np.dtype({"names": ["x", "y", "z"], "formats": ["<f4"] * 3, "offsets": [3, 8, 13], "itemsize": POINT_BYTES})
CHATTER = re.compile(rb"[IW]\d{4} |INFO: |WARNING: All log messages before absl")  # not errors: those begin with E or F
_opening = threading.Lock()
warnings.filterwarnings("ignore", "SymbolDatabase.GetPrototype", UserWarning)  # mediapipe 0.10.14 with protobuf 4


@dataclass(frozen=True)
class MeshFace:
    """One face in one picture: points as shares of width and height (z of width), and blendshape scores if any."""

    points: Floats  # (478, 3)
    blendshapes: Floats | None  # (52,)


@dataclass(frozen=True)
class Hand:
    """One hand in one picture: points as shares of width and height (z of width)."""

    points: Floats  # (21, 3)
    score: float


@contextmanager
def face_mesh(max_faces: int) -> Iterator[Callable[[Picture, float], list[MeshFace]]]:
    """The bundled face mesh with irises (Grishchenko et al. 2020): call it with a picture and its time in seconds."""
    with _quietly():
        import mediapipe as mp

        mesh = mp.solutions.face_mesh.FaceMesh(max_num_faces=max_faces, refine_landmarks=True)
        _warm_up(mesh)

    def find(rgb: Picture, time_s: float) -> list[MeshFace]:
        found = mesh.process(_thinned(rgb)).multi_face_landmarks or []
        return [MeshFace(_points(face, FACE_POINTS), None) for face in found]

    with mesh:
        yield find


@contextmanager
def face_landmarker(task: Path, max_faces: int) -> Iterator[Callable[[Picture, float], list[MeshFace]]]:
    """A FaceLandmarker task file: the same 478 points, and 52 blendshapes; times must increase."""
    with _quietly():
        import mediapipe as mp

        vision = mp.tasks.vision
        options = vision.FaceLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=str(task)),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=max_faces,
            output_face_blendshapes=True,
        )
        landmarker = vision.FaceLandmarker.create_from_options(options)
    last_ms = -1

    def find(rgb: Picture, time_s: float) -> list[MeshFace]:
        nonlocal last_ms
        last_ms = max(last_ms + 1, round(time_s * 1000))  # it refuses two pictures in one millisecond
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=_thinned(rgb))
        seen = landmarker.detect_for_video(image, last_ms)
        return [
            MeshFace(
                np.array([(p.x, p.y, p.z) for p in points], dtype=np.float32),
                np.array([shape.score for shape in shapes], dtype=np.float32),
            )
            for points, shapes in zip(seen.face_landmarks, seen.face_blendshapes, strict=True)
        ]

    with landmarker:
        yield find


@contextmanager
def face_boxes(least_score: float) -> Iterator[Callable[[Picture], Floats]]:
    """Both bundled face detectors (BlazeFace, Bazarevsky et al. 2019: within 2 m and within 5 m of the camera).

    They look at each picture by itself. Boxes are left, top, right, bottom as shares, shape (faces, 4); a face that
    both see has two.
    """
    with _quietly():
        import mediapipe as mp

        detectors = [
            mp.solutions.face_detection.FaceDetection(model_selection=reach, min_detection_confidence=least_score)
            for reach in (0, 1)
        ]
        for detector in detectors:
            _warm_up(detector)

    def find(rgb: Picture) -> Floats:
        found = []
        for detector in detectors:
            for face in detector.process(_thinned(rgb)).detections or []:
                box = face.location_data.relative_bounding_box
                found.append((box.xmin, box.ymin, box.xmin + box.width, box.ymin + box.height))
        return np.array(found, dtype=np.float32).reshape(-1, 4)

    with detectors[0], detectors[1]:
        yield find


@cache
def face_triangles() -> npt.NDArray[np.intp]:
    """The triangles of the face mesh's surface by the numbers of their landmarks, shape (triangles, 3)."""
    with _quietly():
        import mediapipe as mp

    beside: dict[int, set[int]] = {}
    for a, b in mp.solutions.face_mesh.FACEMESH_TESSELATION:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    threes = {tuple(sorted((a, b, c))) for a in beside for b in beside[a] for c in beside[a] & beside[b]}
    return np.array(sorted(threes), dtype=np.intp)


@contextmanager
def pose() -> Iterator[Callable[[Picture], Floats | None]]:
    """The bundled pose model (BlazePose, complexity 1): x, y as shares and visibility, shape (33, 3); none: no body."""
    with _quietly():
        import mediapipe as mp

        model = mp.solutions.pose.Pose(model_complexity=1)
        _warm_up(model)

    def find(rgb: Picture) -> Floats | None:
        found = model.process(_thinned(rgb)).pose_landmarks
        if found is None:
            return None
        return np.array([(p.x, p.y, p.visibility) for p in found.landmark], dtype=np.float32)

    with model:
        yield find


@contextmanager
def hands(most: int = 2) -> Iterator[Callable[[Picture], list[Hand]]]:
    """The bundled hand model (complexity 1)."""
    with _quietly():
        import mediapipe as mp

        model = mp.solutions.hands.Hands(max_num_hands=most, model_complexity=1)
        _warm_up(model)

    def find(rgb: Picture) -> list[Hand]:
        seen = model.process(_thinned(rgb))
        pairs = zip(seen.multi_hand_landmarks or [], seen.multi_handedness or [], strict=True)
        return [Hand(_points(hand, HAND_POINTS), side.classification[0].score) for hand, side in pairs]

    with model:
        yield find


def _thinned(rgb: Picture) -> Picture:
    step = -(-max(rgb.shape[:2]) // LONGEST_SIDE_PX)
    return np.ascontiguousarray(rgb[::step, ::step])


def _points(landmarks: Any, count: int) -> Floats:
    """x, y, z of a landmark list, shape (count, 3), read from its wire format: ten times faster than point by point."""
    wire = landmarks.SerializeToString()
    if len(wire) != count * POINT_BYTES:  # a point that says more than x, y and z
        return np.array([(p.x, p.y, p.z) for p in landmarks.landmark], dtype=np.float32)
    points = np.frombuffer(wire, dtype=POINT)
    return np.stack([points["x"], points["y"], points["z"]], axis=1)


def _warm_up(model: Any) -> None:
    """Let the model load what it loads with its first picture."""
    model.process(np.zeros((16, 16, 3), dtype=np.uint8))


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep what MediaPipe and TensorFlow Lite tell of themselves off stderr; all else that comes is passed on.

    Their C++ code writes to the file descriptor and heeds no setting, so that is turned aside while a model opens.
    """
    with _opening, tempfile.TemporaryFile() as aside:
        stderr = os.dup(2)
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            aside.seek(0)
            told = b"".join(line for line in aside if not CHATTER.match(line))
            os.write(2, told)
