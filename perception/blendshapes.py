"""The order of MediaPipe's 52 blendshape scores (names after ARKit)."""

from pathlib import Path

BLENDSHAPES = tuple((Path(__file__).parent / "data" / "blendshapes.txt").read_text(encoding="utf-8").split())
