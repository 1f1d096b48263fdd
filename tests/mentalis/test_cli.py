"""The command line as a user meets it."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint

from agents.claims import LEVELS


def mentalis(*arguments, cwd, **environment):
    command = [sys.executable, "-m", "mentalis", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MENTALIS_DATA": str(knowing(cwd)), **environment},
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


NOBODY = ("--model", "m", "--base-url", "http://127.0.0.1:9/v1")
NO_SCHEME = ("--model", "m", "--base-url", "localhost:8123")


@pytest.mark.parametrize(
    "arguments", [("none.mp4",), ("--codebook", "nope"), ("--tools", "nope"), ("--model", "m"), NO_SCHEME, NOBODY]
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, demo, tmp_path):
    clip = () if arguments == ("none.mp4",) else (demo.clip,)
    done = mentalis("analyze", *clip, *arguments, "--out", "out", cwd=tmp_path, MENTALIS_RETRIES="0")
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_endpoint_without_a_scheme_is_refused_with_what_may_be_meant(tmp_path):
    done = mentalis("model", "check", "--base-url", "localhost:8123", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean http://localhost:8123/v1" in done.stderr


def test_config_masks_secrets(tmp_path):
    done = mentalis("config", cwd=tmp_path, MENTALIS_API_KEY="very-secret")
    assert done.returncode == 0, done.stderr
    assert "very-secret" not in done.stdout


@pytest.mark.parametrize("command", [("tools",), ("graph", "mental_state"), ("schema", "report"), ("weights", "list")])
def test_what_is_there_can_be_looked_at(command, tmp_path):
    done = mentalis(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_list_of_tools_has_the_values_that_an_option_can_take(tmp_path):
    listed = mentalis("tools", cwd=tmp_path).stdout
    assert "action_units.engine=auto|geometry|blendshapes|openface" in listed
    assert "rppg.engine=fused|pos|chrom|green|lgi|pbv|omit|ica" in listed
    assert "faces.max_faces=N" in listed


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--tools", ""), "names no tool"),
        (("--view", "other.mp4@soon"), "'soon' is no number of seconds"),
        (("--check-gestures",), "to check gestures (MENTALIS_CHECK_GESTURES) needs a model"),
    ],
)
def test_options_that_mean_nothing_are_one_line(demo, tmp_path, arguments, line):
    done = mentalis("analyze", demo.clip, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    (said,) = [text for text in done.stderr.splitlines() if text.startswith("error:")]
    assert line in said


def test_a_setting_that_can_not_be_is_one_line(tmp_path):
    done = mentalis("config", cwd=tmp_path, MENTALIS_SEED="many")
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == [
        "error: setting seed (MENTALIS_SEED) can't be 'many': "
        "Input should be a valid integer, unable to parse string as an integer"
    ]


def test_settings_come_from_the_environment_then_dotenv_and_options_win(demo, tmp_path):
    (tmp_path / ".env").write_text("MENTALIS_CODEBOOK=motor\nMENTALIS_TOOLS=speech\n")
    given = ("analyze", demo.clip, "--json")
    read = [json.loads(mentalis(*given, *more, cwd=tmp_path).stdout) for more in ((), ("--codebook", "mer6"))]
    assert [r["provenance"]["codebook"] for r in read] == ["motor", "mer6"]
    assert [t["tool"] for t in read[0]["evidence"]["tools"]] == ["speech"]


def test_gestures_are_not_checked_where_an_option_says_so_against_the_environment(demo, tmp_path):
    given = ("analyze", demo.clip, "--tools", "speech", "--json")
    done = [
        mentalis(*given, *more, cwd=tmp_path, MENTALIS_CHECK_GESTURES="true") for more in ((), ("--no-check-gestures",))
    ]
    assert [run.returncode for run in done] == [2, 0]


def test_the_demo_shows_found_against_true_and_writes_everything(tmp_path):
    done = mentalis("demo", "--out", "shown", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {p.name for p in (tmp_path / "shown").iterdir()} == {
        "clip.mp4", "clip.srt", "truth.json", "report.json", "signals.parquet", "report.html"
    }  # fmt: skip
    assert "Found against true" in done.stdout
    assert done.stdout.count("✓") == 7
    export_in_every_format(tmp_path / "shown" / "report.json")


def export_in_every_format(report):
    for name, begins in {
        "csv": "row,",
        "openface": "frame,",
        "elan": "<?xml",
        "srt": "1\n",
        "vtt": "WEBVTT",
        "html": "<!doctype html>",
    }.items():
        done = mentalis("export", report, "--format", name, cwd=report.parent)
        assert done.returncode == 0, done.stderr
        written = report.parent / done.stdout.strip()
        assert written.read_text(encoding="utf-8").lower().startswith(begins.lower()), name


@pytest.mark.parametrize("content", ["", "{}", "not JSON", None])
def test_an_export_of_what_is_no_report_writes_nothing(content, tmp_path):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    done = mentalis("export", path, "--format", "csv", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "report.csv").exists()


def test_a_folder_goes_on_past_a_broken_clip(shared, tmp_path):
    (tmp_path / "clips").mkdir()
    whole = (shared / "clips" / "single_face_2s.mp4").read_bytes()
    (tmp_path / "clips" / "a.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "clips" / "b.mp4").write_bytes(whole)
    done = mentalis("analyze", "clips", "--tools", "faces", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "a.mp4: cut short" in done.stderr
    assert "1 of 2 clips analysed" in done.stderr
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b"]


def test_clips_share_the_cores(shared, tmp_path):
    for name in ("single_face_2s.mp4", "no_face.mp4"):
        (tmp_path / name).symlink_to(shared / "clips" / name)
    done = mentalis("analyze", ".", "--jobs", "2", "--tools", "faces,speech", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0
    assert "2 of 2 clips analysed" in done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"single_face_2s", "no_face"}


def test_a_second_camera_is_named_on_the_command_line(demo, tmp_path):
    done = mentalis("analyze", demo.clip, "--view", f"{demo.clip}@0", "--tools", "rppg", "--json", cwd=tmp_path)
    assert "view 2 right cheek" in done.stdout
    silent = mentalis("analyze", demo.clip, "--view", demo.clip, cwd=tmp_path)
    assert silent.returncode == 2
    assert "no sound to put" in silent.stderr


def test_a_killed_run_goes_on_without_repeating_a_tool_or_a_model_call(demo, tmp_path):
    """kill -9 while the emotion agent is asked: behaviour and cognition are not asked again, no tool runs again."""
    hangs, at_emotion = threading.Event(), threading.Event()
    hangs.set()
    levels = []

    def answer(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        level = next((v for v in LEVELS if f"You judge **{v}**" in json.dumps(request["messages"])), "other")
        levels.append(level)
        if level == "emotion" and hangs.is_set():
            at_emotion.set()
            time.sleep(2)
        return 200, json.dumps(sample(schema)), "stop"

    with scripted_endpoint(answer) as endpoint:
        model = ("--tools", "blinks", "--model", "tiny", "--base-url", endpoint.url, "--no-cache")
        command = [sys.executable, "-m", "mentalis", "analyze", str(demo.clip), *model]
        data = {**os.environ, "MENTALIS_DATA": str(tmp_path)}
        with subprocess.Popen(command, cwd=tmp_path, env=data, stderr=subprocess.DEVNULL) as killed:
            assert at_emotion.wait(60)
            killed.kill()
        hangs.clear()
        levels.clear()
        done = mentalis("analyze", demo.clip, *model, "--resume", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert levels[0] == "emotion", "it goes on with the agent that was asked when it died"
    assert "faces" not in done.stderr, "a progress line would tell that a tool ran"
    assert "emotion P1" in done.stderr
    assert json.loads((tmp_path / "out" / "report.json").read_text())["provenance"]["model"] == "tiny"


def test_doctor_says_what_is_there_and_what_could_be(tmp_path):
    done = mentalis("doctor", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "mediapipe: 0.10.14" in done.stdout
    assert "none set" in done.stdout


def test_an_output_folder_that_can_not_be_is_told_before_anything_runs(demo, tmp_path):
    (tmp_path / "file").touch()
    done = mentalis("analyze", demo.clip, "--out", "file/out", cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: --out file/out can't be written:")
    assert "is a file" in line


def test_a_codebook_that_is_no_yaml_is_one_line(demo, tmp_path):
    (tmp_path / "mine.yaml").write_text("foo: [")
    done = mentalis("analyze", demo.clip, "--codebook", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("error: codebook mine.yaml: while parsing a flow node")
