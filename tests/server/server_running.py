"""A real `mentalis serve` in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
TO_START_S = 120.0


class Server:
    """A server that can be killed and started again on the same data."""

    def __init__(self, data: Path, *options: str, module: str = "mentalis", **environment: str) -> None:
        """`module` is what is run: `mentalis`, or what a test wraps it in."""
        self.data, self._options, self._module, self._environment = data, options, module, environment
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            self.port = trial.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start it."""
        self.data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", self._module, "serve", "--port", str(self.port), "--data-dir", str(self.data)]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}", **self._environment}
        self._log = (self.data / "server.log").open("ab")
        self._process = subprocess.Popen(
            [*command, *self._options], env=environment, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def wait(self) -> None:
        """Until it answers."""
        assert self._process is not None
        over_at = time.monotonic() + TO_START_S
        while time.monotonic() < over_at:
            assert self._process.poll() is None, f"it did not start:\n{self.log()}"
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz").status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"it does not answer:\n{self.log()}")

    def kill(self) -> None:
        """Kill it, and all that it started, without a word; killed twice, it is dead."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(timeout=30)
        self._log.close()
        return code

    def log(self) -> str:
        """What it wrote."""
        return (self.data / "server.log").read_text(encoding="utf-8")


@contextmanager
def running(data: Path, *options: str, module: str = "mentalis", **environment: str) -> Iterator[Server]:
    """A server that is there for a while."""
    server = Server(data, *options, module=module, **environment)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def ended(client: httpx.Client, name: str, seconds: float = 180) -> dict:
    """An analysis, once it has ended."""
    over_at = time.monotonic() + seconds
    while time.monotonic() < over_at:
        job = client.get(f"/v1/analyses/{name}").json()
        if job["status"] in ("done", "failed", "cancelled"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"{name} is not over after {seconds:g} s: {job['status']}")
