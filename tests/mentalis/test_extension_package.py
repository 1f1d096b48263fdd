"""A third party's package: installed beside Mentalis, its tool is found, runs, and passes the conformance suite."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tests" / "extension_package"


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Run Python with the package really installed, in a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(folder), str(PACKAGE)], check=True)
    paths = os.pathsep.join([str(ROOT), str(folder)])

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": paths, "MENTALIS_DATA": str(folder / "data"), "COLUMNS": "200"}
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


def test_its_tool_is_listed(python):
    done = python("-m", "mentalis", "tools")
    assert "looking_down" in done.stdout, done.stderr


def test_its_tool_runs_with_what_it_needs_and_nothing_else(python, demo):
    done = python("-m", "mentalis", "analyze", demo.clip, "--tools", "looking_down", "--json")
    assert done.returncode == 0, done.stderr
    runs = {run["tool"]: run["status"] for run in json.loads(done.stdout)["evidence"]["tools"]}
    assert runs == {"faces": "ok", "looking_down": "ok"}


def test_its_own_tests_pass(python):
    done = python("-m", "pytest", "-q", PACKAGE / "tests", "-p", "no:cacheprovider", "--rootdir", PACKAGE)
    assert done.returncode == 0, done.stdout + done.stderr
