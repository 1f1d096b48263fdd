"""A PostgreSQL of a test's own, where its programs are installed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

FOLDERS = ("/usr/local/bin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))
TO_START_S = 60.0


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database on loopback; without PostgreSQL the test is skipped."""
    initdb, server = _program("initdb"), _program("postgres")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.chmod(folder, 0o777)
        port, data = _free_port(), f"{folder}/data"
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        how: dict[str, Any] = {**_unprivileged(), **silent, "cwd": folder}
        subprocess.run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], check=True, **how)
        process = subprocess.Popen([server, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"], **how)
        try:
            yield _answering(f"postgresql://postgres@127.0.0.1:{port}/postgres", process)
        finally:
            process.send_signal(signal.SIGINT)  # it does not wait for its clients
            process.wait(timeout=30)


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS]))
    if found is None:
        pytest.skip(f"PostgreSQL is not installed: no {name}")
    return found


def _unprivileged() -> dict[str, Any]:
    """For a process: another user than root, as whom PostgreSQL does not run."""
    if os.getuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def _answering(url: str, process: "subprocess.Popen[bytes]") -> str:
    over_at = time.monotonic() + TO_START_S
    while time.monotonic() < over_at:
        assert process.poll() is None, "PostgreSQL did not start"
        try:
            psycopg.connect(url).close()
            return url
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")
