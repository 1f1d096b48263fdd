"""Where faces are on each picture, by two detectors that know nothing of each other."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from perception import mediapipe_models
from perception.clip import Clip
from perception.errors import ToolError
from perception.frame import Frame
from perception.shots import shots
from perception.tracking import Box

Picture = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float32]  # left, top, right, bottom of a box, of the picture's width and height
LEAST_SCORE = 0.4  # of MediaPipe's detectors, whose own default is 0.5: a doubtful face is a face here
MOST_FACES = 8  # that the mesh follows; the detectors have no such limit
CASCADE_PX = 480  # longest side of the picture that the cascade looks at
SMALLEST_PX, SCALE_STEP, NEIGHBOURS = 24, 1.1, 3  # of the cascade; OpenCV's own defaults, its window is 24 px
HAIR = 0.3  # of the longer side of a face's box: from the mesh, which ends at the forehead, to the top of the head
FOREHEAD, CHIN = 10, 152  # in MediaPipe's face mesh
DETECTORS = ("mediapipe", "cascade")


@dataclass(frozen=True)
class Look:
    """What is seen on one picture; boxes in pixels."""

    time_s: float
    duration_s: float  # until the next picture
    shot: int  # pictures between two cuts share it
    mediapipe: tuple[Box, ...]
    cascade: tuple[Box, ...]
    mesh: tuple[Box, ...] = ()  # those of MediaPipe's that hold a whole face mesh

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Of both detectors."""
        return self.mediapipe + self.cascade


def look(clip: Clip, on_picture: Callable[[float], None] = lambda time_s: None) -> list[Look]:
    """Look at every picture of a clip, and follow faces from picture to picture where the detectors lose them.

    Args:
        clip: what to look at.
        on_picture: told the time of each picture that is done.

    Raises:
        ClipError: the clip can't be decoded.
        ToolError: the cascade can't be loaded.
    """
    looks = []
    with mediapipe_models.face_boxes(LEAST_SCORE) as detect:
        for number, shot in enumerate(shots(clip.frames())):
            with mediapipe_models.face_mesh(MOST_FACES) as follow:
                for frame in shot:
                    height, width = frame.rgb.shape[:2]
                    mesh = [around_mesh(face.points, width, height) for face in follow(frame.rgb, frame.time_s)]
                    looks.append(_look(frame, number, detect(frame.rgb), mesh))
                    on_picture(frame.time_s)
    return looks


@contextmanager
def checking() -> Iterator[Callable[[Frame], Look]]:
    """Look at single pictures, each by itself; the shot is not told apart."""
    with mediapipe_models.face_boxes(LEAST_SCORE) as detect:
        yield lambda frame: _look(frame, 0, detect(frame.rgb), [])


def _look(frame: Frame, shot: int, detected: Iterable[Shares], mesh: Iterable[Shares]) -> Look:
    height, width = frame.rgb.shape[:2]
    scale = np.array([width, height, width, height])
    alone, whole = (tuple(Box(*(share * scale).tolist()) for share in shares) for shares in (detected, mesh))
    return Look(frame.time_s, frame.duration_s, shot, alone + whole, _by_cascade(frame.rgb), whole)


def around_mesh(points: npt.NDArray[np.float32], width: int, height: int) -> Shares:
    """The box of a mesh, longer towards the hair of a head that lies on its side or upside down.

    Above the box, as the picture has it, there is a margin anyway: an upright head needs no more.
    """
    flat = points[:, :2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    size = np.array([width, height])
    up = (flat[FOREHEAD] - flat[CHIN]) * size
    up = up / max(float(np.hypot(*up)), 1e-6)
    hair = up * HAIR * ((high - low) * size).max() / size
    beside, below = abs(up[0]) * hair[0], max(0.0, hair[1])
    return np.array([low[0] + min(0.0, beside), low[1], high[0] + max(0.0, beside), high[1] + below], dtype=np.float32)


def _by_cascade(rgb: Picture) -> tuple[Box, ...]:
    import cv2

    scale = min(1.0, CASCADE_PX / max(rgb.shape[:2]))
    grey = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if min(grey.shape) < SMALLEST_PX:
        return ()
    found = _cascade().detectMultiScale(grey, SCALE_STEP, NEIGHBOURS, minSize=(SMALLEST_PX, SMALLEST_PX))
    return tuple(Box(x / scale, y / scale, (x + w) / scale, (y + h) / scale) for x, y, w, h in np.array(found).tolist())


@cache
def _cascade() -> Any:
    """OpenCV's cascade of local binary patterns for frontal faces (Liao et al. 2007), as scikit-image brings it along.

    OpenCV 5 comes without its Haar cascades. scikit-image's copy misspells one element, which only its own reader
    forgives.
    """
    import cv2
    from skimage.data import lbp_frontal_face_cascade_filename

    path = Path(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call]
    text = path.read_text(encoding="utf-8").replace("featuhreParams", "featureParams")
    stored = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    cascade = cv2.CascadeClassifier()
    if not cascade.read(stored.getFirstTopLevelNode()):
        raise ToolError(f"OpenCV {cv2.__version__} can't load {path.name}: install this project's pinned versions")
    return cascade
