"""EmoBench (Sabour et al. 2024): emotional understanding asks for an emotion and its cause, and both must be right.

Emotional application has one choice a question: `classification.accuracy`. `grouping.by_group` gives the scores by
language and category.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evals.metrics.measure import Measure, check_pairs


class Understanding(NamedTuple):
    """An answer to a question of emotional understanding; none for what was not chosen."""

    emotion: str | None
    cause: str | None


class UnderstandingScores(NamedTuple):
    """Shares of right answers, in [0, 1]."""

    emotion: Measure
    cause: Measure
    joint: Measure  # of both: EmoBench's score; covered where both are answered


def understanding_scores(gold: Sequence[Understanding], predicted: Sequence[Understanding]) -> UnderstandingScores:
    """Accuracy of the emotion, of the cause, and of both together.

    Raises:
        ValueError: no questions, not as many answers as questions, or a question without its emotion and cause.
    """
    check_pairs(gold, predicted)
    if any(None in question for question in gold):
        raise ValueError("a question has no gold emotion or no gold cause")
    hits = np.array([[g == p for g, p in zip(*pair, strict=True)] for pair in zip(gold, predicted, strict=True)])
    given = np.array([[part is not None for part in answer] for answer in predicted])
    right, answered = np.column_stack([hits, hits.all(axis=1)]), np.column_stack([given, given.all(axis=1)])
    shares = zip(right.mean(axis=0), answered.mean(axis=0), strict=True)
    return UnderstandingScores(*(Measure(float(value), len(gold), float(covered)) for value, covered in shares))
