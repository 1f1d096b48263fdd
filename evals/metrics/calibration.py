"""How well confidences tell the share of right answers, and the temperature that mends them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.checking.calibration import SUREST, CalibrationError

FEWEST_SAMPLES = 10
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0  # no model is that modest or that vain; keeps a fit finite


def expected_calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = 15) -> float:
    """Distance of confidence from the share of right answers, in [0, 1], as a mean over samples.

    Confidences are put in `bins` even bins, each with its upper edge (Naeini et al. 2015; Guo et al. 2017).

    Raises:
        ValueError: no samples, not as many confidences as answers, or a confidence outside of [0, 1].
    """
    sure, right = _checked(confidences, correct)
    bin_of = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], sure)
    return float(np.abs(np.bincount(bin_of, weights=sure - right)).sum() / len(sure))


class Bin(NamedTuple):
    """Samples of like confidence: a point of a reliability diagram."""

    low: float  # edge of the bin, in [0, 1]
    high: float
    n: int
    confidence: float  # mean, in [0, 1]
    accuracy: float  # share of right answers, in [0, 1]


def reliability(confidences: Sequence[float], correct: Sequence[bool], bins: int = 15) -> tuple[Bin, ...]:
    """The bins of `expected_calibration_error` that have samples (DeGroot & Fienberg 1983).

    Raises:
        ValueError: no samples, not as many confidences as answers, or a confidence outside of [0, 1].
    """
    sure, right = _checked(confidences, correct)
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.searchsorted(edges[1:-1], sure)
    members = [(at, bin_of == at) for at in np.unique(bin_of)]
    return tuple(
        Bin(
            float(edges[at]), float(edges[at + 1]), int(mine.sum()), float(sure[mine].mean()), float(right[mine].mean())
        )
        for at, mine in members
    )


def brier(confidences: Sequence[float], correct: Sequence[bool]) -> float:
    """Mean squared distance of confidence from 1 for a right and 0 for a wrong answer, in [0, 1] (Brier 1950).

    Raises:
        ValueError: no samples, not as many confidences as answers, or a confidence outside of [0, 1].
    """
    sure, right = _checked(confidences, correct)
    return float(np.mean((sure - right) ** 2))


def fit_temperature(confidences: Sequence[float], correct: Sequence[bool]) -> float:
    """The temperature in [0.01, 100] under which the answers are most likely (Guo et al. 2017).

    It divides the logit of each confidence, as `calibration.scaled` of `agents` does; above 1 the model was too sure.

    Raises:
        CalibrationError: fewer than ten samples, all of them right or all wrong, or each confidence 0.5.
        ValueError: not as many confidences as answers, or a confidence outside of [0, 1].
    """
    from scipy.optimize import minimize_scalar

    sure, right = _checked(confidences, correct)
    if len(sure) < FEWEST_SAMPLES:
        raise CalibrationError(f"{len(sure)} samples can't fit a temperature: give {FEWEST_SAMPLES} or more")
    if right.min() == right.max():
        raise CalibrationError(f"all {len(sure)} answers are {'right' if right[0] else 'wrong'}: no temperature fits")
    held = np.clip(sure, 1 - SUREST, SUREST)
    logits = np.log(held) - np.log1p(-held)
    if not logits.any():
        raise CalibrationError(f"all {len(sure)} confidences are 0.5, which no temperature changes")
    towards_truth = np.where(right == 1, logits, -logits)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, -towards_truth / np.exp(log_temperature)).mean())

    bounds = (np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE))
    best: Any = minimize_scalar(loss, bounds=bounds, method="bounded")
    return float(np.exp(best.x))


def _checked(
    confidences: Sequence[float], correct: Sequence[bool]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    sure, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if len(sure) != len(right) or not len(sure):
        raise ValueError(f"{len(sure)} confidences and {len(right)} answers: as many of both, and some")
    if not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError("a confidence lies outside of [0, 1]")
    return sure, right
