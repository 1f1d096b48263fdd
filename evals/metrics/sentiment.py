"""Sentiment as positive or not: CMU-MOSI, CMU-MOSEI, CH-SIMS and CH-SIMS v2 as MER-UniBench scores them.

Gold is a number (MOSI: -3 to 3, SIMS: -1 to 1), and only its sign counts; samples of gold 0 are left out
(Zadeh et al. 2016; Lian et al., AffectGPT, ICML 2025).
"""

from collections.abc import Sequence
from typing import NamedTuple

from evals.metrics.classification import accuracy, weighted_f1
from evals.metrics.measure import Measure


class SentimentScores(NamedTuple):
    """Scores in [0, 1] over the samples whose gold is not 0."""

    weighted_f1: Measure
    accuracy: Measure


def sentiment_scores(gold: Sequence[float], predicted: Sequence[float | None]) -> SentimentScores:
    """Weighted F1 and accuracy of "above 0".

    Args:
        gold: a number for each sample.
        predicted: a number or None (wrong) for each sample; of an answer in words, 1 for positive, -1 for negative, and
            0 for neutral, which counts as not positive.

    Raises:
        ValueError: not as many predictions as gold, or no gold but 0.
    """
    kept = [(true, guess) for true, guess in zip(gold, predicted, strict=True) if true != 0]
    if not kept:
        raise ValueError(f"of {len(gold)} samples none has a gold sentiment other than 0; give some that have")
    truth = [_sign(true) for true, _ in kept]
    guesses = [None if guess is None else _sign(guess) for _, guess in kept]
    return SentimentScores(weighted_f1(truth, guesses), accuracy(truth, guesses))


def _sign(value: float) -> str:
    return "positive" if value > 0 else "not positive"
