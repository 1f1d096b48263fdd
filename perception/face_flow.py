"""How places of the face move against the nose, frame by frame: optical flow on faces that are held still."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import yaml

from perception.clip import Clip
from perception.evidence import Findings
from perception.face_following import FaceInFrame
from perception.frame import Frame
from perception.tool import Output, Run, tool

Floats = npt.NDArray[np.floating]

LOWEST_RATE_HZ = 25.0  # below, a movement of under half a second falls between too few frames to be followed
TOLERANCE_HZ = 0.5
CROP_PX = 128  # side of the face that is held still
EYES_AT = ((0.3, 0.38), (0.7, 0.38))  # where its outer eye corners are put, as shares of the crop
EYE_DISTANCE_PX = (EYES_AT[1][0] - EYES_AT[0][0]) * CROP_PX
SMALLEST_EYES_PX = 40.0  # in the picture: smaller faces are enlarged, and noise with them
EYE_CORNERS, NOSE = (33, 263), (168, 6, 197, 195, 5, 4)
WINDOW_PX, LEVELS = 15, 2  # about each point, and halvings of the picture
# A picture that hardly differs from the one before, between others that do, is a copy: the true rate is lower.
MOVES, REPEATED = 0.5, 0.15  # mean change, of 255, where a face moves; share of it in a copy
BESIDE, FEWEST = 5, 10  # pictures before and after; pictures in which the face moves, to tell copies by
COARSE = 4  # of the picture's pixels, every fourth across and down
LONGEST_STEP_S = 0.1  # between frames that flow is measured over


@dataclass(frozen=True)
class FlowTrack:
    """One person's face over n steps from a frame to the next."""

    person: str
    times_s: Floats  # (n,) of the later frame
    steps: Floats  # (n, regions, 2) movement in eye distances: to the person's left, and down
    effective_rate_hz: float  # frames a second that differ from the one before


@dataclass
class _Growing:
    points: Floats | None = None  # (478, 2) in the crop
    face: npt.NDArray[np.uint8] | None = None
    time_s: float = 0.0
    times_s: list[float] = field(default_factory=list)
    steps: list[Floats] = field(default_factory=list)
    crop: npt.NDArray[np.int16] | None = None  # of the picture, as it is
    changes: list[float] = field(default_factory=list)  # of that from frame to frame


