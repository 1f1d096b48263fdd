"""Scores of runs with their intervals: of all samples, of strata, and differences of runs on the same samples."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from evals.metrics.intervals import Comparison, Interval, Metric, bootstrap, permutation_test, taken
from evals.metrics.measure import Measure, as_measure, coverage
from evals.reporting.logs import Answered, Logged

RESAMPLES = 500  # quick: some 3 s a metric of 2610 utterances; each end of a 95 % interval rests on 12 of them

MEAN_OF = "mean of"  # so many strata, where the value of one would stand
NO_INTERVAL = "no interval: within a stratum the first score alone has one, and means over strata have none"


class Pooled(NamedTuple):
    """The values of all samples, one after the other, and the cluster of each."""

    gold: list[Any]
    predicted: list[Any]
    clusters: list[str]


class Score(NamedTuple):
    """A metric (none: not defined for these samples) with its interval, and what is to be said of it."""

    metric: str
    found: Measure | None
    interval: Interval | None = None
    note: str = ""

    @property
    def value(self) -> float | None:
        """Of the metric, in its own unit."""
        return self.found.value if self.found else None


@dataclass(frozen=True)
class Scores:
    """What some samples of a run score; `stratum` is empty for all of them.

    The shares are of all answers that were asked for: abstained, where the system chose not to answer (withheld: as the
    checks let nothing stand of what was said); unparsed, where none came or none could be read. Both are wrong, and
    answered are the rest. What one metric rests on is its own.
    """

    run: Logged
    stratum: tuple[str, str] | None
    samples: int
    asked: int
    clusters: int
    answered: float
    abstained: float
    withheld: float
    unparsed: float
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class Difference:
    """The first run's score less the second's on the samples of both, `n` at least; `note` says why there is none."""

    first: Logged
    second: Logged
    metric: str
    n: int
    comparison: Comparison | None
    interval: Interval | None
    note: str = ""


def scored(run: Logged, resamples: int = RESAMPLES) -> Scores:
    """The benchmark's metrics over all samples of a run, each with its interval."""
    return _scores(run, run.samples, None, resamples, intervals=len(run.benchmark.metrics))


def by_stratum(run: Logged, resamples: int = RESAMPLES) -> list[Scores]:
    """The metrics of each stratum, the first with its interval; and the mean over strata, as is published of folds."""
    found: dict[tuple[str, str], list[Answered]] = {}
    for sample in run.samples:
        for stratum in sample.strata.items():
            found.setdefault(stratum, []).append(sample)
    apart = [_scores(run, samples, stratum, resamples, intervals=1) for stratum, samples in sorted(found.items())]
    by_name = itertools.groupby(apart, lambda scores: scores.stratum and scores.stratum[0])
    together = [(name, list(group)) for name, group in by_name]
    return [one for name, group in together for one in (*group, *_mean(name, group, run))]


def differences(runs: Sequence[Logged], resamples: int = RESAMPLES) -> list[Difference]:
    """Of each two runs of a benchmark, by the metric that counts."""
    return [_difference(*pair, resamples) for pair in itertools.combinations(runs, 2)]


def pooled(samples: Sequence[Answered]) -> Pooled:
    """Gold and predicted values of samples, and their clusters."""
    return Pooled(
        [value for s in samples for value in s.gold],
        [p.value for s in samples for p in s.outcome.predictions],
        [s.group for s in samples for _ in s.gold],
    )


def _scores(
    run: Logged, samples: Sequence[Answered], stratum: tuple[str, str] | None, resamples: int, intervals: int
) -> Scores:
    of = pooled(samples)
    predictions = [p for s in samples for p in s.outcome.predictions]
    unparsed = sum(p.value is None and not p.abstained for p in predictions)
    metrics: Mapping[str, Metric] = run.benchmark.metrics
    return Scores(
        run=run,
        stratum=stratum,
        samples=len(samples),
        asked=len(predictions),
        clusters=len(set(of.clusters)),
        answered=coverage(of.predicted),
        abstained=sum(p.abstained for p in predictions) / len(predictions),
        withheld=sum(p.withheld for p in predictions) / len(predictions),
        unparsed=unparsed / len(predictions),
        scores=tuple(
            _score(run, name, compute, of, resamples if place < intervals else 0)
            for place, (name, compute) in enumerate(metrics.items())
        ),
    )


def _mean(name: str | None, group: Sequence[Scores], run: Logged) -> list[Scores]:
    """The mean over the strata of a name, each weighing the same; nothing where there is but one."""
    if len(group) < 2 or not name:
        return []
    whole = _scores(run, run.samples, (name, f"{MEAN_OF} {len(group)}"), 0, intervals=0)
    return [replace(whole, scores=tuple(_mean_of(scores) for scores in zip(*(s.scores for s in group), strict=True)))]


def _mean_of(scores: Sequence[Score]) -> Score:
    found = [score.found for score in scores if score.found]
    if len(found) < len(scores):
        return Score(scores[0].metric, None, note="not defined for each of them")
    n = sum(one.n for one in found)
    value, covered = sum(one.value for one in found) / len(found), sum(one.coverage * one.n for one in found) / n
    return Score(scores[0].metric, Measure(value, n, covered))


def _score(run: Logged, name: str, compute: Metric, of: Pooled, resamples: int) -> Score:
    samples = run.benchmark.packed(of.gold, of.predicted)
    try:
        found = as_measure(compute(*samples), of.predicted)
    except ValueError as error:
        return Score(name, None, note=str(error))
    if math.isnan(found.value):
        return Score(name, None, note="not defined for these samples")
    if not resamples:
        return Score(name, found)
    try:
        interval = bootstrap(compute, *samples, of.clusters, resamples=resamples, leave_out_undefined=True)
    except ValueError as error:
        return Score(name, found, note=f"no interval: {error}")
    note = f"not defined for {interval.undefined} of {resamples} resamples, left out" if interval.undefined else ""
    return Score(name, found, interval, note)


def _difference(first: Logged, second: Logged, resamples: int) -> Difference:
    name, compute = next(iter(first.benchmark.metrics.items()))
    theirs = {sample.id: sample for sample in second.samples}
    mine = [sample for sample in first.samples if sample.id in theirs]
    both = [theirs[sample.id] for sample in mine]
    of, other = pooled(mine), pooled(both).predicted
    if any(a.gold != b.gold for a, b in zip(mine, both, strict=True)):
        return Difference(
            first, second, name, len(of.gold), None, None, "their gold differs: other data or another reader"
        )

    gold, told = first.benchmark.packed(of.gold, of.predicted)
    _, other_told = first.benchmark.packed(of.gold, other)

    def gap(drawn_gold: Any, at: Any) -> float:
        return float(compute(drawn_gold, taken(told, at))) - float(compute(drawn_gold, taken(other_told, at)))

    try:
        n = min(as_measure(compute(gold, one), said).n for one, said in ((told, of.predicted), (other_told, other)))
        compared = permutation_test(compute, gold, told, other_told, of.clusters, permutations=resamples)
        places = np.arange(len(gold))
        interval = bootstrap(gap, gold, places, of.clusters, resamples=resamples, leave_out_undefined=True)
    except ValueError as error:
        return Difference(first, second, name, len(of.gold), None, None, f"can't be tested: {error}")
    return Difference(first, second, name, n, compared, interval)
