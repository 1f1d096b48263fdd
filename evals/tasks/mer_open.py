"""MER with an open vocabulary: any number of emotion words for a clip (MER2024-OV, MER2025 track 2, MER2026 track 2).

inspect eval evals/tasks/mer_open.py@mer_ov -T folder=DATA --model none
inspect eval evals/tasks/mer_open.py@mer_fg -T folder=DATA --model none

`mer_ov` compares sets of words, those of one meaning counted as one by the challenge's own groups (2024). `mer_fg`
takes words to five emotion wheels (2025: mean of two levels, 2026: level 1), which are yours to give: the
challenge's repository has them.
"""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item, answer_as_json
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.emotion_wheel import WheelScores, ew_f1
from evals.metrics.intervals import Metric
from evals.metrics.measure import check_pairs
from evals.metrics.open_vocabulary import label_list, read_word_groups, set_scores, words_of
from evals.metrics.wheel_files import EmotionWheels, read_wheels
from evals.named_clips import TRANSCRIPTS, VIDEOS, named_items, table_of
from evals.reading import existing, refuse
from evals.utterances import STRATEGIES, labels_of

TABLES = ("openset.csv", "check-openset.csv", "track2_train_human.csv", "track2_test.csv", "ovlabel.csv")
COLUMNS = ("name", "openset")
SYNONYMS = "openset-synonym.zip"  # MER2024's own groups of words
WHEELS = "wheel_mapping.npz"  # of MER2026's track 2, in the folder or in one of these
WHEEL_FOLDERS = ("", "emotion_wheel", "emotion_wheels")

Gold = dict[str, Any]  # labels: words; groups: of words of one meaning, or wheels: the file of wheels


@task
def mer_ov(folder: str, **options: Any) -> Task:
    """Name the emotions of each clip, scored as MER2024-OV; options as of `mentalis eval run`."""
    return as_task(MER_OV, folder, **options)


@task
def mer_fg(folder: str, **options: Any) -> Task:
    """Name the emotions of each clip, scored on emotion wheels; options as of `mentalis eval run`."""
    return as_task(MER_FG, folder, **options)


