"""Action units by py-feat (Cheong et al. 2023): how probably each is shown. No intensity, and nobody is recognised."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perception.au_intensity import catalogue
from perception.clip import Clip
from perception.errors import ToolError
from perception.events import runs
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.pyfeat_environment import measure, version
from perception.tracking import Box, Tracker, overlap

Floats = npt.NDArray[np.floating]

BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore")
LEAST_SCORE = 0.5  # of the face
SHOWN, SURE = 0.5, 0.7  # probability that counts as shown; and that some picture of an event must have
FEWEST = 3  # pictures in a row
SAME_FACE = 0.2  # intersection over union, in the middle of what both saw
HOLE = 1.5  # of the usual step from picture to picture


@dataclass(frozen=True)
class PyfeatTrack:
    """One face in the n pictures in which py-feat saw it."""

    frames: npt.NDArray[np.int64]  # (n,) numbers of pictures
    boxes: tuple[Box, ...]  # n
    score: Floats  # (n,) in [0, 1]
    units: dict[int, Floats]  # (n,) probability of each


def tell_pyfeat(clip: Clip, faces: Sequence[FaceTrack], found: Findings) -> None:
    """Add what py-feat measures in a clip, in its own environment.

    Raises:
        ToolError: py-feat is not here, fails, or writes something else than it should.
    """
    tracks = read_pyfeat(measure(clip.path), clip.frame_times_s)
    found.notes["engine"] = f"py-feat {version() or ''}".strip()
    units = {unit for track in tracks for unit in track.units}
    found.notes["not seen"] = ", ".join(f"AU{unit.au}" for unit in catalogue() if unit.au not in units)
    if not tracks:
        found.abstain(None, "no face was found by py-feat")
    taken: set[str] = set()
    for track in tracks:
        person = _same_face(track, clip.frame_times_s, faces, taken) or f"P{len(faces) + len(taken) + 1}"
        taken.add(person)
        _tell(person, track, clip, found)


def read_pyfeat(table: str, times_s: Floats) -> list[PyfeatTrack]:
    """The faces of the table that `pyfeat_script` writes, each followed by overlap and motion.

    Args:
        table: CSV with a row for each face in each picture.
        times_s: of the clip's pictures.

    Raises:
        ToolError: it is no such table, or tells of pictures that the clip does not have.
    """
    reader = csv.DictReader(io.StringIO(table))
    columns = list(reader.fieldnames or ())
    missing = [name for name in ("frame", *BOX, "AU12") if name not in columns]
    if missing:
        raise ToolError(f"py-feat's table has no column {missing[0]}: another version wrote it")
    names = [name for name in columns if name[:2] == "AU" and name[2:].isdigit()]
    try:
        rows = np.array([[float(row[n] or "nan") for n in ("frame", *BOX, *names)] for row in reader])
    except (TypeError, ValueError) as error:
        raise ToolError(f"py-feat's table is not whole: {error}") from error
    if not len(rows):
        return []
    rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 5] >= LEAST_SCORE)]
    if (rows[:, 0] >= len(times_s)).any():
        raise ToolError(f"py-feat's table tells of picture {int(rows[:, 0].max())}; the clip has {len(times_s)}")
    if (rows[:, 6:] < 0).any() or (rows[:, 6:] > 1).any():
        raise ToolError("py-feat's action units lie outside 0-1: another version wrote them")
    return _followed(rows, [int(name[2:]) for name in names], times_s)


def _followed(rows: Floats, units: list[int], times_s: Floats) -> list[PyfeatTrack]:
    tracker, tracks = Tracker(), dict[int, list[int]]()
    for frame in np.unique(rows[:, 0]).astype(int).tolist():
        here = np.flatnonzero(rows[:, 0] == frame)
        for number, row in zip(tracker.follow([_box(rows[n]) for n in here], times_s[frame]), here, strict=True):
            tracks.setdefault(number, []).append(int(row))
    return [
        PyfeatTrack(
            frames=rows[own, 0].astype(np.int64),
            boxes=tuple(_box(row) for row in rows[own]),
            score=np.clip(rows[own, 5], 0, 1),
            units={unit: rows[own, 6 + column] for column, unit in enumerate(units)},
        )
        for own in tracks.values()
        if len(own) >= FEWEST
    ]


def _box(row: Floats) -> Box:
    left, top, width, height = row[1:5].tolist()
    return Box(left, top, left + width, top + height)


def _same_face(track: PyfeatTrack, times_s: Floats, faces: Sequence[FaceTrack], taken: set[str]) -> str | None:
    """Who of the people that were followed here this is: whose face is at the same place at the same time."""
    best, who = SAME_FACE, None
    for face in faces:
        _, own, theirs = np.intersect1d(face.times_s, times_s[track.frames], return_indices=True)
        if face.person in taken or not len(own):
            continue
        middle = len(own) // 2
        points = face.landmarks[own[middle], :, :2]
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        shared = overlap(Box(left, top, right, bottom), track.boxes[int(theirs[middle])])
        if shared > best:
            best, who = shared, face.person
    return who


def _tell(person: str, track: PyfeatTrack, clip: Clip, found: Findings) -> None:
    every_s = clip.frame_times_s
    times_s = every_s[track.frames]
    ends_s = np.append(every_s[1:], clip.duration_s)[track.frames]
    for unit in catalogue():
        if unit.au not in track.units:
            continue
        probability = track.units[unit.au]
        found.signal(person, f"AU{unit.au}_probability", probability, times_s, unit="probability")
        for first, last in runs(probability > SHOWN):
            apex = first + int(np.argmax(probability[first : last + 1]))
            unbroken = (np.diff(track.frames[first : last + 1]) <= HOLE).all()
            if last - first + 1 < FEWEST or probability[apex] < SURE or not unbroken:
                continue
            sure, quality = float(probability[first : last + 1].mean()), float(track.score[first : last + 1].mean())
            found.event(
                person,
                f"au{unit.au}",
                float(times_s[first]),
                float(ends_s[last]),
                apex_s=float(times_s[apex]),
                text=f"{person}: {unit.words} (AU{unit.au}), shown with probability {sure:.2f} by py-feat, "
                "intensity not measured",
                confidence=sure * quality,
                quality=quality,
            )
