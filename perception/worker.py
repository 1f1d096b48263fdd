"""Run a function in a process of its own that is killed when it takes too much memory or time.

MediaPipe and jax map far more address space than they use, so that RLIMIT_AS would stop them at once: what is
watched is the resident memory of the process, which Linux tells in /proc.
"""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from perception.errors import Cancelled, WorkerKilled

LOOK_EVERY_S = 0.02  # at the process's memory: what it can take between two looks comes on top of the limit
MB = 1_000_000

T = TypeVar("T")


def run_limited(
    function: Callable[..., T],
    *args: Any,
    memory_mb: float,
    seconds: float,
    on_message: Callable[[Any], None] | None = None,
    cancel: threading.Event | None = None,
) -> T:
    """Call `function(*args)` in a spawned process and return what it returns.

    Args:
        function: importable by name; its arguments and result are pickled.
        args: its arguments.
        memory_mb: resident memory at which the process is killed, interpreter and libraries included.
        seconds: wall time after which it is killed, its start included.
        on_message: called here with each value that the function sends; the function is then called as
            `function(*args, send=...)`.
        cancel: when it is set, the process is killed.

    Raises:
        Cancelled: `cancel` was set.
        WorkerKilled: it went over a limit, or died of itself (a crash in a library, the system out of memory).
        Exception: whatever the function raised.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, function, args, on_message is not None))
    process.start()
    theirs.close()  # so that its death is seen as the end of the pipe
    try:
        result: T = _result(process, ours, _name(function), memory_mb, seconds, on_message, cancel)
        return result
    finally:
        _kill(process)
        ours.close()


def _result(
    process: BaseProcess,
    ours: Connection,
    name: str,
    memory_mb: float,
    seconds: float,
    on_message: Callable[[Any], None] | None,
    cancel: threading.Event | None,
) -> Any:
    over_at = time.monotonic() + seconds
    while True:
        if wait([ours], timeout=LOOK_EVERY_S):
            try:
                kind, value = ours.recv()
            except EOFError:
                process.join()
                raise WorkerKilled(f"{name} died: {_death(process.exitcode)}") from None
            if kind == "returned":
                return value
            if kind == "raised":
                raise value
            if on_message is not None:
                on_message(value)
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"{name} was cancelled")
        if _resident_mb(process) > memory_mb:
            raise WorkerKilled(f"{name} was stopped: it took more than {memory_mb:g} MB of memory")
        if time.monotonic() > over_at:
            raise WorkerKilled(f"{name} was stopped: it took longer than {seconds:g} s")


def _work(theirs: Connection, function: Callable[..., Any], args: tuple[Any, ...], sends: bool) -> None:
    """What the spawned process does."""
    os.setpgid(0, 0)  # what it starts is killed with it, and Ctrl-C is left to the parent
    threading.Thread(target=_die_with_parent, daemon=True).start()
    options = {"send": lambda value: theirs.send(("sent", value))} if sends else {}
    try:
        answer = ("returned", function(*args, **options))
    except Exception as error:
        answer = ("raised", _picklable(error))
    theirs.send(answer)


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


def _kill(process: BaseProcess) -> None:
    """End the process and all that it started."""
    if process.pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))
