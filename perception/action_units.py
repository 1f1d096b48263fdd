"""Action units: how strongly each facial action is shown, against the person's own neutral face."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception import pyfeat_environment
from perception.au_events import SHORTEST_S, Shown, part_of, tell_units
from perception.au_intensity import catalogue, intensities, sides
from perception.au_presence import tell_presence
from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.covered_face import Part, covered
from perception.errors import OptionError, ToolError
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.models.engine_weights import described, fingerprint
from perception.models.micro_au_reader import Reader, weights_folder
from perception.openface_csv import OpenFaceTrack, read_openface
from perception.pyfeat_units import tell_pyfeat
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]
Engine = Literal["auto", "geometry", "blendshapes", "openface", "micro_au_clip", "pyfeat"]

BASELINE_S = 3.0  # of the face in view; below, a person's neutral can't be told from an expression
SMALLEST_EYES_PX = 24.0  # between their outer corners: below, landmarks jitter by more than an action moves them
MOST_TURNED_DEG = 35.0  # beyond, landmarks of the far side are guessed


@tool(needs="faces", uses=("bodies",), version="11")
def action_units(engine: Engine = "auto", weights: str = "") -> Run:
    """Measure action units as FACS intensity 0-5 and probability, with onset, apex and offset of each event.

    Args:
        engine: `blendshapes` (needs a track that has them), `geometry` (landmark distances), `auto` (the better one
            that the track allows), `openface` (reads the CSV of OpenFace 2 that lies beside the clip). Two more tell
            how probably a unit is shown and no intensity: `micro_au_clip` (a network that `mentalis train micro-au`
            has trained; no public weights exist), `pyfeat` (in an environment of its own).
        weights: folder of the trained network; left out: `micro-au-clip` in a folder of weights.

    Raises:
        OptionError: weights for an engine that takes none.
        WeightError: there are no weights for `micro_au_clip`.
        ToolError: py-feat is asked for and not here.
    """
    if weights and engine != "micro_au_clip":
        raise OptionError(f"action_units.weights={weights} needs action_units.engine=micro_au_clip")
    folder = weights_folder(weights, "action_units") if engine == "micro_au_clip" else None
    if engine == "pyfeat" and (missing := pyfeat_environment.why_not()):
        raise ToolError(f"action_units.engine=pyfeat: {missing}")

    def run(clip: Clip, faces: list[FaceTrack], bodies: Sequence[BodyTrack] = ()) -> Findings:
        found = Findings()
        if folder is not None:
            found.notes["weights"] = described(folder)
            _by_network(clip, faces, bodies, Reader(folder), found)
            return found
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
            tell_units(one, clip, found)
        return found

    if engine == "openface":
        run.depends_on = _csv_content  # type: ignore[attr-defined]
    if folder is not None:
        run.depends_on = lambda clip: fingerprint(folder)  # type: ignore[attr-defined]
    if engine == "pyfeat":
        run.depends_on = lambda clip: pyfeat_environment.version()  # type: ignore[attr-defined]
    return run


def _by_network(
    clip: Clip, faces: list[FaceTrack], bodies: Sequence[BodyTrack], reader: Reader, found: Findings
) -> None:
    """How probably each unit is shown; none and the reason where there is no usual face to compare with."""
    found.notes["engine"] = "micro_au_clip"
    found.notes["not seen"] = ", ".join(f"AU{unit.au}" for unit in catalogue() if unit.au not in reader.units)
    if not faces:
        found.abstain(None, "no face was found")
    for face in faces:
        away = _turned(face, found)
        if away is None:
            continue
        if face.visible_s < BASELINE_S:
            seen = f"the face was seen for {face.visible_s:.1f} s of {BASELINE_S:.0f}"
            found.abstain(face.person, f"no usual face of {face.person}'s own: {seen}")
            continue
        hidden = _hidden(face, bodies, found)
        unseen = {unit: away | hidden[part_of(unit)] for unit in reader.units}
        tell_presence(face, unseen, clip, reader, found)


def _csv_of(clip: Clip) -> Path:
    return clip.path.with_suffix(".csv")


def _csv_content(clip: Clip) -> str | None:
    """A hash of the CSV beside the clip, on which the result depends; none when there is none."""
    path = _csv_of(clip)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _by_track(face: FaceTrack, bodies: Sequence[BodyTrack], engine: Engine, found: Findings) -> Shown | None:
    """Blendshapes or distances of a face track; none, and the reason, when they say nothing."""
    if engine == "blendshapes" and face.blendshapes is None:
        found.abstain(face.person, "this face was tracked without blendshapes (their weights are not here)")
        return None
    by_shapes = face.blendshapes is not None and engine != "geometry"
    away = _turned(face, found)
    if away is None:
        return None
    own = face.visible_s >= BASELINE_S
    if not own:
        against = "; measured against a usual face" if by_shapes else ""
        seen = f"the face was seen for {face.visible_s:.1f} s of {BASELINE_S:.0f}"
        found.abstain(face.person, f"no baseline of {face.person}'s own: {seen}{against}")
        if not by_shapes:
            return None
    return Shown(
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


def _turned(face: FaceTrack, found: Findings) -> npt.NDArray[np.bool_] | None:
    """Where the face is turned away, shape (n,); none, and the reason, when it always is, or is too small."""
    eyes_px = float(np.median(face.eye_distance_px))
    if eyes_px < SMALLEST_EYES_PX:
        found.abstain(face.person, f"the face is too small: eyes {eyes_px:.0f} px apart of {SMALLEST_EYES_PX:.0f}")
        return None
    away = np.abs(face.head_pose_deg[:, :2]).max(axis=1) > MOST_TURNED_DEG
    if away.all():
        found.abstain(face.person, "the face is turned away all the time")
        return None
    return np.asarray(away)


def _hidden(face: FaceTrack, bodies: Sequence[BodyTrack], found: Findings) -> dict[Part, npt.NDArray[np.bool_]]:
    """Where a hand is before a part of the face, and that nothing is told of it then."""
    hidden = covered(face, bodies)
    for part, flags in hidden.items():
        hidden_s = float(face.durations_s[flags].sum())
        if hidden_s >= SHORTEST_S:
            found.abstain(face.person, f"a hand is before the {part} for {hidden_s:.1f} s")
    return hidden


def _by_openface(clip: Clip, faces: list[FaceTrack]) -> list[Shown]:
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
            Shown(
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
