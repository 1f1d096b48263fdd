"""A narrative tells of as many people as its report has; numbers of other things are none of people."""

import pytest
from case_making import claim, face, make_case, saw

from agents.checking.head_counts import miscounted
from agents.checking.told_story import not_in_report
from agents.reading.people import said_to_be_absent

SMILE = claim("emotion", "happiness", "au12-1")
ALONE, PAIR, THREE = ("P1",), ("P1", "P2"), ("P1", "P2", "P3")


@pytest.mark.parametrize(
    ("text", "people", "why"),
    [
        ("Three people talk.", ALONE, "it tells of 3 people, but there is P1"),
        ("The clip shows two people who smile.", ALONE, "it tells of 2 people, but there is P1"),
        ("3 men are in view; P1 smiles.", PAIR, "it tells of 3 people, but there are P1, P2"),
        ("P1 smiles while two other people watch.", ALONE, "it tells of 2 people"),
        ("A young man and a woman talk.", ALONE, "it tells of 2 people"),
        ("P1 smiles. A second person nods.", ALONE, "it tells of 2 people"),
        ("P1 and another man talk.", ALONE, "it tells of 2 people"),
        ("Several people laugh.", ALONE, "it tells of 2 people"),
        ("Both of them smile.", ALONE, "it tells of 2 people"),
        ("They smile at each other.", ALONE, "it tells of 2 people"),
        ("The couple smiles.", ALONE, "it tells of 2 people"),
        ("There is one person in the clip.", PAIR, "it counts 1 person, but there are P1, P2"),
        ("A single person is seen.", PAIR, "it counts 1 person"),
        ("Only one person is visible, and P1 smiles.", PAIR, "it counts 1 person"),
        ("The clip shows two people.", THREE, "it counts 2 people, but there are P1, P2, P3"),
    ],
)
def test_another_number_of_people_is_found(text, people, why):
    assert why in miscounted(text, people)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("P1 smiles twice; one of them is brief.", ALONE),
        ("P1 smiles for two seconds.", ALONE),
        ("Two smiles and three nods are seen.", ALONE),
        ("P1 raises both brows and closes two eyes.", ALONE),
        ("One person is in view and smiles.", ALONE),
        ("The only person in the clip smiles.", ALONE),
        ("There is one person, P1.", ALONE),
        ("There are two people in the clip. One person smiles.", PAIR),
        ("Both people smile at each other.", PAIR),
        ("Two people smile.", THREE),
        ("Two people are seen smiling.", THREE),
        ("There is one person in view in the first 2 seconds.", PAIR),
        ("At the end one person is visible.", PAIR),
        ("There are not three people in the clip.", ALONE),
        ("No more than one person is visible.", ALONE),
        ("P1 says that three people came.", ALONE),
        ("P1 says “there were three people here”.", ALONE),
        ("Nothing shows that two people talk.", ALONE),
        ("The nods follow one another quickly.", ALONE),
        ("The nods at 3.6 s and 4.1 s follow each other closely.", ALONE),
        ("P1's two smiles overlap with each other.", ALONE),
        ("P1's smile and the tilted head go together; they both last until the end.", ALONE),
        ("P1 nods twice; both of them are small.", ALONE),
        ("The couple of nods are small.", ALONE),
        ("P1 might react to two people off camera.", ALONE),
        ("Whether two people are present is unknown.", ALONE),
    ],
)
def test_a_right_number_and_numbers_of_other_things_may_be_told(text, people):
    assert miscounted(text, people) is None


@pytest.mark.parametrize(("text", "right"), [("Three people talk.", False), ("P1 smiles for two seconds.", True)])
def test_a_narrative_is_checked_for_it(text, right):
    found = not_in_report(text, make_case(face(), saw("au12"), claims=(SMILE,)))
    assert found is None if right else "it tells of 3 people, but there is P1" in found


def test_where_nobody_was_looked_for_or_some_are_only_heard_more_may_be_told():
    assert not_in_report("Two people talk.", make_case(saw("utterance"), people=(), claims=())) is None
    case = make_case(face(), saw("au12"), claims=(SMILE,))
    said = [{"start_s": n, "end_s": n + 1, "speaker": name, "text": "Yes."} for n, name in enumerate(("ANNA", "BEN"))]
    clip = case.clip.model_validate({**case.clip.model_dump(), "transcript": said})
    heard = case.__class__(**{**vars(case), "clip": clip})
    assert not_in_report("Two people talk.", heard) is None
    assert "it tells of 3 people" in not_in_report("Three people talk.", heard)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("P1 may be looking at a second person to the right.", True),
        ("It is unknown whether a second person is there.", True),
        ("It is not known who speaks, whether P1 or a second person.", True),
        ("A second person smiles.", False),
        ("P2 may smile.", False),
    ],
)
def test_somebody_of_whom_it_is_open_whether_they_are_there_may_be_told_of(text, right):
    assert said_to_be_absent("P2", text) is right
