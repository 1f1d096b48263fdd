"""Micro-gestures: the right label among the first, and gestures found where they are."""

import math

import numpy as np
import pytest

from evals.metrics.spotting import Gesture, spotting_scores
from evals.metrics.top_k import mean_class_accuracy, top_k_accuracy

GOLD = ["neck", "neck", "neck", "arms"]
RANKED = [("neck", "arms"), ("arms", "neck"), None, ("legs", "neck", "arms")]


def test_the_label_is_among_the_first_k():
    assert [top_k_accuracy(GOLD, RANKED, k).value for k in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert top_k_accuracy(GOLD, RANKED, 1).coverage == 0.75
    with pytest.raises(ValueError, match="k is 1 or more"):
        top_k_accuracy(GOLD, RANKED, 0)


def test_rare_labels_weigh_as_much_as_frequent_ones():
    assert mean_class_accuracy(GOLD, RANKED).value == pytest.approx((1 / 3 + 0) / 2)
    assert mean_class_accuracy(GOLD, RANKED, 3).value == pytest.approx((2 / 3 + 1) / 2)


def test_top_k_is_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    random = np.random.default_rng(0)
    scores, truth = random.random((50, 5)), random.integers(5, size=50)
    ranked = [["abcde"[place] for place in row] for row in np.argsort(-scores, axis=1)]
    for k in (1, 3):
        theirs = sklearn.top_k_accuracy_score(truth, scores, k=k, labels=range(5))
        assert top_k_accuracy(["abcde"[i] for i in truth], ranked, k).value == pytest.approx(theirs)


def test_a_gesture_is_found_by_label_and_overlap():
    gold = {"r1": [Gesture("neck", 0, 10), Gesture("arms", 20, 30)], "r2": [Gesture("neck", 0, 10)]}
    found = {
        "r1": [Gesture("neck", 5, 12), Gesture("neck", 21, 29), Gesture("arms", 27, 40)],  # overlaps 5/12 and 3/20
        "r2": None,
    }
    scores = spotting_scores(gold, found)
    assert [m.value for m in scores] == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert (scores.f1.n, scores.f1.coverage) == (2, 0.5)
    assert spotting_scores(gold, found, overlap=0.1).recall.value == pytest.approx(2 / 3)


def test_the_overlap_must_be_exceeded():
    gold = {"r": [Gesture("neck", 0, 10)]}
    assert spotting_scores(gold, {"r": [Gesture("neck", 0, 3)]}).f1.value == 0, "3 of 10 is not more than 0.3"
    assert spotting_scores(gold, {"r": [Gesture("neck", 0, 3.1)]}).f1.value == 1


def test_one_finding_serves_one_gesture():
    gold = {"r": [Gesture("neck", 0, 5), Gesture("neck", 5, 10)]}
    scores = spotting_scores(gold, {"r": [Gesture("neck", 0, 10)]})
    assert (scores.precision.value, scores.recall.value) == (1.0, 0.5)


def test_gestures_that_can_not_be_are_refused():
    with pytest.raises(ValueError, match="does not end after it starts"):
        spotting_scores({"r": [Gesture("neck", 5, 5)]}, {})
    with pytest.raises(ValueError, match="recordings x are predicted"):
        spotting_scores({"r": []}, {"x": []})


def test_silence_where_there_is_no_gesture_is_not_defined_rather_than_wrong():
    quiet = spotting_scores({"a": [], "b": []}, {"a": [], "b": []})
    assert all(math.isnan(measure.value) for measure in quiet)
    heard = spotting_scores({"a": []}, {"a": [Gesture("nod", 0, 1)]})
    assert (heard.precision.value, heard.f1.value, math.isnan(heard.recall.value)) == (0, 0, True)
    missed = spotting_scores({"a": [Gesture("nod", 0, 1)]}, {"a": []})
    assert [measure.value for measure in missed] == [0, 0, 0]
