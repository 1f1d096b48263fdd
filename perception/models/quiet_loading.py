"""Weights read by transformers without its progress bar: what is printed is ours to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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
