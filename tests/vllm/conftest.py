"""A real vLLM with tiny models of random weights; in a process of tests one server at a time: each takes 3.4 GB."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from measured_once import knowing

import mentalis.testing
from mentalis.vllm_serving import base_url, command, running, until_healthy

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-vllm"
WHY_NOT = ENVIRONMENT / "why_not.txt"  # written where vLLM has no build for this machine
MAKER = Path(mentalis.testing.__file__).with_name("tiny_models.py")
NAME = "tiny"
TO_START_S = 600.0
SMALL = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"}
# Where a prompt is read in pieces and its request has a seed and a temperature, vLLM 0.32 on CPUs dies ("CPU Generator
# does not use offset"): here every prompt is read at once.
WHOLE_PROMPTS = ("--no-enable-chunked-prefill", "--max-num-batched-tokens", "32768")


class Endpoint(NamedTuple):
    """A running server."""

    url: str
    model: str


@pytest.fixture(scope="session")
def vllm() -> Path:
    """The folder of vLLM's environment: MENTALIS_VLLM, or the one that `make test` builds."""
    folder = Path(os.environ.get("MENTALIS_VLLM") or ENVIRONMENT)
    if not (folder / "bin" / "vllm").exists():
        how = "`make .venv-vllm/.ready` builds it, or MENTALIS_VLLM names its folder"
        pytest.skip(WHY_NOT.read_text() if WHY_NOT.exists() else f"no vLLM in {folder.name}: {how}")
    return folder


@pytest.fixture(scope="session")
def serve(vllm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Endpoint]]:
    """Serve a kind of tiny model in place of the one that is served; what is served already stays."""
    folder, up = tmp_path_factory.mktemp("vllm"), {}
    with ExitStack() as now:

        def of(kind: str) -> Endpoint:
            if kind not in up:
                now.close()
                up.clear()
                up[kind] = now.enter_context(served(vllm, kind, folder))
            return up[kind]

        yield of


@pytest.fixture
def qwen_vl(serve: Callable[[str], Endpoint]) -> Endpoint:
    """A Qwen3-VL: text, pictures and video."""
    return serve("qwen3_vl")


@pytest.fixture
def qwen_omni(serve: Callable[[str], Endpoint]) -> Endpoint:
    """A Qwen2.5-Omni: text, pictures, video and sound."""
    return serve("qwen2_5_omni")


@pytest.fixture(scope="session")
def talking(shared: Path) -> Path:
    """A real clip: a man talks for 20 s, with a sound track."""
    return shared / "clips" / "man_talking_640x360.mp4"


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transcript for the clip."""
    path = tmp_path_factory.mktemp("words") / "words.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:04,000\nI did not expect that at all.\n")
    return path


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the tests share: the clip is measured once."""
    return knowing(tmp_path_factory.mktemp("data"))


@contextmanager
def served(vllm: Path, kind: str, folder: Path) -> Iterator[Endpoint]:
    """Make the model and serve it; nothing of the server is left when the block ends."""
    model, log = folder / kind, folder / f"{kind}.log"
    subprocess.run(
        [vllm / "bin" / "python", "-I", MAKER, kind, model],
        env={**os.environ, **SMALL},
        check=True,
        capture_output=True,
    )
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(name, value)
        started = command(vllm, str(model), port, further=("--served-model-name", NAME, *WHOLE_PROMPTS))
        with running(started, log) as child:
            until_healthy(child, port, log, TO_START_S, lambda: None)
            yield Endpoint(base_url(port), NAME)
            family = {child.pid, *descendants(child.pid)}
    left = family & parents().keys()
    assert not left, f"processes {left} of vLLM outlive it"


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    children = {child for child, parent in parents().items() if parent == pid}
    return children.union(*map(descendants, children))


def parents() -> dict[int, int]:
    """Every process that runs, with its parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found
