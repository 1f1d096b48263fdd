"""Mentalis: from a clip of people to behaviour, cognition and emotion, every claim with its evidence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mentalis.api import aanalyze, analyze, stream
    from mentalis.chatting import achat, chat
    from mentalis.conversing import aconverse, aincongruities, converse, incongruities
    from mentalis.verifying import averify, verify

WHERE = {
    **dict.fromkeys(("aanalyze", "analyze", "stream"), "api"),
    **dict.fromkeys(("achat", "chat"), "chatting"),
    **dict.fromkeys(("aconverse", "aincongruities", "converse", "incongruities"), "conversing"),
    **dict.fromkeys(("averify", "verify"), "verifying"),
}
__all__ = [
    "__version__",
    "aanalyze",
    "achat",
    "aconverse",
    "aincongruities",
    "analyze",
    "averify",
    "chat",
    "converse",
    "incongruities",
    "stream",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import the API when it is first used: `mentalis --help` must not wait for it."""
    if name in WHERE:
        return getattr(import_module(f"mentalis.{WHERE[name]}"), name)
    raise AttributeError(f"module 'mentalis' has no attribute {name!r}")
