"""`mentalis chat` as a user meets it."""

import json
import os
import subprocess
import sys

from scripted_endpoint import schema_of, scripted_endpoint


def mentalis_chat(*arguments, cwd, said=""):
    command = [sys.executable, "-m", "mentalis", "chat", *map(str, arguments)]
    environment = {**os.environ, "MENTALIS_DATA": str(cwd)}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment, input=said)


def test_several_questions_are_turns_of_one_chat(make_clip, tmp_path):
    asked = ("--ask", "How sharp is the picture?", "--ask", "and at 0.5 s?")
    done = mentalis_chat(make_clip(), "--tools", "quality", "--json", *asked, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["method"] == "bm25"
    assert first["citations"][0]["id"] in first["text"]
    assert second["notes"] == ["understood as: How sharp is the picture? and at 0.5 s?"]


def test_questions_are_read_from_a_pipe_until_it_ends(make_clip, tmp_path):
    done = mentalis_chat(make_clip(), "--tools", "quality", cwd=tmp_path, said="How long is the clip?\n\n")
    assert done.returncode == 0, done.stderr
    assert "lasts 1.0 s" in done.stdout
    assert "? " not in done.stdout, "a prompt is for people"


def test_an_empty_question_is_an_error_in_one_line_before_anything_is_analysed(make_clip, tmp_path):
    done = mentalis_chat(make_clip(), "--ask", "How long is the clip?", "--ask", " ", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: the question is empty; ask something, such as: Does P1 smile?\n"


def test_an_endpoint_without_a_model_is_one_line(make_clip, tmp_path):
    done = mentalis_chat(make_clip(), "--base-url", "http://127.0.0.1:9/v1", "--ask", "Who?", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr


def test_the_seed_reaches_the_model(make_clip, tmp_path):
    with scripted_endpoint(lambda request: (200, "not json", "stop")) as endpoint:
        given = ("--model", "tiny", "--base-url", endpoint.url, "--seed", "7", "--tools", "quality", "--ask", "Who?")
        done = mentalis_chat(make_clip(), *given, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = next(request for request in endpoint.asked if schema_of(request))
    assert first["seed"] == 7
