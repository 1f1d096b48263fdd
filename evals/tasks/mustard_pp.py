"""MUStARD++: sarcasm in TV series, with sarcasm types and hidden emotions as strata (Ray et al. 2022).

inspect eval evals/tasks/mustard_pp.py -T folder=DATA --model none
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1, weighted_f1
from evals.named_clips import clip_named
from evals.reading import csv_rows, existing, one_of
from evals.solving import CHOOSING, spoken
from evals.tasks.mustard import ASKS, solve

TABLE = "mustard++_text.csv"
COLUMNS = ("SCENE", "KEY", "SENTENCE", "SPEAKER", "SHOW", "Sarcasm", "Sarcasm_Type",
           "Implicit_Emotion", "Explicit_Emotion")  # fmt: skip
VIDEOS = ("videos", "final_utterance_videos")  # perhaps; clips of the labelled utterances, KEY.mp4


@task
def mustard_pp(folder: str, **options: Any) -> Task:
    """Tell sarcastic utterances from others; options as of `mentalis eval run`."""
    return as_task(MUSTARD_PP, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The labelled utterance of each scene with what was said before it.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    path = existing(folder, TABLE, "download it from MUStARD++'s repository")
    scenes: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in csv_rows(path, COLUMNS):
        scenes[row["SCENE"]].append(row)
    return [_item(path, scene, rows) for scene, rows in scenes.items()]


def _item(path: Path, scene: str, rows: Sequence[dict[str, str]]) -> Item:
    where = f"{path}, scene {scene}"
    labelled = [row for row in rows if row["Sarcasm"].strip()]
    if len(labelled) != 1 or labelled[0] is not rows[-1]:
        raise DatasetError(f"{where}, column Sarcasm: it is set in {len(labelled)} rows; set it in the last row alone")
    (row,) = labelled
    sarcasm = one_of(where, "Sarcasm", row["Sarcasm"].strip(), ("0", "1"))
    hidden = row["Implicit_Emotion"] != row["Explicit_Emotion"]
    return Item(
        id=row["KEY"],
        gold=(sarcasm == "1",),
        group=f"{row['SHOW']}: {row['SPEAKER']}",
        strata={"show": row["SHOW"], "type": row["Sarcasm_Type"], "emotion": "hidden" if hidden else "open"},
        clip=clip_named(path.parent, row["KEY"], VIDEOS),
        words=spoken([(said["SPEAKER"] or None, said["SENTENCE"]) for said in rows if said["SENTENCE"].strip()]),
        given={"question": ASKS},
    )


MUSTARD_PP = Benchmark(
    name="mustard_pp",
    about="sarcasm of an utterance in its context; by type, and by whether the emotion shown is the one felt",
    read=read,
    solve=solve,
    metrics={"weighted_f1": weighted_f1, "macro_f1": macro_f1, "accuracy": accuracy},
    strategies=(*CHOOSING, "incongruity"),
    layout=f"{TABLE}: {', '.join(COLUMNS)}; perhaps {VIDEOS[0]}/KEY.mp4",
    source="https://github.com/cfiltnlp/MUStARD_Plus_Plus; no licence is given",
)
