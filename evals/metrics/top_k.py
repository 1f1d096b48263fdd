"""Is the right label among the first k: micro-gestures of iMiGUE (Liu et al. 2021) and SMG (Chen et al. 2023)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evals.metrics.grouping import by_group
from evals.metrics.measure import Measure, check_pairs, coverage

Ranked = Sequence[Sequence[str] | None]  # labels of a sample, the likeliest first; none when it abstains


def top_k_accuracy(gold: Sequence[str], ranked: Ranked, k: int) -> Measure:
    """Share of samples whose gold label is among the first k, in [0, 1]; None never has it.

    Args:
        gold: a label for each sample.
        ranked: labels for each sample, the likeliest first; fewer than k are allowed.
        k: at least 1; published are 1 and 5.

    Raises:
        ValueError: no samples, not as many rankings as gold labels, or k below 1.
    """
    return _measure(float(_hits(gold, ranked, k).mean()), ranked)


def mean_class_accuracy(gold: Sequence[str], ranked: Ranked, k: int = 1) -> Measure:
    """The share of `top_k_accuracy` for each label of gold, and their mean: rare labels weigh as much as frequent ones.

    Raises:
        ValueError: as `top_k_accuracy`.
    """
    hits = _hits(gold, ranked, k)
    return _measure(float(np.mean(list(by_group(gold, lambda at: hits[at].mean()).values()))), ranked)


def _hits(gold: Sequence[str], ranked: Ranked, k: int) -> npt.NDArray[np.float64]:
    check_pairs(gold, ranked)
    if k < 1:
        raise ValueError(f"top {k} has no labels: k is 1 or more")
    return np.array([label in (labels or ())[:k] for label, labels in zip(gold, ranked, strict=True)], dtype=np.float64)


def _measure(value: float, ranked: Ranked) -> Measure:
    return Measure(value, len(ranked), coverage([labels or None for labels in ranked]))
