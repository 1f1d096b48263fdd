"""Pairs of a true and a falsified question read from files of several shapes, with several names for the same column.

EmotionHallucer (arXiv 2505.11405) has not released its files; those of its ancestor VideoHallucer are a list of
{"basic": {"video", "question", "answer"}, "hallucination": {...}}. The same pairs may also lie flat, a question a row.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evals.errors import DatasetError
from evals.metrics.hallucination_pairs import yes_or_no
from evals.reading import csv_rows, json_value, jsonl_rows

BASIC, HALLUCINATION = "basic", "hallucination"
NAMES = {  # what each column may be called; the first is ours
    BASIC: ("basic", "basic_question", "original"),
    HALLUCINATION: ("hallucination", "hallucinated", "hallucination_question", "halluc"),
    "question": ("question", "query", "q", "statement"),
    "answer": ("answer", "label", "gt", "ground_truth"),
    "pair": ("pair", "pair_id", "pair_index", "group_id"),
    "kind": ("kind", "question_type", "role"),
    "category": ("category", "subcategory", "aspect", "dimension", "type", "task"),
    "modality": ("modality", "modal", "media_type"),
    "text": ("text", "review", "context", "passage"),
    "video": ("video", "video_path", "clip"),
    "image": ("image", "image_path", "img"),
    "audio": ("audio", "audio_path", "sound"),
}
MEDIA = ("video", "image", "audio")
MEANS = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}
FOLDERS = ("", "videos", "video", "images", "image", "audios", "audio")  # where a file of a pair may lie
SHAPE = 'a list of {"basic": {"question", "answer", and video, image, audio or text}, "hallucination": {...}}'
FLAT = "rows with pair, question, answer, and video, image, audio or text"


class Pair(NamedTuple):
    """A true ("basic") and a falsified question about the same thing."""

    id: str
    basic: str
    hallucination: str
    media: Path | None  # of a video, an image or a sound
    text: Any  # words, or turns {"speaker", "text"}; none: there are none
    category: str
    modality: str


def read_pairs(folder: Path, how: str) -> list[Pair]:
    """The pairs of all JSON, JSONL and CSV files of a folder and of the folders in it.

    Args:
        folder: of the data set.
        how: the files are had.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    files = sorted(p for kind in ("json", "jsonl", "csv") for at in ("", "*/") for p in folder.glob(f"{at}*.{kind}"))
    if not files:
        raise DatasetError(f"{folder}: there is no JSON, JSONL or CSV file with pairs ({SHAPE}, or {FLAT}); {how}")
    pairs = [pair for file in files for pair in _of_file(file, folder)]
    seen: dict[str, int] = {}
    for pair in pairs:
        seen[pair.id] = seen.get(pair.id, 0) + 1
    if again := [id_ for id_, count in seen.items() if count > 1]:
        raise DatasetError(f"{folder}: pair {again[0]} comes {seen[again[0]]} times; give each pair an id of its own")
    return pairs


def pair_of(where: str, id_: str, row: Mapping[str, Any], folder: Path, root: Path, category: str = "") -> Pair:
    """A pair of VideoHallucer's shape.

    Args:
        where: file and place, for what is told when something is wrong.
        id_: of the pair.
        row: with a basic and a hallucinated question.
        folder: of the file.
        root: of the data set.
        category: where the row names none.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    sides = {side: found(row, side) for side in (BASIC, HALLUCINATION)}
    for side, told in sides.items():
        if not isinstance(told, Mapping):
            raise DatasetError(f"{where}: no object {' or '.join(NAMES[side])}; the shape is {SHAPE}")
        _check_answer(f"{where}, {side}", told, side == BASIC)
    both: dict[str, Any] = {**row, **sides[BASIC]}
    kind, media = _media(where, both, folder, root)
    text = found(both, "text")
    other = {**row, **sides[HALLUCINATION]}
    if _media(where, other, folder, root)[1] not in (None, media) or found(other, "text") not in (None, text):
        raise DatasetError(f"{where}: its two questions are about different things; a pair is about one")
    _check_text(where, text)
    basic, hallucination = (_question(f"{where}, {side}", told) for side, told in sides.items())
    if basic == hallucination:
        raise DatasetError(f"{where}: both of its questions are the same; the hallucinated one is to be falsified")
    return Pair(
        id=id_,
        basic=basic,
        hallucination=hallucination,
        media=media,
        text=text or None,
        category=str(found(both, "category") or category or "all"),
        modality=str(found(both, "modality") or kind or ("text" if text else "knowledge")),
    )


def found(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column under any of its names, whatever their case; none where it is not there."""
    lower = {str(name).strip().lower().replace(" ", "_"): value for name, value in row.items()}
    return next((lower[name] for name in NAMES[column] if lower.get(name) not in (None, "")), None)


