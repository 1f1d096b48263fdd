"""Scores of one label a sample. A prediction of None (unparsed, abstained) counts as wrong for its gold label.

Macro F1 and weighted F1 are means over the labels that occur in gold or prediction (as scikit-learn's `f1_score`
has them); UAR, the unweighted average recall of the Interspeech challenges (Schuller et al. 2009), over gold's labels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Predicted = Sequence[str | None]


class PerLabel(NamedTuple):
    """One value for each label, in the order of `labels`."""

    labels: tuple[str, ...]
    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]
    support: npt.NDArray[np.int64]  # samples of gold


def per_label(gold: Sequence[str], predicted: Predicted) -> PerLabel:
    """Precision, recall and F1 of each label; 0 where a ratio has no denominator.

    Raises:
        ValueError: no samples, or not as many predictions as gold labels.
    """
    if len(gold) != len(predicted) or not gold:
        raise ValueError(f"{len(gold)} gold labels and {len(predicted)} predictions: as many of both, and some")
    labels = tuple(sorted({*gold, *(p for p in predicted if p is not None)}))
    truth, guess = np.array(gold, dtype=object), np.array(predicted, dtype=object)
    right = np.array([((truth == label) & (guess == label)).sum() for label in labels])
    support = np.array([(truth == label).sum() for label in labels])
    claimed = np.array([(guess == label).sum() for label in labels])
    precision, recall = _ratio(right, claimed), _ratio(right, support)
    return PerLabel(labels, precision, recall, _ratio(2 * precision * recall, precision + recall), support)


def macro_f1(gold: Sequence[str], predicted: Predicted) -> float:
    """Mean F1 over labels, in [0, 1]."""
    return float(per_label(gold, predicted).f1.mean())


def weighted_f1(gold: Sequence[str], predicted: Predicted) -> float:
    """Mean F1 over labels weighted by how often each is gold, in [0, 1]."""
    scores = per_label(gold, predicted)
    return float((scores.f1 * scores.support).sum() / scores.support.sum())


def uar(gold: Sequence[str], predicted: Predicted) -> float:
    """Mean recall over the labels of gold, in [0, 1]."""
    scores = per_label(gold, predicted)
    return float(scores.recall[scores.support > 0].mean())


def accuracy(gold: Sequence[str], predicted: Predicted) -> float:
    """Share of right predictions, in [0, 1]: the "WAR" of facial-expression papers."""
    return float(np.mean([g == p for g, p in zip(gold, predicted, strict=True)]))


def coverage(predicted: Predicted) -> float:
    """Share of samples for which something was predicted, in [0, 1]."""
    return sum(p is not None for p in predicted) / len(predicted)


def _ratio(part: npt.NDArray[np.generic], whole: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    part_, whole_ = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part_, whole_, out=np.zeros_like(part_), where=whole_ > 0)
