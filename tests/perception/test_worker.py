"""A worker returns what its function returns, and is killed when it takes too much."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from perception.errors import ClipError, WorkerKilled
from perception.worker import run_limited

PLENTY = {"memory_mb": 2000, "seconds": 60}


def add(a, b):
    return a + b


def refuse():
    raise ClipError("no good")


def eat_memory():
    held = []
    while True:
        held.append(bytearray(os.urandom(1_000_000)) * 10)


def sleep():
    time.sleep(600)


def crash():
    os.abort()


def leave():
    os._exit(3)


def count_aloud(to, send):
    for n in range(to):
        send(n)
    return to


def start_another(pid_file):
    child = subprocess.Popen(["sleep", "600"])
    Path(pid_file).write_text(str(child.pid))
    time.sleep(600)


def test_the_result_comes_back():
    assert run_limited(add, [1] * 1_000_000, [2], **PLENTY) == [1] * 1_000_000 + [2]


def test_a_process_that_ended_well_is_used_again():
    first = run_limited(os.getpid, **PLENTY)
    with pytest.raises(ClipError):
        run_limited(refuse, **PLENTY)
    assert run_limited(os.getpid, **PLENTY) == first != os.getpid()


def test_but_not_for_another_lane_nor_in_other_surroundings(monkeypatch):
    first = run_limited(os.getpid, **PLENTY)
    assert run_limited(os.getpid, lane=(0,), **PLENTY) != first
    monkeypatch.setenv("MENTALIS_MODELS", "/elsewhere")
    assert run_limited(os.getenv, "MENTALIS_MODELS", **PLENTY) == "/elsewhere"
    assert run_limited(os.getpid, **PLENTY) != first


def test_nor_when_it_died_or_was_killed():
    first = run_limited(os.getpid, **PLENTY)
    with pytest.raises(WorkerKilled):
        run_limited(leave, **PLENTY)
    assert run_limited(os.getpid, **PLENTY) != first


def test_one_that_died_while_it_rested_is_replaced():
    first = run_limited(os.getpid, **PLENTY)
    os.kill(first, signal.SIGKILL)
    assert run_limited(add, [1], [2], **PLENTY) == [1, 2]


def test_what_cannot_be_sent_is_an_error_here():
    with pytest.raises(Exception, match="pickle"):
        run_limited(add, lambda: 0, 1, **PLENTY)


def test_its_error_comes_back():
    with pytest.raises(ClipError, match="no good"):
        run_limited(refuse, **PLENTY)


def test_too_much_memory_kills_it():
    with pytest.raises(WorkerKilled, match="eat_memory was stopped: it took more than 400 MB"):
        run_limited(eat_memory, memory_mb=400, seconds=60)


def test_too_much_time_kills_it():
    with pytest.raises(WorkerKilled, match="sleep was stopped: it took longer than 1 s"):
        run_limited(sleep, memory_mb=2000, seconds=1)


@pytest.mark.parametrize(("function", "how"), [(crash, "signal SIGABRT"), (leave, "exit code 3")])
def test_a_crash_is_said_to_be_one(function, how):
    with pytest.raises(WorkerKilled, match=how):
        run_limited(function, **PLENTY)


def test_messages_come_in_order():
    heard = []
    assert run_limited(count_aloud, 5, on_message=heard.append, **PLENTY) == 5
    assert heard == [0, 1, 2, 3, 4]


def test_what_it_started_is_killed_with_it(tmp_path):
    pid_file = tmp_path / "pid"
    with pytest.raises(WorkerKilled):
        run_limited(start_another, str(pid_file), memory_mb=2000, seconds=3)
    until = time.monotonic() + 20  # a process that is killed dies when it gets its turn
    while alive(pid_file.read_text()):
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(pid):
    """Whether a process still runs: it is neither gone nor waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
