"""Coded micro-expressions to train on: the table, and each as two pictures of one face with the units' regions.

A folder with `aus.csv`, the layout that `mentalis eval score au --gold FOLDER` reads, too:

    id               of the sample, once in the table
    clip             a video, or a folder of numbered pictures, in the folder
    dataset          such as casme2: one is left out at a time
    subject          who is in it
    AU1, AU2, ...    1 where the unit is active, 0 where it is not; the same columns for all data sets
    onset, offset    pictures of the clip, from 0, between which the units are coded; left out: the first and the last
    apex             picture in which they show most; left out: looked for. Heeded in training, never in testing

A unit without texts in perception/data/au_texts.yaml is left out.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perception import mediapipe_models
from perception.clip import Clip
from perception.errors import TrainingDataError
from perception.models.face_crops import crop, held, in_crop, patches, regions
from perception.models.training_tables import Row, number, read_rows, refuse

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]
TABLE, COLUMNS = "aus.csv", ("id", "clip", "dataset", "subject")
UNIT = re.compile(r"AU0*(\d+)", re.IGNORECASE)
PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
COARSE_PX = 56  # side of the crop in which the apex is looked for: less than this is noise


class Coded(NamedTuple):
    """One coded sample of the table."""

    id: str
    clip: Path
    dataset: str
    subject: str
    where: str
    active: dict[int, bool]
    onset: int
    offset: int | None
    apex: int | None


class Pair(NamedTuple):
    """A face at onset and apex, each held by its own landmarks, and where its units' regions are at the onset."""

    onset: Picture  # (size, size, 3)
    apex: Picture  # that of the table where it names one, else that found
    found_apex: Picture
    regions: Floats  # (units, patches)


class View(NamedTuple):
    """What a network looks at."""

    units: tuple[int, ...]
    size_px: int
    grid: int


def read_coded(folder: Path) -> list[Coded]:
    """The samples, in the order of the table.

    Raises:
        TrainingDataError: naming file, line, column and what is wrong.
    """
    path = folder / TABLE
    rows = read_rows(path, COLUMNS)
    columns = {int(match[1]): name for name in rows[0].cells if (match := UNIT.fullmatch(name))}
    if not columns:
        raise TrainingDataError(f"{path}: no column of an action unit; give AU1, AU2, ... with 1 or 0")
    ids = [row.cells["id"] for row in rows]
    refuse(ill for row in rows for ill in _ills(row, folder, columns, ids))
    return [_coded(row, folder, columns) for row in rows]


def known_units(samples: Sequence[Coded]) -> tuple[int, ...]:
    """The units of the table that have a region, in order."""
    return tuple(sorted(set(samples[0].active) & set(regions().units)))


def pair_between(onset: Picture, onset_at: Points, apex: Picture, apex_at: Points, view: View) -> Pair:
    """Two pictures of a face as a network sees them, in training and as an engine.

    Each is held by its own landmarks, (478, 2 or 3) in pixels: what the head moved between them is no movement of the
    face, and the usual face of `action_units` lies anywhere. Landmarks of one picture with noise place a point of the
    face within 0.2-0.35 px of 224; on real clips 0.2 s of head movement leave 1.4 times that difference.
    """
    matrix = held(onset_at, view.size_px)
    before, after = crop(onset, matrix, view.size_px), crop(apex, held(apex_at, view.size_px), view.size_px)
    return Pair(before, after, after, patches(in_crop(onset_at, matrix), view.units, view.size_px, view.grid))


def pair_of(sample: Coded, view: View) -> Pair | None:
    """The face of a sample; none where none is found at the onset or at the apex.

    Raises:
        TrainingDataError: the clip has no such pictures, or they can't be read.
        ClipError: the video can't be used.
    """
    pictures = _pictures(sample)
    onset = next(pictures, None)
    if onset is None:
        raise TrainingDataError(f"{sample.where}, column onset: {sample.clip.name} has no picture {sample.onset}")
    landmarks = face_in(onset)
    if landmarks is None:
        return None
    found, labelled = _apexes(sample, onset, landmarks, pictures)
    seen = face_in(found)
    if seen is None:
        return None
    pair = pair_between(onset, landmarks, found, seen, view)
    if labelled is None:
        return pair
    seen = face_in(labelled)
    return None if seen is None else pair._replace(apex=pair_between(onset, landmarks, labelled, seen, view).apex)


