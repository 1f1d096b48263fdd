"""Scores of one label a sample. A prediction of None (unparsed, abstained) counts as wrong for its gold label.

Labels are those of gold unless a set is given: a label that a model made up costs recall, and is no class of its own.
Each score is scikit-learn's for the same `labels`; where it has no denominator it is 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evals.metrics.measure import Measure, check_pairs, coverage, ratio

Predicted = Sequence[str | None]
OTHER, NONE = "(other)", "(none)"  # columns of a confusion matrix: outside of the labels; nothing predicted


class PerLabel(NamedTuple):
    """One value for each label, in the order of `labels`."""

    labels: tuple[str, ...]
    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]
    support: npt.NDArray[np.int64]  # samples of gold


class Confusion(NamedTuple):
    """Counts of samples by gold label (rows) and predicted label (columns: the labels, other, none)."""

    labels: tuple[str, ...]
    columns: tuple[str, ...]
    counts: npt.NDArray[np.int64]  # (labels, labels + 2)


def per_label(gold: Sequence[str], predicted: Predicted, labels: Sequence[str] | None = None) -> PerLabel:
    """Precision, recall and F1 of each label, in [0, 1].

    Args:
        gold: a label for each sample.
        predicted: a label or None for each sample.
        labels: which to score, in which order; those of gold, sorted, when not given.

    Raises:
        ValueError: no samples, not as many predictions as gold labels, or the same label twice.
    """
    check_pairs(gold, predicted)
    names = _labels(gold, labels)
    truth, guess = _codes(gold, names), _codes(predicted, names)
    right = _counts(truth[truth == guess], names)
    support, claimed = _counts(truth, names), _counts(guess, names)
    precision, recall = ratio(right, claimed), ratio(right, support)
    return PerLabel(names, precision, recall, ratio(2 * precision * recall, precision + recall), support)


def macro_f1(gold: Sequence[str], predicted: Predicted, labels: Sequence[str] | None = None) -> Measure:
    """Mean F1 over labels, in [0, 1].

    Args:
        gold: a label for each sample.
        predicted: a label or None for each sample.
        labels: over which to average; those of gold when not given. A label of the set that is neither gold nor
            predicted has F1 0.

    Raises:
        ValueError: no samples, not as many predictions as gold labels, or the same label twice.
    """
    return _measure(per_label(gold, predicted, labels).f1.mean(), predicted)


def weighted_f1(gold: Sequence[str], predicted: Predicted) -> Measure:
    """Mean F1 over labels weighted by how often each is gold, in [0, 1]: the "WAF" of the MER challenges.

    Raises:
        ValueError: no samples, or not as many predictions as gold labels.
    """
    scores = per_label(gold, predicted)
    return _measure((scores.f1 * scores.support).sum() / scores.support.sum(), predicted)


def uar(gold: Sequence[str], predicted: Predicted) -> Measure:
    """Unweighted average recall over the labels of gold, in [0, 1] (Schuller et al. 2009): balanced accuracy.

    Raises:
        ValueError: no samples, or not as many predictions as gold labels.
    """
    return _measure(per_label(gold, predicted).recall.mean(), predicted)


def accuracy(gold: Sequence[str], predicted: Predicted) -> Measure:
    """Share of right predictions, in [0, 1]: the "WAR" (weighted average recall) of facial-expression papers.

    Raises:
        ValueError: no samples, or not as many predictions as gold labels.
    """
    check_pairs(gold, predicted)
    return _measure(np.mean([g == p for g, p in zip(gold, predicted, strict=True)]), predicted)


def confusion(gold: Sequence[str], predicted: Predicted, labels: Sequence[str] | None = None) -> Confusion:
    """How often each gold label was taken for which.

    Args:
        gold: a label for each sample.
        predicted: a label or None for each sample.
        labels: rows and first columns; those of gold, sorted, when not given. Whatever else was predicted is counted
            under other, and an absent prediction under none.

    Raises:
        ValueError: no samples, not as many predictions as gold labels, the same label twice, or a gold label that is
            not among the labels.
    """
    check_pairs(gold, predicted)
    names = _labels(gold, labels)
    truth, guess = _codes(gold, names), _codes(predicted, names)
    if (truth < 0).any():
        strangers = sorted(set(gold) - set(names))
        raise ValueError(f"gold has {', '.join(strangers[:5])}, which the labels don't: give all labels of gold")
    guess[[p is None for p in predicted]] = len(names) + 1
    guess[guess < 0] = len(names)
    counts = np.zeros((len(names), len(names) + 2), dtype=np.int64)
    np.add.at(counts, (truth, guess), 1)
    return Confusion(names, (*names, OTHER, NONE), counts)


def _labels(gold: Sequence[str], labels: Sequence[str] | None) -> tuple[str, ...]:
    names = tuple(sorted(set(gold)) if labels is None else labels)
    if len(set(names)) != len(names) or not names:
        raise ValueError(f"labels {', '.join(names) or '(none)'}: give each once, and some")
    return names


def _codes(values: Sequence[str | None], names: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """The place of each value among the names; -1 for what is not one."""
    place = {name: number for number, name in enumerate(names)}
    return np.array([-1 if value is None else place.get(value, -1) for value in values], dtype=np.int64)


def _counts(codes: npt.NDArray[np.int64], names: tuple[str, ...]) -> npt.NDArray[np.int64]:
    return np.bincount(codes[codes >= 0], minlength=len(names))


def _measure(value: float | np.floating, predicted: Predicted) -> Measure:
    return Measure(float(value), len(predicted), coverage(predicted))
