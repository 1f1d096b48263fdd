"""Micro-gestures of iMiGUE and SMG: top-1 and top-5 of cut-out gestures, and spotting them in whole recordings.

inspect eval evals/tasks/micro_gesture.py@micro_gesture -T folder=DATA -T classes=smg --model none
inspect eval evals/tasks/micro_gesture.py@micro_gesture_online -T folder=DATA -T classes=smg --model none

The sets' annotations are not public: the layout is ours. The folder has `gestures.csv` with

    file     a video in the folder
    label    a class by its name, as in perception/data/taxonomies.yaml, or by its number
    subject  who is in it
    start_s  when the gesture starts and ends; left out where a video shows one gesture alone, which
    end_s    can be recognised but not spotted

Numbers count from the option `first` (0 when not given; iMiGUE's own files count from 1). Give the rows that
are tested: SMG tests subjects 36 to 40. Rules over pose, hands and face decide some of the classes, which
perception/data/micro_gestures.yaml names; others are never predicted.
"""

import ast
import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from inspect_ai import Task, task

import perception
from evals.benchmark import Benchmark, Item, Outcome, Prediction, Solve
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.measuring import MEASURING, measured, told
from evals.metrics.intervals import Metric
from evals.metrics.measure import Measure
from evals.metrics.spotting import Gesture, spotting_scores
from evals.metrics.top_k import mean_class_accuracy, top_k_accuracy
from evals.reading import counted, csv_rows, existing, one_of, quoted, refuse
from evals.run import Run
from perception.clip import Clip
from perception.evidence import Evidence, Observation
from perception.gesture_network import classes_of
from perception.micro_gestures import gestures

Taxonomy = Literal["imigue", "smg"]
TABLE, COLUMNS = "gestures.csv", ("file", "label", "subject")
TOOLS = "micro_gestures"
LAYOUT = f"{TABLE}: {', '.join(COLUMNS)}, perhaps start_s and end_s; and the videos"
SOURCE = "https://github.com/linuxsino/iMiGUE and https://github.com/mikecheninoulu/SMG, on request, research only"

Answers = Sequence[list[str] | None]
Spotted = Sequence[list[list[Any]] | None]  # label, start and end in seconds of each gesture


@task
def micro_gesture(folder: str, classes: str = "imigue", first: int = 0, **options: Any) -> Task:
    """Recognise gestures that are cut out or told by their times.

    Args:
        folder: videos and gestures.csv.
        classes: imigue or smg.
        first: number of the first class in the table.
        options: as of `mentalis eval run`.
    """
    return as_task(recognition(classes, first), folder, **options)


@task
def micro_gesture_online(folder: str, classes: str = "imigue", first: int = 0, **options: Any) -> Task:
    """Spot gestures in whole recordings; arguments as of `micro_gesture`."""
    return as_task(spotting(classes, first), folder, **options)


def recognition(classes: str = "imigue", first: int | str = 0) -> Benchmark:
    """The benchmark of single gestures.

    Raises:
        DatasetError: there is no such list of classes, or `first` is no number.
    """
    taxonomy, first = taxonomy_called(classes), _number_called(first)

    async def solve(item: Item, run: Run) -> Outcome:
        evidence = await _measured(item, run)
        ranked = ranking(evidence, taxonomy, item.given["start_s"], item.given["end_s"])
        return told(evidence, Prediction(value=ranked) if ranked else Prediction(abstained=True))

    return _benchmark(
        "micro_gesture",
        "micro-gestures, top-1 and top-5",
        partial(read_gestures, taxonomy=taxonomy, first=first),
        solve,
        {
            "top_1": lambda gold, ranked: top_k_accuracy(gold, ranked, 1),
            "top_5": lambda gold, ranked: top_k_accuracy(gold, ranked, 5),
            "mean_class_top_1": mean_class_accuracy,
        },
        right=lambda gold, ranked: ranked is not None and ranked[0] == gold,
        labels=lambda told: told[0] if isinstance(told, list) else told,
        answer=lambda told: ranking_of(told, taxonomy, first),
        answer_form="a class, or a list of classes from the likeliest on",
        truth_form=f"a class of {taxonomy}",
        truth=lambda told: known(class_of(told, taxonomy, first), taxonomy),
        variant=recognition,
    )


