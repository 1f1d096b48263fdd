"""IEMOCAP: the emotion of an utterance between two actors, in four or six classes (Busso et al. 2008).

inspect eval evals/tasks/iemocap.py@iemocap4 -T folder=DATA --model none
inspect eval evals/tasks/iemocap.py@iemocap6 -T folder=DATA --model none

Read from MERBench's label npz, an utterance by itself, or from a CSV of one's own, whose dialogues are judged with what
was said before. Intervals draw whole sessions, of which there are five.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1, uar, weighted_f1
from evals.named_clips import TRANSCRIPTS, labels_by_name, named_items, numbered
from evals.reading import csv_rows, one_of, refuse
from evals.utterances import STRATEGIES, of_clip
from perception.transcripts import Utterance

TABLE = "iemocap.csv"
COLUMNS = ("name", "dialogue", "turn", "speaker", "text", "label")
CORPUS = ("whole_corpus",)  # array of MERBench's npz
FOUR = ("happy", "sad", "neutral", "angry")  # in the order of MERBench's numbers
SIX = (*FOUR, "excited", "frustrated")
MERGED = {"excited": "happy"}  # six classes as four; frustrated is left out
SESSION = slice(0, 5)  # of a name such as Ses01F_impro01_F000


@task
def iemocap4(folder: str, **options: Any) -> Task:
    """Judge utterances in four classes; options as of `mentalis eval run`."""
    return as_task(IEMOCAP4, folder, **options)


@task
def iemocap6(folder: str, **options: Any) -> Task:
    """Judge utterances in six classes; options as of `mentalis eval run`."""
    return as_task(IEMOCAP6, folder, **options)


def reader(labels: tuple[str, ...]) -> Callable[..., Sequence[Item]]:
    """The reader of so many classes."""

    def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
        """The dialogues of the CSV, or else the utterances of the npz.

        Raises:
            DatasetError: naming file, column and what to do.
        """
        npz = folder / f"label_{len(labels)}way.npz"
        if (folder / TABLE).is_file():
            return _dialogues(folder / TABLE, labels)
        if not npz.is_file():
            raise DatasetError(
                f"{folder}: there is neither {TABLE} ({', '.join(COLUMNS)}) nor {npz.name}; "
                "write the one, or take the other with its words from MERBench (dataset/iemocap-process)"
            )
        gold = numbered(npz, labels_by_name(npz, CORPUS), labels)
        return named_items(folder, gold, gold_only=gold_only, group={name: name[SESSION] for name in gold})

    return read


def _dialogues(path: Path, labels: tuple[str, ...]) -> list[Item]:
    dialogues: dict[str, list[dict[str, str]]] = defaultdict(list)
    for number, row in enumerate(csv_rows(path, COLUMNS), 2):
        where = f"{path}, line {number}"
        if not row["turn"].isdecimal():
            raise DatasetError(f"{where}, column turn: {row['turn']!r} is no whole number; count a dialogue's turns")
        one_of(where, "label", row["label"], ("", "other", *SIX))
        dialogues[row["dialogue"]].append(row)
    return [
        item for name, rows in dialogues.items() if (item := _dialogue(path, name, rows, labels)) is not None
    ]  # fmt: skip


def _dialogue(path: Path, name: str, rows: list[dict[str, str]], labels: tuple[str, ...]) -> Item | None:
    """A dialogue, asked about where its label is one of the classes; none where it has no such utterance."""
    rows = sorted(rows, key=lambda row: int(row["turn"]))
    refuse(
        path, (f"{row['name']}, column text: there are no words; fill it in" for row in rows if not row["text"].strip())
    )
    gold = {n: label for n, row in enumerate(rows, 1) if (label := _as(row["label"], labels)) in labels}
    words = tuple(
        Utterance(start_s=3.0 * n, end_s=3.0 * n + 3, speaker=row["speaker"] or None, text=row["text"], timed=False)
        for n, row in enumerate(rows)
    )
    if not gold:
        return None
    return Item(id=name, gold=tuple(gold.values()), group=name[SESSION], words=words, given={"asked": list(gold)})


def _as(label: str, labels: tuple[str, ...]) -> str:
    return label if label in labels else MERGED.get(label, label)


def _benchmark(labels: tuple[str, ...]) -> Benchmark:
    n = len(labels)
    return Benchmark(
        name=f"iemocap{n}",
        about=f"emotion of an utterance between two actors, in {n} classes: {', '.join(labels)}",
        read=reader(labels),
        read_gold=partial(reader(labels), gold_only=True),
        solve=of_clip,
        metrics={"weighted_f1": weighted_f1, "accuracy": accuracy, "uar": uar, "macro_f1": macro_f1},
        strategies=STRATEGIES,
        layout=f"{TABLE}: {', '.join(COLUMNS)}, labels {', '.join(SIX)} or other; or MERBench's label_{n}way.npz with "
        f"{TRANSCRIPTS[2]} and perhaps video/NAME.avi",
        source="https://sail.usc.edu/iemocap, under an agreement; labels and words also in MERBench",
        usual={"codebook": f"iemocap{n}"},
    )


IEMOCAP4, IEMOCAP6 = _benchmark(FOUR), _benchmark(SIX)
