"""RECCON: which turns of a dialogue cause an utterance's emotion (Poria et al. 2021).

inspect eval evals/tasks/reccon.py -T folder=DATA --model none
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.choosing import LETTERS, Question
from evals.benchmark import Benchmark, Item, Outcome, answer_as_json
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.evidence import evidence_macro_f1, evidence_turns
from evals.metrics.intervals import Metric
from evals.reading import json_value, require
from evals.run import Run
from evals.solving import CHOOSING, choices, of_choice, spoken

TABLES = ("dailydialog_test.json", "iemocap_test.json")  # of data/original_annotation; at least one
FIELDS = ("turn", "speaker", "utterance", "emotion")
EVIDENCE = "expanded emotion cause evidence"
BACKGROUND = "b"  # a cause that no turn tells
MENDED = {"happines": "happiness", "sad": "sadness", "excited": "excitement"}  # slips among DailyDialog's labels
ASKS = "Which turns cause the emotion ({emotion}) of turn {turn}, the last? A turn may cause its own."

Gold = dict[str, Any]  # turns: the evidence; of: how many turns there are up to the utterance itself


@task
def reccon(folder: str, **options: Any) -> Task:
    """Find the causes of emotional utterances; options as of `mentalis eval run`."""
    return as_task(RECCON, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The emotional utterances whose causes are told, each with the turns up to it.

    Raises:
        DatasetError: naming file, field and what to do.
    """
    return [item for path in tables(folder) for name, turns in dialogues(path) for item in _items(path, name, turns)]


def tables(folder: Path) -> list[Path]:
    """The files that are there.

    Raises:
        DatasetError: there is none.
    """
    found = [folder / name for name in TABLES if (folder / name).is_file()]
    if not found:
        raise DatasetError(
            f"{folder}: there is no {' or '.join(TABLES)}; take it from RECCON's repository (data/original_annotation)"
        )
    return found


def dialogues(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The dialogues of a file by name; labels mended, evidence as numbers of turns.

    Raises:
        DatasetError: naming file, field and what to do.
    """
    table = json_value(path)
    if not isinstance(table, dict) or not table:
        raise DatasetError(f"{path}: is no object of dialogues by their id; take data/original_annotation as it is")
    for name, held in table.items():
        where = f"{path}, dialogue {name}"
        if not (isinstance(held, list) and held and isinstance(held[0], list)):
            raise DatasetError(f"{where}: is no list with a list of turns; take data/original_annotation as it is")
        yield name, [_turn(where, number, turn, path) for number, turn in enumerate(held[0], 1)]


async def solve(item: Item, run: Run) -> Outcome:
    """Choose the turns; more of them than there are letters are asked about in parts."""
    chosen, outcome = await choices(item, run, _questions(item))
    turns = [int(option.split(":")[0]) for choice in chosen for option in choice.options or ()]
    answered = all(choice.options is not None for choice in chosen)
    return outcome.model_copy(update={"predictions": (of_choice(turns if answered else None, run),)})


def _turn(where: str, number: int, turn: Any, path: Path) -> dict[str, Any]:
    if not isinstance(turn, dict):
        raise DatasetError(f"{where}: turn {number} is no object")
    require(f"{where}, turn {number}", FIELDS, turn)
    if turn["turn"] != number:
        raise DatasetError(f"{where}, field turn: {turn['turn']!r} where {number} is due; number turns from 1 on")
    evidence = [of for of in turn.get(EVIDENCE, ()) if of != BACKGROUND]
    if bad := [of for of in evidence if type(of) is not int or not 1 <= of <= number]:
        raise DatasetError(f"{where}, turn {number}, field {EVIDENCE}: {bad[0]!r} is no turn from 1 to {number}")
    emotion = MENDED.get(turn["emotion"], turn["emotion"]) if path.name.startswith("dailydialog") else turn["emotion"]
    return {**turn, "emotion": emotion, "evidence": evidence, "told": EVIDENCE in turn}


def _items(path: Path, name: str, turns: Sequence[dict[str, Any]]) -> Iterator[Item]:
    corpus = path.stem.removesuffix("_test")
    for turn in turns:
        if not turn["told"]:
            continue
        before = turns[: turn["turn"]]
        yield Item(
            id=f"{corpus}-{name}-{turn['turn']}",
            gold=({"turns": turn["evidence"], "of": turn["turn"]},),
            group=f"{corpus}-{name}",
            strata={"corpus": corpus, "emotion": turn["emotion"]},
            words=spoken([(t["speaker"], t["utterance"]) for t in before]),
            given={"question": ASKS.format(emotion=turn["emotion"], turn=turn["turn"])},
        )


def _questions(item: Item) -> tuple[Question, ...]:
    options = [f"{n}: {u.speaker}: {u.text}" for n, u in enumerate(item.words, 1)]
    parts = [tuple(options[at : at + len(LETTERS)]) for at in range(0, len(options), len(LETTERS))]
    asks: Any = item.given["question"]
    return tuple(Question(id=f"turns_{n}", asks=asks, options=part, several=True) for n, part in enumerate(parts, 1))


def _turns_metric(name: str) -> Metric:
    def score(gold: Sequence[Gold], predicted: Sequence[list[int] | None]) -> Any:
        return getattr(evidence_turns([g["turns"] for g in gold], predicted), name)

    return score


def macro_f1(gold: Sequence[Gold], predicted: Sequence[list[int] | None]) -> Any:
    """Mean of the F1 of turns that are evidence and of those that are not."""
    candidates = [range(1, g["of"] + 1) for g in gold]
    return evidence_macro_f1([g["turns"] for g in gold], predicted, candidates)[1]


def turns_of(told: Any) -> list[int]:
    """The turns of an answer in anyone's file, a list of whole numbers.

    Raises:
        ValueError: it is none.
    """
    turns = answer_as_json(told)
    if not isinstance(turns, list) or not all(type(turn) is int and turn > 0 for turn in turns):
        raise ValueError("no list of turns")
    return turns


def true_turns_of(told: Any) -> Gold:
    """The gold turns of an utterance in anyone's file, and how many turns there are up to it.

    Raises:
        KeyError: a field is missing.
        ValueError: it is none, or a turn comes after the utterance.
    """
    gold = answer_as_json(told)
    if not isinstance(gold, dict) or type(gold["of"]) is not int:
        raise ValueError("no object with turns and of")
    turns = turns_of(gold["turns"])
    if any(turn > gold["of"] for turn in turns):
        raise ValueError("a turn comes after the utterance")
    return {"turns": turns, "of": gold["of"]}


RECCON = Benchmark(
    name="reccon",
    about="which turns of a dialogue cause an utterance's emotion",
    read=read,
    solve=solve,
    metrics={
        "f1": _turns_metric("f1"),
        "precision": _turns_metric("precision"),
        "recall": _turns_metric("recall"),
        "macro_f1": macro_f1,
    },
    strategies=CHOOSING,
    layout=f"{' and/or '.join(TABLES)}: dialogues by id, turns with {', '.join(FIELDS)}, perhaps {EVIDENCE}",
    source="https://github.com/declare-lab/RECCON, data/original_annotation; no licence is given",
    answer=turns_of,
    answer_form="a list of turns, from 1",
    truth=true_turns_of,
    truth_form='an object such as {"turns": [1, 3], "of": 4}, turns from 1 and how many there are',
)
