"""Everyone whose body is looked at, followed look by look until their tracks are made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.face_following import FaceInFrame
from perception.mediapipe_models import HAND_POINTS, POSE_POINTS
from perception.spool import Spool
from perception.tracking import Box

Floats = npt.NDArray[np.float32]

SHOULDERS, NOSE, WRISTS = (11, 12), 0, (15, 16)  # MediaPipe pose; left, right
SEEN_FROM = 0.5  # visibility of nose and shoulders: below, the model imagines a body
HAND_AT_WRIST = 0.6  # shoulder widths between pose wrist and hand wrist
MISSED_S = 2.0  # someone is still looked for so long after face and body were last seen
NOSE_IN_FACE = 0.25  # of the face's size, beyond its outline: the two models differ by a little
MOVES = 0.5  # shoulder widths that a nose moves from look to look at most
TO_NEXT = 2 / 3  # of the way to the next face: a neighbour's body is left out, one's own shoulder is not
NAMED_WITHIN_S = 1.0  # a face is seen for a moment before it gets a name; its body's looks until then are its own
NOBODY_FROM_S = 0.5  # a body without a face is told of when it is seen for so long
ASIDE, ABOVE, BELOW = 2.6, 1.2, 6.0  # face heights about the middle of the face in which its body is looked for
LONGEST_STEP = 1.5  # looks: a longer hole is a hole


class Hands(NamedTuple):
    """A body's hands, (21, 3) px each; NaN where one was not found."""

    left: Floats
    right: Floats


@dataclass
class _Person:
    """Someone whose body is looked for."""

    face: Box
    seen_s: float  # face or body
    nose: tuple[float, float] | None = None
    slot: int = 0  # of the pose models: one of them follows this person


@dataclass
class _Growing:
    times_s: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    noses: list[tuple[float, float]] = field(default_factory=list)


class Company:
    """The people whose bodies are followed: whose is whose is told by faces, their tracks grow on disk."""

    def __init__(self) -> None:
        self._people: dict[str, _Person] = {}
        self._tracks: dict[str | None, _Growing] = {}
        self._spool = Spool((POSE_POINTS + 2 * HAND_POINTS, 3))
        self._shot = 0

    def see(self, faces: Sequence[FaceInFrame], time_s: float, shot: int) -> None:
        """Note whose faces are seen, and forget who has not been for long; after a cut, everyone."""
        if shot != self._shot:
            self._people, self._shot = {}, shot
        self._people = {name: person for name, person in self._people.items() if time_s - person.seen_s < MISSED_S}
        for face in faces:
            known = self._people.get(face.person)
            if known is None:
                taken = {person.slot for person in self._people.values()}
                slot = next(n for n in range(len(taken) + 1) if n not in taken)
                self._people[face.person] = _Person(face.box, time_s, slot=slot)
            else:
                known.face, known.seen_s = face.box, time_s

    def regions(self, width: int, height: int) -> list[tuple[str | None, int, Box]]:
        """Person, slot and region of the picture for each body to look for: the whole picture for one or none."""
        if len(self._people) < 2:
            return [(None, next((p.slot for p in self._people.values()), 0), Box(0, 0, width, height))]
        faces = [person.face for person in self._people.values()]
        return [(name, person.slot, _about(person.face, faces, width, height)) for name, person in self._people.items()]

    def whose(self, pose: Floats, looked_for: str | None) -> str | None:
        """Whose body it is: in whose face its nose lies, or where whose nose was before; None when nobody's."""
        nose = _nose(pose)
        names = [looked_for] if looked_for else list(self._people)
        for name in names:
            if _inside(nose, self._people[name].face):
                return name
        shoulders_px = shoulder_width_px(pose)
        for name in names:
            before = self._people[name].nose
            if before is not None and np.hypot(nose[0] - before[0], nose[1] - before[1]) < MOVES * shoulders_px:
                return name
        return None

    def follow(self, person: str | None, pose: Floats, time_s: float) -> None:
        """Note where someone's body is, so that it is followed on when the face is covered."""
        if person in self._people:
            known = self._people[person]
            known.nose, known.seen_s = _nose(pose), time_s

    def add(self, person: str | None, time_s: float, pose: Floats, hands: Hands) -> None:
        """Add a look at someone's body to the track."""
        nose = _nose(pose)
        if person is not None and person not in self._tracks:
            self._tracks[person] = self._unnamed_until(time_s, nose, MOVES * shoulder_width_px(pose))
        track = self._tracks.setdefault(person, _Growing())
        track.times_s.append(time_s)
        track.noses.append(nose)
        track.rows.append(self._spool.add(np.concatenate([pose, hands.left, hands.right])))

    def _unnamed_until(self, time_s: float, nose: tuple[float, float], near_px: float) -> _Growing:
        """Looks at this body from before its face had a name, taken from those at nobody's."""
        own, nobodys = _Growing(), self._tracks.get(None, _Growing())
        for n in range(len(nobodys.times_s) - 1, -1, -1):
            at = nobodys.noses[n]
            if time_s - nobodys.times_s[n] > NAMED_WITHIN_S:
                break
            if np.hypot(at[0] - nose[0], at[1] - nose[1]) < near_px:
                own.times_s.insert(0, nobodys.times_s.pop(n))
                own.rows.insert(0, nobodys.rows.pop(n))
                own.noses.insert(0, nobodys.noses.pop(n))
        return own

    def tracks(self, clip: Clip, every_s: float) -> list[BodyTrack]:
        """Everyone's track, in order of appearance; one of a body that is nobody's comes last."""
        self._tracks = {
            person: track
            for person, track in self._tracks.items()
            if person is not None or len(track.times_s) * every_s >= NOBODY_FROM_S
        }
        people = sorted(self._tracks, key=lambda person: (person is None, self._tracks[person].times_s[0]))
        rows = self._spool.gathered([self._tracks[person].rows for person in people])
        return [
            _track(person, self._tracks[person].times_s, points, clip, every_s)
            for person, points in zip(people, rows, strict=True)
        ]


