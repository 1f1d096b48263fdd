"""MER 2023-2025: six emotions of a clip, and its valence (Lian et al., ACM Multimedia 2023-2025).

inspect eval evals/tasks/mer.py@mer_six -T folder=DATA --model none
inspect eval evals/tasks/mer.py@mer_multi -T folder=DATA --model none

`mer_six` is the challenges' MER-SEMI and MER-NOISE, `mer_multi` MER-MULTI of 2023 with valence.
"""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item, Outcome, answer_as_json
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.label_names import own_label
from evals.metrics.classification import accuracy, macro_f1, uar, weighted_f1
from evals.metrics.measure import Measure
from evals.metrics.regression import mer2023_combined, mse
from evals.named_clips import NO_VALUE, TRANSCRIPTS, VIDEOS, labels_by_name, named_items, numbered, table_of
from evals.reading import one_of, refuse
from evals.run import Run
from evals.utterances import STRATEGIES, codebook_of, of_clip, recast

LABELS = ("neutral", "angry", "happy", "sad", "worried", "surprise")
TABLES = (
    "labels.csv",
    "track1_test.csv",
    "track1_train.csv",
    "track1_train_disdim.csv",
    "test-label.csv",
)  # the first that is there
COLUMNS = ("name", "discrete")
NPZ = "label-6way.npz"  # MERBench's, of MER2023
TESTS = ("test1_corpus", "test2_corpus")  # of the npz: MER-MULTI, MER-NOISE; both with valence
SEMI = "test3_corpus"  # MER-SEMI, without valence
VALENCE_UNIT = 5.0  # valence goes from -5 to 5; a codebook's from -1 to 1
SUBSET = {"test1_corpus": "MULTI", "test2_corpus": "NOISE", SEMI: "SEMI"}

Both = dict[str, Any]  # discrete: a label; valence: a number


@task
def mer_six(folder: str, **options: Any) -> Task:
    """Tell the emotion of each clip; options as of `mentalis eval run`."""
    return as_task(MER_SIX, folder, **options)


@task
def mer_multi(folder: str, **options: Any) -> Task:
    """Tell emotion and valence of each clip; options as of `mentalis eval run`."""
    return as_task(MER_MULTI, folder, **options)