def spotting(classes: str = "imigue", first: int | str = 0) -> Benchmark:
    """The benchmark of gestures in whole recordings.

    Raises:
        DatasetError: there is no such list of classes, or `first` is no number.
    """
    taxonomy, first = taxonomy_called(classes), _number_called(first)

    async def solve(item: Item, run: Run) -> Outcome:
        evidence = await _measured(item, run)
        if not evidence.of("body_visible", "face_visible"):
            return told(evidence, Prediction(abstained=True))
        return told(evidence, Prediction(value=spotted(evidence, taxonomy)))

    return _benchmark(
        "micro_gesture_online",
        "micro-gestures in whole recordings, by label and overlap",
        partial(read_recordings, taxonomy=taxonomy, first=first),
        solve,
        {"f1": _spotting("f1"), "precision": _spotting("precision"), "recall": _spotting("recall")},
        answer=lambda told: spotted_of(told, taxonomy, first),
        answer_form="a list of gestures, each [class, start, end] in seconds",
        truth_form=f"a list of gestures, each [class of {taxonomy}, start, end] in seconds",
        truth=lambda told: [[known(label, taxonomy), *times] for label, *times in spotted_of(told, taxonomy, first)],
        notes=lambda gold, predicted: of_no_class(predicted, taxonomy),
        variant=spotting,
    )


@cache
def class_names(taxonomy: Taxonomy) -> tuple[str, ...]:
    """The classes of a set, in the order of their numbers."""
    path = Path(perception.__file__).parent / "data" / "taxonomies.yaml"
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))[taxonomy]["classes"])


def taxonomy_called(name: str) -> Taxonomy:
    """The list of classes of a name.

    Raises:
        DatasetError: there is none.
    """
    for taxonomy in get_args(Taxonomy):
        if taxonomy == name:
            found: Taxonomy = taxonomy
            return found
    raise DatasetError(f"classes {name!r} are none of {', '.join(get_args(Taxonomy))}")


def class_of(told: object, taxonomy: Taxonomy, first: int) -> str:
    """A class of anyone's file by its name, as it stands, or by its number.

    Raises:
        ValueError: it is neither, or there is no such number.
    """
    if isinstance(told, bool) or not isinstance(told, int | str):
        raise ValueError("neither a name nor a number")
    name, names = str(told).strip(), class_names(taxonomy)
    if not name.isdecimal():
        return name
    if not first <= int(name) < first + len(names):
        raise ValueError("no class has this number")
    return names[int(name) - first]


def known(name: str, taxonomy: Taxonomy) -> str:
    """A class of gold.

    Raises:
        ValueError: the list of classes has no such name.
    """
    if name not in class_names(taxonomy):
        raise ValueError(f"no class of {taxonomy} is called {name!r}")
    return name


def ranking_of(told: object, taxonomy: Taxonomy, first: int) -> list[str] | None:
    """The classes of anyone's answer, from the likeliest on: a list, also as text, or one alone; none of an empty list.

    Raises:
        ValueError: one is no class.
    """
    classes = _list_of(told)
    return [class_of(one, taxonomy, first) for one in ([told] if classes is None else classes)] or None


def spotted_of(told: object, taxonomy: Taxonomy, first: int) -> list[list[Any]]:
    """The gestures of a recording in anyone's file: a list of class, start and end in seconds.

    Raises:
        ValueError: it is no such list, or a gesture does not end after it starts.
    """
    gestures_of = _list_of(told)
    if gestures_of is None:
        raise ValueError("no list")
    return [_gesture(one, taxonomy, first) for one in gestures_of]


