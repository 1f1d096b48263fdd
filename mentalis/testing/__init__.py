"""For tests of tools, ours and yours: the conformance suite, tracks and clips whose truth is known."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mentalis.testing.body_tracks import body_track
    from mentalis.testing.conformance import check_tool
    from mentalis.testing.synthetic_clip import render
from mentalis.testing.tracks import face_track

__all__ = ["body_track", "check_tool", "face_track", "render"]

WHERE = {"body_track": "body_tracks", "check_tool": "conformance", "face_track": "tracks", "render": "synthetic_clip"}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is first used: a test of tracks must not wait for what renders video."""
    if name in WHERE:
        return getattr(import_module(f"mentalis.testing.{WHERE[name]}"), name)
    raise AttributeError(f"module 'mentalis.testing' has no attribute {name!r}")
