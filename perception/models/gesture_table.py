"""Labelled gestures to train on: the table, the cross-subject split, and each gesture as its skeleton's movement.

A folder with `gestures.csv`, the layout that `mentalis eval run micro_gesture` reads, too:

    file     of the gesture, in the folder: a video (skeletons `pose` and `pose_hands`), or an array in .npy of
             joints (`imigue` and `smg`): (frames, joints, 3), (3, frames, joints, 1), or the public tensors
             (samples, 3, frames, joints, 1) with the column `row`
    label    a class by its name, as in perception/data/taxonomies.yaml, or by its number
    subject  who is in it, by the data set's number where its own split is used
    start_s  when the gesture starts and ends in a video; left out where it shows one gesture alone
    end_s
    row      of the array, from 0
    person   whose body in the video, such as P1; left out: the one seen for longest then
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import yaml

from perception.body_track import BodyTrack
from perception.errors import OptionError, TrainingDataError
from perception.models.skeletons import Layout, of_body, sample
from perception.models.training_tables import Row, number, read_rows, refuse

Floats = npt.NDArray[np.float32]
Taxonomy = Literal["imigue", "smg"]
Split = Literal["train", "test"]
Follow = Callable[[Path], list[BodyTrack]]
DATA = Path(__file__).parents[1] / "data"
TABLE, COLUMNS = "gestures.csv", ("file", "label", "subject")

CENTRES = (0.5, 0.3, 0.7, 0.1, 0.9)  # of a gesture's time, where windows of a track are taken; the first one tests
CLEAR_S, BETWEEN_S = 0.25, 1.0  # from any gesture, and from window to window, where a track shows none


class Labelled(NamedTuple):
    """One labelled gesture of the table."""

    id: str  # number and file, as in the evaluation
    file: Path
    label: int
    subject: str
    where: str
    split: Split
    start_s: float | None
    end_s: float | None
    row: int | None
    person: str | None


class Samples(NamedTuple):
    """Movements (n, 3, frames, joints, 1) and what they are; no label of the table's is that of no gesture."""

    movements: Floats
    labels: npt.NDArray[np.int64]  # (n,)
    ids: tuple[str, ...]
    subjects: tuple[str, ...]
    left_out: tuple[str, ...] = ()  # why gestures of the table are missing


@cache
def class_names(taxonomy: Taxonomy) -> tuple[str, ...]:
    """The classes of a set, in the order of their numbers.

    Raises:
        OptionError: there is no such set.
    """
    if taxonomy not in get_args(Taxonomy):
        raise OptionError(f"classes {taxonomy!r} are none of {', '.join(get_args(Taxonomy))}")
    return tuple(yaml.safe_load((DATA / "taxonomies.yaml").read_text(encoding="utf-8"))[taxonomy]["classes"])


def splits(taxonomy: Taxonomy) -> dict[str, Split]:
    """Which subjects train and which test, in the data set's own protocol."""
    content = yaml.safe_load((DATA / "gesture_splits.yaml").read_text(encoding="utf-8"))[taxonomy]
    return {str(subject): split for split in get_args(Split) for subject in content[split]}


def read_gestures(
    folder: Path, taxonomy: Taxonomy, skeleton: Layout, *, first: int = 0, test_subjects: Sequence[str] = ()
) -> list[Labelled]:
    """The labelled gestures, in the order of the table.

    Args:
        folder: with gestures.csv and what it names.
        taxonomy: whose classes the labels are.
        skeleton: what the files have to be.
        first: number of the first class in the table.
        test_subjects: whom to test, in place of the data set's own split.

    Raises:
        TrainingDataError: naming file, line, column and what is wrong, or who of `test_subjects` is not in the table.
    """
    rows = read_rows(folder / TABLE, COLUMNS)
    names = class_names(taxonomy)
    own = splits(taxonomy)
    subjects = sorted({r.cells["subject"] for r in rows})
    if unknown := [name for name in test_subjects if name not in subjects]:
        there = f"there are {', '.join(subjects)}"
        raise TrainingDataError(f"--test-subjects: nobody in {folder / TABLE} is called {', '.join(unknown)}; {there}")
    split_of = {r.cells["subject"]: _split(r.cells["subject"], own, test_subjects) for r in rows}
    refuse(ill for row in rows for ill in _ills(row, folder, names, first, skeleton, split_of))
    return [_labelled(f"{n}:{row.cells['file']}", row, folder, names, first, split_of) for n, row in enumerate(rows, 1)]


