"""MELD: the emotion of each utterance in dialogues of a TV series (Poria et al. 2019).

inspect eval evals/tasks/meld.py -T folder=DATA --model none
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1, uar, weighted_f1
from evals.reading import csv_rows, existing, one_of
from evals.solving import TALKING, of_utterances
from perception.transcripts import Utterance

TABLE = "test_sent_emo.csv"
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "StartTime", "EndTime")
LABELS = {  # of MELD, as the codebook `basic` calls them
    "neutral": "neutral",
    "joy": "happiness",
    "anger": "anger",
    "surprise": "surprise",
    "sadness": "sadness",
    "disgust": "disgust",
    "fear": "fear",
}


@task
def meld(folder: str, **options: Any) -> Task:
    """Judge every utterance of the dialogues; options as of `mentalis eval run`."""
    return as_task(MELD, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The dialogues, in the order of the file.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    how = "download it from MELD's repository (data/MELD)"
    path = existing(folder, TABLE, how)
    dialogues: dict[str, list[dict[str, str]]] = defaultdict(list)
    for number, row in enumerate(csv_rows(path, COLUMNS), 2):
        one_of(f"{path}, line {number}", "Emotion", row["Emotion"], tuple(LABELS))
        dialogues[row["Dialogue_ID"]].append(row)
    return [_dialogue(path, id_, rows) for id_, rows in dialogues.items()]


def _dialogue(path: Path, id_: str, rows: Sequence[dict[str, str]]) -> Item:
    try:
        rows = sorted(rows, key=lambda row: int(row["Utterance_ID"]))
    except ValueError as error:
        raise DatasetError(f"{path}, dialogue {id_}, column Utterance_ID: {error}; give whole numbers") from error
    # times are those of the episode, with gaps where the series goes on: only the order is told
    words = tuple(
        Utterance(start_s=3.0 * n, end_s=3.0 * n + 3, speaker=row["Speaker"] or None, text=row["Utterance"])
        for n, row in enumerate(rows)
    )
    return Item(id=f"dialogue-{id_}", gold=tuple(LABELS[row["Emotion"]] for row in rows), group=id_, words=words)


MELD = Benchmark(
    name="meld",
    about="emotion of each utterance of a dialogue, seven classes, from the words",
    read=read,
    solve=of_utterances,
    metrics={"weighted_f1": weighted_f1, "accuracy": accuracy, "macro_f1": macro_f1, "uar": uar},
    strategies=TALKING,
    layout=f"{TABLE}: {', '.join(COLUMNS)}",
    source="https://github.com/declare-lab/MELD, data/MELD; GPL-3.0",
    usual={"codebook": "expressions7"},
    levels=("emotion",),
)
