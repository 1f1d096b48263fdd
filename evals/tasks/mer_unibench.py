"""MER-UniBench: nine data sets answered with an open vocabulary (Lian et al., AffectGPT, ICML 2025).

inspect eval evals/tasks/mer_unibench.py -T folder=DATA --model none

Each data set is a folder as MERTools lays it out, and those that are there are run; the score is the mean of theirs.
Four are scored by hit rate on emotion wheels (MER2023, MER2024, MELD, IEMOCAP in four classes), four by sentiment
(CMU-MOSI, CMU-MOSEI, CH-SIMS, CH-SIMS v2), and one (OV-MERD+) by EW-F1 on wheels. Where the authors have a language
model sort emotion words into positive and negative, ours is the sign of the mean valence that the codebook gives them.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from inspect_ai import Task, task

from agents.codebook import Codebook
from evals.benchmark import Benchmark, Item, Outcome
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.emotion_wheel import hit_rate
from evals.metrics.measure import check_pairs
from evals.metrics.open_vocabulary import words_of
from evals.metrics.sentiment import sentiment_scores
from evals.named_clips import TRANSCRIPTS, labels_by_name, named_items, numbered
from evals.run import Run
from evals.tasks.mer import LABELS as MER_LABELS
from evals.tasks.mer import read_six
from evals.tasks.mer_open import WHEEL_FOLDERS, WHEELS, WORDS_FORM, on_wheels, open_labels, wheel_file, wheels_in
from evals.utterances import STRATEGIES, codebook_of, labels_of, recast

Kind = Literal["hit_rate", "sentiment", "ew_f1"]
Gold = dict[str, Any]  # dataset, kind, and what is right: label, value or labels; wheels where they are needed
MELD_LABELS = (
    "anger",
    "joy",
    "sadness",
    "neutral",
    "disgust",
    "fear",
    "surprise",
)  # in the order of MERBench's numbers
IEMOCAP_LABELS = ("happy", "sad", "neutral", "angry")  # likewise


class DataSet(NamedTuple):
    """A data set of the nine."""

    folder: str
    kind: Kind
    npz: str = ""  # MERBench's labels
    corpora: tuple[str, ...] = ()  # arrays of the npz that are the test set
    labels: tuple[str, ...] = ()  # names of the npz's numbers
    only: str = ""  # how the names of the test set begin


SETS = {
    "MER2023": DataSet("mer2023-dataset-process", "hit_rate", "label-6way.npz", ("test1_corpus",), MER_LABELS),
    "MER2024": DataSet("mer2024-dataset-process", "hit_rate", "label-6way.npz", ("test1_corpus",), MER_LABELS),
    "MELD": DataSet("meld-process", "hit_rate", "label.npz", ("test_corpus",), MELD_LABELS),
    "IEMOCAPFour": DataSet(
        "iemocap-process", "hit_rate", "label_4way.npz", ("whole_corpus",), IEMOCAP_LABELS, only="Ses05"
    ),
    "CMU-MOSI": DataSet("cmumosi-process", "sentiment", "label.npz", ("test_corpus",)),
    "CMU-MOSEI": DataSet("cmumosei-process", "sentiment", "label.npz", ("test_corpus",)),
    "CH-SIMS": DataSet("sims-process", "sentiment", "label.npz", ("test_corpus",)),
    "CH-SIMS v2": DataSet("simsv2-process", "sentiment", "label.npz", ("test_corpus",)),
    "OV-MERD+": DataSet("ovmerdplus-process", "ew_f1"),
}


@task
def mer_unibench(folder: str, **options: Any) -> Task:
    """Name the emotions of each clip of the data sets that are there; options as of `mentalis eval run`."""
    return as_task(MER_UNIBENCH, folder, **options)


def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips of all data sets that are there.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    there = {name: data for name, data in SETS.items() if (folder / data.folder).is_dir()}
    if not there:
        folders = ", ".join(data.folder for data in SETS.values())
        raise DatasetError(f"{folder}: there is none of {folders}; lay out at least one as MERTools does")
    needed = any(data.kind != "sentiment" for data in there.values())
    wheels = str(wheel_file(folder)) if needed else ""
    return [item for name, data in there.items() for item in _of_set(folder, name, data, wheels, gold_only)]


async def solve(item: Item, run: Run) -> Outcome:
    """The emotions as a list of words, or their sentiment."""
    outcome = await labels_of(item, run)
    if item.gold[0]["kind"] != "sentiment":
        return outcome
    book = codebook_of(run)
    return recast(outcome, lambda labels: _sentiment(labels, book))


def answer_of(told: Any) -> float | list[str]:
    """An answer of a prediction file.

    Raises:
        ValueError: it is neither number nor words.
    """
    try:
        return float(told)
    except (TypeError, ValueError):
        return words_of(told)


def dataset_scores(gold: Sequence[Gold], predicted: Sequence[Any]) -> dict[str, float]:
    """The score of each data set by its own metric, by name.

    Raises:
        ValueError: a data set has nothing that its metric counts.
    """
    names = list(dict.fromkeys(g["dataset"] for g in gold))
    return {
        name: _score(*zip(*((g, p) for g, p in zip(gold, predicted, strict=True) if g["dataset"] == name), strict=True))
        for name in names
    }


def mean(gold: Sequence[Gold], predicted: Sequence[Any]) -> float:
    """Mean of the scores of the data sets that are there; the benchmark's only when all nine are.

    Raises:
        ValueError: no samples.
    """
    check_pairs(gold, predicted)
    return float(np.mean(list(dataset_scores(gold, predicted).values())))


def mean_hit_rate(gold: Sequence[Gold], predicted: Sequence[Any]) -> float:
    """Mean of the data sets that are scored so."""
    return _mean_of("hit_rate", gold, predicted)


def mean_sentiment(gold: Sequence[Gold], predicted: Sequence[Any]) -> float:
    """Mean weighted F1 of the data sets that are scored so."""
    return _mean_of("sentiment", gold, predicted)


def mean_ew_f1(gold: Sequence[Gold], predicted: Sequence[Any]) -> float:
    """EW-F1 of the data set that is scored so."""
    return _mean_of("ew_f1", gold, predicted)


def sets_of_nine(gold: Sequence[Gold], predicted: Sequence[Any]) -> int:
    """How many of the nine data sets are in it."""
    return len({g["dataset"] for g in gold})


def _mean_of(kind: Kind, gold: Sequence[Gold], predicted: Sequence[Any]) -> float:
    kept = [(g, p) for g, p in zip(gold, predicted, strict=True) if g["kind"] == kind]
    if not kept:
        raise ValueError(f"no data set is scored by {kind}")
    return mean([g for g, _ in kept], [p for _, p in kept])


def _score(gold: Sequence[Gold], predicted: Sequence[Any]) -> float:
    kind = gold[0]["kind"]
    if kind == "sentiment":
        return sentiment_scores([g["value"] for g in gold], predicted).weighted_f1.value
    if kind == "ew_f1":
        return on_wheels(gold, predicted, 1).mean.f1.value
    return hit_rate([g["label"] for g in gold], predicted, wheels_in(gold[0]["wheels"])).mean.value


def _of_set(root: Path, name: str, data: DataSet, wheels: str, gold_only: bool) -> list[Item]:
    folder = root / data.folder
    gold = {clip: {"dataset": name, "kind": data.kind, **told} for clip, told in _gold(folder, data, wheels).items()}
    items = named_items(folder, gold, gold_only=gold_only, strata={clip: {"dataset": name} for clip in gold})
    return [item.model_copy(update={"id": f"{name}-{item.id}", "group": f"{name}-{item.group}"}) for item in items]


def _gold(folder: Path, data: DataSet, wheels: str) -> dict[str, Gold]:
    """What is right of each clip."""
    if data.kind == "ew_f1":
        return {clip: {"labels": labels, "wheels": wheels} for clip, labels in open_labels(folder).items()}
    npz = folder / data.npz
    if not npz.is_file() and data.labels == MER_LABELS:
        return {item.id: {"label": item.gold[0], "wheels": wheels} for item in read_six(folder, gold_only=True)}
    labels = {c: told for c, told in labels_by_name(npz, data.corpora).items() if c.startswith(data.only)}
    if data.kind == "sentiment":
        return {clip: {"value": float(told["val"])} for clip, told in labels.items()}
    return {clip: {"label": label, "wheels": wheels} for clip, label in numbered(npz, labels, data.labels).items()}


def _sentiment(labels: Sequence[str], book: Codebook) -> float:
    """The mean valence of labels, in [-1, 1]; those that the codebook gives none count as 0."""
    valences = {label.id.replace("_", " "): label.valence or 0.0 for label in book.emotion}
    return float(np.mean([valences.get(label, 0.0) for label in labels]))


MER_UNIBENCH = Benchmark(
    name="mer_unibench",
    about="open-vocabulary emotions on nine data sets: hit rate, sentiment, EW-F1; mean of those that are there",
    read=read,
    read_gold=partial(read, gold_only=True),
    solve=solve,
    metrics={
        "mean": mean,
        "hit_rate": mean_hit_rate,
        "sentiment_f1": mean_sentiment,
        "ew_f1": mean_ew_f1,
        "datasets_of_nine": sets_of_nine,
    },
    strategies=STRATEGIES,
    layout=f"at least one of {', '.join(data.folder for data in SETS.values())}, each with its label npz (OV-MERD+: "
    f"openset.csv), {TRANSCRIPTS[2]} and/or video/NAME.mp4; {WHEELS} or {WHEEL_FOLDERS[1]}/{WHEELS}",
    source="https://github.com/zeroQiaoba/MERTools, MERBench/dataset; each data set under its own agreement",
    usual={"codebook": "open"},
    answer=answer_of,
    answer_form=f"{WORDS_FORM}, or a number where sentiment is asked",
    truth_form="an object with dataset, kind (hit_rate, sentiment, ew_f1), label, value or labels, and wheels (a file)",
)
