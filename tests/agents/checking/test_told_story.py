"""A narrative keeps to its report: what no claim or observation has is found, whatever the rest says."""

import pytest
from case_making import claim, face, make_case, saw
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.by_rule.narration import narrate
from agents.checking.told_story import not_in_report
from perception.evidence import Abstention

SMILE = claim("emotion", "happiness", "au12-1")


SAID = saw("utterance", 4, 6).model_copy(update={"text": "someone says: “I am lying and angry”"})


def problem(text, *observations, claims=(SMILE,)):
    return not_in_report(text, make_case(face(), saw("au12"), *observations, claims=claims))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("P1 smiles. P1 is probably lying.", "whether someone lies or is honest is not judged"),
        ("P1 smiles at P2.", "there is no P2"),
        ("The second person laughs.", "there is no P2"),
        ("P1 says “I hate you”.", "it quotes “I hate you”"),
        ("P1 seems fearful.", "claim of fear, but there is none"),
        ("P1 is terrified.", "claim of fear, but there is none"),
        ("P1 disagrees.", "claim of disagreement, but there is none"),
        ("Nothing hides the smile. P1 smiles from 50 s onwards.", "it tells of 50 s and later"),
        ("P1's heart rate is 92 bpm.", "it tells a heart rate, but cites none"),
        ("P1 smiles at 75 s.", "it tells of 75 s"),
        ("P1 nods in agreement.", "it tells of nods"),
        ("P1 shows AU22.", "it tells of AU22"),
        ("P1 does not nod at 500 s.", "it tells of 500 s"),
        ("No doubt P1 is terrified.", "claim of fear, but there is none"),
        ("P1 never hides that he is disgusted.", "claim of disgust, but there is none"),
        ("P1 smiles; nothing else but contempt follows.", "it tells of contempt, which is not claimed"),
        ("P1 does not frown, he nods.", "it tells of nods"),
        ("P1 weeps.", "it tells of tears"),
        ("P1 looks away and shrugs.", "it tells of looking away"),
        ("P1's expression suggests anger.", "it tells of anger, which is not claimed"),
        ("P1 seems angry.", "claim of anger, but there is none"),
        ("P1 smiles at the end of the clip.", "it tells of 6.7-10 s"),
        ("P1 smiles at about 8 s.", "it tells of 8 s"),
        ("P1 smiles from 6 to 9 s, seen well.", "it tells of 6-9 s"),
        ("P1 smiles in the last three seconds.", "it tells of the last 3 s"),
        ("P1 may be disagreeing.", "it tells of disagreeing, which is not claimed"),
    ],
)
def test_what_the_report_does_not_have_is_found(text, why):
    assert why in problem(text)


@pytest.mark.parametrize(
    "text",
    [
        "P1 smiles at 3 s. The expression suggests happiness, though not surely.",
        "P1 may be happy; there is no sign of anger.",
        "P1 smiles at the beginning; there is no P2, and no second person is seen.",
        "P1 smiles in the first half, not at the end.",
        "P1 smiles at the end of the sentence.",
        "P1 smiles in the last 7 seconds.",
        "P1 smiles and talks until 8 s.",
        "P1 smiles, and at 8 s nothing is to be told.",
        "P1 does not smile at 8 s.",
        "P1 smiles and is seen to be happy at 8.5 s.",
        "P1 smiles and says at 8 s “I am lying and angry”.",
        "What P1 thinks can't be told.",
        "P1 smiles, but does not seem angry, and nothing hides it.",
        "Little can be said about P1's thinking.",
        "P1 says “I am lying and angry”.",
    ],
)
def test_what_it_has_may_be_told(text):
    assert problem(text, SAID) is None


def test_a_doubled_digit_is_another_action_unit():
    assert "it tells of AU11" in problem("P1 shows AU11.", saw("au1"))
    assert problem("P1 shows AU1.", saw("au1")) is None


def test_a_pulse_that_was_measured_may_be_told():
    pulse = saw("heart_rate", 0, 10).model_copy(update={"text": "P1's pulse is about 72 beats a minute"})
    assert problem("P1's pulse is about 72 bpm.", pulse) is None
    assert "92" in problem("P1's pulse is about 92 bpm.", pulse)


NO_PULSE = Abstention(tool="rppg", person="P1", reason="no rhythm stands out: noise, light or coding hide it")
NO_VOICE = Abstention(tool="speech", reason="nothing is louder than the background")


def without_measures(text):
    """What is wrong with a narrative of a case in which neither pulse nor voice was measured."""
    case = make_case(face(), saw("au12"), claims=(SMILE,))
    evidence = case.evidence.model_copy(update={"abstentions": (NO_PULSE, NO_VOICE)})
    return not_in_report(text, case.__class__(**{**vars(case), "evidence": evidence}))


@pytest.mark.parametrize(
    "text", ["P1's heart is racing.", "P1's pulse is fast throughout.", "P1 speaks loudly.", "P1's pulse is eighty."]
)
def test_why_nothing_was_measured_is_no_measurement(text):
    assert "none" in without_measures(text) or "it cites no" in without_measures(text)


@pytest.mark.parametrize(
    "text", ["P1's pulse is hidden by noise.", "No loud voice is heard.", "No pulse was measured."]
)
def test_why_nothing_was_measured_may_be_told(text):
    assert without_measures(text) is None


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(("happiness", "anger", "fear", "neutral")), st.floats(0, 8))
def test_the_narrative_by_rule_keeps_to_the_report(label, start_s):
    case = make_case(face(), saw("au12"), claims=(claim("emotion", label, "au12-1", start_s=start_s, end_s=9),))
    assert not_in_report(narrate(case, case.claims), case) is None