def _split(subject: str, own: dict[str, Split], test_subjects: Sequence[str]) -> Split | None:
    if test_subjects:
        return "test" if subject in test_subjects else "train"
    return own.get(subject.lstrip("0"))


def _ills(
    row: Row, folder: Path, names: Sequence[str], first: int, skeleton: Layout, split_of: dict[str, Split | None]
) -> list[str]:
    """What is wrong with a row."""
    cells, ills = row.cells, []
    if not (folder / cells["file"]).is_file() or not cells["file"]:
        ills.append(f"{row.where}, column file: {cells['file'] or 'nothing'} is not in the folder")
    elif (Path(cells["file"]).suffix == ".npy") == skeleton.of_tracks:
        wanted = "a video" if skeleton.of_tracks else "an array in .npy"
        ills.append(f"{row.where}, column file: {cells['file']} is not {wanted}, as skeleton {skeleton.name} needs")
    if _label(cells["label"], names, first) is None:
        ills.append(
            f"{row.where}, column label: {cells['label']!r} is no class and no number from {first} "
            f"to {first + len(names) - 1}"
        )
    if split_of[cells["subject"]] is None:
        ills.append(
            f"{row.where}, column subject: {cells['subject']!r} is in neither part of the data set's split; "
            "name the subjects to test (--test-subjects)"
        )
    start_s, end_s = number(row, "start_s"), number(row, "end_s")
    if (start_s is None) != (end_s is None) or (start_s is not None and end_s is not None and start_s >= end_s):
        ills.append(f"{row.where}, columns start_s and end_s: give two seconds in order, or neither")
    return ills


def _label(told: str, names: Sequence[str], first: int) -> int | None:
    if told.isdecimal():
        return int(told) - first if first <= int(told) < first + len(names) else None
    return names.index(told) if told in names else None


def _labelled(
    id_: str, row: Row, folder: Path, names: Sequence[str], first: int, split_of: dict[str, Split | None]
) -> Labelled:
    label, split = _label(row.cells["label"], names, first), split_of[row.cells["subject"]]
    assert label is not None
    assert split is not None
    at = number(row, "row")
    return Labelled(
        id=id_,
        file=folder / row.cells["file"],
        label=label,
        subject=row.cells["subject"],
        where=row.where,
        split=split,
        start_s=number(row, "start_s"),
        end_s=number(row, "end_s"),
        row=None if at is None else int(at),
        person=row.cells.get("person") or None,
    )


def samples(gestures: Sequence[Labelled], skeleton: Layout, follow: Follow, none: int, training: bool) -> Samples:
    """The movements of gestures; of tracks for training several windows of each, and of times without any gesture.

    Args:
        gestures: of the table.
        skeleton: of the network.
        follow: finds the bodies in a video; not called for arrays.
        none: label of no gesture.
        training: else each gesture is there once, and nothing else.

    Raises:
        TrainingDataError: an array can't be read or is of another skeleton.
        ClipError: a video can't be used.
    """
    if not skeleton.of_tracks:
        made = [(g, sample(array_of(g, skeleton), skeleton)) for g in gestures]
        return _gathered([(m, g.label, g.id, g.subject) for g, m in made], skeleton)
    found: list[tuple[Floats, int, str, str]] = []
    left_out = []
    for file in dict.fromkeys(g.file for g in gestures):
        bodies = follow(file)
        there = [g for g in gestures if g.file == file]
        for gesture in there:
            body = _whose(gesture, bodies)
            if body is None:
                left_out.append(f"{gesture.where}: no body was followed then")
                continue
            times_s, points = of_body(body, skeleton)
            start_s, end_s = _span(gesture, body)
            for share in CENTRES if training else CENTRES[:1]:
                window = window_of(times_s, points, start_s + share * (end_s - start_s), skeleton)
                found.append((window, gesture.label, gesture.id, gesture.subject))
        if training and len(bodies) == 1 and all(g.start_s is not None for g in there):
            times_s, points = of_body(bodies[0], skeleton)
            spans = [_span(g, bodies[0]) for g in there]
            found += [(window_of(times_s, points, t, skeleton), none, "", "") for t in _free_s(times_s, spans)]
    return _gathered(found, skeleton, tuple(left_out))


