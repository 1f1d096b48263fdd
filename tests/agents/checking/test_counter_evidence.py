"""A movement that was observed is not denied, and not counted more often than it was observed."""

import pytest
from case_making import claim, face, make_case, saw

from agents.chat import Reply, Sentence
from agents.chat_history import Source
from agents.checking.counter_evidence import Observed, denied, overcounted
from agents.checking.grounding import borne_out
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
        ("P1 speaks, and there is no smile.", "smiles"),
        ("P1 shows no sign of a smile.", "smiles"),
        ("P1 remains neutral, and no smile is visible.", "smiles"),
        ("P1 doesn't frown or nod.", "nods"),
        ("P1 neither frowns nor nods.", "nods"),
        ("P1 does not show AU12.", "AU12"),
        ("P2 doesn't raise the brows.", "raised brows"),
    ],
)
def test_a_flat_denial_of_what_was_observed_is_found(text, act):
    assert denied(text, SEEN, ("P1", "P2")) == f"it denies {act}, which were observed"


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
    ],
)
def test_fewer_and_numbers_of_other_things_may_be_told(text):
    assert overcounted(text, SEEN, ("P1", "P2")) is None


@pytest.mark.parametrize(
    ("asked_at", "kept"), [(None, False), ((0.0, 2.0), False), ((5.0, 6.0), True)], ids=["always", "then", "else"]
)
def test_an_answer_does_not_deny_what_it_cites_unless_another_time_was_asked_for(asked_at, kept):
    smile = Source(id="au12-1", text="P1 smiles", person="P1", start_s=1, end_s=3, basis="seen", kinds=("au12",))
    said = Reply(do="answer", sentences=(Sentence(text="P1 does not smile", evidence=("au12-1",)),), unanswerable=False)
    reply, notes = borne_out(said, {"au12-1": smile}, ("P1",), 10.0, asked_at=asked_at)
    assert bool(reply.sentences) == kept
    assert kept or "it denies smiles, which were observed" in notes[0]


@pytest.mark.parametrize("text", ["P1 never smiles.", "P1 smiles four times."])
def test_a_narrative_keeps_to_what_was_observed(text):
    case = make_case(face(), saw("au12"), claims=(claim("emotion", "happiness", "au12-1"),))
    assert "observed" in not_in_report(text, case)
