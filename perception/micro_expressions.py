"""Micro-expressions: facial movements that come and go within half a second."""

from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from perception.clip import Clip
from perception.errors import OptionError
from perception.events import runs
from perception.evidence import Findings
from perception.face_flow import LOWEST_RATE_HZ, FlowTrack, regions
from perception.face_track import FaceTrack
from perception.models.engine_weights import described, fingerprint
from perception.models.micro_au_reader import SHOWN, Reader, weights_folder
from perception.speaking import speaking_s
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]

LONGEST_S, SHORTEST_S = 0.5, 0.06  # Ekman & Friesen 1969; Yan et al. 2013 measured 0.17-0.5 s
USUAL_S = 1.2  # a place is where it was mostly, about then: slower movement is no micro-expression
LEAST, NOISE_TIMES = 0.012, 6.0  # eye distances of movement; times its own median deviation
BESIDE_S, COMES_BACK = 0.15, 0.6  # before and after a movement; share of it by which the place may then differ
EDGE = 0.35  # of the peak, where the event begins and ends
HEAD_DEG_PER_S, PACE_OVER_S = 25.0, 0.2  # of turning: the warp of a turning face passes for movement
BLINK_S = 0.12  # about a blink, which moves the landmarks by which the face is held still
GOOD_RATE_HZ = 100.0  # of the cameras that micro-expressions are studied with (CASME II: 200)
ALIKE, MARGIN = 0.5, 0.1  # shared over all units, for a class; and by how much more than for the next one
COPIES = 0.8  # of the lowest rate: copies of pictures are counted coarsely
CHANGES = 0.4  # FACS intensity from onset to apex that makes an action unit likely


class Moved(NamedTuple):
    """A short movement of one place; sample numbers of the flow's track."""

    onset: int
    apex: int
    offset: int
    place: str
    way: Floats  # (2,) of the apex from where it is usually, in eye distances: to the person's left, and down


Group = list[Moved]


@cache
def classes() -> dict[str, list[frozenset[int]]]:
    """Objective classes by sets of action units (Davison, Merghani & Yap 2018)."""
    path = Path(__file__).parent / "data" / "micro_expressions.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))["classes"]
    return {name: [frozenset(units) for units in sets] for name, sets in content.items()}


def objective_class(units: set[int]) -> str:
    """The class with the set of units most like these, or "other" if none is, or two are about as much."""
    alike = {
        name: max(len(units & prototype) / len(units | prototype) for prototype in sets)
        for name, sets in classes().items()
    }
    best, second = sorted(alike, key=lambda name: -alike[name])[:2]
    return best if alike[best] >= ALIKE and alike[best] - alike[second] >= MARGIN else "other"


@tool(needs=("face_flow", "faces", "action_units"), version="5")
def micro_expressions(engine: Literal["flow", "micro_au_clip"] = "flow", weights: str = "") -> Run:
    """Spot facial movements of at most half a second: when, where, and which action units they may be.

    Args:
        engine: `flow`, optical flow of places of the face against the nose, or `micro_au_clip`: spotted by flow, its
            units told by a network trained by `mentalis train micro-au` (no public weights exist).
        weights: folder of the trained network; left out: `micro-au-clip` in a folder of weights.

    Raises:
        OptionError: weights for an engine that takes none.
        WeightError: there are no weights for `micro_au_clip`.
    """
    if weights and engine != "micro_au_clip":
        raise OptionError(f"micro_expressions.weights={weights} needs micro_expressions.engine=micro_au_clip")
    folder = weights_folder(weights, "micro_expressions") if engine == "micro_au_clip" else None

    def run(clip: Clip, face_flow: list[FlowTrack], faces: list[FaceTrack], action_units: Findings) -> Findings:
        found = Findings(notes={"engine": engine} | ({"weights": described(folder)} if folder is not None else {}))
        if not face_flow:
            slow = f"{clip.fps:.1f} frames/s of {LOWEST_RATE_HZ:.0f}" if faces else "no face"
            found.abstain(None, f"no small movement could be followed ({slow}, or faces too small)")
        by_person = {face.person: face for face in faces}
        reader = Reader(folder) if folder is not None else None
        for track in face_flow:
            if track.effective_rate_hz < COPIES * LOWEST_RATE_HZ:
                rate = f"{track.effective_rate_hz:.0f} frames/s that differ"
                found.abstain(track.person, f"{rate}; movements of under half a second need {LOWEST_RATE_HZ:.0f}")
            elif track.person in by_person:
                face = by_person[track.person]
                for group in _spotted(track, face, clip):
                    if reader is None:
                        units = _units(group, action_units, face.person, track)
                    else:
                        units = _units_by_network(group, track, face, clip, reader)
                    _tell(group, track, face, units, found)
        return found

    if folder is not None:
        run.depends_on = lambda clip: fingerprint(folder)  # type: ignore[attr-defined]
    return run


