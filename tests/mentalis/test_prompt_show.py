"""What `mentalis prompt` prints is what an agent is sent."""

import functools
import json

import httpx
import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint
from typer.testing import CliRunner

import mentalis
from agents.models.errors import ModelError
from agents.showing.presentation import Presentation
from mentalis.chatting import chat
from mentalis.cli import app
from mentalis.conversing import converse, incongruities
from mentalis.prompting import AGENTS, USUAL_QUESTION
from mentalis.settings import Settings
from mentalis.token_count import count, estimate

TOOLS = "blinks,speech"
HELLO = [{"role": "system", "content": "x" * 300}, {"role": "user", "content": [{"type": "text", "text": "y" * 300}]}]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One data folder for all, so that the clip is measured once."""
    return knowing(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """So many utterances, long enough to hear a voice in, that a summary is needed."""
    path = tmp_path_factory.mktemp("words") / "long.json"
    said = [{"start": n * 0.8, "end": n * 0.8 + 0.8, "text": f"This is sentence {n}."} for n in range(1, 16)]
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


@pytest.fixture
def prompt(data, demo, monkeypatch):
    """Run the command; its exit code and what it prints."""
    monkeypatch.setenv("MENTALIS_DATA", str(data))

    def run(*arguments, clip=demo.clip):
        options = ["--clip", str(clip), "--tools", TOOLS] if arguments[0] == "show" else []
        return CliRunner().invoke(app, ["prompt", *arguments, *options])

    return run


def answer(request):
    schema = schema_of(request)
    if schema and "claims" in schema["properties"]:
        said = sample(schema["properties"]["claims"])[0]
        seen = schema["properties"]["claims"]["items"]["properties"]["evidence"]["items"]["enum"]
        claim = {**said, "end_ms": 14_000, "evidence": [next(id_ for id_ in seen if id_.startswith("face_visible"))]}
        return 200, json.dumps({"claims": [claim]}), "stop"
    return 200, json.dumps(sample(schema)) if schema else "ok", "stop"


def printed(request):
    """The messages of a request as the command prints their words, with a mark where a picture stands."""
    lines = []
    for message in request["messages"]:
        lines.append(f"--- {message['role']}")
        parts = message["content"] if isinstance(message["content"], list) else [{"text": message["content"]}]
        lines += [part.get("text", "[picture]") for part in parts]
    return "\n".join(lines)


def test_what_is_printed_is_what_is_sent(prompt, demo, data, monkeypatch):
    monkeypatch.setenv("MENTALIS_MEDIA", "frames")
    with scripted_endpoint(answer) as endpoint:
        shown = prompt("show", "emotion", "--model", "m", "--base-url", endpoint.url)
        assert shown.exit_code == 0, shown.output
        model = {"model": "m", "base_url": endpoint.url, "strategy": "cascade", "audit_pairs": 0}
        mentalis.analyze(demo.clip, tools=TOOLS.split(","), data=data, **model)
    asked = [r for r in endpoint.asked if schema_of(r) and "You judge **emotion**" in json.dumps(r["messages"])]
    (sent,) = {printed(request) for request in asked}  # several times, where samples are compared
    *lines, last = lines_of(shown)
    assert lines == sent.split("\n")
    assert last == "--- 10 tokens (by a call for one token)", "as the scripted endpoint tells"
    assert " kB, frame@" in shown.stdout
    assert '"level": "cognition"' in sent, "claims of the levels before it were asked of the model"


TALKS = {
    "utterance_emotion": (converse, "You judge the **emotion of the one who speaks**"),
    "summary": (converse, "You keep the **summary**"),
    "incongruity": (incongruities, "You look for **incongruity**"),
    "chat": (chat, "You answer a user's **questions**"),
}


@pytest.mark.parametrize("agent", TALKS)
def test_what_is_printed_of_a_talk_or_chat_is_the_first_that_is_sent(agent, prompt, demo, words, tmp_path, monkeypatch):
    for name, value in {
        "DATA": tmp_path,
        "MEDIA": "frames",
        "SAMPLES": 1,
        "STRATEGY": "cascade",
        "AUDIT_PAIRS": 0,
    }.items():
        monkeypatch.setenv(f"MENTALIS_{name}", str(value))
    run, task = TALKS[agent]
    with scripted_endpoint(answer) as endpoint:
        given = {"model": "m", "base_url": endpoint.url}
        shown = prompt("show", agent, "--transcript", str(words), "--model", "m", "--base-url", endpoint.url)
        assert shown.exit_code == 0, shown.output
        asked_before = len(endpoint.asked)
        question = (USUAL_QUESTION,) if agent == "chat" else ()
        run(demo.clip, *question, transcript=words, tools=TOOLS.split(","), **given)
    sent = [printed(r) for r in endpoint.asked[asked_before:] if schema_of(r) and task in json.dumps(r["messages"])]
    assert lines_of(shown)[:-1] == sent[0].split("\n")
    assert "[picture]" in sent[0]
    assert "This is sentence 1." in sent[0]


def lines_of(shown):
    return ["[picture]" if line.startswith("[image/jpeg ") else line for line in shown.stdout.splitlines()]


def test_a_conversation_that_needs_no_summary_is_told(prompt, demo):
    refused = prompt("show", "summary", "--transcript", str(demo.transcript))
    assert "so short that all of it is told word by word" in str(refused.exception)


def test_a_talk_without_a_face_or_voice_measured_has_no_conflict_to_ask_about(prompt, words):
    assert "neither face nor voice" in str(prompt("show", "incongruity", "--transcript", str(words)).exception)


def test_a_question_that_no_model_is_asked_is_told(prompt):
    assert "chat would not be asked" in str(prompt("show", "chat", "--ask", "Is she lying?").exception)


def test_the_first_question_of_a_chat_may_be_given(prompt):
    assert 'The user asks: "Who nods?"' in prompt("show", "chat", "--ask", "Who nods?").stdout


@pytest.mark.parametrize("question", ["", "  "])
def test_an_empty_question_is_an_error_as_in_a_chat(question, prompt):
    assert str(prompt("show", "chat", "--ask", question).exception).startswith("the question is empty")


def test_answers_to_choose_from_may_be_given(prompt):
    shown = prompt("show", "choosing", "--ask", "Who nods?", "--option", "he", "--option", "she", "--schema").stdout
    assert "q1: Who nods?\n  A: he\n  B: she\n" in shown
    assert '"enum": [\n' in shown


@pytest.mark.parametrize("agent", sorted({*AGENTS} - {"incongruity"}))  # nothing to ask it about with so few tools
def test_every_agent_can_be_shown_without_a_model(agent, prompt, words):
    shown = prompt("show", agent, "--schema", "--transcript", str(words))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("--- system\nYou are one of several analysts")
    assert "tokens (an estimate: no endpoint was given)" in shown.stdout
    assert '"id": "face_visible-1"' in shown.stdout, "what was measured is shown"
    schema = json.loads(shown.stdout.split("--- schema of the answer\n")[1].rsplit("\n--- ", 1)[0])
    assert schema["type"] == "object"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nobody",), "no agent 'nobody'"),
        (("evidence",), "evidence is no agent but a part of all"),
        (("emotion", "--person", "P9"), "no P9 in the clip"),
    ],
)
def test_an_agent_or_person_that_is_not_there_is_told(arguments, why, prompt):
    assert why in str(prompt("show", *arguments).exception)


def test_a_clip_without_a_face_has_nobody_to_ask_about(prompt, make_clip):
    assert "no face was found" in str(prompt("show", "emotion", clip=make_clip()).exception)


def test_the_list_names_every_prompt_with_version_and_hash(prompt):
    listed = prompt("list").stdout
    for agent in AGENTS:
        assert f"\n{agent}  version " in f"\n{listed}"
    assert [line.split()[0] for line in listed.splitlines() if "a part of all" in line] == ["evidence", "system"]
    assert [line.split()[0] for line in listed.splitlines() if "of a gesture" in line] == ["gesture_check"]


@pytest.mark.parametrize(
    ("served", "told"),
    [
        ({"/tokenize": {"count": 41}}, (41, "by the endpoint's tokenizer")),
        ({"/v1/chat/completions": {"usage": {"prompt_tokens": 42}}}, (42, "by a call for one token")),
    ],
)
async def test_the_endpoint_counts_the_tokens(served, told, monkeypatch):
    def answered(request):
        assert json.loads(request.content)["messages"] == HELLO
        body = served.get(request.url.path)
        return httpx.Response(404 if body is None else 200, json=body or {})

    client = functools.partial(httpx.AsyncClient, transport=httpx.MockTransport(answered))
    monkeypatch.setattr("httpx.AsyncClient", client)
    assert await count(HELLO, Settings(model="m", base_url="http://there/v1"), Presentation()) == told


async def test_an_endpoint_that_does_not_tell_is_one_line(monkeypatch):
    client = functools.partial(httpx.AsyncClient, transport=httpx.MockTransport(lambda request: httpx.Response(404)))
    monkeypatch.setattr("httpx.AsyncClient", client)
    with pytest.raises(ModelError, match="does not tell how many tokens"):
        await count(HELLO, Settings(model="m", base_url="http://there/v1"), Presentation())


def test_an_estimate_counts_words_and_pictures():
    picture = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,"}}
    assert estimate(HELLO, Presentation()) == 200
    assert estimate([*HELLO, {"role": "user", "content": [picture]}], Presentation()) == 520


def test_an_estimate_counts_the_video_and_the_sound_of_what_is_shown():
    shown = Presentation(way="video", moments_s=(0.0, 1.0), sound_s=4.0)
    media = [{"type": "video_url", "video_url": {"url": ""}}, {"type": "input_audio", "input_audio": {"data": ""}}]
    assert estimate([*HELLO, {"role": "user", "content": media}], shown) == 200 + 2 * 160 + 4 * 25


def test_the_prompt_of_a_strategy_shows_what_that_strategy_is_shown(prompt):
    with scripted_endpoint(lambda request: (200, "ok", "stop")) as endpoint:
        given = ("--model", "tiny", "--base-url", endpoint.url, "--media", "text")
        result = prompt("show", "all_levels", "--strategy", "single", *given)
    assert result.exit_code == 0, result.output
    assert "No measurements are given" in result.output
    assert "[image/jpeg" not in result.output