def of_no_class(predicted: Spotted, taxonomy: Taxonomy) -> list[str]:
    """What is said of predicted gestures that no class of the set is called."""
    labels = [label for gestures_of in predicted for label, *_ in gestures_of or ()]
    strange = [label for label in labels if label not in class_names(taxonomy)]
    if not strange:
        return []
    of = f"of no class of {taxonomy} and {'counts' if len(strange) == 1 else 'count'} as wrong"
    return [f"{counted(len(strange), 'predicted gesture')}, such as {quoted(strange[0])}: {of}"]


def _gesture(told: object, taxonomy: Taxonomy, first: int) -> list[Any]:
    if not isinstance(told, list | tuple) or len(told) != 3:
        raise ValueError("not class, start and end")
    label, start_s, end_s = told
    if isinstance(start_s, bool) or isinstance(end_s, bool) or not 0 <= float(start_s) < float(end_s) < math.inf:
        raise ValueError("no stretch of time")
    return [class_of(label, taxonomy, first), float(start_s), float(end_s)]


def _list_of(told: object) -> list[Any] | None:
    """A list, also as text in JSON or with Python's quotation marks; none for anything else.

    Raises:
        ValueError: a text begins like a list and is none.
    """
    if isinstance(told, str) and told.strip().startswith("["):
        try:
            told = ast.literal_eval(told.strip())
        except (SyntaxError, MemoryError, RecursionError) as error:
            raise ValueError("no list") from error
    return told if isinstance(told, list) else None


def _number_called(first: int | str) -> int:
    try:
        return int(first)
    except ValueError as error:
        raise DatasetError(f"first {first!r} is no number; give that of the first class") from error


def read_gestures(folder: Path, taxonomy: Taxonomy, first: int, gold_only: bool = False) -> Sequence[Item]:
    """The gestures, in the order of the table.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    items = []
    for number, (where, row) in enumerate(_rows(folder, gold_only), 1):
        start_s, end_s = _times(where, row)
        label = _label(where, row["label"], taxonomy, first)
        given = {"start_s": start_s, "end_s": end_s}
        id_ = f"{number}:{row['file']}"
        items.append(Item(id=id_, gold=(label,), group=row["subject"], clip=folder / row["file"], given=given))
    return items


def read_recordings(folder: Path, taxonomy: Taxonomy, first: int, gold_only: bool = False) -> Sequence[Item]:
    """The recordings, each with all its gestures.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    found: dict[str, list[list[Any]]] = defaultdict(list)
    subjects: dict[str, str] = {}
    for where, row in _rows(folder, gold_only):
        start_s, end_s = _times(where, row)
        if start_s is None or end_s is None:
            raise DatasetError(f"{where}, columns start_s and end_s: give both, or gestures can't be spotted")
        if subjects.setdefault(row["file"], row["subject"]) != row["subject"]:
            other = f"{row['subject']} here, {subjects[row['file']]} in a row before"
            raise DatasetError(f"{where}, column subject: {row['file']} has two, {other}; give each file one")
        gesture = [_label(where, row["label"], taxonomy, first), start_s, end_s]
        if gesture in found[row["file"]]:
            raise DatasetError(f"{where}: the same gesture of {row['file']} stands in a row before; keep one")
        found[row["file"]].append(gesture)
    return [Item(id=f, gold=(told,), group=subjects[f], clip=folder / f) for f, told in found.items()]


def ranking(evidence: Evidence, taxonomy: Taxonomy, start_s: float | None, end_s: float | None) -> list[str]:
    """Classes of the gestures seen between two times, by how long and how surely each was seen."""
    first_s, last_s = start_s or 0.0, evidence.duration_s if end_s is None else end_s
    weight: dict[str, float] = defaultdict(float)
    for observation in evidence.observations:
        shared_s = min(observation.end_s, last_s) - max(observation.start_s, first_s)
        for label in _classes_of(observation, taxonomy) if shared_s > 0 else ():
            weight[label] += shared_s * observation.confidence * observation.quality
    return sorted(weight, key=lambda label: -weight[label])