def hands_of(pose: Floats, found: Sequence[Floats]) -> Hands:
    """Each the found hand that is nearest to the pose's wrist, if near; a hand is that of one wrist, the nearer one."""
    near = HAND_AT_WRIST * shoulder_width_px(pose)
    distances = sorted(
        (float(np.hypot(*(hand[0, :2] - pose[wrist, :2]))), side, n)
        for side, wrist in enumerate(WRISTS)
        for n, hand in enumerate(found)
    )
    own: dict[int, int] = {}  # hand by side
    for distance, side, n in distances:
        if distance < near and side not in own and n not in own.values():
            own[side] = n
    none = np.full((HAND_POINTS, 3), np.nan, dtype=np.float32)
    return Hands(*(found[own[side]] if side in own else none for side in range(len(WRISTS))))


def shoulder_width_px(pose: Floats) -> float:
    """Distance of the shoulders."""
    return float(np.hypot(*(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2])))


def _nose(pose: Floats) -> tuple[float, float]:
    return float(pose[NOSE, 0]), float(pose[NOSE, 1])


def is_seen(pose: Floats, person: str | None) -> bool:
    """Whether it is a body, not one that the model imagines; of someone close up the shoulders may be out of view."""
    return bool(pose[NOSE if person else [NOSE, *SHOULDERS], 2].min() >= SEEN_FROM)


def _about(face: Box, others: Sequence[Box], width: int, height: int) -> Box:
    """Where the body of a face may be: most of the way to the nearest faces on either side."""
    middle, size = (face.left + face.right) / 2, face.bottom - face.top
    left, right = max(0.0, middle - ASIDE * size), min(float(width), middle + ASIDE * size)
    for other in others:
        if other.right < middle:
            left = max(left, face.left - TO_NEXT * (face.left - other.right))
        elif other.left > middle:
            right = min(right, face.right + TO_NEXT * (other.left - face.right))
    centre = (face.top + face.bottom) / 2
    return Box(left, max(0.0, centre - ABOVE * size), right, min(float(height), centre + BELOW * size))


def _inside(point: tuple[float, float], face: Box) -> bool:
    beyond = NOSE_IN_FACE * (face.bottom - face.top)
    return (
        face.left - beyond <= point[0] <= face.right + beyond and face.top - beyond <= point[1] <= face.bottom + beyond
    )


def _track(person: str | None, times_s: list[float], points: Floats, clip: Clip, every_s: float) -> BodyTrack:
    hands = POSE_POINTS + HAND_POINTS
    return BodyTrack(
        person=person,
        times_s=np.array(times_s),
        durations_s=np.minimum(np.diff([*times_s, clip.duration_s]), LONGEST_STEP * every_s),
        pose=points[:, :POSE_POINTS],
        left_hand=points[:, POSE_POINTS:hands],
        right_hand=points[:, hands:],
        frame_width=clip.width,
        frame_height=clip.height,
    )
