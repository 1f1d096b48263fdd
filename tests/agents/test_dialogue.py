"""Utterances are linked to those who say them, and captions tell what was measured of them, and of nobody else."""

import json

from talk_making import dyad, measured, turns

from agents.behaviour_captions import NOTHING, caption, meanwhile
from agents.dialogue import dialogue, row, who_speaks, windows, with_words

SMILE = measured("au12-1", "action_units", 2.5, 3.5, "P2", 2.0, "P2: lip corners pulled up (AU12), about C")
NOD = measured("nod-1", "head_gestures", 2.2, 3.0, "P1", text="P1 nods (2x)")
LIGHT = measured("light-1", "quality", 0.0, 10.0, text="the light is good")


def test_a_caption_tells_each_channel_with_ids_and_leaves_out_what_is_no_behaviour():
    seen = meanwhile(dyad(SMILE, NOD, LIGHT), "P2", 2.0, 4.0)
    assert caption(seen) == "face: lip corners pulled up (AU12), about C [au12-1]. voice: flat [prosody-2]"
    assert caption([]) == NOTHING


def test_what_only_touches_an_utterance_is_not_part_of_it():
    before = measured("au4-1", "action_units", 1.0, 2.0, "P2")
    during = {o.id for o in meanwhile(dyad(before, SMILE), "P2", 2.0, 4.0)}
    assert during == {"au12-1", "face_visible-2", "speaking-2", "prosody-2"}


def test_a_speaker_whose_lips_are_hidden_is_known_by_name_from_other_turns():
    evidence = dyad()
    hidden = evidence.model_copy(
        update={"observations": tuple(o for o in evidence.observations if o.id != "speaking-3")}
    )
    assert who_speaks(turns(), hidden) == ["P1", "P2", "P1", "P2", "P1"]
    mute = evidence.model_copy(update={"observations": tuple(o for o in evidence.observations if o.kind != "speaking")})
    assert who_speaks(turns(), mute) == [None] * 5


def only_lips(*numbers, **changes):
    evidence = dyad(**changes)
    gone = {f"speaking-{n}" for n in range(1, 6)} - {f"speaking-{n}" for n in numbers}
    kept = tuple(o for o in evidence.observations if o.id not in gone)
    return evidence.model_copy(update={"observations": kept})


def test_of_two_speakers_and_two_people_one_is_known_by_the_other():
    assert who_speaks(turns(), only_lips(1)) == ["P1", "P2", "P1", "P2", "P1"]
    assert [said.subject for said in dialogue(turns(), only_lips(1), "listener")][:2] == ["P2", "P1"]


def test_among_three_people_or_unnamed_speakers_nobody_is_left_over():
    assert who_speaks(turns(), only_lips(1, faces=("P1", "P2", "P3"))) == ["P1", None, "P1", None, "P1"]
    unnamed = tuple(u.model_copy(update={"speaker": u.speaker if u.speaker == "Anna" else None}) for u in turns())
    assert who_speaks(unnamed, only_lips(1)) == ["P1", None, "P1", None, "P1"]


def test_words_become_evidence_with_their_valence_where_no_tool_gave_them():
    words = with_words(dyad(), turns(), "en").of("utterance")
    assert [o.id for o in words] == [f"utterance-{n}" for n in range(1, 6)]
    assert words[1].value > 0.5 > 0 > words[3].value
    assert with_words(dyad(), turns(), "fi").of("utterance")[1].value is None


def test_the_listener_is_the_other_of_two_and_what_is_said_is_not_theirs():
    evidence = with_words(dyad(SMILE, NOD), turns(), "en")
    second = dialogue(turns(), evidence, "listener")[1]
    assert (second.person, second.subject) == ("P2", "P1")
    assert {o.id for o in second.evidence} == {"face_visible-1", "nod-1"}
    assert json.loads(row(second))["measured"] == "head and body: P1 nods (2x) [nod-1]"


def test_a_third_person_leaves_the_listener_unknown():
    third = measured("face_visible-3", "faces", 0, 10, "P3")
    assert {said.subject for said in dialogue(turns(), dyad(third), "listener")} == {None}


def test_windows_ask_about_each_utterance_once_after_those_before_it():
    said = dialogue(turns(["Yes."] * 20), dyad(count=20))
    cut = windows(said, context=8, asked=6)
    assert [[s.index for s in w.asked] for w in cut] == [[*range(1, 7)], [*range(7, 13)], [*range(13, 19)], [19, 20]]
    assert [[s.index for s in w.context] for w in cut][2] == [*range(5, 13)]
    assert [w.earlier for w in cut] == [0, 0, 4, 10]
