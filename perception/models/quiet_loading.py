"""Weights read by transformers: without its progress bar, and whole or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from perception.weights import WeightError


@contextmanager
def no_bar() -> Iterator[None]:
    """Hide transformers' bar while weights are read; those of downloads, which may take minutes, stay."""
    import huggingface_hub
    import transformers

    bars: Any = transformers.utils.logging
    downloads: Any = huggingface_hub.utils  # whose bars transformers switches with its own
    if not bars.is_progress_bar_enabled():
        yield
        return
    bars.disable_progress_bar()
    downloads.enable_progress_bars()
    try:
        yield
    finally:
        bars.enable_progress_bar()


def check_whole(source: str, told: Mapping[str, Any]) -> None:
    """Refuse a checkpoint that lacks weights, which transformers would draw at random.

    Args:
        source: where it is from.
        told: what `from_pretrained(..., output_loading_info=True)` tells of the loading.

    Raises:
        WeightError: naming the first that is missing.
    """
    missing = sorted(told["missing_keys"])
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise WeightError(f"{source} lacks weights of its network ({missing[0]}{more}); get a whole checkpoint")