def read_six(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips with a label.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    gold, subset = _labels(folder, (*TESTS, SEMI))
    return named_items(
        folder, {name: told["discrete"] for name, told in gold.items()}, gold_only=gold_only, strata=subset
    )


def read_multi(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips with a label and a valence.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    gold, subset = _labels(folder, TESTS)
    refuse(folder, (f"{name}: there is no valence" for name, told in gold.items() if told["valence"] is None))
    return named_items(folder, gold, gold_only=gold_only, strata=subset)


async def solve_multi(item: Item, run: Run) -> Outcome:
    """The surest emotion, and the valence that the codebook gives it."""
    book = codebook_of(run)

    def both(label: str) -> Both:
        valence = getattr(book.label("emotion", label), "valence", None)
        return {"discrete": label, "valence": None if valence is None else VALENCE_UNIT * valence}

    return recast(await of_clip(item, run), both)


def discrete_f1(gold: Sequence[Both], predicted: Sequence[Both | None]) -> Measure:
    """Weighted F1 of the labels."""
    return weighted_f1([g["discrete"] for g in gold], [_part(p, "discrete") for p in predicted])


def valence_mse(gold: Sequence[Both], predicted: Sequence[Both | None]) -> Measure:
    """Mean squared error of the valence; what is not told counts as 0."""
    return mse([g["valence"] for g in gold], [_part(p, "valence") for p in predicted])


def combined(gold: Sequence[Both], predicted: Sequence[Both | None]) -> Measure:
    """The score of MER-MULTI."""
    return mer2023_combined(discrete_f1(gold, predicted), valence_mse(gold, predicted))


def both_of(told: Any) -> Both:
    """Emotion and valence of anyone's file: an object with `discrete` (or `emotion`) and perhaps `valence`.

    Raises:
        ValueError: it is none, or the valence is no number.
    """
    read = answer_as_json(told)
    label = read.get("discrete", read.get("emotion")) if isinstance(read, dict) else None
    if not isinstance(label, str):
        raise ValueError("no emotion")
    valence = read.get("valence")
    if isinstance(valence, bool) or not (valence is None or math.isfinite(float(valence))):
        raise ValueError("no valence")
    return {"discrete": own_label("mer_multi", label), "valence": None if valence is None else float(valence)}


def true_both_of(told: Any) -> Both:
    """Emotion and valence of a gold file, which has both.

    Raises:
        ValueError: one is missing.
    """
    both = both_of(told)
    if both["valence"] is None or both["discrete"] not in LABELS:
        raise ValueError("gold has both")
    return both


def _part(predicted: Both | None, name: str) -> Any:
    return None if predicted is None else predicted[name]


def _labels(folder: Path, corpora: Sequence[str]) -> tuple[dict[str, Both], dict[str, dict[str, str]]]:
    """Label and valence (none: not known) by name, and from which part of the data each is."""
    if (npz := folder / NPZ).is_file():
        parts = {corpus: labels_by_name(npz, (corpus,)) for corpus in corpora}
        subset = {name: {"part": SUBSET[corpus]} for corpus, labels in parts.items() for name in labels}
        labels = {name: told for part in parts.values() for name, told in part.items()}
        emotions = numbered(npz, labels, LABELS)
        return {
            name: {"discrete": emotions[name], "valence": _known(told["val"])} for name, told in labels.items()
        }, subset
    path, rows = table_of(folder, TABLES, COLUMNS, f"write it (columns {', '.join(COLUMNS)}, perhaps valence), or put "
                          f"MERBench's {NPZ} here")  # fmt: skip
    gold = {}
    for number, row in enumerate(rows, 2):
        where = f"{path}, line {number}"
        valence = _valence(where, row.get("valence") or "")
        gold[row["name"]] = {"discrete": one_of(where, "discrete", row["discrete"], LABELS), "valence": valence}
    return gold, {name: {} for name in gold}


def _valence(where: str, text: str) -> float | None:
    try:
        return _known(float(text)) if text.strip() else None
    except ValueError as error:
        raise DatasetError(f"{where}, column valence: {text!r} is no number; give one from -5 to 5") from error


def _known(valence: float) -> float | None:
    return None if valence == NO_VALUE else float(valence)


LAYOUT = (
    f"{' or '.join(TABLES)} (name, discrete of {', '.join(LABELS)}, perhaps valence), or MERBench's {NPZ}; "
    f"{VIDEOS[0]}/NAME.mp4, and/or a CSV of words ({' or '.join(TRANSCRIPTS[:3])}: name, english or chinese)"
)
SOURCE = "https://github.com/zeroQiaoba/MERTools; the data under an agreement"
MER_SIX = Benchmark(
    name="mer_six",
    about="six emotions of a clip: MER-SEMI and MER-NOISE of MER 2023-2025",
    read=read_six,
    read_gold=partial(read_six, gold_only=True),
    solve=of_clip,
    metrics={"weighted_f1": weighted_f1, "accuracy": accuracy, "macro_f1": macro_f1, "uar": uar},
    strategies=STRATEGIES,
    layout=LAYOUT,
    source=SOURCE,
    usual={"codebook": "mer6"},
)
MULTI_FORM = f'an object such as {{"discrete": "happy", "valence": 1.5}}, discrete of {", ".join(LABELS)}'
MER_MULTI = Benchmark(
    name="mer_multi",
    about="six emotions and valence of a clip: MER-MULTI and MER-NOISE of MER 2023",
    read=read_multi,
    read_gold=partial(read_multi, gold_only=True),
    solve=solve_multi,
    metrics={"combined": combined, "weighted_f1": discrete_f1, "valence_mse": valence_mse},
    strategies=STRATEGIES,
    layout=LAYOUT,
    source=SOURCE,
    usual={"codebook": "mer6"},
    answer=both_of,
    answer_form=MULTI_FORM,
    truth=true_both_of,
)
