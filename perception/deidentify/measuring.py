"""What our tools measure in a clip, with the tracks behind it, to be compared before and after."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perception.body_track import BodyTrack
from perception.cache import Cache, key_of
from perception.clip import Clip
from perception.evidence import Evidence
from perception.face_track import FaceTrack
from perception.scheduler import perceive
from perception.tool import in_order, make_tool

TOOLS = ("faces", "bodies", "action_units", "micro_gestures", "rppg")


@dataclass(frozen=True)
class Measured:
    """Evidence of a clip and the tracks that it rests on."""

    evidence: Evidence
    faces: list[FaceTrack]
    bodies: list[BodyTrack]


def measure(clip: Clip) -> Measured:
    """Run the tools whose agreement is reported.

    Raises:
        ClipError: the clip can't be decoded.
    """
    tools = [make_tool(name) for name in TOOLS]
    with tempfile.TemporaryDirectory() as folder:  # where the scheduler leaves the tracks
        cache = Cache(Path(folder))
        evidence = perceive(clip, tools, cache=cache)
        keys: dict[str, str] = {}
        tracks: dict[str, list[Any]] = {}
        for tool in in_order(tools):
            keys[tool.name] = key_of(tool, clip, keys)
            kept = cache.get(keys[tool.name])
            tracks[tool.name] = list(kept.value or []) if kept is not None else []
    return Measured(evidence, tracks["faces"], tracks["bodies"])
