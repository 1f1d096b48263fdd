"""Data folders that share what tools measured: a clip is measured once for all tests, whichever process runs them."""

import os
import tempfile
from pathlib import Path

FOLDER = "MENTALIS_TESTS_MEASURED"  # environment variable: workers and commands of a test run see the same


def begin() -> Path | None:
    """Make the folder of a run of tests, unless it runs inside another, whose folder it uses."""
    if FOLDER in os.environ:
        return None
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="measured-")
    return Path(os.environ[FOLDER])


def knowing(data: Path) -> Path:
    """The data folder, with the results of tools that any test had run; not for tests of what is measured anew."""
    tools = data / "cache" / "tools"
    if not tools.exists():
        tools.parent.mkdir(parents=True, exist_ok=True)
        tools.symlink_to(os.environ[FOLDER])
    return data
