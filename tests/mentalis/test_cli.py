"""The command line as a user meets it."""

import json
import subprocess
import sys

import pytest


def mentalis(*arguments, cwd, **environment):
    import os

    command = [sys.executable, "-m", "mentalis", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MENTALIS_DATA": str(cwd), **environment},
    )


def test_help_imports_nothing_heavy():
    heavy = "mediapipe|numpy|langgraph|openai|av|decord|plotly|pydantic"
    code = f"import sys, mentalis.cli; print([m for m in {heavy.split('|')!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_analyze_prints_json_only_and_writes_the_files(demo, tmp_path):
    done = mentalis("analyze", demo.clip, "--tools", "head_gestures", "--json", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {t["tool"] for t in report["evidence"]["tools"]} == {"faces", "head_gestures"}
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"report.json", "signals.parquet", "report.html"}


@pytest.mark.parametrize("arguments", [("none.mp4",), ("--codebook", "nope"), ("--tools", "nope"), ("--model", "m")])
def test_bad_input_is_one_line_and_exit_code_2(arguments, demo, tmp_path):
    clip = () if arguments == ("none.mp4",) else (demo.clip,)
    done = mentalis("analyze", *clip, *arguments, "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_config_masks_secrets(tmp_path):
    done = mentalis("config", cwd=tmp_path, MENTALIS_API_KEY="very-secret")
    assert done.returncode == 0, done.stderr
    assert "very-secret" not in done.stdout


@pytest.mark.parametrize("command", [("tools",), ("graph", "mental_state"), ("schema", "report"), ("weights", "list")])
def test_what_is_there_can_be_looked_at(command, tmp_path):
    done = mentalis(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
