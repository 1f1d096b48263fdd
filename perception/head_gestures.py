"""Head gestures: nods, shakes and tilts, from head pose."""

from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.events import runs
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]

LOWEST_RATE_HZ = 10.0  # a nod of 3 Hz needs three samples a half-cycle
DRIFT_S = 1.2  # slower movement of the head is posture, not a nod or a shake
SWING_DEG = 4.0  # from one turning point to the next
LEAVES = 0.15  # of the first swing: where a gesture begins
SLOWEST_S, FASTEST_S = 0.8, 0.08  # a half-cycle: nods and shakes lie at 0.6-6 Hz (Hadar et al. 1983)
TILT_DEG, TILT_S = 10.0, 0.5
NAMES = {"nod": "nods", "shake": "shakes the head"}


@tool(needs="faces", version="2", reads_words=False)
def head_gestures(engine: Literal["pose"] = "pose") -> Run:
    """Find nods, shakes and held tilts of the head, with their cycles.

    Args:
        engine: `pose`, cycles of the head's angles.
    """

    def run(clip: Clip, faces: list[FaceTrack]) -> Findings:
        found = Findings(notes={"engine": engine})
        if not faces:
            found.abstain(None, "no face was found")
        for face in faces:
            if face.rate_hz < LOWEST_RATE_HZ:
                found.abstain(face.person, f"{face.rate_hz:.0f} frames/s; head gestures need {LOWEST_RATE_HZ:.0f}")
                continue
            _swings_of(face, "nod", 0, 1, found)
            _swings_of(face, "shake", 1, 0, found)
            _tilts_of(face, found)
        return found

    return run


def _swings_of(face: FaceTrack, kind: str, axis: int, other: int, found: Findings) -> None:
    """Movements to and fro about one axis that exceed those about the other."""
    for stretch in face.stretches():
        if stretch.stop - stretch.start < 5:
            continue
        times = face.times_s[stretch]
        angle = _without_drift(face.head_pose_deg[stretch, axis], times)
        cross = _without_drift(face.head_pose_deg[stretch, other], times)
        for first, last, swings in _oscillations(angle, times):
            size = float(np.ptp(angle[first : last + 1]))
            if size < 1.2 * float(np.ptp(cross[first : last + 1])):
                continue
            start_s, end_s = float(times[first]), face.end_s(stretch.start + last)
            cycles = swings / 2
            found.event(
                face.person,
                kind,
                start_s,
                end_s,
                apex_s=float(times[first + int(np.argmax(np.abs(angle[first : last + 1])))]),
                value=cycles,
                unit="cycles",
                text=f"{face.person} {NAMES[kind]} ({cycles:.0f}x, {size:.0f} degrees)",
                confidence=min(0.9, 0.4 + 0.05 * size),
                quality=face.quality(start_s, end_s),
            )


def _oscillations(angle: Floats, times: Floats) -> list[tuple[int, int, int]]:
    """First and last sample and number of half-cycles of each run of at least two swings, there and back."""
    turning = _turning_points(angle)
    found, chain = [], [turning[0]] if turning else []
    for a, b in pairwise(turning):
        moving_s = times[b] - times[_departure(angle, [a, b])]
        swings = abs(angle[b] - angle[a]) >= SWING_DEG and FASTEST_S <= moving_s <= SLOWEST_S
        if swings:
            chain.append(b)
            continue
        if len(chain) > 2:
            found.append((_departure(angle, chain), chain[-1], len(chain) - 1))
        chain = [b]
    if len(chain) > 2:
        found.append((_departure(angle, chain), chain[-1], len(chain) - 1))
    return found


def _departure(angle: Floats, chain: list[int]) -> int:
    """The sample at which the first swing leaves its turning point: a head may rest there long before."""
    first, second = chain[:2]
    left = np.abs(angle[first : second + 1] - angle[first]) > LEAVES * abs(angle[second] - angle[first])
    return first + max(0, int(np.argmax(left)) - 1)


def _turning_points(angle: Floats) -> list[int]:
    """Samples at which the angle turns by more than a third of a swing (zig-zag), with the ends."""
    points, extreme, rising = [0], 0, 0
    for i in range(1, len(angle)):
        if (rising >= 0 and angle[i] > angle[extreme]) or (rising <= 0 and angle[i] < angle[extreme]):
            if rising == 0 and abs(angle[i] - angle[0]) > SWING_DEG / 3:
                rising = 1 if angle[i] > angle[0] else -1
            extreme = i if rising else extreme
        elif rising and abs(angle[i] - angle[extreme]) > SWING_DEG / 3:
            points.append(extreme)
            rising, extreme = -rising, i
    return [*points, len(angle) - 1]


def _tilts_of(face: FaceTrack, found: Findings) -> None:
    roll = face.head_pose_deg[:, 2]
    usual = float(np.median(roll))
    for stretch in face.stretches():
        for first, last in runs(np.abs(roll[stretch] - usual) > TILT_DEG):
            a, b = stretch.start + first, stretch.start + last
            start_s, end_s = float(face.times_s[a]), face.end_s(b)
            if end_s - start_s < TILT_S:
                continue
            by = float(np.median(roll[a : b + 1])) - usual
            side = "left" if by > 0 else "right"
            text = f"{face.person} tilts the head to the {side} ({abs(by):.0f} degrees)"
            quality = face.quality(start_s, end_s)
            found.event(
                face.person,
                "tilt",
                start_s,
                end_s,
                value=round(by, 1),
                unit="deg",
                text=text,
                confidence=0.7,
                quality=quality,
            )


def _without_drift(angle: Floats, times: Floats) -> Floats:
    from scipy.ndimage import median_filter

    step_s = float(np.median(np.diff(times)))
    width = max(3, round(2 * DRIFT_S / step_s)) | 1
    return np.asarray(angle - median_filter(angle, size=min(width, len(angle)), mode="nearest"))
