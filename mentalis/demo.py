"""The demo: a clip whose truth is known, and what was found against it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from mentalis.testing.synthetic_clip import Action, Script, Truth, render
from perception.evidence import Observation

TIMES_WITHIN_S = 0.3
PULSE_WITHIN_BPM = 3.0
FOUND_AS = {"smile": ("au12",), "brow_raise": ("au1", "au2"), "nod": ("nod",), "blink": ("blink",)}
WORDS = """1
00:00:03,000 --> 00:00:05,000
Oh, is it working already?

2
00:00:08,200 --> 00:00:10,500
Yes, that is wonderful!
"""


class DemoClip(NamedTuple):
    """What the demo made."""

    clip: Path
    transcript: Path
    truth: Truth


class Row(NamedTuple):
    """One thing that is true of the clip, and what was found of it."""

    what: str
    true: str
    found: str
    difference: str
    ok: bool


def demo_script() -> Script:
    """Brows raised, blinks, a nod, a smile that comes and goes, 72 beats a minute."""
    blinks = tuple(Action("blink", t, t + 0.24, 0.09, 0.09) for t in (1.5, 5.8, 12.2))
    return Script(
        seconds=14.0,
        actions=(
            *blinks,
            Action("brow_raise", 3.0, 4.5),
            Action("nod", 6.6, 7.8, 0.15, 0.15),
            Action("smile", 8.5, 11.0, 0.4, 0.4),
        ),
    )


def make_demo(folder: Path) -> DemoClip:
    """Write clip.mp4, clip.srt and truth.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = DemoClip(folder / "clip.mp4", folder / "clip.srt", render(demo_script(), folder / "clip.mp4"))
    made.transcript.write_text(WORDS, encoding="utf-8")
    (folder / "truth.json").write_text(json.dumps(asdict(made.truth), indent=1), encoding="utf-8")
    return made


def compare(truth: Truth, observations: Iterable[Observation]) -> list[Row]:
    """Each action's onset and the pulse against the nearest observation of its kind."""
    seen = list(observations)
    rows = [_action(a["kind"], a["start_s"], [o for o in seen if o.kind in FOUND_AS[a["kind"]]]) for a in truth.actions]
    if truth.pulse_bpm is not None:
        found = next((o.value for o in seen if o.kind == "heart_rate" and o.value is not None), None)
        off = abs(found - truth.pulse_bpm) if found is not None else None
        ok = off is not None and off <= PULSE_WITHIN_BPM
        told = "-" if found is None else f"{found:.1f} bpm"
        rows.append(Row("pulse", f"{truth.pulse_bpm:.0f} bpm", told, "-" if off is None else f"{off:.1f} bpm", ok))
    return rows


def _action(kind: str, start_s: float, candidates: Sequence[Observation]) -> Row:
    true = f"from {start_s:.2f} s"
    nearest = min(candidates, key=lambda o: abs(o.start_s - start_s), default=None)
    if nearest is None:
        return Row(kind.replace("_", " "), true, "not found", "-", False)
    off = nearest.start_s - start_s
    found = f"from {nearest.start_s:.2f} s ({nearest.id})"
    return Row(kind.replace("_", " "), true, found, f"{off:+.2f} s", abs(off) <= TIMES_WITHIN_S)
