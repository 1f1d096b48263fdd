"""A triad of behaviour, cognition and emotion for each clip, as MOTOR-Bench has it (Yuan et al. 2026, 2605.09703).

inspect eval evals/tasks/motor_bench.py -T folder=DATA --model none

MOTOR's data are not public: the layout is ours, for data of your own. The folder has `motor.csv` or `motor.jsonl`, with
the columns (or fields)

    id          of the clip
    behaviour   monitoring, controlling or mixed
    cognition   positive, negative, mixed or neutral
    emotion     positive, negative, mixed or neutral
    clip        a video in the folder; may be left out where the words are there
    words       what is said, or
    transcript  a file with it: .srt, .vtt, .json or .txt
    group       who is in the clip: clips of one group are drawn together for an interval (left out: each by itself)

Modes: a row without a clip is judged by its words. The options `media=text no_tools=true` judge all rows by their words
(the paper's "no video"); `no_tools=true` alone shows a model the clip and its words, but nothing that was measured.
Labels that were not given, or could not be read, count as wrong.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.claims import LEVELS, Claim, Level
from agents.codebook import load_codebook
from agents.report import Report
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1
from evals.metrics.intervals import Metric
from evals.metrics.measure import Measure
from evals.reading import one_of, refuse, table_rows
from evals.run import Run
from evals.solving import ANALYSING, analysis, of_claim, reported, spoken
from perception.transcripts import Utterance, read_transcript

COLUMNS = ("id", *LEVELS)
FILES = ("clip", "transcript")
LONGEST_S = 24 * 3600.0  # of a recording whose words are read without it


@task
def motor_bench(folder: str, **options: Any) -> Task:
    """Judge behaviour, cognition and emotion of each clip; options as of `mentalis eval run`."""
    return as_task(MOTOR, folder, **options)


def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips, in the order of the table.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    table, rows = table_rows(folder, "motor", COLUMNS, (*FILES, "words", "group"))
    if gold_only:
        return [_gold_item(where, row) for where, row in rows]
    missing = dict.fromkeys(row[column] for _, row in rows for column in FILES if row.get(column))
    refuse(table, [f"{name} is not there" for name in missing if not (folder / name).is_file()])
    return [_item(where, folder, row) for where, row in rows]


async def solve(item: Item, run: Run) -> Outcome:
    """The label of each level, each named with its level."""
    asked = run.conditions
    if asked.media == "text" and asked.no_tools:
        item = await asyncio.to_thread(words_alone, item)
    report = await analysis(item, run)
    neutral = (run.codebook or load_codebook("motor")).neutral
    return reported(
        report, tuple(_named(level, report, of_group(report, level, neutral.get(level))) for level in LEVELS)
    )


def of_group(report: Report, level: Level, neutral: str | None) -> Claim | None:
    """The surest claim of a level: about the one person, or all together where there are several or none was seen.

    Where nothing is claimed of several people together, the surest claim about one of them counts; the neutral label
    is the clip's only when nothing else is claimed.
    """
    claims = [c for c in report.claims if c.level == level and not c.abstained]
    together = [c for c in claims if c.person is None]
    one = len(report.people) == 1
    asked = [c for c in claims if c.person is not None] if one else together or claims
    return min(asked, key=lambda c: (c.label == neutral, -c.confidence), default=None)


def words_alone(item: Item) -> Item:
    """An item without its picture and sound.

    Raises:
        DatasetError: no word of it is known.
        TranscriptError: its transcript can't be read.
    """
    words = item.words or (_read_words(item.transcript) if item.transcript else ())
    if not words:
        raise DatasetError(f"{item.id}: there is no word to judge it by; give words or a transcript, or show the clip")
    return item.model_copy(update={"clip": None, "transcript": None, "words": words})


def _read_words(path: Path) -> tuple[Utterance, ...]:
    said = read_transcript(path, LONGEST_S).utterances
    return said if all(u.timed for u in said) else spoken([(u.speaker, u.text) for u in said])


def _gold_item(where: str, row: dict[str, Any]) -> Item:
    """The gold of a row, with nothing that it is of."""
    book = load_codebook("motor")
    gold = tuple(_name(level, one_of(where, level, row[level], book.ids(level))) for level in LEVELS)
    return Item(id=str(row["id"]), gold=gold, group=str(row.get("group") or row["id"]))


def _item(where: str, folder: Path, row: dict[str, Any]) -> Item:
    if not any(row.get(column) for column in (*FILES, "words")):
        raise DatasetError(f"{where}: give one of the columns clip, words and transcript")
    shown = {
        "clip": folder / row["clip"] if row.get("clip") else None,
        "transcript": folder / row["transcript"] if row.get("transcript") else None,
        "words": spoken([(None, row["words"])]) if row.get("words") else (),
    }
    item = _gold_item(where, row).model_copy(update=shown)
    return item if item.clip else words_alone(item)


def _name(level: Level, label: str) -> str:
    return f"{level}: {label}"  # `positive` is a label of two levels


def _named(level: Level, report: Report, claim: Claim | None) -> Prediction:
    prediction = of_claim(claim, report, level)
    return prediction.model_copy(update={"value": _name(level, claim.label)}) if claim else prediction


def _of(level: Level, metric: Metric) -> Metric:
    """A metric over the predictions of one level."""

    def score(gold: Sequence[str], predicted: Sequence[str | None]) -> Any:
        at = [n for n, value in enumerate(gold) if value.startswith(f"{level}: ")]
        return metric([gold[n] for n in at], [predicted[n] for n in at])

    return score


def mean_macro_f1(gold: Sequence[str], predicted: Sequence[str | None]) -> Measure:
    """The plain mean of the three levels' macro F1, each over the labels of its gold."""
    scores = [_of(level, macro_f1)(gold, predicted) for level in LEVELS]
    answered = sum(value is not None for value in predicted) / len(predicted)
    return Measure(sum(map(float, scores)) / len(scores), len(gold) // len(LEVELS), answered)


MOTOR = Benchmark(
    name="motor_bench",
    about="behaviour, cognition and emotion of learners, by clip, words or both",
    read=read,
    read_gold=partial(read, gold_only=True),
    solve=solve,
    metrics={
        "mean_macro_f1": mean_macro_f1,
        **{f"{level}_macro_f1": _of(level, macro_f1) for level in LEVELS},
        **{f"{level}_accuracy": _of(level, accuracy) for level in LEVELS},
    },
    strategies=ANALYSING,
    layout=f"motor.csv or motor.jsonl: {', '.join(COLUMNS)}; clip, words or transcript; perhaps group",
    source="your own: MOTOR's data are not public",
    usual={"codebook": "motor"},
    levels=LEVELS,
)
