"""py-feat in an environment of its own: it needs torchvision, which can't live beside the CPU build of torch."""

import os
import subprocess
import tempfile
import venv
from pathlib import Path

from perception.errors import ToolError
from perception.weights import cache_folder

PACKAGES = ("py-feat==2.1.5",)  # pip takes the torch and torchvision that fit each other: several gigabytes
SCRIPT = Path(__file__).with_name("pyfeat_script.py")
TIMEOUT_S = 4 * 3600.0  # of one clip
HOW = "mentalis weights install-pyfeat (its weights come from https://huggingface.co/py-feat when it first measures)"


def environment_folder() -> Path:
    """Where the environment lies: `MENTALIS_PYFEAT`, or `py-feat` in the data folder."""
    own = os.environ.get("MENTALIS_PYFEAT")
    return Path(own) if own else cache_folder().parent / "py-feat"


def why_not() -> str | None:
    """In a line, what is missing for py-feat to be used; none when nothing is."""
    folder = environment_folder()
    if not _python(folder).is_file():
        return f"py-feat's own environment is not here: {HOW}, or name one in MENTALIS_PYFEAT"
    if not any(folder.glob("lib/python*/site-packages/feat/detector_v2.py")):
        return f"the environment for py-feat holds no py-feat 2: {HOW}"
    return None


def version() -> str | None:
    """Of the py-feat that is installed there."""
    found = next(environment_folder().glob("lib/python*/site-packages/py_feat-*.dist-info"), None)
    return found.name.removeprefix("py_feat-").removesuffix(".dist-info") if found else None


def install(folder: Path) -> Path:
    """Make the environment; py-feat fetches its weights from its hub when it first measures.

    Raises:
        ToolError: the folder holds something else, or pip fails, with its last line.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise ToolError(f"{folder} is not empty and no environment of Python: name a new or empty folder")
    try:
        venv.create(folder, with_pip=True, clear=True)
    except OSError as error:
        raise ToolError(f"{folder} can't be made: {error.strerror}; choose another folder") from None
    command = [str(_python(folder)), "-m", "pip", "install", *PACKAGES]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ToolError(f"pip could not install py-feat: {_last_line(done.stderr)}")
    return folder


def measure(clip: Path) -> str:
    """The table, as CSV, that py-feat's action units of a clip make.

    Raises:
        ToolError: the environment is not here, or py-feat fails or takes too long.
    """
    missing = why_not()
    if missing:
        raise ToolError(f"action_units.engine=pyfeat: {missing}")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        command = [str(_python(environment_folder())), "-I", str(SCRIPT), str(clip.resolve()), str(table)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise ToolError(f"py-feat did not end within {TIMEOUT_S / 3600:.0f} h on {clip.name}") from None
        if done.returncode or not table.is_file():
            raise ToolError(f"py-feat failed on {clip.name}: {_last_line(done.stderr)}")
        return table.read_text(encoding="utf-8")


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
