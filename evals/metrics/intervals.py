"""How far a score can be trusted: bootstrap intervals, and permutation tests between two systems on the same samples.

Samples of one subject or dialogue are alike, so both draw whole clusters. The metric may be any of this package, or any
function of gold and predicted samples whose result `float` takes.
"""

import itertools
import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple, SupportsFloat, TypeVar

import numpy as np
import numpy.typing as npt

from evals.metrics.grouping import Indices, indices_by
from evals.metrics.measure import check_pairs

Metric = Callable[[Any, Any], SupportsFloat]
Samples = Sequence[Any] | npt.NDArray[Any]
Values = TypeVar("Values", bound=Samples)

RESAMPLES = 2000
TIED = 1e-9  # relative, and of 1: differences closer than this are the same but for rounding


class Interval(NamedTuple):
    """A confidence interval of a score.

    Attributes:
        low: lower end, in the score's unit.
        high: upper end.
        level: of confidence, in (0, 1).
        clusters: how many were drawn each time; with few of them the interval is too narrow.
        resamples: how many times.
        seed: that gives the same interval again.
        undefined: resamples for which the score is not defined, which were left out; with many the interval is biased.
    """

    low: float
    high: float
    level: float
    clusters: int
    resamples: int
    seed: int
    undefined: int = 0


class Comparison(NamedTuple):
    """The difference of two systems' scores, and how likely one at least as large is if they are exchangeable.

    Attributes:
        difference: score of the first less that of the second.
        p_value: two-sided, in (0, 1].
        exact: whether all exchanges were tried, or a random part of them.
        permutations: how many exchanges were tried.
        clusters: what was exchanged whole.
        seed: that gives the same p value again; without meaning when exact.
    """

    difference: float
    p_value: float
    exact: bool
    permutations: int
    clusters: int
    seed: int


def bootstrap(
    metric: Metric,
    gold: Samples,
    predicted: Samples,
    clusters: Sequence[Hashable] | None = None,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    leave_out_undefined: bool = False,
) -> Interval:
    """Percentile interval of a score under resampling of whole clusters (Efron 1979; Davison & Hinkley 1997, 3.8).

    Args:
        metric: of gold and predicted samples.
        gold: samples, a sequence or an array over its first axis.
        predicted: as many.
        clusters: the subject or dialogue of each sample; each sample is its own when not given.
        level: of confidence, in (0, 1).
        resamples: how often clusters are drawn, as many as there are and with replacement.
        seed: of the draws.
        leave_out_undefined: take the interval over the resamples for which the metric is defined (it raises no
            ValueError and is not NaN), and count the others.

    Raises:
        ValueError: no samples, not as many predictions or clusters as gold, fewer than two clusters, a level outside
            of (0, 1), no resamples, or a resample for which the metric is not defined (all, if they are left out).
    """
    members = _clusters(gold, predicted, clusters)
    if not 0 < level < 1 or resamples < 1:
        raise ValueError(f"level {level} and {resamples} resamples: a level in (0, 1), and at least one resample")
    random = np.random.default_rng(seed)
    scores = []
    for _ in range(resamples):
        drawn = np.concatenate([members[cluster] for cluster in random.integers(len(members), size=len(members))])
        try:
            scores.append(float(metric(taken(gold, drawn), taken(predicted, drawn))))
        except ValueError:
            if not leave_out_undefined:
                raise
    if leave_out_undefined:
        scores = [score for score in scores if not math.isnan(score)]
        if not scores:
            raise ValueError(f"the score is not defined for any of {resamples} resamples")
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, len(members), resamples, seed, resamples - len(scores))


def permutation_test(
    metric: Metric,
    gold: Samples,
    first: Values,
    second: Values,
    clusters: Sequence[Hashable] | None = None,
    *,
    permutations: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Two-sided paired test of the difference of two systems' scores by exchanging their predictions cluster-wise.

    All exchanges are tried when there are no more than `permutations`; else so many random ones, and the p value counts
    the observed difference among them, so that it is never 0 (Phipson & Smyth 2010).

    Args:
        metric: of gold and predicted samples.
        gold: samples, a sequence or an array over its first axis.
        first: one system's predictions for them.
        second: the other's.
        clusters: the subject or dialogue of each sample; each sample is its own when not given.
        permutations: the most exchanges to try.
        seed: of random exchanges.

    Raises:
        ValueError: no samples, not as many predictions or clusters as gold, fewer than two clusters, no permutations,
            or an exchange for which the metric is not defined.
    """
    members = _clusters(gold, first, clusters)
    check_pairs(gold, second)
    if permutations < 1:
        raise ValueError(f"{permutations} permutations can't test anything: give some")
    both = [*first, *second]

    def difference(swapped: npt.NDArray[np.bool_]) -> float:
        exchanged = np.zeros(len(gold), dtype=bool)
        for cluster in np.flatnonzero(swapped):
            exchanged[members[cluster]] = True
        from_first = np.arange(len(gold)) + len(gold) * exchanged
        from_second = (from_first + len(gold)) % len(both)
        of_first, of_second = (
            metric(gold, _like(of, both, at)) for of, at in ((first, from_first), (second, from_second))
        )
        if math.isnan(gap := float(of_first) - float(of_second)):
            raise ValueError("the metric is not defined for every exchange of predictions")
        return gap

    observed = difference(np.zeros(len(members), dtype=bool))
    exact = 2 ** len(members) <= permutations
    tried = [difference(swapped) for swapped in _exchanges(len(members), permutations, exact, seed)]
    as_large = sum(abs(value) >= abs(observed) - TIED * max(1.0, abs(observed)) for value in tried)
    p_value = as_large / len(tried) if exact else (as_large + 1) / (len(tried) + 1)
    return Comparison(observed, p_value, exact, len(tried), len(members), seed)


def taken(samples: Samples, at: Indices) -> Samples:
    """The samples at these places."""
    return samples[at] if isinstance(samples, np.ndarray) else [samples[index] for index in at]


def _clusters(gold: Samples, predicted: Samples, clusters: Sequence[Hashable] | None) -> list[Indices]:
    check_pairs(gold, predicted)
    names: Sequence[Hashable] = range(len(gold)) if clusters is None else clusters
    check_pairs(gold, names)
    members = list(indices_by(names).values())
    if len(members) < 2:
        raise ValueError("one cluster shows no variation between clusters: give two or more")
    return members


def _exchanges(clusters: int, permutations: int, exact: bool, seed: int) -> Iterator[npt.NDArray[np.bool_]]:
    """For each cluster whether it is exchanged: every way there is, or random ones."""
    if exact:
        yield from (np.array(swapped) for swapped in itertools.product((False, True), repeat=clusters))
    else:
        random = np.random.default_rng(seed)
        yield from (random.random(clusters) < 0.5 for _ in range(permutations))


def _like(samples: Samples, both: Sequence[Any], at: Indices) -> Samples:
    """Samples at these places of both systems', as an array where the system's own are one."""
    chosen = [both[index] for index in at]
    return np.array(chosen) if isinstance(samples, np.ndarray) else chosen
