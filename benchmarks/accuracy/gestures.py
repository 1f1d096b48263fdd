"""Micro-gestures: each that a rule decides, made by a skeleton seen well, from afar, tilted, with noise."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.accuracy.events import event_f1
from mentalis.testing import body_track, face_track
from mentalis.testing.body_tracks import GESTURES
from mentalis.testing.synthetic_clip import Script, render
from perception.action_units import action_units
from perception.clip import Clip
from perception.evidence import Findings
from perception.micro_gestures import gestures, micro_gestures

CONDITIONS: dict[str, dict[str, Any]] = {
    "well": {},
    "from afar": {"shoulder_width": 0.06},
    "by a tilted camera": {"tilt_deg": 12.0},
    "with jitter": {"noise_px": 3.0},
    "with dropped joints": {"dropped": 0.2},
}
TIMES_S = ((3.0, 5.0), (9.0, 11.5), (16.0, 18.0))
SECONDS = 22.0


class Made(NamedTuple):
    """One gesture made three times by one skeleton."""

    condition: str
    kind: str
    f1: float
    strays: tuple[str, ...]  # other gestures that were told


def on_condition(condition: str, seeds: Sequence[int] = (0, 1, 2)) -> list[Made]:
    """Make every gesture as seen under a condition."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        render(Script(seconds=1, size=128), path)
        clip = Clip.open(path).model_copy(update={"duration_s": SECONDS})
    rows = []
    for kind in GESTURES:
        for seed in seeds:
            found = measured(clip, *((kind, a, b) for a, b in TIMES_S), seed=seed, **CONDITIONS[condition])
            others = tuple(o.kind for o in found.observations if o.kind not in (kind, "gesture_rate"))
            rows.append(Made(condition, kind, event_f1(TIMES_S, found.events(kind)), others))
    return rows


def measured(clip: Clip, *made: tuple[str, float, float], seconds: float = SECONDS, **seen: Any) -> Findings:
    """What the rules tell of gestures (kind, start, end) made by a whole seated skeleton."""
    seen = {"size": 1280, "shoulder_width": 0.16, **seen}  # from head to feet
    face = face_track(seconds=seconds, center=(0.5, 0.25), face_width=0.4 * seen["shoulder_width"], size=1280)
    body = body_track(seconds=seconds, gestures=made, **seen)
    units = action_units(engine="geometry")(clip, faces=[face])
    found = micro_gestures()(clip, bodies=[body], faces=[face], action_units=units)
    assert isinstance(found, Findings)
    return found


def scores(rows: Sequence[Made]) -> list[dict[str, Any]]:
    """A row for each condition: F1 over its gestures, the worst ones, and how many told gestures nobody made."""
    table = []
    for condition in dict.fromkeys(row.condition for row in rows):
        inside = [row for row in rows if row.condition == condition]
        by_kind = {kind: float(np.mean([row.f1 for row in inside if row.kind == kind])) for kind in GESTURES}
        strays = [stray for row in inside for stray in row.strays]
        table.append(
            {
                "what": f"seen {condition}",
                "gestures": f"{len(by_kind)} of {len(gestures())}",
                "F1": round(float(np.mean(list(by_kind.values()))), 3),
                "worst_F1": round(min(by_kind.values()), 2),
                "under_0.9": ", ".join(kind for kind, f1 in by_kind.items() if f1 < 0.9),
                "strays_per_min": round(60 * len(strays) / (len(inside) * SECONDS), 2),
                "which": ", ".join(sorted(set(strays))),
            }
        )
    return table