def _of_file(file: Path, root: Path) -> Iterator[Pair]:
    name = file.relative_to(root).with_suffix("").as_posix()
    if file.suffix == ".json":
        rows = json_value(file)
        if isinstance(rows, dict):  # by id, or with the list as its only value
            held = list(rows.values())
            rows = held[0] if len(held) == 1 and isinstance(held[0], list) else held
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
            raise DatasetError(f"{file}: is no list of objects; the shape is {SHAPE}")
    else:
        rows = jsonl_rows(file, ()) if file.suffix == ".jsonl" else csv_rows(file, ())
    nested = isinstance(found(rows[0], BASIC), Mapping)
    for number, row in enumerate(rows if nested else _joined(file, rows), 1):
        own = found(row, "pair")
        yield pair_of(f"{file}, pair {own or number}", f"{name}-{own or number}", row, file.parent, root, file.stem)


def _joined(file: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Flat rows, a question each, as pairs: the basic one is that whose kind says so, or whose answer is yes."""
    pairs: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, 2 if file.suffix == ".csv" else 1):
        where = f"{file}, row {number}"
        for column in ("pair", "question"):
            if found(row, column) is None:
                has = ", ".join(map(str, row))
                raise DatasetError(
                    f"{where}: no column {' or '.join(NAMES[column])}; rename or add it (there is {has})"
                )
        side = _side(where, row)
        pair = pairs.setdefault(str(found(row, "pair")), {"pair": found(row, "pair")})
        if side in pair:
            raise DatasetError(f"{where}, column pair: {pair['pair']} has two {side} questions; it needs one of each")
        pair[side] = row
    return list(pairs.values())


def _side(where: str, row: Mapping[str, Any]) -> str:
    kind, answer = str(found(row, "kind") or "").lower(), _meant(found(row, "answer"))
    if kind.startswith("basic"):
        return BASIC
    if kind.startswith("halluc"):
        return HALLUCINATION
    if answer is None:
        raise DatasetError(
            f"{where}: neither column kind (basic, hallucination) nor column answer (yes, no) says which"
        )
    return BASIC if answer else HALLUCINATION


def _check_answer(where: str, told: Mapping[str, Any], due: bool) -> None:
    answer = found(told, "answer")
    if answer is not None and _meant(answer) is not due:
        right = "yes" if due else "no"
        raise DatasetError(f"{where}, column answer: {answer!r} where {right} is due; check the pair's order")


def _check_text(where: str, text: Any) -> None:
    turns = text if isinstance(text, list) else [{"text": text}] if text is not None else []
    for number, turn in enumerate(turns, 1):
        told = turn if isinstance(turn, Mapping) else {}
        if not isinstance(told.get("text"), str) or not isinstance(told.get("speaker"), str | None):
            at = f", turn {number}" if isinstance(text, list) else ""
            raise DatasetError(
                f'{where}, column text{at}: is no text; give a string, or a list of {{"speaker", "text"}}'
            )


def _meant(answer: object) -> bool | None:
    said = str(answer).strip().lower()
    return MEANS[said] if said in MEANS else yes_or_no(said)


def _question(where: str, told: Mapping[str, Any]) -> str:
    question = found(told, "question")
    if not isinstance(question, str):
        raise DatasetError(f"{where}: no column {' or '.join(NAMES['question'])}; rename or add it")
    return question.strip()


def _media(where: str, row: Mapping[str, Any], folder: Path, root: Path) -> tuple[str, Path | None]:
    """Which medium a pair is about, and its file; nothing where it is about words."""
    for kind in MEDIA:
        if (name := found(row, kind)) is None:
            continue
        tried = [base / part / str(name) for base in (folder, root) for part in FOLDERS]
        path = next((path for path in tried if path.is_file()), None)
        if path is None:
            raise DatasetError(f"{where}, column {kind}: {name} is not there; put it into {folder}/{kind}s")
        return kind, path
    return "", None
