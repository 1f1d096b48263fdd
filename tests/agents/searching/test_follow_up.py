"""A short question is read with the one before it."""

import pytest
from case_making import claim, face, saw
from test_retrieval import report_of

from agents.searching.follow_up import understood
from agents.searching.question import read_question
from agents.searching.retrieval import answer_by_retrieval
from perception.evidence import Abstention

SMILES = "Does P1 smile?"


@pytest.fixture
def report():
    """Two people; one smiles and nods."""
    return report_of(
        face(), face("P2", number=2), saw("au12", 1, 2, 3.0), saw("nod", 3, 4), people=("P1", "P2")
    )  # fmt: skip


def follow(report, *questions):
    """The last question as it is understood after the others."""
    before = None
    for question in questions:
        before = understood(question, before, report)
    return before


@pytest.mark.parametrize(
    ("questions", "window"),
    [
        ((SMILES, "and at 1 s?"), (0.5, 1.5)),
        ((SMILES, "and at 1 s?", "and at 5 s?"), (4.5, 5.5)),
        ((SMILES, "and at 1 s?", "and at 15 s?"), (14.5, 15.5)),
        (("Does P1 smile at 3 s?", "and at the end?"), (8, 10)),
        (("Does P1 smile at the beginning?", "and between 2 and 4 s?"), (2, 4)),
        (("At 3 s, does P1 smile?", "at 1 s?", "in the middle?"), (4, 6)),
    ],
)
def test_a_second_time_takes_the_place_of_the_first(questions, window, report):
    read = read_question(follow(report, *questions), report)
    assert read.window == pytest.approx(window)
    assert (read.people, [t.name for t in read.topics]) == (("P1",), ["smiles"])


def test_a_question_is_told_as_a_person_would_ask_it(report):
    assert follow(report, SMILES, "and at 1 s?", "and at 5 s?") == "Does P1 smile? and at 5 s?"


@pytest.mark.parametrize(
    ("questions", "window"),
    [((SMILES, "and P2?"), None), (("Does the first person smile at 3 s?", "and P2?", "at 5 s?"), (4.5, 5.5))],
)
def test_a_second_person_takes_the_place_of_the_first(questions, window, report):
    read = read_question(follow(report, *questions), report)
    assert (read.people, read.window) == (("P2",), window)
    assert [t.name for t in read.topics] == ["smiles"]


@pytest.mark.parametrize("question", ["when?", "And when?", "how many times?", "How often?", "and how many?"])
def test_how_often_and_when_are_asked_of_what_was_asked_before(question, report):
    read = read_question(follow(report, SMILES, question), report)
    assert (read.people, [t.name for t in read.topics]) == (("P1",), ["smiles"])
    assert read.times if "when" in question.lower() else read.counts


@pytest.mark.parametrize("question", ["And nod?", "same for nods", "The same for nods?", "what about nods?"])
def test_something_else_is_asked_of_the_same_person(question, report):
    read = read_question(follow(report, SMILES, question), report)
    assert (read.people, [t.name for t in read.topics]) == (("P1",), ["nods"])


@pytest.mark.parametrize("question", ["Who nods?", "And who nods?", "How many nods are there?", "And does P2 nod?"])
def test_a_question_that_says_of_whom_it_is_stands_alone(question, report):
    assert follow(report, SMILES, question) == question


@pytest.mark.parametrize("question", ["when?", "And nod?", "and at 5 s?"])
def test_nothing_is_gone_on_from_where_nothing_was_asked_before(question, report):
    assert follow(report, question) == question


@pytest.mark.parametrize("question", ["How long?", "And for how long?", "how long does it last?"])
def test_how_long_is_asked_of_what_was_asked_before(question, report):
    answer = answer_by_retrieval(follow(report, SMILES, question), report)
    assert answer.text.startswith("Smiles found for P1, with how long each lasts: 1.0 s (1.0-2.0 s) [au12-1].")


@pytest.mark.parametrize(
    ("questions", "meant"),
    [
        (("What happens between 4 and 5 s?", "And before that?"), "What happens before 4.0 s?"),
        (("What happens between 4 and 5 s?", "and then?"), "What happens after 5.0 s?"),
        (("Does P1 smile at 5 s?", "And before that?"), "Does P1 smile? and before 4.5 s?"),
        (("Does P1 nod?", "When?", "And before that?"), "What happens before 2.9 s, P1?"),
        (("Does P1 smile?", "What happened after that?"), "What happens after 2.1 s, P1?"),
        (("Does P1 smile at 3 s?", "What happens after that?"), "What happens after 3.5 s, P1?"),
        (("What happens in the last 2 seconds?", "And after that?"), "And after that?"),
    ],
)
def test_before_and_after_are_of_the_time_that_was_asked_for_or_found(questions, meant, report):
    assert follow(report, *questions) == meant


@pytest.mark.parametrize("question", ["Why?", "And why?", "Why do you think so?", "How do you know?", "Why is that?"])
def test_why_is_answered_by_what_the_last_answer_rests_on(question, report):
    happy = report.model_copy(update={"claims": (claim("emotion", "happiness", "au12-1", start_s=1, end_s=2),)})
    asked = follow(happy, "Does P1 look happy?", question)
    assert answer_by_retrieval(asked, happy).citations == ("au12-1",)
    nothing = answer_by_retrieval(follow(report, "Does P1 look happy?", question), report)
    assert "no claim of happiness for P1" in nothing.text


def test_what_an_answer_rests_on_is_left_behind_when_another_time_is_asked_for(report):
    questions = (SMILES, "Why?", "and at 5 s?")
    assert follow(report, *questions) == "Does P1 smile? and at 5 s?"
    assert answer_by_retrieval(follow(report, *questions), report).citations == ()


def test_the_question_about_somebody_who_is_not_there_is_put_about_somebody_who_is(report):
    assert follow(report, "Does P7 smile?", "and P1?") == "Does P1 smile?"
    assert follow(report, "Does P7 smile?", "how long?") == "how long?"


def test_why_not_is_answered_by_what_kept_it_from_being_found(report):
    hidden = Abstention(tool="action_units", person="P2", reason="a hand is before the mouth")
    blind = report.model_copy(update={"evidence": report.evidence.model_copy(update={"abstentions": (hidden,)})})
    assert answer_by_retrieval(follow(blind, "Does P2 smile?", "Why not?"), blind).citations == ("abstention-1",)
