"""A run that is killed goes on: each sample is scored once, and no answered question is put to the model again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
ROOT = Path(__file__).parents[2]
SAMPLES = 500
AT_ONCE = 32
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@contextmanager
def endpoint(seconds):
    """The benchmarks' endpoint in a process of its own, and what it has counted."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.slow_endpoint", str(port), str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        try:
            yield (
                f"http://127.0.0.1:{port}/v1",
                lambda: json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/counts")),
            )
        finally:
            server.kill()


def write_questions(folder):
    """As many questions as EmoBench's emotional application has fields for, each of its own words."""
    rows = [
        {
            "qid": str(n), "language": "en", "category": "Personal-Others", "question type": "Action",
            "scenario": f"Scene {n}: Ann lost key number {n}.", "subject": "Ann",
            "choices": ["Look for it", "Give up"], "label": "Look for it",
        }
        for n in range(SAMPLES)
    ]  # fmt: skip
    folder.mkdir()
    (folder / "EA.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    write_questions(tmp_path / "data")
    with endpoint(0.2) as (url, counts):
        command = [
            sys.executable, "-m", "mentalis", "eval", "run", "emobench_ea", str(tmp_path / "data"), "--model", "slow",
            "--base-url", url, "--log-dir", str(tmp_path / "logs"), "--at-once", str(AT_ONCE),
        ]  # fmt: skip
        environment = {**ENVIRONMENT, "MENTALIS_DATA": str(tmp_path / "kept")}
        with subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True) as killed:
            while counts()["answered"] < SAMPLES // 2:
                assert killed.poll() is None, "it ended before it could be killed"
                time.sleep(0.02)
            os.killpg(killed.pid, signal.SIGKILL)
        before = counts()
        assert before["answered"] < SAMPLES
        told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        after = counts()
    lost = before["asked"] - before["answered"]  # under way when it was killed: their answers reached nobody
    assert lost <= AT_ONCE
    on_the_way = AT_ONCE  # answered in the moment of the kill, before they could be kept
    assert after["asked"] <= SAMPLES + lost + on_the_way
    assert re.search(rf"^answered +{SAMPLES} of {SAMPLES}$", told.stdout, re.M)
    again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    ids = scored_ids(tmp_path / "logs")
    assert len(ids) == len(set(ids)) == SAMPLES, "each sample is scored once"


def scored_ids(folder):
    from inspect_ai.log import list_eval_logs, read_eval_log

    logs = [read_eval_log(info) for info in list_eval_logs(str(folder))]
    (done,) = [log for log in logs if log.status == "success"]
    return [sample.id for sample in done.samples if sample.scores]