def read_sets(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips, each with its words and the groups of words of one meaning.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    labels = open_labels(folder)
    path = existing(folder, SYNONYMS, "download it from MERTools (MER2024/ov_store)")
    groups = read_word_groups(path)
    refuse(
        path,
        (f"there is no {name}.npy; take the zip that goes with the labels" for name in labels if name not in groups),
    )
    gold = {name: {"labels": words, "groups": groups[name]} for name, words in labels.items()}
    return named_items(folder, gold, gold_only=gold_only)


def read_on_wheels(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips, each with its words and where the wheels are.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    wheels = str(wheel_file(folder))
    gold = {name: {"labels": words, "wheels": wheels} for name, words in open_labels(folder).items()}
    return named_items(folder, gold, gold_only=gold_only)


def open_labels(folder: Path) -> dict[str, tuple[str, ...]]:
    """The emotion words of each clip by its name.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    path, rows = table_of(
        folder, TABLES, COLUMNS, f"write it: columns {', '.join(COLUMNS)}, such as a1,\"['happy', 'calm']\""
    )
    labels = {row["name"]: label_list(row["openset"]) for row in rows}
    refuse(
        path,
        (
            f"{name}, column openset: there is no word; fill it in or leave the row out"
            for name in labels
            if not labels[name]
        ),
    )
    return labels


def wheel_file(folder: Path) -> Path:
    """The file of emotion wheels, which can be read.

    Raises:
        DatasetError: it is not there, or is none.
    """
    found = next((path for part in WHEEL_FOLDERS if (path := folder / part / WHEELS).is_file()), None)
    if found is None:
        raise DatasetError(
            f"{folder}: there is no {WHEELS}, nor {WHEEL_FOLDERS[1]}/{WHEELS}; download the folder from MERTools "
            "(MER2026/MER2026_Track2/emotion_wheel)"
        )
    wheels_in(str(found))
    return found


@cache
def wheels_in(file: str) -> EmotionWheels:
    """The wheels of a file, read once.

    Raises:
        DatasetError: it can't be read.
    """
    return read_wheels(Path(file))


def on_wheels(gold: Sequence[Gold], predicted: Sequence[list[str] | None], level: Literal[1, 2]) -> WheelScores:
    """Scores on the wheels that gold names.

    Raises:
        ValueError: no samples.
    """
    check_pairs(gold, predicted)
    return ew_f1([g["labels"] for g in gold], predicted, wheels_in(gold[0]["wheels"]), level)


def _set_metric(name: str) -> Metric:
    def score(gold: Sequence[Gold], predicted: Sequence[list[str] | None]) -> Any:
        return getattr(set_scores([g["labels"] for g in gold], predicted, [g["groups"] for g in gold]), name)

    return score


def _level(level: Literal[1, 2]) -> Metric:
    return lambda gold, predicted: on_wheels(gold, predicted, level).mean.f1


def both_levels(gold: Sequence[Gold], predicted: Sequence[list[str] | None]) -> float:
    """Mean of the levels: MER2025's score."""
    return (on_wheels(gold, predicted, 1).mean.f1.value + on_wheels(gold, predicted, 2).mean.f1.value) / 2


def in_vocabulary(gold: Sequence[Gold], predicted: Sequence[list[str] | None]) -> float:
    """Share of predicted words that lie on some wheel."""
    share = on_wheels(gold, predicted, 1).predicted_in_vocabulary
    if share is None:
        raise ValueError("nothing was predicted")
    return share


def gold_words_of(told: Any) -> Gold:
    """The gold words of anyone's file, perhaps with groups of words of one meaning.

    Raises:
        ValueError: there is no word, or a group is none.
    """
    gold = _gold_of(told)
    return {"labels": gold["labels"], "groups": [words_of(group) for group in gold.get("groups") or ()]}


def gold_on_wheels_of(told: Any, wheels: str) -> Gold:
    """The gold words of anyone's file, with the file of wheels that they lie on.

    Raises:
        ValueError: there is no word.
        DatasetError: no file of wheels is named, or it can't be read.
    """
    gold = _gold_of(told)
    file = str(gold.get("wheels") or wheels)
    if not file:
        raise DatasetError(f"words lie on wheels: name their file (-T wheels=FOLDER/{WHEELS})")
    wheels_in(file)
    return {"labels": gold["labels"], "wheels": file}


def _gold_of(told: Any) -> Gold:
    """Words, or an object with words as `labels` and more; with the words as metrics take them."""
    text = told.strip() if isinstance(told, str) else ""
    read = answer_as_json(text) if text.startswith("{") else told
    gold = read if isinstance(read, dict) else {"labels": read}
    labels = words_of(gold["labels"])
    if not labels:
        raise ValueError("no word")
    return {**gold, "labels": labels}


def without_groups(gold: Sequence[Gold], predicted: Sequence[list[str] | None]) -> list[str]:
    """What is said of gold that tells no words of one meaning."""
    lacking = sum(not g["groups"] for g in gold)
    told = f"gold has no groups of synonyms for {lacking} of {len(gold)} clips: their words are compared as they stand"
    return [told] if lacking else []


WORDS_FORM = "a list of words"
GOLD_FORM = "a list of words, or an object with labels (words)"
LAYOUT = (
    f"{' or '.join(TABLES)}: {', '.join(COLUMNS)}; {VIDEOS[0]}/NAME.mp4, and/or a CSV of words "
    f"({' or '.join(TRANSCRIPTS[:3])}: name, english or chinese)"
)
SOURCE = "https://github.com/zeroQiaoba/MERTools; CC BY-NC 4.0, the clips under an agreement"
MER_OV = Benchmark(
    name="mer_ov",
    about="emotion words of a clip as sets, synonyms as one: MER2024-OV",
    read=read_sets,
    read_gold=partial(read_sets, gold_only=True),
    solve=labels_of,
    metrics={"average": _set_metric("average"), "accuracy": _set_metric("accuracy"), "recall": _set_metric("recall")},
    strategies=STRATEGIES,
    layout=f"{LAYOUT}; {SYNONYMS}",
    source=SOURCE,
    usual={"codebook": "open"},
    answer=words_of,
    answer_form=WORDS_FORM,
    truth=gold_words_of,
    truth_form=f"{GOLD_FORM} and groups (lists of words of one meaning)",
    notes=without_groups,
)


def fine_grained(wheels: str = "") -> Benchmark:
    """The benchmark on wheels, with the file of wheels for gold of a file that names none."""
    return Benchmark(
        name="mer_fg",
        about="emotion words of a clip on five emotion wheels: MER2025 track 2, MER2026 track 2 (MER-FG)",
        read=read_on_wheels,
        read_gold=partial(read_on_wheels, gold_only=True),
        solve=labels_of,
        metrics={
            "ew_f1_level1": _level(1),
            "ew_f1_level2": _level(2),
            "ew_f1_mean": both_levels,
            "in_vocabulary": in_vocabulary,
        },
        strategies=STRATEGIES,
        layout=f"{LAYOUT}; {WHEELS} or {WHEEL_FOLDERS[1]}/{WHEELS}",
        source=SOURCE,
        usual={"codebook": "open"},
        answer=words_of,
        answer_form=WORDS_FORM,
        truth=lambda told: gold_on_wheels_of(told, wheels),
        truth_form=f"{GOLD_FORM} and wheels (a file)",
        variant=fine_grained,
    )


MER_FG = fine_grained()
