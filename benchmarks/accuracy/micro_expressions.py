"""Micro-expressions: generated clips with movements of under half a second, among slow ones, blinks and nods."""

import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.accuracy.events import matched
from mentalis.testing.synthetic_clip import AUS, Action, Kind, Script, render
from perception.clip import Clip
from perception.scheduler import perceive
from perception.tool import make_tool

RATES_HZ = (30.0, 60.0, 120.0)
KINDS: tuple[Kind, ...] = ("brow_raise", "brow_lower", "smile", "frown")
LASTS_S = (0.3, 0.36, 0.42, 0.48)
OTHERS = (Action("blink", 2.6, 2.85, 0.08, 0.08), Action("smile", 9.0, 11.0), Action("nod", 11.5, 12.7))


class Spotted(NamedTuple):
    """What was found in one clip."""

    rate_hz: float
    kind: str  # "nothing": only the slow ones
    true: int
    hits: int
    found: int
    apex_errors_s: tuple[float, ...]
    right_units: int


def cases() -> list[tuple[float, Kind | None]]:
    """Every movement at every frame rate, and clips without any."""
    return [*product(RATES_HZ, KINDS), *((rate_hz, None) for rate_hz in RATES_HZ)]


def on_generated(case: tuple[float, Kind | None]) -> Spotted:
    """Render a clip and spot."""
    rate_hz, kind = case
    starts_s = (1.2, 3.6, 5.4, 7.2)
    edge_s = 0.12
    brief = tuple(
        Action(kind, start_s, start_s + lasts_s, edge_s, edge_s, 0.7)
        for start_s, lasts_s in zip(starts_s, LASTS_S, strict=True)
        if kind
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        script = Script(seconds=13.5, fps=rate_hz, size=320, actions=(*brief, *OTHERS), crf=16, sway_px=1.0)
        render(script, path)
        found = perceive(Clip.open(path), [make_tool("micro_expressions")]).of("micro_expression")
    true = [(a.start_s + edge_s / 2, a.end_s - edge_s / 2) for a in brief]
    hits = matched(true, found, overlap=0.3)
    units = {f"AU{au}" for au in AUS[kind]} if kind else set()
    return Spotted(
        rate_hz=rate_hz,
        kind=kind or "nothing",
        true=len(true),
        hits=len(hits),
        found=len(found),
        apex_errors_s=tuple(abs((a + b) / 2 - (o.apex_s or 0.0)) for (a, b), o in hits),
        right_units=sum(bool(units & set(o.text.replace(";", " ").replace(")", " ").split())) for _, o in hits),
    )


def scores(rows: Sequence[Spotted]) -> list[dict[str, Any]]:
    """A row for each movement and frame rate."""
    return [
        {
            "what": f"{row.kind} at {row.rate_hz:.0f} frames/s",
            "events": row.true,
            "F1": round(2 * row.hits / (row.true + row.found), 2) if row.true + row.found else 1.0,
            "false": row.found - row.hits,
            "apex_error_ms": round(1000 * float(np.mean(row.apex_errors_s))) if row.apex_errors_s else "",
            "units_right": f"{row.right_units} of {row.hits}" if row.hits else "",
        }
        for row in rows
    ]