def _apexes(
    sample: Coded, onset: Picture, landmarks: Floats, pictures: Iterator[Picture]
) -> tuple[Picture, Picture | None]:
    """The picture in which the face differs most from its onset, and the one that the table names, if it does."""
    coarse = held(landmarks, COARSE_PX)
    before, most = crop(onset, coarse, COARSE_PX).astype(np.int16), -1.0
    found = labelled = None
    at = sample.onset
    for at, picture in enumerate(pictures, sample.onset + 1):
        moved = float(np.abs(crop(picture, coarse, COARSE_PX) - before).mean())
        if moved > most:
            found, most = picture, moved
        if at == sample.apex:
            labelled = picture
    too_few = sample.offset is not None and at < sample.offset
    if found is None or too_few or (sample.apex is not None and labelled is None):
        what = f"{sample.clip.name} has too few pictures for its onset, apex and offset; its last one is {at}"
        raise TrainingDataError(f"{sample.where}: {what}")
    return found, labelled


def face_in(rgb: Picture) -> Floats | None:
    """The landmarks of the first face in a picture, in pixels, shape (478, 2); none without one."""
    with mediapipe_models.face_mesh(1) as find:
        faces = find(rgb, 0.0)
    height, width = rgb.shape[:2]
    return np.asarray(faces[0].points[:, :2] * (width, height), dtype=np.float32) if faces else None


def _ills(row: Row, folder: Path, columns: dict[int, str], ids: Sequence[str]) -> Iterator[str]:
    """What is wrong with a row."""
    cells = row.cells
    if ids.count(cells["id"]) > 1 or not cells["id"]:
        yield f"{row.where}, column id: {cells['id'] or 'nothing'} is there {ids.count(cells['id'])} times; once each"
    if not cells["clip"] or not (folder / cells["clip"]).exists():
        yield f"{row.where}, column clip: {cells['clip'] or 'nothing'} is not in the folder"
    for name in ("dataset", "subject"):
        if not cells[name]:
            yield f"{row.where}, column {name}: is empty"
    for name in columns.values():
        if cells[name] not in ("0", "1"):
            yield f"{row.where}, column {name}: {cells[name]!r} is neither 0 nor 1"
    onset, apex, offset = (number(row, name) for name in ("onset", "apex", "offset"))
    told = [value for value in (onset or 0.0, apex, offset) if value is not None]
    if any(value % 1 for value in told) or told != sorted(set(told)):
        yield f"{row.where}, columns onset, apex, offset: {told} are no picture numbers one after the other"


def _coded(row: Row, folder: Path, columns: dict[int, str]) -> Coded:
    onset, apex, offset = (number(row, name) for name in ("onset", "apex", "offset"))
    return Coded(
        id=row.cells["id"],
        clip=folder / row.cells["clip"],
        dataset=row.cells["dataset"],
        subject=row.cells["subject"],
        where=row.where,
        active={unit: row.cells[name] == "1" for unit, name in columns.items()},
        onset=int(onset or 0),
        offset=None if offset is None else int(offset),
        apex=None if apex is None else int(apex),
    )


def _pictures(sample: Coded) -> Iterator[Picture]:
    """The pictures of a sample from its onset to its offset."""
    last = float("inf") if sample.offset is None else sample.offset
    if sample.clip.is_dir():
        files = [path for path in sample.clip.iterdir() if path.suffix.lower() in PICTURES]
        files.sort(key=lambda path: ([int(digits) for digits in re.findall(r"\d+", path.stem)], path.name))
        for path in files[sample.onset : None if sample.offset is None else sample.offset + 1]:
            yield _read(path, sample)
        return
    for frame in Clip.open(sample.clip).frames():
        if frame.index > last:
            return
        if frame.index >= sample.onset:
            yield frame.rgb


def _read(path: Path, sample: Coded) -> Picture:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"{sample.where}: {path} can't be read as a picture; get an intact copy") from error
