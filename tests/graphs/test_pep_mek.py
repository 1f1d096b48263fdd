"""Statements are verified by the parts of PEP-MEK that a variant has, in one conversation."""

import json
import re
from itertools import pairwise

import pytest
from case_making import face, make_case, saw
from scripted_endpoint import schema_of, scripted_endpoint

from agents.claims import TEXT_CHARACTERS
from agents.models.chat_model import ChatModel
from agents.models.errors import ModelError
from agents.models.json_schema import longest, server_schema
from agents.pep_mek import Statement, explain
from graphs.pep_mek import VARIANTS, Question, verify
from perception.clip import Clip

STATEMENTS = (Statement("a", "P1 smiles at 2.0 s."), Statement("b", "P1 frowns at 2.0 s."))
NOTES = {
    **dict.fromkeys(("face", "body", "voice", "words", "scene", "who"), "not observed"),
    "candidates": [{"emotion": "joy", "cue": "lip corners up", "intensity": "low", "cause": "not observed"}],
}
RIGHT = dict.fromkeys(("category", "intensity", "cue", "conclusion", "person"), "right")
EXPLAINED = {s.id: {"reason": f"au12-1 speaks for {s.id}.", **RIGHT} for s in STATEMENTS}
STEPS = {"Observe only": "notes", "Here are": "first", "Now explain": "reasons", "With your": "final"}


def step_of(request):
    task = request["messages"][-1]["content"][-1]["text"]
    return next(step for start, step in STEPS.items() if task.startswith(start))


def changes_its_mind(request):
    """A model that first says YES to all, and after an explanation NO to the second."""
    if schema_of(request) is None:
        return 200, "ok", "stop"
    answers = {
        "notes": NOTES,
        "first": {"a": "YES", "b": "YES"},
        "reasons": EXPLAINED,
        "final": {"a": "YES", "b": "NO"},
    }
    return 200, json.dumps(answers[step_of(request)]), "stop"


@pytest.fixture
def clip(make_clip):
    return Clip.open(make_clip(frames=24))


async def verified(clip, variant, answer=changes_its_mind):
    case = make_case(face(), saw("au12", 2, 4))
    with scripted_endpoint(answer) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        try:
            return await verify(Question(case, clip, model, STATEMENTS, VARIANTS[variant])), [
                r for r in endpoint.asked if schema_of(r)
            ]
        finally:
            await model.close()


@pytest.mark.parametrize(
    ("variant", "steps"),
    [
        ("base", ["first"]),
        ("mek", ["notes", "first"]),
        ("pep", ["first", "reasons", "final"]),
        ("pep-mek", ["notes", "first", "reasons", "final"]),
        ("pep-mek+tools", ["notes", "first", "reasons", "final"]),
    ],
)
async def test_a_variant_takes_its_steps_as_one_conversation(variant, steps, clip):
    found, asked = await verified(clip, variant)
    assert [step_of(r) for r in asked] == steps
    roles = [m["role"] for m in asked[-1]["messages"]]
    assert roles == ["system", *["user", "assistant"] * (len(steps) - 1), "user"]
    for before, after in pairwise(asked):
        assert after["messages"][: len(before["messages"])] == before["messages"], "a later step adds, never changes"
    assert found.tokens.calls == len(steps)
    explained = "reasons" in steps
    assert found.final == {"a": True, "b": not explained}
    assert found.first == {"a": True, "b": True}
    assert found.reasons == ({s.id: f"au12-1 speaks for {s.id}." for s in STATEMENTS} if explained else {})


@pytest.mark.parametrize("variant", sorted(VARIANTS))
async def test_measurements_are_shown_to_variants_with_tools_only(variant, clip):
    _, asked = await verified(clip, variant)
    assert ("au12-1" in json.dumps(asked[0]["messages"])) == ("tools" in variant)


async def test_what_a_broken_conversation_cost_is_counted(clip):
    def breaks(request):
        return (500, "", "") if schema_of(request) and step_of(request) == "reasons" else changes_its_mind(request)

    with pytest.raises(ModelError, match="HTTP 500") as broken:
        await verified(clip, "pep-mek", breaks)
    assert broken.value.tokens.calls == 2


async def test_statements_that_are_not_answered_are_asked_for_again(clip):
    tries = []

    def forgets(request):
        if schema_of(request) is None:
            return 200, "ok", "stop"
        tries.append(request)
        return 200, '{"a": "YES"}' if len(tries) == 1 else '{"a": "YES", "b": "YES"}', "stop"

    found, _ = await verified(clip, "base", forgets)
    assert len(tries) == 2
    assert found.final == {"a": True, "b": True}


@pytest.mark.parametrize("lacking", [{}, {"reason": " ;'3 -"}], ids=["no explanation", "no word in it"])
async def test_a_statement_that_is_not_explained_is_asked_for_again(lacking, clip):
    tries = []

    def forgets(request):
        explains = (schema_of(request) or {"properties": {}})["properties"].get("a", {}).get("type") == "object"
        if not explains:
            return changes_its_mind(request)
        tries.append(schema_of(request))
        told = {"a": EXPLAINED["a"], "b": {**EXPLAINED["b"], **lacking}} if lacking else {"a": EXPLAINED["a"]}
        return 200, json.dumps(EXPLAINED if len(tries) > 1 else told), "stop"

    found, _ = await verified(clip, "pep", forgets)
    assert len(tries) == 2
    assert tries[0]["required"] == ["a", "b"], "the server is made to explain each"
    assert found.reasons.keys() == {"a", "b"}


@pytest.mark.parametrize(
    "text", ["P1 smiles.", "au12-1 speaks for it.", "At 2.5 s the brows are up.", "No sign of it."]
)
def test_a_reason_is_a_line_with_a_word(text):
    schema = server_schema(explain(STATEMENTS).output)
    pattern = schema["properties"]["a"]["properties"]["reason"]["pattern"]
    assert re.search(pattern, text)
    assert longest({"type": "string", "pattern": pattern}) == 2 + TEXT_CHARACTERS
    assert not any(re.search(pattern, no_reason) for no_reason in ("", " ", ";", "12:30", "a b c", text[:1] * 2))
