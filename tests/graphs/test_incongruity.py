"""A conflict of words with face or voice stands only with evidence of both sides."""

import json
from dataclasses import replace

import pytest
from scripted_endpoint import schema_of, scripted_endpoint
from talk_making import FROZEN, FROZEN_NOTE, dyad, filmed, measured, talk_of

from agents.incongruity import UNSEEN
from agents.models.chat_model import ChatModel
from graphs.incongruity import incongruities
from perception.evidence import Abstention, Signal, ToolRun

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
        ({"text": "He is deceiving her."}, "honest is not judged"),
    ],
)
async def test_a_conflict_with_one_side_or_a_false_one_is_rejected(lie, why, demo, tmp_path, monkeypatch):
    talk = filmed(talk_of(tmp_path), dyad(FROWN), demo, monkeypatch)
    result, _ = await judged(talk, {**SARCASM, **lie})
    assert not result.conflicts
    assert why in result.rejected[0].reason


async def test_a_conflict_is_no_surer_than_traces_of_how_the_clip_was_made_allow(demo, tmp_path, monkeypatch):
    talk = filmed(talk_of(tmp_path), dyad(FROWN, FROZEN), demo, monkeypatch)
    result, _ = await judged(talk, SARCASM)
    assert result.conflicts[0].confidence == 0.3
    assert result.notes == (FROZEN_NOTE,)


async def test_a_voice_that_lags_the_lips_of_another_leaves_a_conflict_as_sure_as_it_was(demo, tmp_path, monkeypatch):
    for person, sure in (("P1", 0.5), ("P2", 0.4)):
        late = measured("lip_offset-1", "integrity", 0.0, 10.0, person)
        result, _ = await judged(filmed(talk_of(tmp_path), dyad(FROWN, late), demo, monkeypatch), SARCASM)
        assert result.conflicts[0].confidence == sure


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
    limited = await incongruities(filmed(talk_of(tmp_path), dyad(FROWN, found, FROZEN), demo, monkeypatch))
    assert conflict.confidence > limited.conflicts[0].confidence == 0.3
    assert FROZEN_NOTE in limited.notes


def looked_at(evidence, *reasons):
    """The evidence after the tool ran, and where it abstained."""
    run = ToolRun(tool="incongruity", version="1", status="abstained" if reasons else "ok")
    missing = tuple(Abstention(tool="incongruity", reason=reason) for reason in reasons)
    return evidence.model_copy(update={"tools": (run,), "abstentions": missing})


def without_lips(evidence, *times_s):
    seen = [o for o in evidence.observations if o.kind != "speaking" or o.start_s not in times_s]
    return evidence.model_copy(update={"observations": tuple(seen)})


NOBODY_OF_5 = "who says 5 of 5 utterances is not known: no lips move in them"
NOBODY_OF_1 = "who says 1 of 5 utterances is not known: no lips move in them"


async def test_without_a_model_what_nobody_is_known_to_say_is_not_judged(demo, tmp_path, monkeypatch):
    nobody = looked_at(without_lips(dyad(FROWN), 0, 2, 4, 6, 8), NOBODY_OF_5)
    result = await incongruities(filmed(talk_of(tmp_path), nobody, demo, monkeypatch))
    assert result.not_judged == dict.fromkeys(range(1, 6), NOBODY_OF_5)
    assert result.judged == ()
    one = looked_at(without_lips(dyad(FROWN), 4), NOBODY_OF_1)
    result = await incongruities(filmed(talk_of(tmp_path), one, demo, monkeypatch))
    assert (result.not_judged, result.judged) == ({3: NOBODY_OF_1}, (1, 2, 4, 5))


async def test_without_a_model_words_whose_valence_is_not_known_are_not_judged(demo, tmp_path, monkeypatch):
    why = "no words with a known valence were given"
    german = replace(talk_of(tmp_path), language="de")
    result = await incongruities(filmed(german, looked_at(dyad(FROWN), why), demo, monkeypatch))
    assert result.not_judged == dict.fromkeys(range(1, 6), why)


async def test_without_a_model_a_speaker_of_whom_nothing_was_measured_is_not_judged(demo, tmp_path, monkeypatch):
    silent = dyad(FROWN)
    silent = silent.model_copy(update={"observations": tuple(o for o in silent.observations if o.tool != "speech")})
    smile = Signal(name="AU12", tool="action_units", unit="FACS", person="P2", times_s=(2.5, 3.0), values=(0.0, 0.0))
    seen = looked_at(silent.model_copy(update={"signals": (smile,)}))
    result = await incongruities(filmed(talk_of(tmp_path), seen, demo, monkeypatch))
    assert result.judged == (2,), "an expression that stays neutral was measured too"
    assert result.not_judged == dict.fromkeys((1, 3, 4, 5), UNSEEN)


async def test_without_a_model_nothing_is_judged_where_the_tool_did_not_run(demo, tmp_path, monkeypatch):
    result = await incongruities(filmed(talk_of(tmp_path), dyad(FROWN), demo, monkeypatch))
    assert result.not_judged == dict.fromkeys(range(1, 6), "the tool incongruity did not measure anything")
