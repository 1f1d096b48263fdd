"""Our metrics are scikit-learn's, and what is not predicted counts as wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.classification import accuracy, coverage, macro_f1, uar, weighted_f1

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
labels = st.sampled_from(("anger", "fear", "joy", "neutral"))
pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=40)


@given(pairs)
def test_the_scores_are_those_of_scikit_learn(samples):
    gold, predicted = zip(*samples, strict=True)
    assert macro_f1(gold, predicted) == pytest.approx(
        sklearn.f1_score(gold, predicted, average="macro", zero_division=0), abs=1e-12
    )
    assert weighted_f1(gold, predicted) == pytest.approx(
        sklearn.f1_score(gold, predicted, average="weighted", zero_division=0), abs=1e-12
    )
    recalls = sklearn.recall_score(gold, predicted, labels=sorted(set(gold)), average=None, zero_division=0)
    assert uar(gold, predicted) == pytest.approx(np.mean(recalls), abs=1e-12)
    assert accuracy(gold, predicted) == pytest.approx(sklearn.accuracy_score(gold, predicted), abs=1e-12)


def test_what_is_not_predicted_is_wrong_and_reported():
    gold, predicted = ["joy", "joy", "fear", "fear"], ["joy", None, "fear", None]
    assert accuracy(gold, predicted) == 0.5
    assert uar(gold, predicted) == 0.5
    assert macro_f1(gold, predicted) == pytest.approx(2 / 3)
    assert coverage(predicted) == 0.5


def test_no_samples_have_no_score():
    with pytest.raises(ValueError, match="some"):
        macro_f1([], [])
