"""Our metrics are scikit-learn's, and what is not predicted counts as wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.classification import accuracy, confusion, macro_f1, per_label, uar, weighted_f1

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
LABELS = ("anger", "fear", "joy", "neutral")
labels = st.sampled_from(LABELS)
pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=40)
answers = st.lists(st.tuples(labels, st.one_of(st.none(), labels)), min_size=1, max_size=40)


@given(pairs)
def test_the_scores_are_those_of_scikit_learn(samples):
    gold, predicted = zip(*samples, strict=True)
    theirs = {"y_true": gold, "y_pred": predicted, "zero_division": 0}
    in_gold = sorted(set(gold))
    assert macro_f1(gold, predicted).value == pytest.approx(
        sklearn.f1_score(**theirs, labels=in_gold, average="macro"), abs=1e-12
    )
    assert macro_f1(gold, predicted, LABELS).value == pytest.approx(
        sklearn.f1_score(**theirs, labels=LABELS, average="macro"), abs=1e-12
    )
    assert weighted_f1(gold, predicted).value == pytest.approx(
        sklearn.f1_score(**theirs, average="weighted"), abs=1e-12
    )
    recalls = sklearn.recall_score(**theirs, labels=in_gold, average="macro")
    assert uar(gold, predicted).value == pytest.approx(recalls, abs=1e-12)
    assert accuracy(gold, predicted).value == pytest.approx(sklearn.accuracy_score(gold, predicted), abs=1e-12)
    ours, support = per_label(gold, predicted, LABELS), sklearn.precision_recall_fscore_support(**theirs, labels=LABELS)
    for mine, their in zip(ours[1:], support, strict=True):
        assert mine == pytest.approx(their, abs=1e-12)


def test_uar_is_balanced_accuracy():
    gold, predicted = ["joy"] * 8 + ["fear"] * 2, ["joy"] * 6 + ["fear"] * 3 + ["joy"]
    assert uar(gold, predicted).value == pytest.approx(sklearn.balanced_accuracy_score(gold, predicted)) == 0.625


@given(answers)
def test_an_absent_prediction_scores_as_a_label_that_nobody_has(samples):
    gold, predicted = zip(*samples, strict=True)
    wrong = [p or "unheard of" for p in predicted]
    for score in (macro_f1, weighted_f1, uar, accuracy):
        assert score(gold, predicted).value == score(gold, wrong).value


def test_what_is_not_predicted_is_wrong_and_reported():
    gold, predicted = ["joy", "joy", "fear", "fear"], ["joy", None, "fear", None]
    assert accuracy(gold, predicted).value == 0.5
    assert uar(gold, predicted).value == 0.5
    measure = macro_f1(gold, predicted)
    assert measure.value == float(measure) == pytest.approx(2 / 3)
    assert (measure.n, measure.coverage) == (4, 0.5)


def test_labels_that_a_model_made_up_are_no_classes_and_labels_given_are():
    gold, predicted = ["joy", "joy", "fear"], ["joy", "bliss", "fear"]
    assert macro_f1(gold, predicted).value == pytest.approx((2 / 3 + 1) / 2)
    assert macro_f1(gold, predicted, ["joy", "fear", "anger"]).value == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_the_confusion_matrix_counts_strange_labels_and_silence():
    matrix = confusion(["joy", "joy", "joy", "fear"], ["joy", "bliss", None, "joy"], ["joy", "fear"])
    assert matrix.columns == ("joy", "fear", "(other)", "(none)")
    assert matrix.counts.tolist() == [[1, 0, 1, 1], [1, 0, 0, 0]]
    with pytest.raises(ValueError, match="gold has fear"):
        confusion(["joy", "fear"], ["joy", "joy"], ["joy"])


@pytest.mark.parametrize("score", [macro_f1, weighted_f1, uar, accuracy, confusion])
def test_what_can_not_be_scored_is_refused(score):
    with pytest.raises(ValueError, match="as many of both, and some"):
        score([], [])
    with pytest.raises(ValueError, match="2 gold and 1 predicted"):
        score(["joy", "fear"], ["joy"])


def test_a_label_given_twice_is_refused():
    with pytest.raises(ValueError, match="give each once"):
        macro_f1(["joy"], ["joy"], ["joy", "joy"])
