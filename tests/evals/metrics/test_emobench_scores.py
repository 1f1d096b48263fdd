"""An answer about an emotion counts only with its cause."""

import pytest

from evals.metrics.emobench import Understanding, understanding_scores
from evals.metrics.grouping import by_group

GOLD = [Understanding("joy", "a gift"), Understanding("fear", "a dog"), Understanding("joy", "a song")]
ANSWERS = [Understanding("joy", "a gift"), Understanding("fear", "a cat"), Understanding(None, "a song")]


def test_both_parts_must_be_right():
    scores = understanding_scores(GOLD, ANSWERS)
    assert [m.value for m in scores] == pytest.approx([2 / 3, 2 / 3, 1 / 3])
    assert [m.coverage for m in scores] == pytest.approx([2 / 3, 1, 2 / 3])
    assert scores.joint.n == 3


def test_languages_and_categories_are_scored_by_themselves():
    groups = [("en", "complex_emotions"), ("en", "complex_emotions"), ("zh", "complex_emotions")]
    joint = by_group(
        groups, lambda at: understanding_scores([GOLD[i] for i in at], [ANSWERS[i] for i in at]).joint.value
    )
    assert joint == {("en", "complex_emotions"): 0.5, ("zh", "complex_emotions"): 0.0}
