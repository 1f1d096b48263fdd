"""Every prompt says its version and exactly what it is filled in with."""

import hashlib

import pytest
from jinja2 import Environment, meta

from agents.agent import PROMPTS
from agents.showing.messages import PromptError
from agents.showing.prompt_file import prompt_names, read_prompt


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


def test_the_hash_is_that_of_the_file():
    assert read_prompt("emotion.md").sha256 == hashlib.sha256((PROMPTS / "emotion.md").read_bytes()).hexdigest()


@pytest.mark.parametrize("content", [None, "no front matter", "---\ninputs: []\n---\nno version"])
def test_a_file_that_is_no_prompt_is_told(content, tmp_path, monkeypatch):
    monkeypatch.setattr("agents.showing.prompt_file.PROMPTS", tmp_path)
    if content is not None:
        (tmp_path / "a.md").write_text(content)
    with pytest.raises(PromptError, match=r"prompt a\.md can't be read"):
        read_prompt("a.md")
