"""Data folders that share what tools measured: a clip is measured once for all tests, whichever process runs them."""

import os
import shutil
import tempfile
from pathlib import Path

FOLDER = "MENTALIS_TESTS_MEASURED"  # environment variable: workers and commands of a test run see the same


def begin() -> None:
    """Make the folder of a run of tests, in the process that starts it."""
    os.environ.setdefault(FOLDER, tempfile.mkdtemp(prefix="measured-"))


def end() -> None:
    """Delete it."""
    shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def knowing(data: Path) -> Path:
    """The data folder, with the results of tools that any test had run; not for tests of what is measured anew."""
    tools = data / "cache" / "tools"
    if not tools.exists():
        tools.parent.mkdir(parents=True, exist_ok=True)
        tools.symlink_to(os.environ[FOLDER])
    return data
