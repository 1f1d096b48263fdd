"""Calibration is measured as published, and a fitted temperature undoes a known overconfidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checking.calibration import CalibrationError, scaled
from evals.metrics.calibration import brier, expected_calibration_error, fit_temperature

metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
curves = pytest.importorskip("sklearn.calibration", reason="scikit-learn is not installed")
samples = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def answers(temperature, n=20_000):
    """Confidences whose logits are the true ones times the temperature, and whether each answer is right."""
    random = np.random.default_rng(0)
    logits = random.normal(0.5, 1.5, n)
    right = random.random(n) < 1 / (1 + np.exp(-logits))
    return 1 / (1 + np.exp(-logits * temperature)), right


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_made_confidences_wrong_is_found_and_mends_them(temperature):
    sure, right = answers(temperature)
    found = fit_temperature(sure, right)
    assert found == pytest.approx(temperature, rel=0.05)
    assert expected_calibration_error([scaled(p, found) for p in sure], right) < 0.015
    if temperature == 2:
        assert expected_calibration_error(sure, right) > 0.05


def test_the_error_is_the_mean_distance_within_bins_that_hold_their_upper_edge():
    sure, right = [0.9, 0.9, 0.9, 0.9, 0.5, 0.2, 0.0], [1, 1, 0, 0, 1, 0, 0]
    # five bins: 0.9 x 4 is right half of the time; 0.5 always; 0.2 and 0.0 share a bin of mean 0.1, never right
    assert expected_calibration_error(sure, right, bins=5) == pytest.approx((4 * 0.4 + 0.5 + 2 * 0.1) / 7)
    assert expected_calibration_error([0.5, 0.3], [1, 0], bins=4) == pytest.approx((0.8 - 1) / -2), "both in one"


@given(samples)
def test_the_scores_are_those_of_scikit_learn(pairs):
    sure, right = map(np.array, zip(*pairs, strict=True))
    assert brier(sure, right) == pytest.approx(metrics.brier_score_loss(right, sure, pos_label=True))
    share, mean = curves.calibration_curve(right, sure, pos_label=True, n_bins=15)
    sizes = [n for n in np.bincount(np.searchsorted(np.linspace(0, 1, 16)[1:-1], sure)) if n]
    expected = np.average(np.abs(share - mean), weights=sizes)
    assert expected_calibration_error(sure, right) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("sure", "right", "problem"),
    [
        ([0.9] * 9, [True] * 8 + [False], "9 samples"),
        ([0.9] * 10, [True] * 10, "all 10 answers are right"),
        ([0.9] * 10, [False] * 10, "all 10 answers are wrong"),
        ([0.5] * 10, [True] * 5 + [False] * 5, "confidences are 0.5"),
    ],
)
def test_samples_that_tell_no_temperature_are_refused(sure, right, problem):
    with pytest.raises(CalibrationError, match=problem):
        fit_temperature(sure, right)


@pytest.mark.parametrize("score", [expected_calibration_error, brier, fit_temperature])
def test_what_is_no_pair_of_confidence_and_answer_is_refused(score):
    with pytest.raises(ValueError, match="as many of both"):
        score([0.5], [])
    with pytest.raises(ValueError, match="as many of both"):
        score([], [])
    with pytest.raises(ValueError, match="outside"):
        score([0.5, float("nan")], [True, False])