def _spotted(track: FlowTrack, face: FaceTrack, clip: Clip) -> list[Group]:
    """The movements, each with all the places where it shows at once."""
    quiet = _quiet(track, face)
    events: Group = []
    for n, name in enumerate(regions()):
        path = np.cumsum(track.steps[:, n], axis=0)
        away = _away(path, track.times_s)
        usable = quiet & ~_disturbed(track, face, name, clip)
        for onset, apex, offset in _short(np.hypot(*away.T), usable, track.times_s):
            if _returns(path, track.times_s, onset, offset, float(np.hypot(*away[apex]))):
                events.append(Moved(onset, apex, offset, name, away[apex]))
    events.sort(key=lambda event: event.onset)
    groups: list[Group] = []
    for event in events:
        if groups and event.onset < max(other.offset for other in groups[-1]):  # several places at once: one event
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def _away(path: Floats, times_s: Floats) -> Floats:
    """How far a place is from where it mostly is about then, shape (n, 2), in eye distances."""
    from scipy.ndimage import median_filter

    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    width = min(2 * round(USUAL_S / step_s) + 1, 2 * len(path) - 1)
    return np.asarray(path - median_filter(path, size=(width, 1), mode="nearest"))


def _returns(path: Floats, times_s: Floats, onset: int, offset: int, size: float) -> bool:
    """Whether the place comes back to about where it was: the end of a longer expression does not."""
    before = (times_s >= times_s[onset] - BESIDE_S) & (times_s < times_s[onset])
    after = (times_s > times_s[offset]) & (times_s <= times_s[offset] + BESIDE_S)
    if not before.any() or not after.any():
        return False
    return float(np.hypot(*(path[after].mean(axis=0) - path[before].mean(axis=0)))) <= COMES_BACK * size


def _quiet(track: FlowTrack, face: FaceTrack) -> npt.NDArray[np.bool_]:
    """Where the head does not turn fast, shape (n,)."""
    if len(face.times_s) < 3:
        return np.zeros(len(track.times_s), dtype=bool)
    before, after = (
        np.stack([np.interp(face.times_s + s, face.times_s, axis) for axis in face.head_pose_deg.T], axis=1)
        for s in (-PACE_OVER_S / 2, PACE_OVER_S / 2)
    )
    pace = np.abs(after - before).max(axis=1) / PACE_OVER_S
    return np.asarray(np.interp(track.times_s, face.times_s, pace) < HEAD_DEG_PER_S)


def _disturbed(track: FlowTrack, face: FaceTrack, region: str, clip: Clip) -> npt.NDArray[np.bool_]:
    """Where blinks move the whole face, or speech the lips and chin, shape (n,)."""
    disturbed = np.zeros(len(track.times_s), dtype=bool)
    openness = face.eye_openness.mean(axis=1)
    for time_s in face.times_s[openness < 0.7 * np.percentile(openness, 75)]:
        disturbed |= np.abs(track.times_s - time_s) < BLINK_S
    if "brow" not in region:
        for start_s, end_s in speaking_s(clip):
            disturbed |= (track.times_s >= start_s) & (track.times_s <= end_s)
    return disturbed


