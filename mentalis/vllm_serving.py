"""vLLM as our child: the command for a model, whether it is well, and its end."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from mentalis.vllm_environment import VllmError, is_for_cpus, program
from perception.evidence import Frozen

MODELS = Path(__file__).with_name("vllm_models.yaml")
HOST = "127.0.0.1"
EVERY_S = 0.5  # how often its health is asked for
TO_STOP_S = 20.0  # it takes some 6 s; then it is killed
LONGEST_LINE = 300
Flags = dict[str, Any]


class Size(Frozen):
    """A model of a family: how it uses several GPUs, and the memory it needs on all of them."""

    parallel: Literal["data", "tensor"]
    memory_gb: int


class Family(Frozen):
    """Models that are started alike: known by their id, or by the model type in a folder's config.json."""

    name: str
    pattern: str
    model_types: tuple[str, ...]
    source: str
    flags: Flags
    sizes: dict[str, Size]
    tensor: Flags = Field(default_factory=dict)  # where one model lies on several GPUs


class LogPatterns(Frozen):
    """Which line of a log says what went wrong, as regular expressions."""

    prefix: str
    says: str
    passes_on: str


class Known(Frozen):
    """What vLLM is started with (vllm_models.yaml)."""

    environment: dict[str, str]
    general: Flags
    cpu: Flags
    families: tuple[Family, ...]
    log: LogPatterns


@cache
def known() -> Known:
    """The content of vllm_models.yaml."""
    return Known.model_validate(yaml.safe_load(MODELS.read_text(encoding="utf-8")))


def family_of(model: str) -> Family | None:
    """The family of a Hugging Face id or of a folder, where it is known.

    Raises:
        VllmError: a folder that holds no model, or a path where nothing is.
    """
    if model.startswith(("/", ".", "~")) or Path(model).is_dir():
        model_type = _model_type(Path(model))
        return next((family for family in known().families if model_type in family.model_types), None)
    return next((family for family in known().families if re.search(family.pattern, model)), None)


def size_of(model: str, family: Family) -> Size | None:
    """The size that the name tells, such as 7B (and 30B, not 3B, of 30B-A3B)."""
    name = Path(model).name
    return next((size for text, size in family.sizes.items() if re.search(rf"(?<![\w.]){text}(?!\w)", name)), None)


def command(folder: Path, model: str, port: int, gpus: int = 1, further: Sequence[str] = ()) -> list[str]:
    """What starts vLLM of the environment in a folder, with the flags that this model needs; further flags win.

    Raises:
        VllmError: no vLLM there, no such folder of a model, or GPUs for a vLLM that is built for CPUs.
    """
    started, family = program(folder), family_of(model)
    flags = {**known().general, **(family.flags if family else {})}
    if is_for_cpus(folder):
        if gpus > 1:
            raise VllmError(f"the vLLM in {folder} is built for CPUs: leave out --gpus, or install it without --cpu")
        flags |= known().cpu
    if gpus > 1:
        flags |= _parallel(model, family, gpus)
    words = [word for name, value in flags.items() for word in _words(name, value)]
    return [str(started), "serve", model, "--host", HOST, "--port", str(port), *words, *further]


def about(model: str) -> str:
    """A line on what is known of a model: its family, the GPU memory it needs, and whether it brings code."""
    family = family_of(model)
    if family is None:
        return (
            f"{model} is no model that Mentalis knows: it gets general flags; see `mentalis model check` once it runs"
        )
    size = size_of(model, family)
    memory = f" needs about {size.memory_gb} GB of GPU memory (bfloat16)" if size else ""
    code = "; vLLM runs code that comes with its weights" if family.flags.get("trust-remote-code") else ""
    return f"{model} ({family.name}){memory}{code}"


def base_url(port: int) -> str:
    """Where clients of the server ask."""
    return f"http://{HOST}:{port}/v1"


def check_free(port: int) -> None:
    """Know before a long start whether the port can be had.

    Raises:
        VllmError: something listens on it.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise VllmError(f"port {port} can't be had ({error.strerror}): choose another with --port") from error


@contextmanager
def running(started: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """VLLM with all its children, in a process group that ends with the block; what it says goes into the log."""
    path = f"{Path(started[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, **known().environment, "PATH": path}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        child = subprocess.Popen(
            started,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        stop(child)


def until_healthy(
    child: subprocess.Popen[bytes], port: int, log: Path, timeout_s: float, tick: Callable[[], None]
) -> None:
    """Wait until vLLM answers; `tick` is called all the while.

    Raises:
        VllmError: it died, or it takes longer than the timeout.
    """
    deadline = time.monotonic() + timeout_s
    while not _is_healthy(port):
        _check_alive(child, log, tick)
        if time.monotonic() > deadline:
            why = f"vLLM was not ready within {timeout_s:g} s (--timeout gives it longer)"
            raise VllmError(f"{why}: {telling_line(log)}; its log: {log}")
        time.sleep(EVERY_S)


def until_dead(child: subprocess.Popen[bytes], log: Path, tick: Callable[[], None]) -> None:
    """Stay until vLLM dies; `tick` is called all the while.

    Raises:
        VllmError: it died.
    """
    while True:
        _check_alive(child, log, tick)
        time.sleep(EVERY_S)


def stop(child: subprocess.Popen[bytes]) -> None:
    """End vLLM and its children: ask first, and kill what is left after a while or when interrupted."""
    try:
        if _signal(child, signal.SIGTERM):
            deadline = time.monotonic() + TO_STOP_S
            while _signal(child, 0) and time.monotonic() < deadline:
                time.sleep(0.1)
    finally:
        _signal(child, signal.SIGKILL)
        child.wait()


def follow(log: Path) -> Iterator[str]:
    """What is new in the log, each time that it is asked for."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        while True:
            yield lines.read()


def telling_line(log: Path) -> str:
    """The line that says what went wrong, without time and process; the last one where none does."""
    patterns = known().log
    lines = [re.sub(patterns.prefix, "", line).strip() for line in log.read_text("utf-8", "replace").splitlines()]
    spoken = [line for line in lines if line]
    telling = [x for x in spoken if re.search(patterns.says, x) and not re.search(patterns.passes_on, x)]
    return (telling or spoken or ["it said nothing"])[-1][:LONGEST_LINE]


def _model_type(folder: Path) -> str:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return str(config["model_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VllmError(f"{folder} holds no model: it needs a config.json with a model_type") from error


def _parallel(model: str, family: Family | None, gpus: int) -> Flags:
    """Flags for several GPUs; a model of unknown size is spread over all, since it may not fit one."""
    size = size_of(model, family) if family else None
    how = size.parallel if size else "tensor"
    more = family.tensor if family and how == "tensor" else {}
    return {f"{how}-parallel-size": gpus, **more}


def _words(name: str, value: Any) -> list[str]:
    if value is True:
        return [f"--{name}"]
    return [f"--{name}", json.dumps(value) if isinstance(value, dict) else str(value)]


def _is_healthy(port: int) -> bool:
    import httpx

    with suppress(httpx.HTTPError):
        return httpx.get(f"http://{HOST}:{port}/health", timeout=5.0, trust_env=False).status_code == 200
    return False


def _check_alive(child: subprocess.Popen[bytes], log: Path, tick: Callable[[], None]) -> None:
    code = child.poll()
    tick()  # after the poll: a dead child's last words are shown, too
    if code is not None:
        raise VllmError(f"vLLM stopped (exit code {code}): {telling_line(log)}; its log: {log}")


def _signal(child: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the whole group; whether anyone of it is left."""
    child.poll()  # a dead leader that is not waited for would count
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return False
    return True
