"""Errors, correlation and concordance are the formulas', and abstaining does not help."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evals.metrics.classification import weighted_f1
from evals.metrics.regression import ccc, mer2023_combined, mse, pearson, rmse

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
stats = pytest.importorskip("scipy.stats")
numbers = st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=2, max_size=30)


@given(numbers)
def test_errors_and_correlation_are_those_of_scikit_learn_and_scipy(pairs):
    gold, predicted = np.array(pairs, dtype=float).T / 10
    assert mse(gold, predicted).value == pytest.approx(sklearn.mean_squared_error(gold, predicted))
    assert rmse(gold, predicted).value == pytest.approx(sklearn.root_mean_squared_error(gold, predicted))
    assume(np.ptp(gold) and np.ptp(predicted))
    assert pearson(gold, predicted).value == pytest.approx(stats.pearsonr(gold, predicted).statistic, abs=1e-9)


@given(numbers)
def test_concordance_is_correlation_times_how_alike_mean_and_spread_are(pairs):
    gold, predicted = np.array(pairs, dtype=float).T / 10
    assume(np.ptp(gold) and np.ptp(predicted))
    spread = np.std(gold) / np.std(predicted)
    shift = (np.mean(gold) - np.mean(predicted)) / np.sqrt(np.std(gold) * np.std(predicted))
    bias = 2 / (spread + 1 / spread + shift**2)  # Lin 1989, C_b
    assert ccc(gold, predicted).value == pytest.approx(pearson(gold, predicted).value * bias, abs=1e-9)


def test_concordance_by_hand():
    # means 2 and 3, variances 2/3 and 2/3, covariance 2/3: 4/3 over 4/3 + 1
    assert ccc([1, 2, 3], [2, 3, 4]).value == pytest.approx(4 / 7)
    assert ccc([1, 2, 3], [1, 2, 3]).value == pytest.approx(1)


def test_what_never_changes_agrees_with_nothing_whatever_its_rounding():
    constant, changing = [0.1, 0.1, 0.1], [0.3, 0.1, 0.7]  # the mean of three times 0.1 is not 0.1 in binary
    for score in (pearson, ccc):
        assert score(constant, changing).value == score(changing, constant).value == 0
        assert score(constant, [0.7, 0.7, 0.7]).value == score(constant, constant).value == 0


def test_an_absent_prediction_is_the_neutral_point_and_reported():
    measure = mse([2, 1, 1], [2, None, 1])
    assert measure == mse([2, 1, 1], [2, 0, 1])._replace(coverage=2 / 3)
    assert measure.value == pytest.approx(1 / 3)
    assert mse([5, 5], [None, 5], missing=4).value == 0.5


def test_mer2023_takes_a_quarter_of_the_error_from_the_score():
    emotion = weighted_f1(["happy", "sad", "sad", "sad"], ["happy", "sad", "sad", None])
    valence = mse([1, -1, -1, 0], [1, 1, -1, 0])
    combined = mer2023_combined(emotion, valence)
    assert combined.value == pytest.approx((1 * 1 + 3 * 0.8) / 4 - 0.25 * 1)
    assert (combined.n, combined.coverage) == (4, 0.75)


@pytest.mark.parametrize("score", [mse, rmse, pearson, ccc])
def test_what_can_not_be_scored_is_refused(score):
    with pytest.raises(ValueError, match="as many of both, and some"):
        score([], [])
    with pytest.raises(ValueError, match="not finite"):
        score([1, float("nan")], [1, 1])
