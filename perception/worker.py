"""Run a function in a process of its own that is killed when it takes too much memory or time.

MediaPipe and jax map far more address space than they use, so that RLIMIT_AS would stop them at once: what is
watched is the resident memory of the process, which Linux tells in /proc. A process that ended well is used again,
for libraries take two seconds to load.
"""

import atexit
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from perception.errors import Cancelled, WorkerKilled

LOOK_EVERY_S = 0.02  # at the process's memory: what it can take between two looks comes on top of the limit
RESTS_S = 60.0  # a process without work ends after so long
RESTS_BELOW = 0.25  # of its limit of memory: one that keeps more is not used again
ANSWERS_WITHIN_S = 5.0  # one that rested is there, or has just ended
MB = 1_000_000

T = TypeVar("T")


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    surroundings: Hashable  # in which it was started


_resting: list[_Worker] = []
_resting_lock = threading.Lock()


def run_limited(
    function: Callable[..., T],
    *args: Any,
    memory_mb: float,
    seconds: float,
    lane: Hashable = None,
    on_message: Callable[[Any], None] | None = None,
    cancel: threading.Event | None = None,
) -> T:
    """Call `function(*args)` in a spawned process and return what it returns.

    Args:
        function: importable by name; its arguments and result are pickled.
        args: its arguments.
        memory_mb: resident memory at which the process is killed, interpreter and libraries included.
        seconds: wall time after which it is killed, its start included.
        lane: what sets the process up for good (the cores it is bound to, say): it works for this lane only.
        on_message: called here with each value that the function sends; the function is then called as
            `function(*args, send=...)`.
        cancel: when it is set, the process is killed.

    Raises:
        Cancelled: `cancel` was set.
        WorkerKilled: it went over a limit, or died of itself (a crash in a library, the system out of memory).
        Exception: whatever the function raised.
    """
    over_at = time.monotonic() + seconds
    worker, rests = _working((function, args, on_message is not None), lane), False
    try:
        kind, value = _answer(worker, _name(function), memory_mb, (seconds, over_at), on_message, cancel)
        rests = _resident_mb(worker.process) < RESTS_BELOW * memory_mb
    finally:
        if rests:
            with _resting_lock:
                _resting.append(worker)
        else:
            _end(worker)
    if kind == "raised":
        raise value
    result: T = value
    return result


def _working(task: tuple[Any, ...], lane: Hashable) -> _Worker:
    """A process that has begun with a task: one that rests, or a new one."""
    surroundings = (lane, tuple(sorted(os.environ.items())), tuple(sys.path), os.getcwd())  # it knows those it began in
    while True:
        with _resting_lock:
            rested = next((worker for worker in _resting if worker.surroundings == surroundings), None)
            if rested is not None:
                _resting.remove(rested)
        if rested is None:
            break
        with suppress(OSError, EOFError):
            rested.pipe.send(task)
            if rested.pipe.poll(ANSWERS_WITHIN_S) and rested.pipe.recv() == ("begun", None):
                return rested
        _end(rested)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,))
    process.start()
    theirs.close()  # so that its death is seen as the end of the pipe
    worker = _Worker(process, ours, surroundings)
    try:
        ours.send(task)
    except BaseException:
        _end(worker)
        raise
    return worker


def _answer(
    worker: _Worker,
    name: str,
    memory_mb: float,
    time_limit: tuple[float, float],
    on_message: Callable[[Any], None] | None,
    cancel: threading.Event | None,
) -> tuple[str, Any]:
    """How it ended ("returned" or "raised") and with what; over a limit, an error."""
    seconds, over_at = time_limit
    while True:
        if wait([worker.pipe], timeout=LOOK_EVERY_S):
            try:
                kind, value = worker.pipe.recv()
            except (EOFError, ConnectionResetError):
                worker.process.join()
                raise WorkerKilled(f"{name} died: {_death(worker.process.exitcode)}") from None
            if kind in ("returned", "raised"):
                return kind, value
            if kind == "sent" and on_message is not None:
                on_message(value)
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"{name} was cancelled")
        if _resident_mb(worker.process) > memory_mb:
            raise WorkerKilled(f"{name} was stopped: it took more than {memory_mb:g} MB of memory")
        if time.monotonic() > over_at:
            raise WorkerKilled(f"{name} was stopped: it took longer than {seconds:g} s")


def _work(pipe: Connection) -> None:
    """What the spawned process does: one task after the other, until none comes for a while."""
    os.setpgid(0, 0)  # what it starts is killed with it, and Ctrl-C is left to the parent
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while pipe.poll(RESTS_S):
            function, args, sends = pipe.recv()
            pipe.send(("begun", None))
            options = {"send": lambda value: pipe.send(("sent", value))} if sends else {}
            try:
                answer = ("returned", function(*args, **options))
            except Exception as error:
                answer = ("raised", _picklable(error))
            pipe.send(answer)
            del answer, args  # the memory of a task is not kept


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _picklable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _resident_mb(process: BaseProcess) -> float:
    """Resident memory of a process, 0 once it is gone."""
    try:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def _end(worker: _Worker) -> None:
    """End the process and all that it started."""
    process = worker.process
    if process.pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    worker.pipe.close()


@atexit.register
def _end_all() -> None:
    with _resting_lock:
        while _resting:
            _end(_resting.pop())


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))
