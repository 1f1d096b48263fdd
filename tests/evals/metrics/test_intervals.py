"""Intervals hold the truth as often as they say, clusters widen them, and tests find differences that are there."""

import math

import numpy as np
import pytest

from evals.metrics import heart_rate
from evals.metrics.classification import accuracy, macro_f1
from evals.metrics.intervals import bootstrap, permutation_test


def share(gold, predicted):
    """A metric that returns a plain number."""
    return float(np.mean(np.asarray(gold) == np.asarray(predicted)))


def test_the_interval_of_a_share_is_that_of_the_binomial():
    gold, predicted = ["joy"] * 400, ["joy"] * 300 + ["fear"] * 100
    interval = bootstrap(accuracy, gold, predicted)
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert (interval.low, interval.high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.01)
    assert (interval.clusters, interval.level) == (400, 0.95)


def test_samples_that_are_alike_count_as_one():
    gold = ["joy"] * 400
    predicted = [label for label in ["joy"] * 30 + ["fear"] * 10 for _ in range(10)]
    dialogues = [number // 10 for number in range(400)]
    alone, clustered = bootstrap(share, gold, predicted), bootstrap(share, gold, predicted, dialogues)
    wider = (clustered.high - clustered.low) / (alone.high - alone.low)
    assert wider == pytest.approx(np.sqrt(10), rel=0.15), "forty dialogues tell as much as forty samples"
    assert clustered.clusters == 40


def test_intervals_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        right = random.random(60) < 0.7
        interval = bootstrap(lambda gold, predicted: np.mean(predicted), right, right, resamples=300, seed=seed)
        held += interval.low <= 0.7 <= interval.high
    assert 0.9 <= held / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval():
    gold, predicted = ["joy", "fear", "joy", "fear"] * 5, ["joy", "joy", "joy", "fear"] * 5
    assert bootstrap(macro_f1, gold, predicted, seed=1) == bootstrap(macro_f1, gold, predicted, seed=1)
    assert bootstrap(macro_f1, gold, predicted, seed=1)[:2] != bootstrap(macro_f1, gold, predicted, seed=2)[:2]


def test_arrays_are_resampled_as_arrays():
    gold = np.array([60.0, 70.0, 80.0, 100.0])
    interval = bootstrap(heart_rate.mae, gold, gold + 2)
    assert (interval.low, interval.high) == (2, 2)


def test_few_clusters_are_exchanged_in_every_way():
    # four subjects of two samples; the first system is right on all, the second on none
    gold, subjects = ["joy"] * 8, [0, 0, 1, 1, 2, 2, 3, 3]
    found = permutation_test(accuracy, gold, ["joy"] * 8, ["fear"] * 8, subjects)
    assert (found.exact, found.permutations, found.clusters) == (True, 16, 4)
    assert found.difference == 1
    assert found.p_value == 2 / 16, "only all and none exchanged differ as much"


def test_a_random_part_of_exchanges_comes_near_all_of_them():
    random = np.random.default_rng(0)
    gold, first, second = (random.choice(["joy", "fear"], 10).tolist() for _ in range(3))
    every = permutation_test(accuracy, gold, first, second)
    some = permutation_test(accuracy, gold, first, second, permutations=1000, seed=3)
    assert (every.exact, some.exact) == (True, False)
    assert some.p_value == pytest.approx(every.p_value, abs=0.05)
    strong = permutation_test(accuracy, ["joy"] * 40, ["joy"] * 40, ["fear"] * 40, permutations=99)
    assert strong.p_value == 1 / 100, "never 0: what was observed is one of the exchanges"


def test_systems_that_answer_alike_do_not_differ():
    gold, same = ["joy", "fear", "joy"], ["joy", "joy", None]
    assert permutation_test(macro_f1, gold, same, same)[:2] == (0, 1)


def test_predictions_in_arrays_are_exchanged():
    gold = np.array([60.0, 70.0, 80.0, 100.0])
    found = permutation_test(heart_rate.mae, gold, gold + 1, gold + 4)
    assert (found.difference, found.p_value) == (-3, 2 / 16)


def test_what_has_no_interval_is_refused():
    with pytest.raises(ValueError, match="two or more"):
        bootstrap(accuracy, ["joy", "joy"], ["joy", "joy"], ["s1", "s1"])
    with pytest.raises(ValueError, match="as many of both"):
        permutation_test(accuracy, ["joy", "joy"], ["joy", "joy"], ["joy"])
    with pytest.raises(ValueError, match="not defined for every exchange"):
        permutation_test(lambda gold, predicted: math.nan, ["joy", "joy"], ["joy", "joy"], ["joy", "fear"])
    with pytest.raises(ValueError, match="a level in"):
        bootstrap(accuracy, ["joy", "joy"], ["joy", "joy"], level=95)
