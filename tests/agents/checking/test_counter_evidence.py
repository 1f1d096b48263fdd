"""A movement that was observed is not denied, and not counted more often than it was observed."""

import pytest
from case_making import claim, face, make_case, saw

from agents.chat import Reply, Sentence
from agents.chat_history import Source
from agents.checking.counter_evidence import Observed, denied
from agents.checking.grounding import borne_out
from agents.checking.overcounts import overcounted
from agents.checking.told_story import not_in_report

SEEN = (
    Observed(frozenset({"au12"}), "P1", "P1: lip corners pulled up (AU12)"),
    Observed(frozenset({"au12"}), "P1", "P1: lip corners pulled up (AU12)"),
    Observed(frozenset({"nod"}), "P1", "P1 nods (3x, 9 degrees)"),
    Observed(frozenset({"blink_rate"}), "P1", "P1 blinks 29 times a minute"),
    Observed(frozenset({"au1"}), "P2", "P2: inner brows raised (AU1)"),
)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("P1 does not smile.", "smiles"),
        ("P1 never smiles at all.", "smiles"),
        ("P1 is not smiling in this clip", "smiles"),
        ("P1 shows no sign of a smile.", "smiles"),
        ("P1 remains neutral, and no smile is visible.", "smiles"),
        ("P1 doesn't frown or nod.", "nods"),
        ("P1 neither frowns nor nods.", "nods"),
        ("P1 does not show AU12.", "AU12"),
        ("P2 doesn't raise the brows.", "raised brows"),
        ("No, P1 never smiles in this clip", "smiles"),
        ("Not once does P1 smile.", "smiles"),
        ("P1 fails to smile.", "smiles"),
        ("P1 has no smile on the face.", "smiles"),
        ("P1 is never smiling nor nodding.", "smiles"),
        ("There's no smiling.", "smiles"),
        ("P1 never smiles. At 5 s P1 smiles.", "smiles"),
    ],
)
def test_a_flat_denial_of_what_was_observed_is_found(text, act):
    assert denied(text, SEEN, ("P1", "P2"), "P1") == f"it denies {act}, which were observed"


@pytest.mark.parametrize(
    "text",
    [
        "P1 does not smile at 5 s.",
        "P1 does not smile then.",
        "At first, P1 does not smile.",
        "P1 does not smile broadly.",
        "P1 does not smile much, but nods.",
        "P1 does not only smile.",
        "P1 never stops smiling.",
        "P1's smile is not joy.",
        "The smile does not reach the eyes.",
        "P2 does not smile.",
        "Someone does not smile.",
        "P1 does not raise the brows.",
        "P1 says that P1 does not smile.",
        "P1 does not smile and frown at once.",
        "Between 3 and 9 s, P1 talks and does not smile.",
        "P1 speaks, and there is no smile.",
        "P1 nods without smiling.",
        "P1 raises the brows and shows no smile.",
        "As P1 nods, no smile is seen.",
        "P1 frowns and no smile is seen.",
        "The frown is accompanied by no smile.",
        "With the brows raised, P1 does not smile.",
        "In answer to the question, P1 shows no smile.",
        "P1 tilts the head without a nod.",
        "P1 covers the mouth, so that no smile can be seen.",
        "P1 looks away and does not nod.",
        "P1 neither smiles nor nods strongly.",
        "Neither smile nor nod is strong.",
        "P1's smile is not a nod.",
        "P1 briefly does not smile.",
        "P1 does not smile. At 8.6 s P1 smiles.",
        "P1 does not smile. At 8.6 s P1 does.",
    ],
)
def test_a_denial_for_one_time_person_or_manner_may_be_true(text):
    assert denied(text, SEEN, ("P1", "P2")) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("P1 smiles three times.", "it counts 3 smiles, but 2 were observed"),
        ("P1 shows five short smiles.", "it counts 5 smiles, but 2 were observed"),
        ("P1 nods 4 times.", "it counts 4 nods, but 3 were observed"),
        ("P1 blinks fifty times a minute.", "it tells of 50 blinks a minute, but 29 were measured"),
        ("P1 nods and there are seven smiles.", "it counts 7 smiles, but 2 were observed"),
        ("P1 smiles three times and nods.", "it counts 3 smiles, but 2 were observed"),
        ("P1 smiles 5x.", "it counts 5 smiles, but 2 were observed"),
        ("P1 smiles on three occasions.", "it counts 3 smiles, but 2 were observed"),
        ("P1: seven smiles are seen.", "it counts 7 smiles, but 2 were observed"),
        ("P1 smiles four or five times.", "it counts 4 smiles, but 2 were observed"),
        ("P1's blink rate is 40 a minute.", "it tells of 40 blinks a minute, but 29 were measured"),
        ("P1 blinks at a rate of about 40 per minute.", "it tells of 40 blinks a minute, but 29 were measured"),
        ("P1 blinks at 32/min.", "it tells of 32 blinks a minute, but 29 were measured"),
        ("P1 has 26 blinks a minute.", "it tells of 26 blinks a minute, but 29 were measured"),
    ],
)
def test_more_of_a_movement_than_was_observed_is_found(text, why):
    assert overcounted(text, SEEN, ("P1", "P2")) == why


