"""Action units: how strongly each facial action is shown, against the person's own neutral face."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception import pyfeat_environment
from perception.au_intensity import SIDES, ActionUnit, catalogue, intensities, letter, sides
from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.covered_face import Part, covered
from perception.errors import ToolError
from perception.events import rises
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.openface_csv import OpenFaceTrack, read_openface
from perception.pyfeat_units import tell_pyfeat
from perception.speaking import speaking_s
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]
Engine = Literal["auto", "geometry", "blendshapes", "openface", "pyfeat"]

BASELINE_S = 3.0  # of the face in view; below, a person's neutral can't be told from an expression
LEAST = 1.2  # FACS intensity that makes an event
EDGE = 0.6  # FACS intensity where an event begins: a trace starts at 0.5
OF_APEX = 0.25  # of its apex, below which an event is over: eyes narrowed by a smile do not prolong closed ones
NOISE_TIMES = 4.0  # an event must also exceed this many times the series' own jitter
SHORTEST_S = 0.12
STILL = 3  # frames: with fewer there is no time to speak of, and what is shown is told
SHUT_SCORE = 1.7  # of blendshapes, for AU43: eyes narrowed by a smile reach 1.5
STEEPNESS = 2.5  # of the probability that a unit is shown, for each step of intensity
EYES_CLOSED_S = 0.5  # AU43; shorter closures are blinks
SMALLEST_EYES_PX = 24.0  # between their outer corners: below, landmarks jitter by more than an action moves them
MOST_TURNED_DEG = 35.0  # beyond, landmarks of the far side are guessed
ONE_SIDED, OTHER_SIDE = 2.0, 0.3  # by so much stronger, and the weaker at most so much of it (R12A and the like)
ONE_SIDED_S = 0.3
INFERRED, NO_BASELINE = 0.5, 0.5  # factors on confidence: taken from neighbouring movement; no neutral face known
SURE = {"blendshapes": 1.0, "openface": 1.0, "geometry": 0.8}  # landmark distances are coarser
EYES_AND_BROWS = (1, 2, 4, 5, 6, 7, 43)
SPOKEN = (25, 26)  # opened by speech as well as by emotion


@dataclass(frozen=True)
class _Shown:
    """What one engine says of one person's face."""

    person: str
    engine: str
    times_s: Floats  # (n,)
    durations_s: Floats  # (n,)
    units: dict[int, Floats]  # (n,) FACS 0-5
    halves: dict[int, tuple[Floats, Floats]]  # (n,) each
    quality: Floats  # (n,) in [0, 1]
    away: npt.NDArray[np.bool_]  # (n,) turned so far that nothing can be said
    stretches: list[slice]
    baseline: bool = True
    hidden: dict[Part, npt.NDArray[np.bool_]] = field(default_factory=dict)  # (n,) each: behind a hand


@tool(needs="faces", uses=("bodies",), version="10")
def action_units(engine: Engine = "auto") -> Run:
    """Measure action units as FACS intensity 0-5 and probability, with onset, apex and offset of each event.

    Args:
        engine: `blendshapes` (needs a track that has them), `geometry` (landmark distances), `auto` (the better one
            that the track allows), `openface` (reads the CSV of OpenFace 2 that lies beside the clip), or `pyfeat`
            (in an environment of its own: `mentalis weights install-pyfeat`): probabilities without any intensity.

    Raises:
        ToolError: py-feat is asked for and not here.
    """
    if engine == "pyfeat" and (missing := pyfeat_environment.why_not()):
        raise ToolError(f"action_units.engine=pyfeat: {missing}")

    def run(clip: Clip, faces: list[FaceTrack], bodies: Sequence[BodyTrack] = ()) -> Findings:
        found = Findings()
        if engine == "pyfeat":
            tell_pyfeat(clip, faces, found)
            return found
        if engine == "openface":
            shown = _by_openface(clip, faces)
        else:
            shown = [one for face in faces if (one := _by_track(face, bodies, engine, found)) is not None]
        if not faces and not shown:
            found.abstain(None, "no face was found")
        for one in shown:
            seen = {*one.units}
            found.notes["engine"] = one.engine
            found.notes["not seen"] = ", ".join(f"AU{unit.au}" for unit in catalogue() if unit.au not in seen)
            _tell(one, clip, found)
        return found

    if engine == "openface":
        run.depends_on = _csv_content  # type: ignore[attr-defined]
    if engine == "pyfeat":
        run.depends_on = lambda clip: pyfeat_environment.version()  # type: ignore[attr-defined]
    return run


def _csv_of(clip: Clip) -> Path:
    return clip.path.with_suffix(".csv")


