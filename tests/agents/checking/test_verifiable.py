"""A statement is put to a model where it is of what may be judged, and of people and times that are in the clip."""

import pytest
from case_making import face, make_case

from agents.checking.verifiable import unanswered
from perception.clip import Utterance
from perception.evidence import ToolRun


def case_of(*people, looked=True):
    """A clip of ten seconds in which these people were found."""
    case = make_case(face(), people=people)
    runs = (ToolRun(tool="faces", version="1", status="ok"),) if looked else ()
    return case.__class__(**{**vars(case), "evidence": case.evidence.model_copy(update={"tools": runs})})


@pytest.mark.parametrize(
    "statement",
    ["P1 smiles.", "The second person nods at 3 s.", "P1 frowns in the first 50 s.", "P2 blinks at 10.4 s.",
     "P1 looks away before 50 s.", "P1 says \"you are lying\".", "P1 smiles for 2 s.", "Somebody laughs.",
     "Someone says \"See you at 9:30, P3.\"", "P1 says that they meet at 9:30.",
     "P1 tells P2 to come by 12:15 and nods.",
     "There is no P3 in the clip.", "Person 3 is not seen.", "P1 smiles. There isn't any P3.", "S1 says hello."],
)  # fmt: skip
def test_what_can_be_judged_is(statement):
    assert unanswered(statement, case_of("P1", "P2")) is None


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("P3 smiles.", "there is no P3 in the clip; there are P1, P2"),
        ("Person 4 looks at the third person.", "there is no P4 or P3 in the clip; there are P1, P2"),
        ("P1 smiles at 0:50.", "it tells of 50 s, and the clip ends at 10.0 s"),
        ("P1 smiles between 8 and 20 s.", "it tells of 8-20 s, and the clip ends at 10.0 s"),
        ("P2 blinks at 10.6 s.", "it tells of 10.6 s, and the clip ends at 10.0 s"),
        ("P1 says hello and smiles at 0:50.", "it tells of 50 s, and the clip ends at 10.0 s"),
        ("P1 says at 50 s that she left.", "it tells of 50 s, and the clip ends at 10.0 s"),
        ("P3 does not smile.", "there is no P3 in the clip; there are P1, P2"),
        ("There is no P3. P3 smiles.", "there is no P3 in the clip; there are P1, P2"),
        ("P1 says that P3 smiles.", "there is no P3 in the clip; there are P1, P2"),
        ("P1 smiles from 50 s on.", "it tells of 50 s and later, and the clip ends at 10.0 s"),
    ],
)
def test_people_and_times_that_are_not_there_can_not_be_judged(statement, why):
    assert unanswered(statement, case_of("P1", "P2")) == ("can't be judged", why)


def test_what_is_never_judged_is_not_whoever_it_is_said_of():
    assert unanswered("P9 is lying.", case_of("P1")).what == "not judged"


def test_where_nobody_was_looked_for_anyone_may_be_there():
    assert unanswered("P3 smiles.", case_of(looked=False)) is None


def test_a_speaker_of_the_words_is_known_though_nobody_sees_them():
    said = Utterance(start_s=1, end_s=2, text="See you at 9:30.", speaker="P3")
    case = case_of("P1")
    case = case.__class__(**{**vars(case), "clip": case.clip.model_copy(update={"transcript": (said,)})})
    assert unanswered("P3 says that they meet at 9:30.", case) is None
    assert unanswered("P4 says that they meet at 9:30.", case).what == "can't be judged"
