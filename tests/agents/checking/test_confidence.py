"""A claim's confidence says what it rests on: probabilities of its label, agreement of samples, or its own words."""

import pytest
from case_making import draft, face, make_case, saw

from agents.checking.calibration import Calibration
from agents.checking.checks import accept
from agents.checking.confidence import Sureness, by_agreement, by_odds, calibrated, stated
from agents.claims import Alternative

CASE = make_case(face(), saw("au12", value=3.0))
LABELS = CASE.codebook.ids("emotion")
JOY = draft("happiness", "au12-1", percent=90, second_label="surprise", second_percent=10)


def test_probabilities_are_those_among_the_labels_of_the_level():
    sure = by_odds(JOY, {"happiness": 0.3, "surprise": 0.1, "talking": 0.6}, LABELS)
    assert sure.probability == pytest.approx(0.75)
    assert [(a.label, round(a.probability, 6)) for a in sure.alternatives] == [("surprise", 0.25)]


def test_unknown_probabilities_are_not_made_up():
    assert by_odds(JOY, None, LABELS) is None
    assert by_odds(JOY, {"talking": 1.0}, LABELS) is None


def test_agreement_is_the_share_of_samples_with_the_label_there():
    elsewhere = draft("happiness", "au12-1", start_s=8.0, end_s=9.0)
    sure = by_agreement(JOY, [[JOY], [JOY], [draft("surprise", "au12-1")], [elsewhere]])
    assert sure.probability == 0.5
    assert sure.alternatives == (Alternative(label="surprise", probability=0.25),)


def test_a_claim_says_what_its_confidence_rests_on():
    for sure in (None, [Sureness(0.7, "label_probability")], [stated(JOY, "rule")]):
        ((claim,), rejected, _) = accept([JOY], "emotion", CASE, sure=sure)
        assert not rejected
        wanted = stated(JOY) if sure is None else sure[0]
        assert (claim.confidence, claim.confidence_from) == (wanted.probability, wanted.source)


def test_caps_hold_whatever_the_confidence_rests_on():
    blurred = make_case(face(), saw("au12", value=3.0, quality=0.3))
    ((claim,), *_) = accept([JOY], "emotion", blurred, sure=[Sureness(0.99, "label_probability")])
    assert claim.confidence == pytest.approx(0.3)


def test_only_confidences_of_the_fitted_kind_are_scaled():
    fitted = Calibration(
        temperature=2.0, n=50, fitted_on="x", model="tiny", codebook_sha256="0", level="emotion", strategy="cascade",
        source="label_probability", ece_before=0.2, ece_after=0.1,
    )  # fmt: skip
    assert calibrated(Sureness(0.9, "label_probability"), "emotion", [fitted]).probability == pytest.approx(0.75)
    assert calibrated(Sureness(0.9, "stated"), "emotion", [fitted]).probability == 0.9
    assert calibrated(Sureness(0.9, "label_probability"), "behaviour", [fitted]).probability == 0.9


@pytest.mark.parametrize("temperature", [0.5, 2.0, 8.0])
def test_labels_that_exclude_one_another_still_do_when_scaled(temperature):
    fitted = Calibration(
        temperature=temperature, n=50, fitted_on="x", model="tiny", codebook_sha256="0", level="emotion",
        strategy="cascade", source="label_probability", ece_before=0.2, ece_after=0.1,
    )  # fmt: skip
    others = (Alternative(label="surprise", probability=0.3), Alternative(label="anger", probability=0.1))
    sure = calibrated(Sureness(0.6, "label_probability", others), "emotion", [fitted])
    surprise, anger = (a.probability for a in sure.alternatives)
    assert sure.probability + surprise + anger <= 1 + 1e-9
    assert sure.probability > surprise > anger
    assert (anger > 0.1) == (temperature > 1), "no surer and no less sure than the temperature makes it"