def _short(size: Floats, usable: npt.NDArray[np.bool_], times_s: Floats) -> list[tuple[int, int, int]]:
    """Onset, apex and offset of movements that are large enough and short enough."""
    noise = float(np.median(size))
    least = max(LEAST, NOISE_TIMES * noise)
    events = []
    for first, last in runs(size > least * EDGE):
        apex = first + int(np.argmax(size[first : last + 1]))
        if size[apex] < least:
            continue
        inside = np.flatnonzero(size[first : last + 1] > EDGE * size[apex]) + first
        onset, offset = int(inside[0]), int(inside[-1])
        lasts_s = times_s[offset] - times_s[onset]
        if SHORTEST_S <= lasts_s <= LONGEST_S and usable[onset : offset + 1].all():
            events.append((onset, apex, offset))
    return events


def _strongest(group: Group) -> Moved:
    return max(group, key=lambda event: float(np.hypot(*event.way)))


def _tell(group: Group, track: FlowTrack, face: FaceTrack, units: dict[int, str], found: Findings) -> None:
    """Add the event; the units with what is said of how sure they are."""
    strongest = _strongest(group)
    start_s, apex_s, end_s = (float(track.times_s[n]) for n in strongest[:3])
    named = " ".join(f"AU{unit}{how}" for unit, how in sorted(units.items())) or "no action unit told"
    places = ", ".join(dict.fromkeys(event.place for event in group))
    size = float(np.hypot(*strongest.way))
    slow = min(1.0, track.effective_rate_hz / GOOD_RATE_HZ)
    found.event(
        track.person,
        "micro_expression",
        start_s,
        end_s,
        apex_s=apex_s,
        value=round(size, 4),
        unit="eye distances",
        text=f"{track.person}: a movement of {end_s - start_s:.2f} s at the {places} (perhaps {named}; "
        f"objective class {objective_class({*units})})",
        confidence=float(np.clip(0.2 + 0.3 * slow + 2 * size, 0, 0.6)),
        quality=float(slow * face.quality(start_s, end_s)),
    )


def _units(group: Group, action_units: Findings, person: str, track: FlowTrack) -> dict[int, str]:
    """Units of the directions in which the places went, those first whose own intensity rose."""
    onset_s, apex_s = (float(track.times_s[n]) for n in _strongest(group)[:2])
    possible: set[int] = set()
    for event in group:
        x, y = event.way
        place = regions()[event.place]
        outward = x if event.place.startswith("left") else -x
        way = "out" if "out" in place and outward > abs(y) else "up" if y < 0 else "down"
        possible |= {*place.get(way, [])}
    rose = set()
    for signal in action_units.signals:
        if signal.person == person and signal.name[2:].isdigit() and int(signal.name[2:]) in possible:
            before, at = np.interp((onset_s, apex_s), signal.times(), signal.values)
            if at - before >= CHANGES:
                rose.add(int(signal.name[2:]))
    return dict.fromkeys(rose or possible, "")


def _units_by_network(group: Group, track: FlowTrack, face: FaceTrack, clip: Clip, reader: Reader) -> dict[int, str]:
    """Units that come from onset to apex by Micro-AU CLIP, each with its probability of being shown."""
    times_s = [float(track.times_s[n]) for n in _strongest(group)[:2]]
    onset, apex = (frame.rgb for frame in clip.frames_at(times_s))
    onset_at, apex_at = (face.landmarks[int(np.abs(face.times_s - time_s).argmin())] for time_s in times_s)
    (told,) = reader.probabilities([reader.pair(onset, onset_at, apex, apex_at)])
    return {unit: f" {p:.2f}" for unit, p in zip(reader.units, told.tolist(), strict=True) if p > SHOWN}
