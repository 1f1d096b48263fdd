"""A conversation and its conflicts as a user asks for them: in Python and on the command line."""

import json

import pytest
from measured_once import knowing
from scripted_endpoint import scripted_endpoint
from test_cli import mentalis
from typer.testing import CliRunner

from agents.incongruity import Incongruities
from graphs import conversation, incongruity
from mentalis.cli import app
from mentalis.commands.incongruity import show
from mentalis.conversing import converse, incongruities
from perception.errors import MentalisError
from perception.evidence import Evidence

SAID = [
    {"start": 0, "end": 2, "speaker": "Anna", "text": "They gave me the prize, it is wonderful!"},
    {"start": 2, "end": 4, "speaker": "Ben", "text": "And I have lost my job, this is a terrible day."},
]


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "said.json"
    path.write_text(json.dumps(SAID), encoding="utf-8")
    return path


def test_a_transcript_alone_on_the_command_line(words, tmp_path):
    done = mentalis("conversation", "--transcript", words, "--codebook", "motor", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [u["label"] for u in told["utterances"]] == ["positive", "negative"]
    assert "no language model" in told["notes"][0]
    assert "positive" in mentalis("conversation", "--transcript", words, "--codebook", "motor", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [("a.txt", "Hello there.", "use SRT or JSON"), ("a.json", "[]", "no words"), (None, "", "give a clip")],
)
def test_what_has_no_utterances_is_refused_in_one_line(name, content, line, tmp_path):
    given = ()
    if name:
        (tmp_path / name).write_text(content, encoding="utf-8")
        given = ("--transcript", name)
    done = mentalis("conversation", *given, cwd=tmp_path)
    assert done.returncode == 2
    (said,) = [text for text in done.stderr.splitlines() if text.startswith("error:")]
    assert line in said


def test_a_clip_with_words_is_measured_and_told(demo, tmp_path):
    told = converse(
        demo.clip, transcript=demo.transcript, tools=("action_units", "incongruity"), data=knowing(tmp_path)
    )
    assert [u.text for u in told.utterances] == ["Oh, is it working already?", "Yes, that is wonderful!"]
    assert told.utterances[1].label == "happiness"
    assert {"au12-1", "utterance-2"} <= {o.id for o in told.evidence.observations}
    done = mentalis(
        "incongruity", demo.clip, "--transcript", demo.transcript, "--json", cwd=tmp_path, MENTALIS_TOOLS="incongruity"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["conflicts"] == []


@pytest.mark.parametrize(
    ("judged", "not_judged", "told"),
    [
        ((1, 2), {}, "No conflict between words, face and voice was found."),
        ((), {1: "who?", 2: "who?"}, "No utterance could be judged. - utterances 1, 2 were not judged: who?"),
        ((2,), {1: "who?"}, "found in the 1 of 2 utterances that were judged. - utterance 1 was not judged: who?"),
    ],
)
def test_no_conflict_is_told_of_no_more_than_was_judged(judged, not_judged, told, capsys):
    seen = Evidence(clip_sha256="0" * 64, duration_s=4)
    show(Incongruities(name="a", conflicts=(), judged=judged, not_judged=not_judged, model=None, evidence=seen))
    assert " ".join(capsys.readouterr().out.split()).endswith(told)


@pytest.mark.parametrize(
    ("command", "graph"),
    [("conversation", (conversation, "converse")), ("incongruity", (incongruity, "incongruities"))],
)
def test_each_takes_the_options_of_an_analysis(command, graph, demo, tmp_path, monkeypatch):
    talks = []

    async def noting(talk, on_event):
        talks.append(talk)
        raise MentalisError("enough is known")

    monkeypatch.setattr(*graph, noting)
    monkeypatch.setenv("MENTALIS_DATA", str(tmp_path))
    with scripted_endpoint(lambda request: (500, "", ""), {"tiny": 8192}) as endpoint:
        model = ["--model", "tiny", "--base-url", endpoint.url]
        given = ["--media", "text", "--seed", "7", "--codebook", "motor", *model]
        done = CliRunner().invoke(app, [command, str(demo.clip), "--transcript", str(demo.transcript), *given])
    assert str(done.exception) == "enough is known", done.output
    (talk,) = talks
    assert (talk.model.seed, talk.setup.wanted.media, talk.codebook.id) == (7, "text", "motor")


async def test_a_notebook_whose_event_loop_runs_can_ask(demo, words, tmp_path):
    assert len(converse(transcript=words, data=knowing(tmp_path)).utterances) == 2
    found = incongruities(demo.clip, transcript=demo.transcript, tools=("speech",), data=knowing(tmp_path))
    assert set(found.not_judged) == {1, 2}


def test_a_model_that_never_answers_is_an_error_after_what_was_measured(demo, words, tmp_path):
    with scripted_endpoint(lambda request: (500, "", "")) as endpoint:
        given = ("--model", "tiny", "--base-url", endpoint.url, "--json")
        said = mentalis("conversation", "--transcript", words, *given, cwd=tmp_path, MENTALIS_RETRIES="0")
        filmed = mentalis(
            "incongruity", demo.clip, "--transcript", demo.transcript, *given, cwd=tmp_path,
            MENTALIS_RETRIES="0", MENTALIS_TOOLS="speech", MENTALIS_MEDIA="frames",
        )  # fmt: skip
    for done in (said, filmed):
        assert done.returncode == 1
        assert json.loads(done.stdout)["failures"]
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert "tiny never answered" in line
        assert f"tiny at {endpoint.url} answered HTTP 500" in line


def test_a_model_that_never_gives_a_valid_answer_is_the_same_error(demo, words, tmp_path):
    with scripted_endpoint(lambda request: (200, "not json", "stop")) as endpoint:
        given = ("--model", "tiny", "--base-url", endpoint.url, "--json")
        said = mentalis("conversation", "--transcript", words, *given, cwd=tmp_path)
        filmed = mentalis(
            "incongruity",
            demo.clip,
            "--transcript",
            demo.transcript,
            *given,
            cwd=tmp_path,
            MENTALIS_TOOLS="faces,speech",
        )
    for done in (said, filmed):
        assert done.returncode == 1
        assert json.loads(done.stdout)["tokens"]["calls"] == json.loads(done.stdout)["tokens"]["invalid"] > 0
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert "tiny never gave a valid answer, so that nothing here is its judgement: " in line


@pytest.mark.parametrize("media", ["video", "frames"])
def test_words_alone_have_no_picture_to_show(media, words, tmp_path):
    done = mentalis("conversation", "--transcript", words, "--media", media, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith(f"error: --media {media} needs a clip: give one, or leave it out for words alone\n")


def test_a_setting_for_clips_does_not_keep_words_alone_from_being_judged(words, tmp_path):
    done = mentalis("conversation", "--transcript", words, "--media", "text", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = mentalis("conversation", "--transcript", words, cwd=tmp_path, MENTALIS_MEDIA="video")
    assert done.returncode == 0, done.stderr
