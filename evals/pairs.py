"""Pairs of a true and a falsified question as items of a benchmark: how they are put, and how they are scored."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from evals.benchmark import Item, Outcome
from evals.metrics.hallucination_pairs import Answers, PairScores, pair_scores
from evals.metrics.intervals import Metric
from evals.pair_files import Pair
from evals.pictures import CLIPS, video_of
from evals.run import Run
from evals.solving import spoken, statements
from graphs.pep_mek import VARIANTS
from perception.transcripts import Utterance

STRATEGIES = tuple(VARIANTS)
GOLD = (True, False)  # of each pair: the basic question, the hallucinated one
PUT = "The right answer to “{question}” is yes."  # how a question is put as a statement
NO_TEXT = "(Nothing is said or shown here: the statement is to be judged by what is known of emotions.)"


def item_of(pair: Pair, group: str = "", **strata: str) -> Item:
    """A pair as an item; pairs about the same clip or text are of one group where none is given."""
    words = _words(pair.text) or (() if pair.media else spoken([(None, NO_TEXT)]))
    about = str(pair.media or pair.text or pair.id)
    return Item(
        id=pair.id,
        gold=GOLD,
        group=group or hashlib.sha256(about.encode()).hexdigest()[:12],
        strata={"category": pair.category, "modality": pair.modality, **strata},
        clip=pair.media,
        words=words,
        given={"question": f"{pair.basic} / {pair.hallucination}", "questions": [pair.basic, pair.hallucination]},
    )


async def solve(item: Item, run: Run) -> Outcome:
    """Say of each question whether it is answered with yes."""
    if item.clip is not None:
        clip = await asyncio.to_thread(video_of, item.clip, run.conditions.data / CLIPS)
        item = item.model_copy(update={"clip": clip})
    questions: Any = item.given["questions"]
    return await statements(item, run, tuple(PUT.format(question=q) if q.endswith("?") else q for q in questions))


def scores(gold: Sequence[bool], predicted: Sequence[bool | None]) -> PairScores:
    """Scores of predictions that come pair by pair.

    Raises:
        ValueError: gold is not yes and no by turns, or there is none.
    """
    if tuple(gold) != GOLD * (len(gold) // 2) or len(gold) != len(predicted):
        raise ValueError("gold and predictions are to come in pairs: a basic question, then its hallucinated one")
    return pair_scores([Answers(*two) for two in zip(predicted[::2], predicted[1::2], strict=True)])


def _metric(name: str) -> Metric:
    def score(gold: Sequence[bool], predicted: Sequence[bool | None]) -> Any:
        value = getattr(scores(gold, predicted), name)
        if value is None:
            raise ValueError(f"{name} is not defined: nothing was answered, or nothing wrongly")
        return value

    return score


METRICS: dict[str, Metric] = {
    "overall": _metric("overall"),
    "basic": _metric("basic"),
    "hallucinated": _metric("hallucinated"),
    "d_y": _metric("yes_bias"),
    "r_fp": _metric("false_positive_ratio"),
    "unparsed": _metric("unparsed"),
}


def _words(text: Any) -> tuple[Utterance, ...]:
    if isinstance(text, str):
        return spoken([(None, text)])
    return spoken([(turn.get("speaker"), turn["text"]) for turn in text or ()])
