"""Action units: generated clips with a known schedule, by both engines; a real clip, one engine against the other."""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.events import event_f1
from mentalis.testing.synthetic_clip import AUS, Action, Kind, Script, render
from perception.action_units import Engine, action_units
from perception.au_intensity import catalogue, intensities
from perception.blendshapes import BLENDSHAPES
from perception.blinks import blinks
from perception.clip import Clip
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.faces import faces
from perception.tool import Output

ENGINES: tuple[Engine, ...] = ("geometry", "blendshapes")
KINDS: tuple[Kind, ...] = (
    "brow_raise",
    "brow_lower",
    "smile",
    "frown",
    "lips_part",
    "jaw_drop",
    "eyes_closed",
    "blink",
)
TOGETHER = {"lips_part": {26}, "jaw_drop": {25}, "smile": {25}}  # shown too, but not what the schedule is about
SCORES = {  # of MediaPipe, beside which the distances are laid, whatever the engine `blendshapes` makes of them
    1: ("browInnerUp",),
    2: ("browOuterUpLeft", "browOuterUpRight"),
    4: ("browDownLeft", "browDownRight"),
    7: ("eyeSquintLeft", "eyeSquintRight"),
    12: ("mouthSmileLeft", "mouthSmileRight"),
    15: ("mouthFrownLeft", "mouthFrownRight"),
    17: ("mouthShrugLower",),
    20: ("mouthStretchLeft", "mouthStretchRight"),
    24: ("mouthPressLeft", "mouthPressRight"),
    25: ("mouthLowerDownLeft", "mouthLowerDownRight", "jawOpen"),
    26: ("jawOpen",),
    43: ("eyeBlinkLeft", "eyeBlinkRight"),
}
SHOWS_AT_LEAST = 0.05  # standard deviation of a blendshape that moves


Pair = tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]  # intensity by distances, score by the network


@dataclass(frozen=True)
class Compared:
    """What was scheduled and what each engine found in one clip."""

    kind: Kind
    true: tuple[tuple[float, float], ...]
    found: dict[str, Findings]  # by engine; blinks under "blinks"
    pairs: dict[int, Pair]  # by unit


def scripts(clips_of_each: int = 2) -> list[tuple[Kind, Script]]:
    """Clips of 16 s in which one action is shown five times, of differing length and strength."""
    made = []
    for seed in range(clips_of_each):
        for kind in KINDS:
            rng = random.Random(f"{kind}{seed}")
            actions = []
            for start_s in (1.5, 4.5, 7.5, 10.5, 13.0):
                lasts_s = rng.uniform(0.2, 0.3) if kind == "blink" else rng.uniform(0.8, 1.6)
                edge_s = 0.08 if kind == "blink" else 0.25
                strength = 1.0 if kind in ("blink", "eyes_closed") else rng.uniform(0.6, 1.0)
                actions.append(Action(kind, start_s, start_s + lasts_s, edge_s, edge_s, strength))
            made.append((kind, Script(seconds=16, size=360, actions=tuple(actions), seed=seed, crf=18)))
    return made


def on_generated(job: tuple[Kind, Script]) -> Compared:
    """Render a clip and measure it by both engines."""
    kind, script = job
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        render(script, path)
        clip = Clip.open(path)
        face = track(clip)
        found: dict[str, Findings] = {}
        for engine in ENGINES:
            found[engine] = _findings(action_units(engine=engine)(clip, faces=[face]))
        found["blinks"] = _findings(blinks()(clip, faces=[face]))
    edge = 0.5 * script.actions[0].onset_s  # the action is half there
    true = tuple((a.start_s + edge, a.end_s - edge) for a in script.actions)
    return Compared(kind, true, found, pairs(face))


def track(clip: Clip) -> FaceTrack:
    """The longest face of a clip, with blendshapes."""
    tracks = faces(engine="face_landmarker", max_faces=1)(clip, frames=clip.frames())
    assert isinstance(tracks, Output)
    longest: FaceTrack = max(tracks.value, key=lambda one: len(one.times_s))
    return longest


def scores(rows: Sequence[Compared]) -> list[dict[str, Any]]:
    """Event F1 of each scheduled unit by each engine, other units that were found, and how the engines correlate."""
    table = []
    for kind in KINDS:
        inside = [row for row in rows if row.kind == kind]
        for au in AUS[kind]:
            row: dict[str, Any] = {"what": f"AU{au} ({kind})", "events": sum(len(r.true) for r in inside)}
            for engine in ENGINES:
                source, name = ("blinks", "blink") if kind == "blink" else (engine, f"au{au}")
                f1s = [event_f1(r.true, r.found[source].events(name)) for r in inside]
                row[f"F1_{engine}"] = round(float(np.mean(f1s)), 2)
            row["r_with_score"] = _r([r.pairs[au] for r in inside if au in r.pairs])
            table.append(row)
    return table


def strays(rows: Sequence[Compared]) -> list[dict[str, Any]]:
    """Units that an engine reports although nobody showed them, a minute."""
    table = []
    for engine in ENGINES:
        for unit in catalogue():
            count, kinds = 0, set[str]()
            for row in rows:
                if unit.au not in {*AUS[row.kind], *TOGETHER.get(row.kind, ())} and not (
                    row.kind == "blink" and unit.au == 43
                ):
                    n = len(row.found[engine].events(f"au{unit.au}"))
                    count += n
                    kinds |= {row.kind} if n else set()
            if count:
                table.append({"what": f"{engine}: AU{unit.au}", "events": count, "while": ", ".join(sorted(kinds))})
    return table or [{"what": "none", "events": 0, "while": ""}]


def on_real(source: Path) -> list[dict[str, Any]]:
    """Correlation of the engines on a real clip, for the units whose blendshape moves there and the others apart."""
    rows = []
    for au, (by_distance, score) in pairs(track(Clip.open(source))).items():
        spread = float(score.std())
        rows.append(
            {
                "what": f"AU{au}",
                "score_sd": round(spread, 3),
                "moves": spread > SHOWS_AT_LEAST,
                "r": _r([(by_distance, score)]),
            }
        )
    return rows


def pairs(face: FaceTrack) -> dict[int, Pair]:
    """Intensity by distances and the network's own score, of each unit that has both."""
    assert face.blendshapes is not None
    by_distance = intensities(face, by_shapes=False)
    columns = {au: [BLENDSHAPES.index(name) for name in names] for au, names in SCORES.items() if au in by_distance}
    return {au: (by_distance[au], face.blendshapes[:, chosen].mean(axis=1)) for au, chosen in columns.items()}


def _findings(returned: Findings | Output) -> Findings:
    return returned.findings if isinstance(returned, Output) else returned


def _r(both: Sequence[Pair]) -> float | str:
    rs = [float(np.corrcoef(a, b)[0, 1]) for a, b in both if a.std() * b.std() > 0]
    return round(float(np.mean(rs)), 2) if rs else ""