def _csv_content(clip: Clip) -> str | None:
    """A hash of the CSV beside the clip, on which the result depends; none when there is none."""
    path = _csv_of(clip)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _by_track(face: FaceTrack, bodies: Sequence[BodyTrack], engine: Engine, found: Findings) -> _Shown | None:
    """Blendshapes or distances of a face track; none, and the reason, when they say nothing."""
    if engine == "blendshapes" and face.blendshapes is None:
        found.abstain(face.person, "this face was tracked without blendshapes (their weights are not here)")
        return None
    by_shapes = face.blendshapes is not None and engine != "geometry"
    eyes_px = float(np.median(face.eye_distance_px))
    if eyes_px < SMALLEST_EYES_PX:
        found.abstain(face.person, f"the face is too small: eyes {eyes_px:.0f} px apart of {SMALLEST_EYES_PX:.0f}")
        return None
    away = np.abs(face.head_pose_deg[:, :2]).max(axis=1) > MOST_TURNED_DEG
    if away.all():
        found.abstain(face.person, "the face is turned away all the time")
        return None
    own = face.visible_s >= BASELINE_S
    if not own:
        against = "; measured against a usual face" if by_shapes else ""
        seen = f"the face was seen for {face.visible_s:.1f} s of {BASELINE_S:.0f}"
        found.abstain(face.person, f"no baseline of {face.person}'s own: {seen}{against}")
        if not by_shapes:
            return None
    return _Shown(
        person=face.person,
        engine="blendshapes" if by_shapes else "geometry",
        times_s=face.times_s,
        durations_s=face.durations_s,
        units=intensities(face, by_shapes, own),
        halves=sides(face, by_shapes) if own else {},
        quality=face.visibility,
        away=away,
        stretches=face.stretches(),
        baseline=own,
        hidden=_hidden(face, bodies, found),
    )


def _hidden(face: FaceTrack, bodies: Sequence[BodyTrack], found: Findings) -> dict[Part, npt.NDArray[np.bool_]]:
    """Where a hand is before a part of the face, and that nothing is told of it then."""
    hidden = covered(face, bodies)
    for part, flags in hidden.items():
        hidden_s = float(face.durations_s[flags].sum())
        if hidden_s >= SHORTEST_S:
            found.abstain(face.person, f"a hand is before the {part} for {hidden_s:.1f} s")
    return hidden


def _by_openface(clip: Clip, faces: list[FaceTrack]) -> list[_Shown]:
    path = _csv_of(clip)
    tracks = read_openface(path)
    last_s = max((float(track.times_s[-1]) for track in tracks), default=0.0)
    if last_s > clip.duration_s:
        raise ToolError(
            f"{path} goes on to {last_s:.1f} s, {clip.path.name} ends at {clip.duration_s:.1f}: not its CSV"
        )
    taken: set[str] = set()
    shown = []
    for track in tracks:
        person = _same_face(track, faces, taken) or f"P{len(faces) + len(taken) + 1}"
        taken.add(person)
        steps = np.diff(track.times_s, append=track.times_s[-1] + 1 / clip.fps)
        cuts = [0, *(np.flatnonzero(steps[:-1] > 1.5 / clip.fps) + 1).tolist(), len(steps)]
        shown.append(
            _Shown(
                person=person,
                engine="openface",
                times_s=track.times_s,
                durations_s=np.minimum(steps, 1 / clip.fps),
                units=track.intensities,
                halves={},
                quality=track.confidence,
                away=np.zeros(len(steps), dtype=bool),
                stretches=[slice(a, b) for a, b in pairwise(cuts)],
            )
        )
    return shown


def _same_face(track: OpenFaceTrack, faces: list[FaceTrack], taken: set[str]) -> str | None:
    """Who of the people that were followed here this is: whose nose is at the same place at the same time."""
    free = [face for face in faces if face.person not in taken]
    nose_px = track.nose_px
    if nose_px is None:
        return free[0].person if len(free) == 1 else None

    def apart(face: FaceTrack) -> float:
        at = np.stack([np.interp(track.times_s, face.times_s, face.landmarks[:, 1, axis]) for axis in (0, 1)], axis=1)
        return float(np.median(np.hypot(*(at - nose_px).T)) / np.median(face.eye_distance_px))

    nearest = min(free, key=apart, default=None)
    return nearest.person if nearest is not None and apart(nearest) < 1 else None


def _tell(one: _Shown, clip: Clip, found: Findings) -> None:
    for unit in catalogue():
        if unit.au in one.units:
            series = one.units[unit.au]
            found.signal(one.person, f"AU{unit.au}", _seen(one, unit, series), one.times_s, unit="FACS 0-5")
            present = _seen(one, unit, _probability(one, unit, series))
            found.signal(one.person, f"AU{unit.au}_probability", present, one.times_s, unit="probability")
            for onset, apex, offset in _events(one, unit, series):
                _event(one, unit, (onset, apex, offset), clip, found)
        if unit.au in one.halves:
            for side, half in zip(SIDES, one.halves[unit.au], strict=True):
                found.signal(one.person, f"AU{unit.au}_{side}", _seen(one, unit, half), one.times_s, unit="FACS 0-5")
            _one_sided(one, unit, found)


