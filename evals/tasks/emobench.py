"""EmoBench: emotional understanding (emotion and cause) and application, by multiple choice (Sabour et al. 2024).

inspect eval evals/tasks/emobench.py@emobench_eu -T folder=DATA --model none
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from agents.choosing import Question
from evals.benchmark import Benchmark, Item, Outcome
from evals.inspecting import as_task
from evals.metrics.classification import accuracy
from evals.metrics.emobench import Understanding, understanding_scores
from evals.metrics.intervals import Metric
from evals.reading import existing, jsonl_rows, one_of
from evals.run import Run
from evals.solving import CHOOSING, choices, of_choice, spoken
from graphs.choosing import Choice

HOW = "download it from EmoBench's repository (data)"
EU_FIELDS = ("qid", "language", "coarse_category", "scenario", "subject", "emotion_choices", "emotion_label",
             "cause_choices", "cause_label")  # fmt: skip
EA_FIELDS = ("qid", "language", "category", "question type", "scenario", "subject", "choices", "label")
SOURCE = "https://github.com/Sahandfer/EmoBench, data; MIT"
QUESTIONS = {  # of emotional application, by type
    "Action": "Which is the most effective action that {subject} can take?",
    "Response": "Which is the most effective response that {subject} can give?",
}


@task
def emobench_eu(folder: str, **options: Any) -> Task:
    """Emotional understanding; options as of `mentalis eval run`."""
    return as_task(EU, folder, **options)


@task
def emobench_ea(folder: str, **options: Any) -> Task:
    """Emotional application; options as of `mentalis eval run`."""
    return as_task(EA, folder, **options)


def read_understanding(folder: Path) -> Sequence[Item]:
    """The scenarios, each with a question for the emotion and one for its cause.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    path = existing(folder, "EU.jsonl", HOW)
    items = []
    for number, row in enumerate(jsonl_rows(path, EU_FIELDS), 1):
        where = f"{path}, line {number}"
        emotion = one_of(where, "emotion_label", row["emotion_label"], row["emotion_choices"])
        cause = one_of(where, "cause_label", row["cause_label"], row["cause_choices"])
        questions = {
            "emotion": (f"What does {row['subject']} feel in the end?", row["emotion_choices"]),
            "cause": (f"Why does {row['subject']} feel so?", row["cause_choices"]),
        }
        strata = {"language": row["language"], "category": row["coarse_category"]}
        gold = {"emotion": emotion, "cause": cause}
        items.append(_item(row, gold, questions, strata))
    return items


def read_application(folder: Path) -> Sequence[Item]:
    """The scenarios, each with a question for the best action or response.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    path = existing(folder, "EA.jsonl", HOW)
    items = []
    for number, row in enumerate(jsonl_rows(path, EA_FIELDS), 1):
        where = f"{path}, line {number}"
        asks = QUESTIONS[one_of(where, "question type", row["question type"], tuple(QUESTIONS))]
        gold = one_of(where, "label", row["label"], row["choices"])
        questions = {"best": (asks.format(subject=row["subject"]), row["choices"])}
        items.append(_item(row, gold, questions, {"language": row["language"], "category": row["category"]}))
    return items


async def understand(item: Item, run: Run) -> Outcome:
    """Choose emotion and cause."""
    (emotion, cause), outcome = await choices(item, run, _questions(item))
    value = {"emotion": _option(emotion), "cause": _option(cause)}
    sure = None if emotion.confidence is None or cause.confidence is None else emotion.confidence * cause.confidence
    answer = None if None in value.values() else value
    return outcome.model_copy(update={"predictions": (of_choice(answer, run, sure, emotion.confidence_from),)})


async def apply(item: Item, run: Run) -> Outcome:
    """Choose the best action or response."""
    (best,), outcome = await choices(item, run, _questions(item))
    prediction = of_choice(_option(best), run, best.confidence, best.confidence_from)
    return outcome.model_copy(update={"predictions": (prediction,)})


def _part(name: str) -> Metric:
    def score(gold: Sequence[dict[str, str]], predicted: Sequence[dict[str, str | None] | None]) -> Any:
        nothing: dict[str, str | None] = {"emotion": None, "cause": None}
        answers = [Understanding(**(answer or nothing)) for answer in predicted]
        return getattr(understanding_scores([Understanding(**g) for g in gold], answers), name)

    return score


def _item(row: dict[str, Any], gold: Any, questions: dict[str, tuple[str, list[str]]], strata: dict[str, str]) -> Item:
    id_ = f"{row['language']}-{row['qid']}"
    asked = {name: {"asks": asks, "options": options} for name, (asks, options) in questions.items()}
    return Item(
        id=id_,
        gold=(gold,),
        group=id_,
        strata=strata,
        words=spoken([(None, row["scenario"])]),
        given={"questions": asked},
    )


def _questions(item: Item) -> tuple[Question, ...]:
    asked: Any = item.given["questions"]
    return tuple(Question(id=name, **question) for name, question in asked.items())


def _option(choice: Choice) -> str | None:
    return choice.options[0] if choice.options else None


EU = Benchmark(
    name="emobench_eu",
    about="emotional understanding: which emotion, and why; right when both are",
    read=read_understanding,
    solve=understand,
    metrics={"joint": _part("joint"), "emotion": _part("emotion"), "cause": _part("cause")},
    strategies=CHOOSING,
    layout=f"EU.jsonl: {', '.join(EU_FIELDS)}",
    source=SOURCE,
)
EA = Benchmark(
    name="emobench_ea",
    about="emotional application: the most effective action or response",
    read=read_application,
    solve=apply,
    metrics={"accuracy": accuracy},
    strategies=CHOOSING,
    layout=f"EA.jsonl: {', '.join(EA_FIELDS)}",
    source=SOURCE,
)
