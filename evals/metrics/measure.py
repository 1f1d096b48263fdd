"""What metrics return: a value, over how many samples, and for which share of them something was predicted."""

from collections.abc import Sequence, Sized
from typing import NamedTuple, SupportsFloat

import numpy as np
import numpy.typing as npt


class Measure(NamedTuple):
    """The value of a metric and what it rests on; `float(measure)` is the value.

    Attributes:
        value: in the metric's own unit and range.
        n: samples that were asked for, answered or not.
        coverage: share of them for which something was predicted, in [0, 1]; unparsed and abstained ones are the rest.
        standard_error: of the value, where the metric is published with one.
    """

    value: float
    n: int
    coverage: float = 1.0
    standard_error: float | None = None

    def __float__(self) -> float:
        return float(self.value)


class PrecisionRecallF1(NamedTuple):
    """Three measures of the same samples, each in [0, 1]."""

    precision: Measure
    recall: Measure
    f1: Measure


def coverage(predicted: Sequence[object | None]) -> float:
    """Share of samples for which something was predicted, in [0, 1].

    Raises:
        ValueError: no samples.
    """
    if not len(predicted):
        raise ValueError("no samples have no coverage; give some")
    return sum(p is not None for p in predicted) / len(predicted)


def as_measure(found: SupportsFloat, predicted: Sequence[object | None]) -> Measure:
    """What a metric returned with what it rests on: all that was asked, where it is a plain number."""
    return found if isinstance(found, Measure) else Measure(float(found), len(predicted), coverage(predicted))


def check_pairs(gold: Sized, predicted: Sized) -> None:
    """Refuse what can't be scored.

    Raises:
        ValueError: no samples, or not as many predictions as there is gold.
    """
    if len(gold) != len(predicted) or not len(gold):
        raise ValueError(f"{len(gold)} gold and {len(predicted)} predicted samples: as many of both, and some")


def harmonic_mean(precision: float, recall: float) -> float:
    """F1 of precision and recall; 0 when both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def from_counts(right: int, claimed: int, true: int, n: int, covered: float) -> PrecisionRecallF1:
    """Precision, recall and F1 of counts pooled over samples; 0 where a ratio has no denominator."""
    precision, recall = right / claimed if claimed else 0.0, right / true if true else 0.0
    values = (precision, recall, harmonic_mean(precision, recall))
    return PrecisionRecallF1(*(Measure(value, n, covered) for value in values))


def ratio(part: npt.NDArray[np.generic], whole: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Element by element; 0 where a ratio has no denominator."""
    part_, whole_ = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part_, whole_, out=np.zeros_like(part_), where=whole_ > 0)