@pytest.mark.parametrize(
    "text",
    [
        "P1 smiles twice.",
        "P1 blinks about thirty times a minute.",
        "P2 blinks 50 times a minute.",
        "P1 nods three times.",
        "P1 smiles once.",
        "P1 smiles for three seconds.",
        "P1 smiles at 12 s, 30 times a minute.",
        "P1 smiles three times as long as before.",
        "P1 says that he smiles ten times.",
        "P2 smiles three times.",
        "P1 does not smile three times.",
        "P1 smiles and nods five times.",
        "P1 blinks 31 times a minute.",
        "P1 blinks 27 times a minute.",
        "P1 smiles two or three times.",
        "P1 smiles two to four times.",
        "P1 shows AU6+12 smiles.",
        "P1 shows AU6 and 12 smiles.",
        "P1 shows AU 12 smiles.",
        "P1 nods three times and smiles.",
        "P1 smiles, and the pulse rises three times.",
        "P1 blinks more often than the usual 15 to 20 times a minute.",
        "P1 blinks 29 times a minute; 15 to 20 times a minute are usual.",
        "P1 blinks at 29 blinks a minute, above the usual 15 to 20 per minute.",
        "P1 blinks, and the heart beats 72 times a minute.",
        "P1 shows fewer than four smiles.",
        "P1's two eyes blink.",
    ],
)
def test_fewer_and_numbers_of_other_things_may_be_told(text):
    assert overcounted(text, SEEN, ("P1", "P2")) is None


def test_kinds_that_a_name_covers_are_counted_together():
    both = [Observed(frozenset({unit}), "P1", f"P1: brows raised ({unit})") for unit in ("au1", "au1", "au2", "au2")]
    assert overcounted("P1 raises the brows four times, inner and outer.", both, ("P1",)) is None
    assert "5 raised brows, but 4" in overcounted("P1 raises the brows five times.", both, ("P1",))


SMILE = Source(id="au12-1", text="P1 smiles", person="P1", start_s=1, end_s=3, basis="seen", kinds=("au12",))
FACE = Source(id="face_visible-1", text="P1", person="P1", start_s=0, end_s=9, basis="seen", kinds=("face_visible",))


@pytest.mark.parametrize("cites", ["au12-1", "face_visible-1"])
@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({}, False),
        ({"asked_at": (0.0, 2.0)}, False),
        ({"asked_at": (5.0, 6.0)}, True),
        ({"asked_at": (0.1, 1.1)}, True),
        ({"of_a_moment": True}, True),
    ],
    ids=["always", "then", "else", "just before", "of a moment"],
)
def test_an_answer_denies_nothing_that_the_report_has_unless_another_time_or_act_was_asked_for(asked, kept, cites):
    said = Reply(do="answer", sentences=(Sentence(text="P1 does not smile", evidence=(cites,)),), unanswerable=False)
    reply, notes = borne_out(said, {"au12-1": SMILE, "face_visible-1": FACE}, ("P1",), 10.0, **asked)
    assert bool(reply.sentences) == kept
    assert kept or "it denies smiles, which were observed" in notes[0]


def test_a_denial_that_names_nobody_is_of_the_one_who_was_asked_about():
    said = Reply(do="answer", sentences=(Sentence(text="No smile", evidence=("face_visible-1",)),), unanswerable=False)
    sources = {"au12-1": SMILE, "face_visible-1": FACE}
    assert not borne_out(said, sources, ("P1", "P2"), 10.0, "P1")[0].sentences
    assert borne_out(said, sources, ("P1", "P2"), 10.0)[0].sentences


@pytest.mark.parametrize("text", ["P1 never smiles.", "P1 smiles four times."])
def test_a_narrative_keeps_to_what_was_observed(text):
    case = make_case(face(), saw("au12"), claims=(claim("emotion", "happiness", "au12-1"),))
    assert "observed" in not_in_report(text, case)
