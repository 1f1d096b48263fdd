"""A level is judged of everyone at first, and again only of those whose claims failed."""

from types import SimpleNamespace

import pytest
from case_making import claim, make_case

from agents.case import Feedback
from agents.report import TokenUse
from graphs import judging
from graphs.judging import Judgement, judge

PEOPLE = ("P1", "P2")


@pytest.fixture
def asked(monkeypatch):
    """Whom an agent is asked about; it claims one thing of each."""
    whom = []

    async def heard(agent, levels, case, setup, round_, tell):
        whom.append(case.person)
        new = claim("emotion", "happiness", "au12-1", person=case.person, text="It is new")
        return Judgement([new], [], [], TokenUse(), [], [], case.presentation, case.person)

    monkeypatch.setattr(judging, "heard", heard)
    return whom


async def judged(monkeypatch, failing):
    old = [claim("emotion", "neutral", "au12-1", person=person, text="It is old") for person in PEOPLE]
    feedback = tuple(Feedback(claim=c, wrong=("no",)) for c in old if c.person in failing)
    case = make_case(people=PEOPLE, claims=old, feedback=feedback)
    monkeypatch.setattr(judging, "case_of", lambda state, setup, level: case)
    state = {"round": int(bool(failing)), "pending": ["emotion"]}
    update = await judge("emotion", state, SimpleNamespace(model=None), None)
    return {c["person"]: c["text"] for c in update["claims"]}


async def test_at_first_everyone_is_judged_and_then_all_together(asked, monkeypatch):
    await judged(monkeypatch, failing=())
    assert asked == ["P1", "P2", None]


async def test_later_only_those_whose_claims_failed_and_the_others_keep_theirs(asked, monkeypatch):
    assert await judged(monkeypatch, failing=("P2",)) == {"P1": "It is old", "P2": "It is new"}
    assert asked == ["P2"]
