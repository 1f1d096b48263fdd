"""Evidence turns and spans are scored as RECCON and SQuAD do."""

import pytest

from evals.metrics.evidence import evidence_macro_f1, evidence_turns, span_scores


def test_turns_are_pooled_over_samples():
    scores = evidence_turns([{1, 2}, {3}, {4}], [{2, 3}, {3}, None])
    assert [m.value for m in scores] == pytest.approx([2 / 3, 2 / 4, 4 / 7])
    assert (scores.f1.n, scores.f1.coverage) == (3, pytest.approx(2 / 3))


def test_negative_and_macro_f1_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    gold, predicted, candidates = [{1, 2}, {3}], [{2}, {1, 3}], [{1, 2, 3, 4}, {1, 2, 3}]
    flat = [
        (turn in true, turn in guess)
        for true, guess, all_ in zip(gold, predicted, candidates, strict=True)
        for turn in all_
    ]
    truth, claimed = zip(*flat, strict=True)
    negative, macro = evidence_macro_f1(gold, predicted, candidates)
    assert negative.value == pytest.approx(sklearn.f1_score(truth, claimed, pos_label=False))
    assert macro.value == pytest.approx(sklearn.f1_score(truth, claimed, average="macro"))
    with pytest.raises(ValueError, match="turn 9 is none of its candidates"):
        evidence_macro_f1([{1}], [{9}], [{1, 2}])


def test_silence_finds_no_evidence_and_rules_none_out():
    negative, macro = evidence_macro_f1([{1}, {1}], [{1}, None], [{1, 2}, {1, 2}])
    assert negative.value == pytest.approx(2 / 3), "turn 2 is ruled out once of twice"
    assert (macro.value, macro.coverage) == (pytest.approx(2 / 3), 0.5)


def test_spans_match_whatever_their_case_articles_and_punctuation():
    scores = span_scores([["The exam!"], ["I lost my job", "my job"], []], ["exam", "lost a job", ""])
    assert scores.exact_match.value == pytest.approx(2 / 3)
    f1 = 2 * (2 / 2) * (2 / 4) / (2 / 2 + 2 / 4)  # "lost job" in "i lost my job"
    assert scores.token_f1.value == pytest.approx((1 + f1 + 1) / 3)


def test_silence_is_wrong_even_where_there_is_no_span():
    scores = span_scores([[], ["exam"]], [None, "exam"])
    assert (scores.exact_match.value, scores.token_f1.value, scores.token_f1.coverage) == (0.5, 0.5, 0.5)
