"""Action units are scored as MEB does, by the clip's id and not by its place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.errors import DatasetError
from evals.metrics.action_units import Coded, action_unit_scores, action_unit_scores_by_set

UNITS = (1, 4, 12)
codes = st.frozensets(st.sampled_from(UNITS))


def coded(**clips):
    return [Coded(name, None if units is None else frozenset(units)) for name, units in clips.items()]


@settings(max_examples=30)
@given(st.lists(st.tuples(codes, codes), min_size=1, max_size=20), st.randoms())
def test_the_scores_are_those_of_scikit_learn_in_any_order(pairs, random):
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    gold = [Coded(str(i), true) for i, (true, _) in enumerate(pairs)]
    predicted = [Coded(str(i), guess) for i, (_, guess) in enumerate(pairs)]
    random.shuffle(predicted)
    scores = action_unit_scores(gold, predicted, UNITS)
    for unit in UNITS:
        truth, guess = zip(*[(unit in true, unit in guess) for true, guess in pairs], strict=True)
        for ours, average in ((scores.binary, "binary"), (scores.macro, "macro")):
            theirs = sklearn.f1_score(truth, guess, average=average, zero_division=0)
            assert ours[unit].value == pytest.approx(theirs, abs=1e-12)
    assert scores.mean_binary.value == pytest.approx(np.mean([m.value for m in scores.binary.values()]))


def test_a_unit_that_never_occurs_is_zero_in_binary_f1():
    scores = action_unit_scores(coded(a=[4], b=[]), coded(b=[], a=[4]), (4, 5))
    assert (scores.binary[4].value, scores.binary[5].value, scores.mean_binary.value) == (1, 0, 0.5)
    assert scores.macro[5].value == 1, "the class that occurs is all right"


def test_a_clip_that_was_not_coded_is_missed_in_both_classes():
    scores = action_unit_scores(coded(a=[4], b=[4], c=[]), coded(a=[4], b=None, c=None), [4])
    assert scores.binary[4].value == pytest.approx(2 / 3)
    assert scores.macro[4].value == pytest.approx((2 / 3 + 0) / 2)
    assert (scores.mean_macro.n, scores.mean_macro.coverage) == (3, pytest.approx(1 / 3))


def test_sets_are_scored_alone_and_pooling_is_no_mean_of_sets():
    gold = coded(a=[4], b=[4], c=[4], d=[])
    predicted = coded(d=[4], a=[4], b=[4], c=[])
    sets = {"a": "casme2", "b": "casme2", "c": "samm", "d": "samm"}
    scores = action_unit_scores_by_set(gold, predicted, [4], sets)
    assert {name: s.binary[4].value for name, s in scores.by_set.items()} == {"casme2": 1, "samm": 0}
    assert scores.mean_binary.value == 0.5
    assert action_unit_scores(gold, predicted, [4]).mean_binary.value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("gold", "predicted", "says"),
    [
        (coded(a=[4], b=[4]), coded(a=[4]), r"\(b\) is missing in the predictions"),
        (coded(a=[4]), coded(a=[4], b=[4]), r"\(b\) is missing in gold"),
        (coded(a=[4]) * 2, coded(a=[4]), "clip a is there twice in gold"),
        (coded(a=[4]), coded(a=[4]) * 2, "clip a is there twice in the predictions"),
        (coded(a=None), coded(a=[4]), r"\(a\) is without codes in gold"),
    ],
)
def test_clips_that_do_not_join_are_named(gold, predicted, says):
    with pytest.raises(DatasetError, match=says):
        action_unit_scores(gold, predicted, [4])


def test_a_clip_in_no_set_is_named():
    with pytest.raises(DatasetError, match=r"\(a\) is in no set"):
        action_unit_scores_by_set(coded(a=[4]), coded(a=[4]), [4], {})
