"""Mentalis: from a clip of people to behaviour, cognition and emotion, every claim with its evidence."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mentalis.api import aanalyze, analyze, stream

__all__ = ["__version__", "aanalyze", "analyze", "stream"]


def __getattr__(name: str) -> Any:
    """Import the API when it is first used: `mentalis --help` must not wait for it."""
    if name in ("aanalyze", "analyze", "stream"):
        from mentalis import api

        return getattr(api, name)
    raise AttributeError(f"module 'mentalis' has no attribute {name!r}")
