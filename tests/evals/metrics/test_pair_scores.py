"""Pairs are scored as EmotionHallucer's table is, and unclear answers count as wrong."""

import pytest

from evals.metrics.grouping import by_group
from evals.metrics.hallucination_pairs import Answers, pair_scores, yes_or_no

# arXiv 2505.11405, full set: yes bias, false positive ratio, and percentages of basic, hallucinated, both
PUBLISHED = {
    "Qwen2.5-Omni-7B": (-0.05, 0.44, 52.81, 63.46, 18.65),
    "Emotion-LLaMA-7B": (0.20, 0.71, 72.88, 33.45, 15.43),
    "Gemini-2.5-Flash": (0.01, 0.51, 69.41, 68.15, 45.06),
    "Gemini-2.5-Pro": (0.01, 0.52, 70.30, 67.56, 44.17),
}
RIGHT, ALWAYS_YES, ALWAYS_NO, REVERSED = (
    Answers(True, False),
    Answers(True, True),
    Answers(False, False),
    Answers(False, True),
)


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_rows_follow_from_their_shares(model):
    d_y, r_fp, *percent = PUBLISHED[model]
    basic, hallucinated, both = (round(100 * share) for share in percent)  # of 10,000 pairs
    counts = {RIGHT: both, ALWAYS_YES: basic - both, ALWAYS_NO: hallucinated - both}
    counts[REVERSED] = 10_000 - sum(counts.values())
    scores = pair_scores([answers for answers, count in counts.items() for _ in range(count)])
    assert [round(100 * float(m), 2) for m in (scores.basic, scores.hallucinated, scores.overall)] == percent
    assert round(scores.yes_bias, 2) == d_y
    assert round(scores.false_positive_ratio, 2) == r_fp
    assert (scores.overall.n, scores.unparsed) == (10_000, 0)


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ("Yes.", True),
        ("**no**", False),
        ("The answer is YES, he smiles", True),
        ("Yes, there is no smile", None),
        ("yesterday, nothing is known", None),
        ("not at all", None),
        ("", None),
    ],
)
def test_only_a_clear_word_is_an_answer(answer, means):
    assert yes_or_no(answer) is means


def test_unclear_answers_are_the_wrong_ones():
    scores = pair_scores([Answers(True, None), Answers(None, False), RIGHT, ALWAYS_YES])
    assert (scores.basic.value, scores.hallucinated.value, scores.overall.value) == (0.75, 0.5, 0.25)
    assert (scores.unparsed, scores.overall.coverage) == (0.25, 0.5)
    one = pair_scores([Answers(True, None), RIGHT])
    assert (one.basic.coverage, one.hallucinated.coverage, one.overall.coverage) == (1, 0.5, 0.5)
    assert scores.yes_bias == pytest.approx((0.75 - 0.5) / 2)
    assert scores.false_positive_ratio == pytest.approx(0.5 / 0.75)
    assert pair_scores([RIGHT]).false_positive_ratio is None


def test_categories_are_scored_by_themselves():
    pairs, kinds = [RIGHT, REVERSED, RIGHT], ["theory", "theory", "intensity"]
    scores = by_group(kinds, lambda at: pair_scores([pairs[i] for i in at]).overall.value)
    assert scores == {"theory": 0.5, "intensity": 1.0}
