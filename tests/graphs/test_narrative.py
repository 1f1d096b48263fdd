"""The model's narrative stands as far as it keeps to the report; else the one by rule, and the report says so."""

from types import SimpleNamespace

import pytest
from case_making import claim, face, make_case, saw

from agents.by_rule.narration import narrate
from agents.narrator import Narrative
from agents.report import TokenUse
from graphs import reporting

CASE = make_case(face(), saw("au12"), claims=(claim("emotion", "happiness", "au12-1"),))
SETUP = SimpleNamespace(model="a model", narrated=True, video=None)


async def told(monkeypatch, *sentences):
    async def put(agent, case, video, model):
        return Narrative(sentences=sentences), TokenUse(calls=1), case.presentation, (), None

    monkeypatch.setattr(reporting, "put", put)
    return await reporting.narrative({}, CASE, SETUP, lambda event: None)


async def test_what_keeps_to_the_report_is_told(monkeypatch):
    state = await told(monkeypatch, "P1 smiles at 3 s", "The expression may suggest happiness")
    assert state["narrative"] == "P1 smiles at 3 s. The expression may suggest happiness."
    assert state["failures"] == []


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("P1 is probably lying", "whether someone lies or is honest is not judged"),
        ("P1's heart rate is 92 bpm", "it tells a heart rate, but cites none"),
        ("P3 smiles, too", "there is no P3"),
        ("P1 is full of contempt", "it tells of contempt, which is not claimed"),
    ],
)
async def test_what_goes_beyond_it_gives_way_to_the_narrative_by_rule(monkeypatch, sentence, why):
    state = await told(monkeypatch, "P1 smiles", sentence)
    assert state["narrative"] == narrate(CASE, CASE.claims)
    (failure,) = state["failures"]
    assert failure["stage"] == "agent narrator"
    assert why in failure["what"]
    assert failure["what"].endswith("(the narrative was composed by rule instead)")
    assert state["tokens"]["calls"] == 1
