"""Of several opinions, what more than half say at a moment is claimed then."""

from dataclasses import replace

import pytest
from case_making import claim, face, make_case, saw

from agents.checking.voting import vote
from agents.showing.presentation import Presentation

CASE = make_case(face(), saw("au12", 2, 6), saw("au4", 5, 8), saw("nod", 0, 1))
SHOWN = replace(CASE, presentation=Presentation(way="frames", moments_s=(3.0024, 6.0, 8.0)))


def joy(start_s, end_s, *evidence):
    return claim("emotion", "happiness", *(evidence or ("au12-1",)), start_s=start_s, end_s=end_s)


def anger(start_s, end_s):
    return claim("emotion", "anger", "au4-1", start_s=start_s, end_s=end_s)


def test_a_label_holds_while_more_than_half_give_it():
    (voted,) = vote([[joy(2, 6)], [joy(3, 6)], [joy(4, 5)], [anger(5, 8)], []], CASE)
    assert (voted.label, voted.start_s, voted.end_s) == ("happiness", 4, 5)
    assert (voted.confidence, voted.confidence_from) == (pytest.approx(3 / 5), "sample_agreement")


def test_a_moment_is_voted_on_as_a_stretch_is():
    (made,) = vote([[joy(3, 3.0024, "frame@3.00")]] * 5, SHOWN)
    assert (made.start_s, made.end_s) == pytest.approx((3.0, 3.0024), abs=1e-3)
    (made,) = vote([[joy(3, 3)]] * 3 + [[], []], CASE)
    assert (made.start_s, made.end_s, made.confidence) == (3, 3, pytest.approx(3 / 5))


def test_a_moment_within_a_stretch_has_the_votes_of_both():
    (made,) = vote([[joy(2, 6)], [joy(2, 6)], [joy(3, 3)], [], []], CASE)
    assert (made.start_s, made.end_s, made.confidence) == (3, 3, pytest.approx(3 / 5))
    (made,) = vote([[joy(2, 6)], [joy(2, 6)], [joy(2, 6)], [anger(5, 5)], []], CASE)
    assert (made.start_s, made.end_s) == (2, 6), "a moment of something else does not break it"


def test_without_a_majority_nothing_is_claimed():
    assert vote([[joy(2, 6)], [anger(5, 8)], [], []], CASE) == []


def test_what_others_said_then_becomes_an_alternative():
    (voted,) = vote([[joy(2, 6)], [joy(2, 6)], [anger(4, 6)]], CASE)
    assert voted.alternatives[0].label == "anger"
    assert voted.alternatives[0].probability == pytest.approx(2 / 12)


def test_evidence_is_what_the_agreeing_cite_and_what_happens_then():
    (voted,) = vote([[joy(2, 6, "au12-1", "nod-1")], [joy(2, 6, "au12-1")], [anger(5, 8)]], CASE)
    assert voted.evidence == ("au12-1",), "the nod is at another time, the frown is for another label"


def test_an_opinion_that_says_a_label_twice_has_one_vote():
    assert vote([[joy(2, 6), joy(2, 6)], [], []], CASE) == []


def test_two_labels_may_both_have_a_majority():
    both = [joy(4, 6), anger(4, 6)]
    assert {(c.id, c.label) for c in vote([both, both, []], CASE)} == {
        ("P1-emotion-1", "anger"),
        ("P1-emotion-2", "happiness"),
    }


def test_what_was_only_seen_is_no_surer_for_being_voted():
    shown = replace(CASE, presentation=Presentation(way="frames", moments_s=(3.0,)))
    (voted,) = vote([[joy(2, 6, "frame@3.00")]] * 3, shown)
    assert voted.confidence == 0.5
