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


class Postgres:
    """An empty database on loopback, which can be stopped and started again; without PostgreSQL the test is skipped."""

    def __init__(self, folder: str) -> None:
        initdb, self._program = _program("initdb"), _program("postgres")
        self._folder, self._data, self._port = folder, f"{folder}/data", _free_port()
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._how: dict[str, Any] = {**_unprivileged(), **silent, "cwd": folder}
        made = [initdb, "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run(made, check=True, **self._how)
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        where = ["-D", self._data, "-p", str(self._port), "-h", "127.0.0.1", "-k", self._folder, "-F"]
        self._process = subprocess.Popen([self._program, *where], **self._how)
        _wait_for(self.url, self._process)

    def stop(self) -> None:
        """Stop it, without waiting for its clients."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A database that runs."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.chmod(folder, 0o777)
        made = Postgres(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop()


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


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    over_at = time.monotonic() + TO_START_S
    while time.monotonic() < over_at:
        assert process.poll() is None, "PostgreSQL did not start"
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")
