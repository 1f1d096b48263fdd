"""Valence and arousal follow the action units, and are there only where some were measured."""

import pytest
from case_making import cases, face, make_case, saw
from hypothesis import given, settings

from agents.by_rule.affect import affect


def points(*observations):
    """The affect points of a case."""
    return affect(make_case(face(), *observations).evidence)


def test_a_smile_of_known_strength_has_the_valence_of_the_formula():
    (point,) = points(saw("au12", value=4.0), saw("au6", value=2.0))
    assert point.valence == pytest.approx(0.5 * 4 / 5 + 0.2 * 2 / 5)
    assert point.arousal == 0
    assert set(point.evidence) == {"au12-1", "au6-1"}


def test_signs_and_axes():
    assert points(saw("au4", value=3.0), saw("au15", value=3.0))[0].valence == pytest.approx(-0.36)
    assert points(saw("au5", value=5.0), saw("au26", value=5.0))[0].arousal == pytest.approx(0.5)


def test_nothing_is_said_where_no_action_unit_was_measured():
    assert not points(saw("nod"), saw("heart_rate", value=120))
    assert [(p.start_s, p.end_s) for p in points(saw("au12", value=3.0))] == [(2.0, 4.0)]


def test_a_jaw_that_drops_in_talk_is_no_arousal():
    assert not points(saw("au26", value=5.0), saw("utterance", 0, 10))


@settings(max_examples=100, deadline=None)
@given(case=cases())
def test_points_are_bounded_and_cite_evidence_of_their_person_and_time(case):
    known = {o.id: o for o in case.evidence.observations}
    for point in affect(case.evidence):
        for cited in (known[e] for e in point.evidence):
            assert cited.person == point.person
            assert cited.start_s <= point.start_s < point.end_s <= cited.end_s
