"""Where networks run: on CUDA in bfloat16 where there is one, else on the processor."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from perception.errors import ToolError

if TYPE_CHECKING:
    import torch


def require_torch(who: str) -> None:
    """Say how to install torch when it is not here.

    Raises:
        ToolError: torch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ToolError(f"{who} needs torch: python scripts/install.py neural") from error


def device() -> "torch.device":
    """CUDA if there is one, else the processor."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def reduced_precision() -> AbstractContextManager[Any]:
    """Within it, products run in bfloat16 on a GPU that has it; elsewhere nothing changes."""
    import torch

    if torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()
