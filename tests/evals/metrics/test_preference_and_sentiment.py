"""MER-Prefer and MER-UniBench's sentiment are two-class scores, each with its own rule for what is neither."""

import pytest

from evals.metrics.preference import parse_preference, preference_scores
from evals.metrics.sentiment import sentiment_scores


@pytest.mark.parametrize(
    ("answer", "preference"),
    [
        ("A1", "a1"),
        (" a2: it names the smile", "a2"),
        ("Both are the same", "same"),
        ("I prefer a2 over a1.", "a2"),
        ("neither", None),
    ],
)
def test_the_first_named_preference_is_taken(answer, preference):
    assert parse_preference(answer) == preference


def test_preferences_are_scored_over_two_classes():
    gold = ["a1", "a1", "a2", "same", "a2"]
    scores = preference_scores(gold, ["a1", "same", "a2", "a2", "a1"])
    assert scores.accuracy.value == 0.75, "same is taken for a1, and gold's same is left out"
    assert scores.weighted_f1.value == pytest.approx((0.8 + 2 / 3) / 2)
    assert scores.weighted_f1.n == 4


def test_an_unclear_preference_is_wrong_unless_the_challenge_s_rule_is_asked_for():
    gold, predicted = ["a1", "a2"], [None, "a2"]
    assert preference_scores(gold, predicted).accuracy.value == 0.5
    as_published = preference_scores(gold, predicted, unparsed="same").accuracy
    assert (as_published.value, as_published.coverage) == (1.0, 0.5)
    with pytest.raises(ValueError, match="none prefers"):
        preference_scores(["same"], ["a1"])


def test_sentiment_is_above_zero_or_not_and_neutral_gold_is_left_out():
    scores = sentiment_scores([2.4, 0.2, -1.0, 0.0, -3.0], [1, -1, 0, 1, None])
    assert scores.accuracy.value == 0.5, "neutral counts as not positive, silence as wrong"
    assert scores.weighted_f1.value == pytest.approx((2 / 3 + 1 / 2) / 2), "precision 1 and 1/2, recall 1/2 in both"
    assert (scores.accuracy.n, scores.accuracy.coverage) == (4, 0.75)
    with pytest.raises(ValueError, match="other than 0"):
        sentiment_scores([0.0], [1])
