"""What each way of de-identifying leaves of what can be measured, for each clip.

    python -m benchmarks.deidentify [CLIP ...] [--generated] [--method mask ...] [--json]

--generated adds a rendered face of 12 s with a pulse of 72 a minute, for a pulse is seldom found in short real clips.
"faces after" counts pictures of the written file on which a detector finds a face. Of an avatar it should find many.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

from benchmarks.printing import print_result
from mentalis.commands.deidentify import summed_up
from mentalis.testing.synthetic_clip import Action, Script, render
from perception.clip import Clip
from perception.deidentify.export import Method, Survey, deidentify, survey
from perception.deidentify.utility import UtilityReport

METHODS: tuple[Method, ...] = get_args(Method)


def row(clip: Clip, method: Method, surveyed: Survey) -> dict[str, Any]:
    """De-identify a clip by one method."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        told = deidentify(clip, Path(folder) / "out.mp4", method, surveyed=surveyed)
        return told_row(clip.path.name, told, time.perf_counter() - started)


def rendered(path: Path) -> Path:
    """A face that smiles and lets its jaw drop, with a pulse."""
    actions = (Action("smile", 3, 5), Action("jaw_drop", 6, 7), Action("brow_raise", 8, 9.5))
    render(Script(seconds=12, size=360, pulse_bpm=72, pulse_share=0.012, actions=actions), path)
    return path


def told_row(name: str, told: UtilityReport, seconds: float) -> dict[str, Any]:
    """One line of the table."""
    mediapipe, cascade = told.coverage
    again = [unit.event_f1 for unit in told.action_units if unit.event_f1 is not None]
    return {
        "what": f"{name}, {told.method}",
        "pictures": told.pictures,
        "faces_before": f"{mediapipe.before}, {cascade.before}",
        "faces_after": f"{mediapipe.after}, {cascade.after}",
        "covered": ", ".join(f"{why} {n}" for why, n in sorted(told.pictures_covered.items())) or "redrawn",
        "action_units": summed_up(told),
        "event_F1": round(sum(again) / len(again), 2) if again else "",
        "heart_rate": "; ".join(rate.text for rate in told.heart_rate),
        "gestures": f"{told.gestures.events_before} -> {told.gestures.events_after}",
        "SSIM": told.ssim,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="*")
    parser.add_argument("--generated", action="store_true", help="a rendered clip with a pulse as well")
    parser.add_argument("--method", action="append", choices=METHODS, help="all if none is given")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not given.clips and not given.generated:
        parser.error("give a clip, or --generated")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        generated = [rendered(Path(folder) / "generated.mp4")] if given.generated else []
        for path in [*given.clips, *generated]:
            clip = Clip.open(path)
            surveyed = survey(clip)
            for method in given.method or METHODS:
                rows.append(row(clip, method, surveyed))
                print(" | ".join(map(str, rows[-1].values())), file=sys.stderr)
    print_result({"de-identified": rows}, given.json)


if __name__ == "__main__":
    main()
