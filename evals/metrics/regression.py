"""Scores of one number a sample, such as valence: error, correlation and concordance.

A prediction of None counts as `missing`, the scale's neutral point (0 for valence), so that nobody gains by abstaining.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evals.metrics.measure import Measure, check_pairs, coverage

VALENCE_WEIGHT = 0.25  # of the error in MER2023's combined score

Predicted = Sequence[float | None]
Floats = npt.NDArray[np.float64]


def mse(gold: Sequence[float], predicted: Predicted, missing: float = 0.0) -> Measure:
    """Mean squared error, in the unit squared.

    Args:
        gold: a finite number for each sample.
        predicted: a finite number or None for each sample.
        missing: what is scored in place of None.

    Raises:
        ValueError: no samples, not as many predictions as gold numbers, or a number that is not finite.
    """
    truth, guess = _checked(gold, predicted, missing)
    return _measure(np.mean((guess - truth) ** 2), predicted)


def rmse(gold: Sequence[float], predicted: Predicted, missing: float = 0.0) -> Measure:
    """Root of the mean squared error, in the unit of gold; arguments and errors as for `mse`."""
    square = mse(gold, predicted, missing)
    return square._replace(value=float(np.sqrt(square.value)))


def pearson(gold: Sequence[float], predicted: Predicted, missing: float = 0.0) -> Measure:
    """Correlation, in [-1, 1]; 0 where either side never changes. Arguments and errors as for `mse`."""
    truth, guess = _checked(gold, predicted, missing)
    together, of_truth, of_guess = _moments(truth, guess)
    spread = np.sqrt(of_truth) * np.sqrt(of_guess)
    return _measure(np.clip(together / spread, -1, 1) if spread else 0.0, predicted)


def ccc(gold: Sequence[float], predicted: Predicted, missing: float = 0.0) -> Measure:
    """Concordance correlation coefficient, in [-1, 1] (Lin 1989).

    Twice the covariance over the sum of both variances and the squared distance of the means, with population moments
    as in the AVEC and ABAW challenges; 0 where either side never changes. Arguments and errors as for `mse`.
    """
    truth, guess = _checked(gold, predicted, missing)
    together, of_truth, of_guess = _moments(truth, guess)
    whole = of_truth + of_guess + (truth.mean() - guess.mean()) ** 2
    return _measure(2 * together / whole if whole else 0.0, predicted)


def mer2023_combined(weighted_f1: Measure, valence_mse: Measure) -> Measure:
    """Weighted F1 of the emotion less a quarter of the valence's squared error, at most 1 (MER 2023, Lian et al.).

    Its n and coverage are the lower ones of the two.
    """
    return Measure(
        weighted_f1.value - VALENCE_WEIGHT * valence_mse.value,
        min(weighted_f1.n, valence_mse.n),
        min(weighted_f1.coverage, valence_mse.coverage),
    )


def _checked(gold: Sequence[float], predicted: Predicted, missing: float) -> tuple[Floats, Floats]:
    check_pairs(gold, predicted)
    truth = np.asarray(gold, dtype=np.float64)
    guess = np.array([missing if p is None else p for p in predicted], dtype=np.float64)
    if not (np.isfinite(truth).all() and np.isfinite(guess).all()):
        raise ValueError("a number is not finite: leave out samples without gold, and give None for no prediction")
    return truth, guess


def _moments(truth: Floats, guess: Floats) -> tuple[float, float, float]:
    """Covariance and both variances; exactly 0 for a side that never changes, whatever the rounding of its mean."""
    from_truth = truth - truth.mean() if np.ptp(truth) else np.zeros_like(truth)
    from_guess = guess - guess.mean() if np.ptp(guess) else np.zeros_like(guess)
    return float(np.mean(from_truth * from_guess)), float(np.mean(from_truth**2)), float(np.mean(from_guess**2))


def _measure(value: float | np.floating, predicted: Predicted) -> Measure:
    return Measure(float(value), len(predicted), coverage(predicted))
