"""Every prompt says its version and exactly what it is filled in with."""

import hashlib
import json

import jsonschema
import pytest
from case_making import face, make_case
from jinja2 import Environment, meta

from agents.agent import PROMPTS
from agents.all_levels import AllLevels, all_levels
from agents.behaviour import behaviour
from agents.claims import LEVELS, ClaimList, draft_for, some
from agents.cognition import cognition
from agents.debate import opponent, proposer
from agents.emotion import emotion
from agents.models.json_schema import server_schema
from agents.pep_mek import Statement, explain
from agents.showing.messages import PromptError, task
from agents.showing.prompt_file import prompt_names, read_prompt

ABOUT_SOMEONE = (behaviour(), cognition(), emotion(), all_levels(), proposer(), opponent("(the proposal)"))


class Example(ClaimList):
    """An answer with the labels and ids of examples."""

    claims: some(
        draft_for(("LABEL_A", "LABEL_B", "neutral", "none_visible"), ("example-1", "example-2", "example-3"), 9000)
    )


def example_in(text):
    """The answer that stands in a prompt, at the beginning of a line."""
    example, _ = json.JSONDecoder().raw_decode(text, text.index('\n{"') + 1)
    return example


@pytest.mark.parametrize("name", prompt_names())
def test_the_inputs_that_a_prompt_names_are_those_that_it_uses(name):
    prompt = read_prompt(name)
    assert prompt.version >= 1
    assert set(prompt.inputs) == meta.find_undeclared_variables(Environment().parse(prompt.body))
    assert len(prompt.inputs) == len(set(prompt.inputs))


@pytest.mark.parametrize("level", ["behaviour", "cognition", "emotion"])
def test_an_example_favours_no_label_and_shows_when_to_abstain(level):
    body = read_prompt(f"{level}.md").body
    claims = [line for line in body.splitlines() if line.startswith('{"label"')]
    assert len(claims) >= 2
    assert any('"abstained": true' in claim for claim in claims)
    assert all('"label": "LABEL_A"' in claim or '"label": "{{ neutral }}"' in claim for claim in claims)


@pytest.mark.parametrize("codebook", ["basic", "motor"])  # with a neutral label of cognition, and without
@pytest.mark.parametrize("agent", [behaviour(), cognition(), emotion()], ids=lambda agent: agent.name)
def test_an_example_is_an_answer_that_the_schema_allows(agent, codebook):
    told = task(agent, make_case(face(), codebook=codebook))
    jsonschema.validate(example_in(told), server_schema(Example))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("all_levels", AllLevels),
        ("debate_proposer", AllLevels),
        ("debate_opponent", AllLevels),
        ("pep_explain", explain((Statement("x1", "P1 is very happy at 2 s: a broad smile"),)).output),
    ],
)
def test_an_example_of_a_whole_answer_can_be_read(name, form):
    body = read_prompt(f"{name}.md").body
    read = form.model_validate(example_in(body))
    assert all(read.of(level) for level in LEVELS) if form is AllLevels else read.x1.reason


@pytest.mark.parametrize("agent", ABOUT_SOMEONE, ids=lambda agent: agent.name)
def test_a_task_says_of_whom_after_all_that_is_the_same_for_everyone(agent):
    one, two = (task(agent, make_case(face(), people=("P1", "P2"), person=person)) for person in ("P1", "P2"))
    shared, at, _ = one.partition("Now judge: P1")
    assert at
    assert "Example" in shared
    assert two.startswith(f"{shared}Now judge: P2")


def test_the_hash_is_that_of_the_file():
    assert read_prompt("emotion.md").sha256 == hashlib.sha256((PROMPTS / "emotion.md").read_bytes()).hexdigest()


@pytest.mark.parametrize("content", [None, "no front matter", "---\ninputs: []\n---\nno version"])
def test_a_file_that_is_no_prompt_is_told(content, tmp_path, monkeypatch):
    monkeypatch.setattr("agents.showing.prompt_file.PROMPTS", tmp_path)
    if content is not None:
        (tmp_path / "a.md").write_text(content)
    with pytest.raises(PromptError, match=r"prompt a\.md can't be read"):
        read_prompt("a.md")
