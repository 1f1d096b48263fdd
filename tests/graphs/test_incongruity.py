"""A conflict of words with face or voice stands only with evidence of both sides."""

import json
from dataclasses import replace

import pytest
from scripted_endpoint import schema_of, scripted_endpoint
from talk_making import dyad, filmed, measured, talk_of

from agents.models.chat_model import ChatModel
from graphs.incongruity import UNSEEN, incongruities

FROWN = measured("au14-1", "action_units", 2.5, 3.5, "P2", 2.0, "P2: a lip corner tightened (AU14), about C")
SARCASM = {"kind": "sarcasm", "level": "phrase", "phrase": "Just great", "words": ["utterance-2"], "signs": ["au14-1"],
           "before": [], "text": "Praise with a tightened lip corner.", "confidence_percent": 50}  # fmt: skip
NONE = {**SARCASM, "kind": "none", "phrase": "", "words": [], "signs": []}


async def judged(talk, said_of_second):
    asked = []

    def reply(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        asked.append(request["messages"][1]["content"][-1]["text"])
        answers = {id_: said_of_second if id_ == "utterance-2" else NONE for id_ in schema["properties"]}
        return 200, json.dumps(answers), "stop"

    with scripted_endpoint(reply) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        result = await incongruities(replace(talk, model=model))
        await model.close()
    return result, asked


async def test_a_conflict_names_both_sides(demo, tmp_path, monkeypatch):
    talk = filmed(talk_of(tmp_path), dyad(FROWN), demo, monkeypatch)
    result, asked = await judged(talk, SARCASM)
    (conflict,) = result.conflicts
    assert (conflict.kind, conflict.level, conflict.person, conflict.index) == ("sarcasm", "phrase", "P2", 2)
    assert (conflict.words, conflict.signs) == (("utterance-2",), ("au14-1",))
    assert result.judged == (1, 2, 3, 4, 5)
    assert "a lip corner tightened (AU14), about C [au14-1]" in asked[0]


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"signs": []}, "no sign of face, voice or body"),
        ({"words": []}, "no words"),
        ({"signs": ["utterance-2"]}, "utterance-2 is no sign"),
        ({"signs": ["prosody-4"]}, "prosody-4 is no sign of the speaker"),
        ({"signs": ["face_visible-2"]}, "face_visible-2 is no sign"),
        ({"signs": ["au77-1"]}, "there is no au77-1"),
        ({"words": ["utterance-1"]}, "utterance-1 is not what is said here"),
        ({"phrase": "very great"}, "is not among the words"),
        ({"level": "context"}, "cites no earlier utterance"),
        ({"level": "context", "before": ["utterance-3"]}, "utterance-3 is no earlier utterance"),
        ({"text": "He is deceiving her."}, "honesty"),
    ],
)
async def test_a_conflict_with_one_side_or_a_false_one_is_rejected(lie, why, demo, tmp_path, monkeypatch):
    talk = filmed(talk_of(tmp_path), dyad(FROWN), demo, monkeypatch)
    result, _ = await judged(talk, {**SARCASM, **lie})
    assert not result.conflicts
    assert why in result.rejected[0].reason


async def test_a_conflict_with_the_context_cites_what_was_said_before(demo, tmp_path, monkeypatch):
    talk = filmed(talk_of(tmp_path), dyad(FROWN), demo, monkeypatch)
    result, _ = await judged(talk, {**SARCASM, "level": "context", "before": ["utterance-1"]})
    assert result.conflicts[0].before == ("utterance-1",)


async def test_words_alone_can_not_be_judged(tmp_path):
    result, asked = await judged(talk_of(tmp_path), SARCASM)
    assert not asked
    assert result.not_judged == dict.fromkeys(range(1, 6), UNSEEN)


async def test_without_a_model_the_tools_observations_are_told_and_their_kind_left_open(demo, tmp_path, monkeypatch):
    text = "P2's words are positive (+0.8, utterance-2) while the face is negative (-0.3) [au14-1]"
    found = measured("incongruity-1", "incongruity", 2.0, 4.0, "P2", 1.1, text)
    result = await incongruities(filmed(talk_of(tmp_path), dyad(FROWN, found), demo, monkeypatch))
    (conflict,) = result.conflicts
    assert (conflict.kind, conflict.index, conflict.words) == ("other_conflict", 2, ("utterance-2",))
    assert conflict.signs == ("au14-1", "incongruity-1")
