"""Of several opinions, what more than half say at a moment is claimed then; nothing else goes without a trace."""

from dataclasses import replace

import pytest
from case_making import claim, face, make_case, saw

from agents.checking.calibration import Calibration
from agents.checking.checks import SEEN_ONLY
from agents.checking.voting import vote
from agents.showing.presentation import Presentation

CASE = make_case(face(), saw("au12", 2, 6), saw("au4", 5, 8), saw("nod", 0, 1))
SHOWN = replace(CASE, presentation=Presentation(way="frames", moments_s=(3.0024, 6.0, 8.0)))


def joy(start_s, end_s, *evidence, text="It suggests it"):
    return claim("emotion", "happiness", *(evidence or ("au12-1",)), start_s=start_s, end_s=end_s, text=text)


def anger(start_s, end_s):
    return claim("emotion", "anger", "au4-1", start_s=start_s, end_s=end_s)


def unsure(text):
    return joy(0, 10).model_copy(update={"label": "", "evidence": (), "abstained": True, "text": text})


def voted(opinions, case=CASE, calibrations=()):
    claims, _, _ = vote(opinions, "emotion", case, calibrations)
    return claims


def test_a_label_holds_while_more_than_half_give_it():
    (made,) = voted([[joy(2, 6)], [joy(3, 6)], [joy(4, 5)], [anger(5, 8)], []])
    assert (made.label, made.start_s, made.end_s) == ("happiness", 4, 5)
    assert (made.confidence, made.confidence_from) == (pytest.approx(3 / 5), "sample_agreement")


def test_a_moment_is_voted_on_as_a_stretch_is():
    (made,) = voted([[joy(3, 3.0024, "frame@3.00")]] * 5, SHOWN)
    assert (made.start_s, made.end_s) == pytest.approx((3.0, 3.0024), abs=1e-9)
    (made,) = voted([[joy(3, 3)]] * 3 + [[], []])
    assert (made.start_s, made.end_s, made.confidence) == (3, 3, pytest.approx(3 / 5))


def test_a_moment_within_a_stretch_has_the_votes_of_both():
    (made,) = voted([[joy(2, 6)], [joy(2, 6)], [joy(3, 3)], [], []])
    assert (made.start_s, made.end_s, made.confidence) == (3, 3, pytest.approx(3 / 5))
    (made,) = voted([[joy(2, 6)], [joy(2, 6)], [joy(2, 6)], [anger(5, 5)], []])
    assert (made.start_s, made.end_s) == (2, 6), "a moment of something else does not break it"


def test_without_a_majority_it_is_said_that_the_draws_did_not_agree():
    seconds = (2, 3, 4, 5, 6)
    (made,), rejected, verdicts = vote([[joy(s, s)] for s in seconds], "emotion", CASE)
    assert made.abstained
    assert "5 draws did not agree on emotion" in made.text
    assert [r.reason for r in rejected] == [f"1 of 5 draws said so (happiness, {s}.00-{s}.00 s)" for s in seconds]
    assert [(r.label, r.start_s, r.end_s) for r in rejected] == [("happiness", s, s) for s in seconds]
    assert {v.claim for v in verdicts} == {made.id}


def test_what_is_outvoted_is_told_once_beside_what_won():
    (made,), rejected, _ = vote([[joy(2, 6), anger(5, 8)], [joy(2, 6), anger(5, 8)], [joy(3, 5)], [], [joy(2, 6)]],
                                "emotion", CASE)  # fmt: skip
    assert made.label == "happiness"
    assert [r.reason for r in rejected] == ["2 of 5 draws said so (anger, 5.00-8.00 s)"]


def test_most_abstentions_outweigh_claims_and_say_why():
    (made,), rejected, _ = vote([[unsure("Too dark")], [unsure("Blurred")], [joy(2, 6)]], "emotion", CASE)
    assert (made.abstained, made.text) == (True, "Too dark")
    assert len(rejected) == 1
    assert voted([[], [], []]) == []


def test_what_others_said_then_becomes_an_alternative():
    (made,) = voted([[joy(2, 6)], [joy(2, 6)], [anger(4, 6)]])
    assert made.alternatives[0].label == "anger"
    assert made.alternatives[0].probability == pytest.approx(2 / 12)


def test_evidence_is_what_the_agreeing_cite_and_what_happens_then():
    (made,) = voted([[joy(2, 6, "au12-1", "nod-1")], [joy(2, 6, "au12-1")], [anger(5, 8)]])
    assert made.evidence == ("au12-1",), "the nod is at another time, the frown is for another label"


def test_its_words_are_those_of_an_opinion_whose_evidence_stands():
    wide = joy(0, 6, "nod-1", "au12-1", text="A nod and a smile")
    (made,) = voted([[wide], [joy(3, 6, text="A smile")], [joy(3, 6, text="A smile")]])
    assert (made.text, made.evidence) == ("A smile", ("au12-1",))


def test_what_others_measured_is_not_called_unmeasured():
    seen = joy(2, 6, "frame@3.00", text=f"A smile {SEEN_ONLY}")
    (made,), _, verdicts = vote([[seen], [joy(3, 5)], [joy(3, 5)]], "emotion", SHOWN)
    assert (SEEN_ONLY in made.text, set(made.evidence)) == (False, {"frame@3.00", "au12-1"})
    assert made.confidence == 1
    assert {(v.claim, v.passed) for v in verdicts} == {(made.id, True)}
    assert "seen_only" not in {v.check for v in verdicts}


def test_an_overlap_in_which_nothing_that_is_cited_happens_is_rejected():
    before, after = joy(1, 6, "nod-1"), joy(4, 9, "frame@8.00")
    (made,), rejected, _ = vote([[before], [after]], "emotion", SHOWN)
    assert made.abstained
    assert "it cites no evidence" in rejected[0].reason


def test_an_opinion_that_says_a_label_twice_has_one_vote():
    (made,) = voted([[joy(2, 6), joy(2, 6)], [], []])
    assert made.abstained


def test_two_labels_may_both_have_a_majority():
    both = [joy(4, 6), anger(4, 6)]
    assert {(c.id, c.label) for c in voted([both, both, []])} == {
        ("P1-emotion-1", "anger"),
        ("P1-emotion-2", "happiness"),
    }


def test_what_was_only_seen_is_no_surer_for_being_voted():
    (made,), _, verdicts = vote([[joy(2, 6, "frame@3.00")]] * 3, "emotion", SHOWN)
    assert made.confidence == 0.5
    assert made.text.endswith(SEEN_ONLY)
    assert ("seen_only", made.id) in {(v.check, v.claim) for v in verdicts}


def test_alternatives_are_scaled_as_the_confidence_is():
    fitted = Calibration(
        temperature=2.0, n=50, fitted_on="x", model="tiny", codebook_sha256="0", level="emotion", strategy="vote",
        source="sample_agreement", ece_before=0.2, ece_after=0.1,
    )  # fmt: skip
    (made,) = voted([[joy(2, 6)]] * 9 + [[anger(2, 6)]], calibrations=[fitted])
    assert made.confidence == pytest.approx(0.75)
    assert made.alternatives[0].probability == pytest.approx(0.25)
