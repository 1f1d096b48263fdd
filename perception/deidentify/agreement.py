"""Whether action units and gestures of a clip are found again in its export; "undetectable" is a result."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from perception.deidentify.measuring import Measured
from perception.evidence import Evidence, Frozen, Number, Observation
from perception.face_track import FaceTrack
from perception.tracking import Box, overlap

Floats = npt.NDArray[np.floating]
MOVES = 0.2  # standard deviation of FACS intensity: what is stiller is noise, whose correlation says nothing
SAME_S = 0.002  # between a picture's time and its export's
FEWEST = 10  # samples for a correlation
HALF = 0.5  # intersection over union of two events that are the same
OVERLAPS = 0.3  # of two boxes of one face
NO_FACE = "undetectable: no face is found any more"


class UnitAgreement(Frozen):
    """One action unit of one person, before and after."""

    person: str
    unit: str
    r: Number | None  # correlation of the intensities
    events_before: int
    events_after: int
    event_f1: Number | None  # at half overlap
    text: str


class GestureAgreement(Frozen):
    """All micro-gestures of all people, before and after."""

    events_before: int
    events_after: int
    event_f1: Number | None
    text: str


def unit_agreement(before: Measured, after: Measured) -> tuple[UnitAgreement, ...]:
    """Each person's action units; people are matched by where their faces are."""
    rows = []
    for face in before.faces:
        again = _same(face, after.faces)
        units = [s for s in before.evidence.signals if _is_unit(s.name) and s.person == face.person]
        for unit in units:
            was = _events(before.evidence, unit.name.lower(), face.person)
            now = _events(after.evidence, unit.name.lower(), again) if again else []
            values = np.array(unit.values)
            r, text = None, NO_FACE
            if again:
                r, text = _r(unit.times(), values, *_series(after.evidence, unit.name, again))
            rows.append(
                UnitAgreement(
                    person=face.person,
                    unit=unit.name,
                    r=r,
                    events_before=len(was),
                    events_after=len(now),
                    event_f1=event_f1(was, now),
                    text=text,
                )
            )
    return tuple(rows)


def gesture_agreement(before: Measured, after: Measured) -> GestureAgreement:
    """Gestures with a beginning and an end; one is found again where its kind overlaps by half."""
    was, now = (
        [o for o in m.evidence.observations if o.tool == "micro_gestures" and not o.kind.endswith("_rate")]
        for m in (before, after)
    )
    f1 = event_f1(was, now)
    text = "none was found before" if not was else "undetectable: none is found any more" if not now else "compared"
    return GestureAgreement(events_before=len(was), events_after=len(now), event_f1=f1, text=text)


def event_f1(was: Sequence[Observation], now: Sequence[Observation]) -> float | None:
    """F1 of events of one kind that overlap by half, each used once; none where there were none before or after."""
    if not was and not now:
        return None
    left, found = list(now), 0
    for event in was:
        same = [o for o in left if o.kind == event.kind and _shared(event, o) >= HALF]
        if same:
            left.remove(max(same, key=lambda o: _shared(event, o)))
            found += 1
    return round(2 * found / (len(was) + len(now)), 3)


def _is_unit(name: str) -> bool:
    return name.startswith("AU") and name[2:].isdigit()


def _events(evidence: Evidence, kind: str, person: str) -> list[Observation]:
    return [o for o in evidence.observations if o.kind == kind and o.person == person]


def _series(evidence: Evidence, name: str, person: str) -> tuple[Floats, Floats]:
    for signal in evidence.signals:
        if signal.name == name and signal.person == person:
            return signal.times(), np.array(signal.values)
    return np.zeros(0), np.zeros(0)


def _r(times_s: Floats, values: Floats, after_s: Floats, after: Floats) -> tuple[float | None, str]:
    """Correlation over the pictures on which both were measured, or why there is none."""
    if len(after_s) == 0:
        return None, "undetectable: this unit is not measured any more"
    rows = np.clip(np.searchsorted(after_s, times_s - SAME_S), 0, len(after_s) - 1)
    same = np.abs(after_s[rows] - times_s) <= SAME_S
    a, b = values[same], after[rows[same]]
    if len(a) < FEWEST:
        return None, f"undetectable: on {len(a)} pictures only"
    if a.std() < MOVES:
        return None, "it hardly moves in the clip"
    if b.std() == 0:
        return 0.0, "it does not move any more"
    return round(float(np.corrcoef(a, b)[0, 1]), 3), f"compared on {len(a)} pictures"


def _same(face: FaceTrack, others: Sequence[FaceTrack]) -> str | None:
    """The person among the others whose face lies where this one does, on the most pictures."""
    counts = {other.person: _pictures_alike(face, other) for other in others}
    best = max(counts, key=lambda name: counts[name], default=None)
    return best if best is not None and counts[best] else None


def _pictures_alike(face: FaceTrack, other: FaceTrack) -> int:
    rows = np.clip(np.searchsorted(other.times_s, face.times_s - SAME_S), 0, len(other.times_s) - 1)
    near = np.flatnonzero(np.abs(other.times_s[rows] - face.times_s) <= SAME_S)
    return sum(overlap(_box(face, n), _box(other, int(rows[n]))) >= OVERLAPS for n in near.tolist())


def _box(face: FaceTrack, row: int) -> Box:
    points = face.landmarks[row, :, :2]
    return Box(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def _shared(a: Observation, b: Observation) -> float:
    """Intersection over union of two stretches of time."""
    both = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return both / (max(a.end_s, b.end_s) - min(a.start_s, b.start_s)) if both > 0 else 0.0
