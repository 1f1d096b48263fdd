"""Pairs of a true ("basic") and a falsified ("hallucinated") question, scored as EmotionHallucer publishes them.

The scores are those of arXiv 2505.11405 (2025); no scorer of theirs is public, and these formulas give all four rows of
their table.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from evals.metrics.measure import Measure, coverage

YES, NO = re.compile(r"\byes\b", re.IGNORECASE), re.compile(r"\bno\b", re.IGNORECASE)


class Answers(NamedTuple):
    """What was answered to the questions of a pair: true for yes, false for no, none when it could not be told."""

    basic: bool | None  # rightly yes
    hallucinated: bool | None  # rightly no


class PairScores(NamedTuple):
    """How well true questions were told from falsified ones; n is pairs, and coverage is of what each counts.

    Attributes:
        basic: share of true questions answered yes, in [0, 1].
        hallucinated: share of falsified questions answered no, in [0, 1].
        overall: share of pairs with both, in [0, 1]; 0.25 by chance.
        yes_bias: d_y = (basic - hallucinated) / 2, in [-1, 1]; 0 without bias.
        false_positive_ratio: r_fp = (1 - hallucinated) / (2 - basic - hallucinated), share of wrong answers that are
            yes, in [0, 1]; 0.5 without bias, none when no answer is wrong.
        unparsed: share of questions that were answered neither way, in [0, 1]. They count as the wrong answer in all of
            these, as the formulas have it.
    """

    basic: Measure
    hallucinated: Measure
    overall: Measure
    yes_bias: float
    false_positive_ratio: float | None
    unparsed: float


def yes_or_no(answer: str) -> bool | None:
    """True for an answer with the word yes, false for one with the word no; none when it has neither or both.

    Case does not matter, and "not", "none" and "yesterday" are other words. An answer that reasons first should be cut
    to its verdict before, as its reasons may well say both.
    """
    yes, no = bool(YES.search(answer)), bool(NO.search(answer))
    return yes if yes != no else None


def pair_scores(pairs: Sequence[Answers]) -> PairScores:
    """Scores of answered pairs; `grouping.by_group` gives those of each category or modality.

    Raises:
        ValueError: no pairs.
    """
    if not pairs:
        raise ValueError("no pairs have no score; give some")
    truth, falsehood = [pair.basic for pair in pairs], [pair.hallucinated for pair in pairs]
    basic = _share([said is True for said in truth], truth)
    hallucinated = _share([said is False for said in falsehood], falsehood)
    whole = [None if None in pair else pair for pair in pairs]
    wrong = 2 - basic.value - hallucinated.value
    return PairScores(
        basic=basic,
        hallucinated=hallucinated,
        overall=_share([pair == Answers(basic=True, hallucinated=False) for pair in pairs], whole),
        yes_bias=(basic.value - hallucinated.value) / 2,
        false_positive_ratio=(1 - hallucinated.value) / wrong if wrong else None,
        unparsed=(truth.count(None) + falsehood.count(None)) / (2 * len(pairs)),
    )


def _share(right: Sequence[bool], answers: Sequence[object | None]) -> Measure:
    return Measure(sum(right) / len(right), len(right), coverage(answers))
