"""Clips that tables of labels call by name: their videos, their words, and MERBench's files of labels."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.benchmark import Item
from evals.errors import DatasetError
from evals.inert_pickles import UNREADABLE, dictionaries
from evals.reading import csv_rows, refuse, twice
from evals.solving import spoken

VIDEOS = ("video", "videos")  # folders of clips
SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".gif")
TRANSCRIPTS = ("subtitle_chieng.csv", "track1_subtitle_chieng.csv", "transcription-engchi-polish.csv", "subtitles.csv")
WORDS = {"english": "en", "text": None, "sentence": None, "chinese": "zh"}  # columns of words, and their language
NO_VALUE = -10  # MERBench's mark of a valence that is not known


def clip_named(folder: Path, name: str, within: Sequence[str] = VIDEOS) -> Path | None:
    """The video of a name, if there is one.

    Args:
        folder: of the data set.
        name: with or without a suffix.
        within: folders of it that may have the video.
    """
    ending = ("",) if Path(name).suffix.lower() in SUFFIXES else SUFFIXES
    found = (folder / part / f"{name}{suffix}" for part in within for suffix in ending)
    return next((path for path in found if path.is_file()), None)


class Line(NamedTuple):
    """What is said in a clip, perhaps nothing, and in which language, where that is known."""

    text: str
    language: str | None


def words_by_name(folder: Path) -> dict[str, Line]:
    """What is said in each clip, by its name, of the first CSV of words that there is; nothing where there is none.

    Of several columns of words the first that is filled is taken.

    Raises:
        DatasetError: the CSV has no column of names or none of words.
    """
    path = next((folder / name for name in TRANSCRIPTS if (folder / name).is_file()), None)
    if path is None:
        return {}
    rows = csv_rows(path, ("name",))
    columns = [column for column in WORDS if column in rows[0]]
    if not columns:
        raise DatasetError(f"{path}: no column {' or '.join(WORDS)}; name the one with the words so")
    silent = Line("", None)
    return {
        row["name"]: next((Line(said, WORDS[c]) for c in columns if (said := (row[c] or "").strip())), silent)
        for row in rows
    }


def named_items(
    folder: Path, gold: Mapping[str, Any], *, gold_only: bool = False, **fields: Mapping[str, Any]
) -> list[Item]:
    """An item of each name, with its video, its words, or both.

    A clip whose line of words is empty and that has no video stays: it can't be answered, and counts.

    Args:
        folder: of the data set.
        gold: value by name.
        gold_only: take the items without words and videos, for their gold.
        fields: of an item, by name, such as `group` and `strata`; the group is the name itself where it is not given.

    Raises:
        DatasetError: of a name there is neither video nor line.
    """
    if gold_only:
        return [Item(id=n, gold=(value,), **_fields(n, fields)) for n, value in gold.items()]
    said = words_by_name(folder)
    clips = {name: clip_named(folder, name) for name in gold}
    missing = [name for name in gold if clips[name] is None and name not in said]
    if missing:
        raise DatasetError(
            f"{folder}: of {len(missing)} clips, such as {', '.join(missing[:3])}, there is neither a video "
            f"({VIDEOS[0]}/NAME.mp4) nor a line in {' or '.join(TRANSCRIPTS)} (name, english); add either"
        )
    items = []
    for name, value in gold.items():
        line = said.get(name)
        words = spoken([(None, line.text)]) if line and line.text else ()
        language = line and line.language
        items.append(
            Item(id=name, gold=(value,), clip=clips[name], words=words, language=language, **_fields(name, fields))
        )
    return items


def _fields(name: str, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What else an item is given; its group is its name where none is."""
    return {"group": name, **{field: of[name] for field, of in fields.items()}}


def labels_by_name(path: Path, corpora: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`emo` and `val` of each clip, by its name, in MERBench's npz of labels.

    Args:
        path: of the file.
        corpora: arrays of it, such as `test_corpus`.

    Raises:
        DatasetError: the file is none of MERBench's, or lacks an array or a value.
    """
    try:
        found = dictionaries(path, [corpus.removesuffix(".npy") for corpus in corpora])
    except UNREADABLE as error:
        wanted = ", ".join(corpora)
        raise DatasetError(
            f"{path}: can't be read as MERBench's labels with {wanted}: {error}; take its label npz"
        ) from error
    labels = {name: told for corpus in found for name, told in corpus.items()}
    refuse(path, (f"{name}: is no pair of emo and val" for name, told in labels.items() if not _whole(told)))
    return labels


def numbered(path: Path, labels: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> dict[str, str]:
    """The label of each clip whose `emo` is a number, or the label itself.

    Raises:
        DatasetError: a number or label that has no name.
    """
    known: dict[Any, str] = {**dict(enumerate(names)), **{name: name for name in names}}
    strange = (
        f"{n}, emo: {told['emo']!r} is none of {', '.join(names)}"
        for n, told in labels.items()
        if told["emo"] not in known
    )
    refuse(path, strange)
    return {name: known[told["emo"]] for name, told in labels.items()}


def table_of(
    folder: Path, names: Collection[str], columns: Collection[str], how: str, *, once: bool = True
) -> tuple[Path, list[dict[str, str]]]:
    """The first of these CSV files that is in a folder, and its rows.

    Args:
        folder: of the data set.
        names: of the file.
        columns: that it has to have, `name` among them.
        how: the file is had.
        once: refuse a clip that has two rows.

    Raises:
        DatasetError: there is none, a column is missing, or a name comes twice.
    """
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise DatasetError(f"{folder}: there is no {' or '.join(names)}; {how}")
    rows = csv_rows(path, columns)
    again = twice(row["name"] for row in rows) if once else []
    refuse(path, (f"column name: {name} comes twice; keep one row" for name in again))
    return path, rows


def _whole(told: object) -> bool:
    return isinstance(told, dict) and {"emo", "val"} <= told.keys()
