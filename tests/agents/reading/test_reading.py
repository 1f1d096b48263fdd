"""People, times, quotations and sentences are read as people write them."""

import math

import pytest

from agents.reading.denials import affirmed, denies
from agents.reading.people import named_people, renamed
from agents.reading.quotations import misquoted, reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.stems import stems
from agents.reading.times import read_times

SAID = "someone says: “I'd never lie, you know.”, 1.0-2.0 s"


@pytest.mark.parametrize(
    "name", ["P2", "p2", "P 2", "P-2", "person 2", "Person two", "the second person", "2nd person", "person no. 2"]
)
def test_a_person_is_found_in_every_spelling(name):
    assert named_people(f"P1 smiles at {name}, not at P1.") == ("P1", "P2")
    assert renamed(f"does {name} smile?", "P1") == "does P1 smile?"


@pytest.mark.parametrize("text", ["a second smile", "at 2 s", "p 0.05", "one more person", "the person smiles"])
def test_nobody_is_found_where_nobody_is_named(text):
    assert named_people(text) == ()


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("at 50000 ms", [(50, 50)]), ("between 2000 and 3000 ms", [(2, 3)]), ("at 1 minute", [(60, 60)]),
        ("minute 3", [(180, 180)]), ("at 1 min 20 s", [(80, 80)]), ("1m30s", [(90, 90)]), ("at second 50", [(50, 50)]),
        ("at fifty seconds", [(50, 50)]), ("at t = 50 s", [(50, 50)]), ("(50 s)", [(50, 50)]), ("0:50", [(50, 50)]),
        ("50 seconds in", [(50, 50)]), ("the 50-second mark", [(50, 50)]), ("at exactly 50 s", [(50, 50)]),
        ("from 50 s on", [(50, math.inf)]), ("after 50 seconds", [(50, math.inf)]), ("until 50 s", [(0, 50)]),
        ("within 50-60 s", [(50, 60)]), ("at 50 to 52 s", [(50, 52)]), ("at 2, 5 and 9 s", [(2, 2), (5, 5), (9, 9)]),
        ("from 0:02 to 0:05", [(2, 5)]), ("the first 3 s", [(0, 3)]),
        ("at twenty-five seconds", [(25, 25)]), ("at thirteen seconds", [(13, 13)]),
        ("ninety nine seconds in", [(99, 99)]),
        ("at a hundred and five seconds", [(105, 105)]), ("between twelve and twenty-one seconds", [(12, 21)]),
        ("at 12,5 s", [(12.5, 12.5)]), ("between 12,5 and 13,25 s", [(12.5, 13.25)]), ("at 1,500 ms", [(1.5, 1.5)]),
        ("at 2,5 minutes", [(150, 150)]), ("at 2, 5 s", [(2, 2), (5, 5)]),
    ],
)  # fmt: skip
def test_times_are_read_in_every_form(text, times):
    assert [(t.start_s, t.end_s) for t in read_times(text)[0]] == times
    assert all(t.how != "length" for t in read_times(text)[0])


@pytest.mark.parametrize(
    "text", ["for 3 s", "lasting about 2-3 s", "a smile of 2 s", "2 s long", "3 s later", "every 2 s"]
)
def test_how_long_something_lasts_is_no_time(text):
    assert [t.how for t in read_times(text)[0]] == ["length"]


@pytest.mark.parametrize(
    "text",
    [
        "72 beats a minute",
        "P1, AU12",
        "30 times a minute",
        "frame@2.40",
        "AU12s",
        "twenty-five smiles",
        "the P1,2 pair",
    ],
)
def test_other_numbers_are_no_times(text):
    assert read_times(text)[0] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("P1 says 'I'd never lie' and smiles", "P1 says   and smiles"),
        ("P1 says “well”", "P1 says  "),
        ("P1 is “dishonest”", "P1 is “dishonest”"),
        ("P1's eyes and the others' eyes", "P1's eyes and the others' eyes"),
    ],
)
def test_a_quotation_is_long_or_said(text, left):
    assert unquoted(text) == left


@pytest.mark.parametrize("quoted", ["“I'd never lie”", "'i’d never lie, YOU know'", '"I\'d never … you know"'])
def test_what_was_said_may_be_quoted(quoted):
    assert misquoted(f"P1 says {quoted}", [SAID]) is None


@pytest.mark.parametrize("quoted", ["“I will kill him”", "'never'd lie'", '"I\'d never … kill you"'])
def test_what_nobody_said_is_found(quoted):
    assert misquoted(f"P1 says {quoted}", [SAID]) == quoted


def test_what_is_written_in_a_picture_may_be_quoted_but_not_as_said():
    assert misquoted("A sign reads “no smoking here”", [], shown=True) is None
    assert misquoted("P1 says “no smoking here”", [], shown=True)


def test_what_is_reported_ends_where_the_text_goes_on_itself():
    itself, told = reported("P1 says that she smiled and that she left and nods")
    assert "smiled" in told
    assert "left" in told
    assert "nods" in itself


def test_sentences_end_at_stops_and_semicolons_but_not_in_quotations():
    text = "P1 says “No. I won't.” Then P1 smiles; it is approx. 3 s long."
    assert sentences(text) == ["P1 says “No. I won't.”", "Then P1 smiles;", "it is approx. 3 s long."]


def test_a_doubled_consonant_becomes_one_and_a_number_stays_itself():
    assert stems("nodding, AU11 and AU22, not AU1") == ("nod", "au11", "and", "au22", "not", "au1")


@pytest.mark.parametrize(
    "text",
    ["There is no doubt that P1 frowns", "P1 frowns without question", "Nothing but a frown", "P1 not only smiles",
     "P1 doesn't deny that", "No fewer than three nods", "P1 never fails to smile", "No one other than P1 nods"],
)  # fmt: skip
def test_what_only_sounds_like_a_denial_is_none(text):
    assert not denies(text)
    assert affirmed(text) == [text]


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("P1 does not smile, he frowns", ["he frowns"]), ("P1 smiles but P2 doesn’t", ["P1 smiles"]),
        ("P1 doesn't smile and P2 frowns", ["P2 frowns"]), ("P1 can't be seen to nod and frowns", ["frowns"]),
        ("Between 2 and 5 s, he does not smile", []), ("P1 and P2 do not smile", []),
        ("Smiles of P1, P2 and P3 are not seen", []), ("P1 does not move his eyes and his hands", []),
        ("In this clip P1 nods, he does not smile", ["In this clip P1 nods"]), ("There is no sign that P1 frowns", []),
        ("P1 does not smile: he frowns", ["he frowns"]), ("No rate is told: a rate of nods needs 10 s", []),
        ("P1 is frowning and not smiling", ["P1 is frowning"]),
    ],
)  # fmt: skip
def test_a_denial_reaches_no_further_than_its_clause(text, stated):
    assert affirmed(text) == stated


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("the two nods last 0.8 s", "length"),
        ("in the last 3 s", "last"),
        ("last 3 s", "last"),
        ("for the last 3 seconds", "last"),
        ("in the first 3 s", "first"),
        ("first 3 s", "first"),
    ],
)
def test_last_is_a_length_after_what_lasts_and_else_the_end(text, how):
    assert [time.how for time in read_times(text)[0]] == [how]
