"""Action units are scored as MEB does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics.action_units import f1_by_set

UNITS = 3
codes = st.lists(st.booleans(), min_size=UNITS, max_size=UNITS)


def pooled(gold, guessed, given_=None):
    """Binary and macro F1 of one unit over all clips; `given_` says which of them were coded."""
    active, guess = np.array(gold, dtype=bool)[:, None], np.array(guessed, dtype=bool)[:, None]
    coded = np.ones_like(active) if given_ is None else np.array(given_, dtype=bool)[:, None]
    ((binary,),), ((macro,),) = f1_by_set(active, guess, coded, np.zeros(len(active), dtype=int))
    return binary, macro


@settings(max_examples=30)
@given(st.lists(st.tuples(codes, codes), min_size=1, max_size=20))
def test_the_scores_are_those_of_scikit_learn(pairs):
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    gold, guess = (np.array(codes, dtype=bool) for codes in zip(*pairs, strict=True))
    (binary,), (macro,) = f1_by_set(gold, guess, np.ones_like(gold), np.zeros(len(gold), dtype=int))
    for unit in range(UNITS):
        for ours, average in ((binary, "binary"), (macro, "macro")):
            theirs = sklearn.f1_score(gold[:, unit], guess[:, unit], average=average, zero_division=0)
            assert ours[unit] == pytest.approx(theirs, abs=1e-12)


def test_a_unit_that_never_occurs_is_zero_in_binary_f1():
    assert pooled([0, 0], [0, 0]) == (0, 1), "the class that occurs is all right"


def test_a_clip_that_was_not_coded_is_missed_in_both_classes():
    assert pooled([1, 1, 0], [1, 0, 0], [1, 0, 0]) == pytest.approx((2 / 3, (2 / 3 + 0) / 2))


def test_sets_are_scored_alone_and_pooling_is_no_mean_of_sets():
    gold, guess = np.array([[1], [1], [1], [0]], dtype=bool), np.array([[1], [1], [0], [1]], dtype=bool)
    binary, _ = f1_by_set(gold, guess, np.ones_like(gold), np.array([7, 7, 9, 9]))
    assert binary.tolist() == [[1], [0]]
    assert pooled(gold[:, 0], guess[:, 0])[0] == pytest.approx(2 / 3)
