"""The narrative says who is in view and what is claimed, in a few plain sentences."""

import re

from case_making import claim, face, make_case, saw

from agents.by_rule.narration import narrate


def test_one_person_is_told_level_by_level():
    case = make_case(face(), saw("nod"), saw("au12", value=3.0))
    claims = (
        claim("behaviour", "nodding", "nod-1"),
        claim("cognition", "agreeing", "nod-1", confidence=0.3),
        claim("emotion", "happiness", "au12-1", confidence=0.25),
    )
    assert narrate(case, claims) == (
        "In this clip of 10.0 s, P1 can be seen. "
        "P1: shows nodding (2.0-4.0 s); head and face suggest agreeing (2.0-4.0 s); "
        "the expression suggests happiness (2.0-4.0 s). "
        "No statement about thinking or emotion is surer than 0.30: an expression is not a feeling."
    )


def test_what_is_shown_twice_is_named_once():
    case = make_case(face(), saw("au12", value=3.0))
    twice = [claim("emotion", "happiness", "au12-1", start_s=s, end_s=s + 1.0) for s in (2.0, 6.0)]
    assert "the expression suggests happiness (2.0-3.0 and 6.0-7.0 s)." in narrate(case, twice)


def test_that_nothing_is_surer_than_certain_is_not_said():
    case = make_case(face(), saw("au12", value=3.0))
    for confidence, said in ((0.99, True), (0.996, False), (1.0, False)):
        text = narrate(case, (claim("emotion", "happiness", "au12-1", confidence=confidence),))
        assert ("No statement about thinking or emotion" in text) == said


def test_without_a_face_nothing_is_told_of_anyone():
    text = narrate(make_case(people=(), person=None), ())
    assert "nobody's face" in text
    assert "Nothing is claimed" in text


def test_it_stays_short_with_many_people():
    people = tuple(f"P{n}" for n in range(1, 8))
    text = narrate(make_case(people=people, person=None), ())
    assert 2 <= len(re.findall(r"\.(?:\s|$)", text)) <= 5
    assert "4 more people" in text


def test_what_two_people_share_is_told_of_them_together():
    case = make_case(people=("P1", "P2"), person=None)
    text = narrate(case, (claim("emotion", "happiness", "au12-1", person=None),))
    assert "Together: the expression suggests happiness (2.0-4.0 s)." in text


def test_the_neutral_default_is_not_told_as_a_finding():
    text = narrate(make_case(face()), (claim("emotion", "neutral", "face_visible-1"),))
    assert "no sign of emotion stood out" in text
    assert "nothing is claimed about cognition" in text