def _seen(one: _Shown, unit: ActionUnit, series: Floats) -> Floats:
    return np.where(_unseen(one, unit), np.nan, series)


def _unseen(one: _Shown, unit: ActionUnit) -> npt.NDArray[np.bool_]:
    """Where the face is turned away or a hand is before the part that the unit moves, shape (n,)."""
    return one.away | one.hidden.get("eyes" if unit.au in EYES_AND_BROWS else "mouth", False)


def _least(one: _Shown, unit: ActionUnit) -> float:
    """Intensity that makes an event."""
    by_score = SHUT_SCORE if unit.au == 43 else LEAST
    return unit.least if one.engine == "geometry" else by_score


def _sure(one: _Shown, unit: ActionUnit) -> float:
    """How far the engine is to be trusted in this unit."""
    inferred = unit.inferred and one.engine != "openface"
    return SURE[one.engine] * (INFERRED if inferred else 1.0) * (1.0 if one.baseline else NO_BASELINE)


def _probability(one: _Shown, unit: ActionUnit, series: Floats) -> Floats:
    """That the unit is shown, shape (n,): a half where an event would begin; less where the face is seen badly."""
    shown = 1 / (1 + np.exp(-STEEPNESS * (series - _least(one, unit))))
    return np.asarray(np.clip(shown * one.quality * _sure(one, unit), 0, 1))


def _events(one: _Shown, unit: ActionUnit, series: Floats) -> list[tuple[int, int, int]]:
    """Onset, apex and offset of each rise, as numbers of samples."""
    jitter = 1.48 * float(np.median(np.abs(np.diff(series)))) if len(series) > 2 else 0.0
    peak, shown = max(_least(one, unit), NOISE_TIMES * jitter), np.where(_unseen(one, unit), 0.0, series)
    return [
        (stretch.start + rise.onset, stretch.start + rise.apex, stretch.start + rise.offset)
        for stretch in one.stretches
        for rise in rises(shown[stretch], peak, max(EDGE, peak / 3), OF_APEX)
    ]


def _span(one: _Shown, onset: int, offset: int) -> tuple[float, float, float]:
    """Start and end in seconds, and mean quality."""
    end_s = float(one.times_s[offset] + one.durations_s[offset])
    return float(one.times_s[onset]), end_s, float(one.quality[onset : offset + 1].mean())


def _event(one: _Shown, unit: ActionUnit, at: tuple[int, int, int], clip: Clip, found: Findings) -> None:
    onset, apex, offset = at
    start_s, end_s, quality = _span(one, onset, offset)
    shortest_s = EYES_CLOSED_S if unit.au == 43 else SHORTEST_S
    if end_s - start_s < shortest_s and len(one.times_s) >= STILL:
        return
    intensity = float(one.units[unit.au][apex])
    talks = unit.au in SPOKEN and any(a < end_s and start_s < b for a, b in speaking_s(clip))
    inferred = unit.inferred and one.engine != "openface"
    confidence = (0.45 + 0.1 * min(intensity, 5.0)) * quality * _sure(one, unit)
    confidence *= INFERRED if talks and not inferred else 1.0
    how = " while someone speaks" if talks else ", inferred" if inferred else ""
    against = "" if one.baseline else ", no baseline"
    found.event(
        one.person,
        f"au{unit.au}",
        start_s,
        end_s,
        apex_s=float(one.times_s[apex]),
        value=round(intensity, 2),
        unit="FACS 0-5",
        text=f"{one.person}: {unit.words} (AU{unit.au}), about {letter(intensity)}{how}{against}",
        confidence=float(np.clip(confidence, 0, 1)),
        quality=quality,
    )


def _one_sided(one: _Shown, unit: ActionUnit, found: Findings) -> None:
    """Stretches in which one half of the face shows the unit and the other hardly does."""
    left, right = one.halves[unit.au]
    for side, strong, weak in ((SIDES[0], left, right), (SIDES[1], right, left)):
        only = np.where(weak <= OTHER_SIDE * strong, strong - weak, 0.0)
        for onset, apex, offset in _events(one, unit, only):
            start_s, end_s, quality = _span(one, onset, offset)
            if only[apex] < ONE_SIDED or end_s - start_s < ONE_SIDED_S:
                continue
            intensity = float(strong[apex])
            found.event(
                one.person,
                f"au{unit.au}_one_sided",
                start_s,
                end_s,
                apex_s=float(one.times_s[apex]),
                value=round(intensity, 2),
                unit="FACS 0-5",
                text=f"{one.person}: {unit.words} on the {side} side only "
                f"({side[0].upper()}{unit.au}), about {letter(intensity)}",
                confidence=float(np.clip((0.3 + 0.1 * min(only[apex], 5.0)) * quality * SURE[one.engine], 0, 1)),
                quality=quality,
            )