def array_of(gesture: Labelled, skeleton: Layout) -> Floats:
    """The joints of a gesture from its array, shape (frames, joints, 3), without empty frames at the end.

    Raises:
        TrainingDataError: it can't be read, or is of another shape.
    """
    try:
        array = np.load(gesture.file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise TrainingDataError(f"{gesture.where}: {gesture.file.name} can't be read as .npy: {error}") from error
    if array.ndim == 5 and gesture.row is not None and gesture.row < len(array):
        array = array[gesture.row]
    if array.ndim == 4 and array.shape[0] == 3 and array.shape[3] == 1:
        array = np.moveaxis(array[..., 0], 0, 2)
    if array.ndim != 3 or array.shape[1:] != (len(skeleton.joints), 3):
        raise TrainingDataError(
            f"{gesture.where}: {gesture.file.name} has shape {tuple(array.shape)}, skeleton {skeleton.name} needs "
            f"(frames, {len(skeleton.joints)}, 3), or (samples, 3, frames, {len(skeleton.joints)}, 1) and column row"
        )
    points = np.asarray(array, dtype=np.float32)
    shown = np.flatnonzero(np.abs(np.nan_to_num(points)).sum(axis=(1, 2)))
    if not len(shown):
        raise TrainingDataError(f"{gesture.where}: {gesture.file.name} has no joint in any frame; leave it out")
    return points[: shown[-1] + 1]


def window_of(times_s: Floats, points: Floats, middle_s: float, skeleton: Layout) -> Floats:
    """The network's view of a track about a time, shape (3, frames, joints); 0 before its begin and after its end."""
    assert skeleton.rate_hz is not None
    middle = round((middle_s - float(times_s[0])) * skeleton.rate_hz)
    wanted = np.arange(skeleton.frames) + middle - skeleton.frames // 2
    inside = (wanted >= 0) & (wanted < len(points))
    window = np.where(inside[:, None, None], points[np.clip(wanted, 0, len(points) - 1)], 0)
    return sample(window, skeleton)


def _whose(gesture: Labelled, bodies: Sequence[BodyTrack]) -> BodyTrack | None:
    def looks(body: BodyTrack) -> int:
        start_s, end_s = _span(gesture, body)
        return int(((body.times_s >= start_s) & (body.times_s <= end_s)).sum())

    theirs = [body for body in bodies if gesture.person in (None, body.person)]
    best = max(theirs, key=looks, default=None)
    return best if best is not None and looks(best) else None


def _span(gesture: Labelled, body: BodyTrack) -> tuple[float, float]:
    if gesture.start_s is None or gesture.end_s is None:
        return float(body.times_s[0]), float(body.times_s[-1])
    return gesture.start_s, gesture.end_s


def _free_s(times_s: Floats, spans: Sequence[tuple[float, float]]) -> list[float]:
    """Times of a track that are clear of every gesture."""
    every = np.arange(float(times_s[0]), float(times_s[-1]), BETWEEN_S)
    return [t for t in every.tolist() if all(t < a - CLEAR_S or t > b + CLEAR_S for a, b in spans)]


def _gathered(
    found: Sequence[tuple[Floats, int, str, str]], skeleton: Layout, left_out: tuple[str, ...] = ()
) -> Samples:
    empty = np.zeros((0, 3, skeleton.frames, len(skeleton.joints)), dtype=np.float32)
    movements = np.stack([movement for movement, *_ in found]) if found else empty
    return Samples(
        movements=movements[..., None],
        labels=np.array([label for _, label, _, _ in found], dtype=np.int64),
        ids=tuple(id_ for _, _, id_, _ in found),
        subjects=tuple(subject for *_, subject in found),
        left_out=left_out,
    )
