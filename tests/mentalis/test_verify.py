"""`mentalis verify` says of each statement whether a model holds it to be true, and why."""

import json

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint
from typer.testing import CliRunner

import mentalis
from agents.codebook import CodebookError
from mentalis.cli import app
from mentalis.settings import SettingsError


def says_yes(request):
    schema = schema_of(request)
    return (200, "ok", "stop") if schema is None else (200, json.dumps(sample(schema)), "stop")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("MENTALIS_DATA", str(knowing(tmp_path)))
    monkeypatch.setenv("MENTALIS_TOOLS", "blinks")


def verified(demo, *arguments):
    with scripted_endpoint(says_yes) as endpoint:
        given = ["verify", str(demo.clip), *arguments, "--model", "tiny", "--base-url", endpoint.url]
        return CliRunner().invoke(app, given), [r for r in endpoint.asked if schema_of(r)]


def test_each_statement_gets_an_answer_and_a_reason(demo):
    result, asked = verified(demo, "P1 smiles.", "P1 nods.")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "YES: P1 smiles."
    assert "YES: P1 nods." in result.stdout
    assert "P1 nods." in asked[-1]["messages"][-1]["content"][-1]["text"]


UNJUDGED = [
    ("P1 is lying.", "not judged", "'lying': whether someone lies or is honest is not judged"),
    ("P7 smiles.", "can't be judged", "there is no P7 in the clip; there is P1"),
    ("P1 smiles at 50 s.", "can't be judged", "it tells of 50 s, and the clip ends at 14.0 s"),
]


def test_no_model_is_asked_of_what_is_never_judged_or_not_in_the_clip(demo):
    result, asked = verified(demo, *(statement for statement, _, _ in UNJUDGED), "P1 smiles at 2 s.")
    assert result.exit_code == 0, result.output
    rows = [f"{what}: {statement}\n    {why}\n" for statement, what, why in UNJUDGED]
    assert result.stdout.startswith("".join(rows) + "YES: P1 smiles at 2 s.\n")
    assert "P1 smiles at 2 s." in str(asked)
    assert not any(statement in str(asked) for statement, _, _ in UNJUDGED)


def test_where_nothing_can_be_judged_json_says_so_and_no_model_is_asked(demo):
    result, asked = verified(demo, *(statement for statement, _, _ in UNJUDGED), "--json")
    assert result.exit_code == 0, result.output
    assert asked == []
    found = json.loads(result.stdout)["statements"]
    assert [(s["statement"], s["unjudged"], s["reason"]) for s in found] == UNJUDGED
    assert {(s["holds"], s["first"], s["probability"]) for s in found} == {(None, None, None)}


def test_it_tells_on_standard_error_what_is_measured_meanwhile(demo):
    told, _ = verified(demo, "P1 smiles.", "--variant", "base")
    assert told.stderr.splitlines()[0] == demo.clip.name
    assert "✓ blinks" in told.stderr
    assert "done in" in told.stderr
    quiet, _ = verified(demo, "P1 smiles.", "--variant", "base", "--json")
    assert quiet.stderr == ""


def test_it_takes_the_options_of_an_analysis(demo):
    given = ("P1 smiles.", "--variant", "base", "--media", "text", "--seed", "7", "--codebook", "motor")
    result, (asked,) = verified(demo, *given)
    assert result.exit_code == 0, result.output
    assert asked["seed"] == 7
    assert {part["type"] for part in asked["messages"][-1]["content"]} == {"text"}
    refused, _ = verified(demo, "P1 smiles.", "--codebook", "nope")
    assert isinstance(refused.exception, CodebookError)


def test_a_variant_leaves_parts_out_and_json_is_whole(demo):
    result, asked = verified(demo, "P1 smiles.", "--variant", "base", "--json")
    (found,) = json.loads(result.output)["statements"]
    assert (found["holds"], found["reason"]) == (True, None)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("statements", "options", "says"),
    [
        (["x"], {}, "name one with --model"),
        (["x"], {"variant": "mec"}, "no variant is called 'mec'"),
        ([], {}, "give 1 to 12"),
        (["x"] * 13, {}, "give 1 to 12"),
        (["x", " "], {}, "a statement is empty"),
    ],
)
def test_what_can_not_be_verified_is_said(statements, options, says, demo):
    with pytest.raises(SettingsError, match=says):
        mentalis.verify(demo.clip, statements, **options)