def spotted(evidence: Evidence, taxonomy: Taxonomy) -> list[list[Any]]:
    """Every gesture seen, as the first class that it stands for."""
    found = [(o, labels[0]) for o in evidence.observations if (labels := _classes_of(o, taxonomy))]
    return [[label, o.start_s, o.end_s] for o, label in found if o.end_s > o.start_s]


def _classes_of(observation: Observation, taxonomy: Taxonomy) -> list[str]:
    gesture = gestures().get(observation.kind)
    numbers = classes_of(observation.kind, taxonomy) if gesture is None else getattr(gesture, taxonomy)
    return [class_names(taxonomy)[number] for number in numbers]


async def _measured(item: Item, run: Run) -> Evidence:
    assert item.clip is not None, "every item has a video"
    clip = await asyncio.to_thread(Clip.open, item.clip)
    starts = [item.given["start_s"]] if item.given else [start_s for _, start_s, _ in item.gold[0]]
    for start_s in starts:
        if start_s is not None and start_s >= clip.duration_s:
            raise DatasetError(
                f"{item.clip}: a gesture begins at {start_s:g} s and the video ends at {clip.duration_s:.1f} s; "
                f"correct {TABLE}, or get the whole video"
            )
    return await measured(clip, run)


def _rows(folder: Path, gold_only: bool) -> list[tuple[str, dict[str, str]]]:
    table = existing(folder, TABLE, f"write one with {', '.join(COLUMNS)}, start_s and end_s")
    rows = csv_rows(table, COLUMNS, ("start_s", "end_s"))
    files = dict.fromkeys(row["file"] for row in rows)
    refuse(table, [f"{name} is not there" for name in files if not (gold_only or (folder / name).is_file())])
    numbered = [(f"{table}, line {number}", row) for number, row in enumerate(rows, 2)]
    for where, row in numbered:
        if not row["subject"].strip():
            raise DatasetError(f"{where}, column subject: is empty; say who is in the video")
    return numbered


def _label(where: str, told: str, taxonomy: Taxonomy, first: int) -> str:
    names = class_names(taxonomy)
    if not told.isdecimal():
        return one_of(where, "label", told, names)
    if not first <= int(told) < first + len(names):
        last = first + len(names) - 1
        raise DatasetError(f"{where}, column label: {told} is no class; they go from {first} to {last} (option first)")
    return names[int(told) - first]


def _times(where: str, row: Mapping[str, str]) -> tuple[float | None, float | None]:
    start, end = row.get("start_s"), row.get("end_s")
    if not start and not end:
        return None, None
    try:
        start_s, end_s = float(start or ""), float(end or "")
    except ValueError as error:
        raise DatasetError(f"{where}, columns start_s and end_s: {start!r} and {end!r} are no two numbers") from error
    if not 0 <= start_s < end_s < math.inf:
        raise DatasetError(f"{where}, columns start_s and end_s: {start} to {end} is no stretch of time; give seconds")
    return start_s, end_s


def _spotting(part: str) -> Metric:
    def score(gold: Sequence[list[list[Any]]], predicted: Spotted) -> Measure:
        true = {str(n): [Gesture(*g) for g in gestures_of] for n, gestures_of in enumerate(gold)}
        found = {str(n): None if some is None else [Gesture(*g) for g in some] for n, some in enumerate(predicted)}
        value: Measure = getattr(spotting_scores(true, found), part)
        if math.isnan(value.value):
            raise ValueError(f"{part} is not defined: gold has no gesture")
        return value

    return score


def _benchmark(
    name: str,
    about: str,
    read: Callable[..., Sequence[Item]],
    solve: Solve,
    metrics: Mapping[str, Metric],
    **others: Any,
) -> Benchmark:
    return Benchmark(
        name=name,
        about=about,
        read=read,
        read_gold=partial(read, gold_only=True),
        solve=solve,
        metrics=metrics,
        strategies=MEASURING,
        layout=LAYOUT,
        source=SOURCE,
        usual={"tools": TOOLS},
        **others,
    )


RECOGNITION, SPOTTING = recognition(), spotting()
