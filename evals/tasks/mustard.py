"""MUStARD: sarcasm in TV series, from the words with their context, or from the clip (Castro et al. 2019).

inspect eval evals/tasks/mustard.py -T folder=DATA --model none
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.choosing import Question
from evals.benchmark import Benchmark, Item, Outcome
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1, weighted_f1
from evals.reading import existing, json_value, require
from evals.run import Run
from evals.solving import CHOOSING, choices, of_choice, of_sarcasm, spoken

TABLE = "sarcasm_data.json"
FIELDS = ("utterance", "speaker", "context", "context_speakers", "show", "sarcasm")
VIDEOS = "videos"  # clips of the utterances, ID.mp4; needed by the strategy `incongruity` alone
ASKS = "Is the last utterance meant sarcastically: does it say the opposite of what is meant, or mock?"
YES, NO = "Sarcastic", "Not sarcastic"
QUESTION = Question(id="sarcasm", asks=ASKS, options=(YES, NO))


@task
def mustard(folder: str, **options: Any) -> Task:
    """Tell sarcastic utterances from others; options as of `mentalis eval run`."""
    return as_task(MUSTARD, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The utterances with what was said before them.

    Raises:
        DatasetError: naming file, field and what to do.
    """
    path = existing(folder, TABLE, "download it from MUStARD's repository (data)")
    table = json_value(path)
    if not isinstance(table, dict) or not table:
        raise DatasetError(f"{path}: is no object of utterances by their id")
    return [_item(path, id_, row) for id_, row in table.items()]


def _item(path: Path, id_: str, row: Any) -> Item:
    where = f"{path}, utterance {id_}"
    if not isinstance(row, dict):
        raise DatasetError(f"{where}: is no object")
    require(where, FIELDS, row)
    if not isinstance(row["sarcasm"], bool):
        raise DatasetError(f"{where}, field sarcasm: {row['sarcasm']!r} is neither true nor false")
    clip = path.parent / VIDEOS / f"{id_}.mp4"
    said = [*zip(row["context_speakers"], row["context"], strict=False), (row["speaker"], row["utterance"])]
    return Item(
        id=id_,
        gold=(row["sarcasm"],),
        group=row["speaker"],
        strata={"show": row["show"]},
        clip=clip if clip.is_file() else None,
        words=spoken([(speaker, text) for speaker, text in said if text.strip()]),
        given={"question": ASKS},
    )


async def solve(item: Item, run: Run) -> Outcome:
    """By the conflict of words with face and voice, or as a question about the words (and the clip, if there is one).

    Raises:
        DatasetError: the strategy needs clips, and there are none.
    """
    if run.conditions.strategy == "incongruity":
        if item.clip is None:
            raise DatasetError(f"{item.id}: the strategy incongruity needs {VIDEOS}/{item.id}.mp4 in the folder")
        return await of_sarcasm(item, run)
    (choice,), outcome = await choices(item, run, (QUESTION,))
    value = choice.options[0] == YES if choice.options else None
    prediction = of_choice(value, run, choice.confidence, choice.confidence_from)
    return outcome.model_copy(update={"predictions": (prediction,)})


MUSTARD = Benchmark(
    name="mustard",
    about="sarcasm of an utterance in its context",
    read=read,
    solve=solve,
    metrics={"weighted_f1": weighted_f1, "macro_f1": macro_f1, "accuracy": accuracy},
    strategies=(*CHOOSING, "incongruity"),
    layout=f"{TABLE}: an object by id of {', '.join(FIELDS)}; perhaps {VIDEOS}/ID.mp4",
    source="https://github.com/soujanyaporia/MUStARD, data; MIT",
)