@cache
def regions() -> dict[str, dict[str, list[int]]]:
    """Places of the face: their points, and the action units that each direction names."""
    path = Path(__file__).parent / "data" / "micro_expressions.yaml"
    content: dict[str, dict[str, dict[str, list[int]]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content["regions"]


@tool(needs=("frames", "faces"), version="3", reads_words=False)
def face_flow(engine: Literal["lucas_kanade"] = "lucas_kanade") -> Run:
    """Follow small movements of brows, lips and chin by optical flow, with the head's own movement taken out.

    Args:
        engine: `lucas_kanade`, sparse optical flow (Lucas & Kanade 1981).
    """

    def run(clip: Clip, frames: Iterator[Frame]) -> Output:
        found = Findings(notes={"engine": engine})
        people: dict[str, _Growing] = {}
        too_slow = clip.fps < LOWEST_RATE_HZ - TOLERANCE_HZ
        small: set[str] = set()
        for frame in frames:
            if too_slow:
                continue
            faces: list[FaceInFrame] = frame.notes["faces"]
            for face in faces:
                if _eyes_px(face.landmarks) < SMALLEST_EYES_PX:
                    small.add(face.person)
                    continue
                _step(people.setdefault(face.person, _Growing()), frame, face)
        if too_slow:
            found.abstain(None, f"{clip.fps:.1f} frames/s; small movements need {LOWEST_RATE_HZ:.0f}")
        for person in sorted(small - {p for p, grown in people.items() if grown.steps}):
            found.abstain(person, f"the face is too small: eyes less than {SMALLEST_EYES_PX:.0f} px apart")
        return Output([_track(p, grown) for p, grown in people.items() if grown.steps], found)

    return run


def _step(grown: _Growing, frame: Frame, face: FaceInFrame) -> None:
    """Add how the face moved since the frame before, by the flow of Lucas and Kanade (1981) at its points."""
    import cv2

    matrix = _held(face.landmarks)
    held, points = _warped(frame.rgb, matrix), face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    if grown.face is not None and grown.points is not None and frame.time_s - grown.time_s <= LONGEST_STEP_S:
        places = [list(NOSE), *(place["points"] for place in regions().values())]
        ends = np.cumsum([len(place) for place in places])
        before = grown.points[np.concatenate(places)].astype(np.float32)[:, None]
        after, _, _ = cv2.calcOpticalFlowPyrLK(
            grown.face,
            held,
            before,
            None,  # type: ignore[call-overload]
            winSize=(WINDOW_PX, WINDOW_PX),
            maxLevel=LEVELS,
        )
        moved = [np.median(part, axis=0) for part in np.split((after - before)[:, 0], ends[:-1])]
        grown.times_s.append(frame.time_s)
        grown.steps.append((np.array(moved[1:]) - moved[0]) / EYE_DISTANCE_PX)
        grown.changes.append(_change(grown, frame.rgb, face))
    else:
        _change(grown, frame.rgb, face)
    grown.face, grown.points, grown.time_s = held, points, frame.time_s


def _change(grown: _Growing, rgb: npt.NDArray[np.uint8], face: FaceInFrame) -> float:
    """Mean change of the pixels where the face is, since the frame before; a repeated picture hardly changes."""
    height, width = rgb.shape[:2]
    left, right = (int(np.clip(x, 0, width - 1)) for x in (face.box.left, face.box.right))
    top, bottom = (int(np.clip(y, 0, height - 1)) for y in (face.box.top, face.box.bottom))
    before, grown.crop = grown.crop, rgb[::COARSE, ::COARSE, 1].astype(np.int16)
    place = np.s_[top // COARSE : bottom // COARSE + 1, left // COARSE : right // COARSE + 1]
    return 0.0 if before is None else float(np.abs(grown.crop[place] - before[place]).mean())


def _eyes_px(landmarks: Floats) -> float:
    return float(np.hypot(*(landmarks[EYE_CORNERS[1], :2] - landmarks[EYE_CORNERS[0], :2])))


def _held(landmarks: Floats) -> Floats:
    """The similarity, shape (2, 3), that puts the eye corners where they belong in the crop."""
    a, b = (complex(*landmarks[i, :2]) for i in EYE_CORNERS)
    c, d = (complex(x * CROP_PX, y * CROP_PX) for x, y in EYES_AT)
    turn = (d - c) / (b - a)
    shift = c - turn * a
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _warped(rgb: npt.NDArray[np.uint8], matrix: Floats) -> npt.NDArray[np.uint8]:
    import cv2

    small = cv2.warpAffine(rgb, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _track(person: str, grown: _Growing) -> FlowTrack:
    times_s = np.array(grown.times_s)
    span_s = float(times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0
    rate_hz = (len(times_s) - 1) / span_s if span_s > 0 else 0.0
    return FlowTrack(person, times_s, np.array(grown.steps), rate_hz * (1 - _repeated(np.array(grown.changes))))


def _repeated(changes: Floats) -> float:
    """Share of the pictures that are the one before again, among those in which the face moves before and after."""
    from scipy.ndimage import maximum_filter1d

    before = maximum_filter1d(changes, BESIDE, origin=BESIDE // 2, mode="constant")
    after = maximum_filter1d(changes, BESIDE, origin=-(BESIDE // 2), mode="constant")
    moving = np.minimum(before, after)
    among = moving >= MOVES
    return float((changes[among] < REPEATED * moving[among]).mean()) if among.sum() >= FEWEST else 0.0
