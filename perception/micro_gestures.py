"""Micro-gestures that pose, hands and face decide, with the classes of iMiGUE and SMG that they stand for."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import TypeAdapter

from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.errors import OptionError
from perception.events import runs
from perception.evidence import Findings, Frozen
from perception.face_track import FaceTrack
from perception.gesture_network import gestures_in, other_words
from perception.gesture_rules import flags_of
from perception.models.engine_weights import described, fingerprint
from perception.models.gesture_recogniser import Recogniser, weights_folder
from perception.posture import posture
from perception.tool import Run, tool

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]
Group = Literal["stress", "withdrawal", "confidence", "neutral"]

ARMS = [0, *range(11, 17)]  # nose, shoulders, elbows, wrists of MediaPipe's pose
GAP_S = 0.25  # shorter holes in a gesture are bridged
HEAD_UP_DEG = 12.0  # above where this person mostly holds it
RATE_NEEDS_S = 10.0  # of the body in view before a rate per minute means something
MORE_OFTEN = 1.5  # times the person's own rate in the rest of the clip
HALF_NEEDS_S, HALF_NEEDS_EVENTS = 30.0, 4  # for a change of rate from one half of the clip to the other
UNBOUND = (
    "turtle_neck",
    "shake_shoulders",
    "sit_straight",
    "move_torso",
    "cross_legs",
    "move_legs",
)  # beside any other
LIP_UNITS, LIPS_PRESSED = ("au24", "au28"), 2.5  # FACS intensity


class Gesture(Frozen):
    """One gesture as its data file describes it."""

    imigue: tuple[int, ...]
    smg: tuple[int, ...]
    words: str
    shortest_s: float
    confidence: float
    group: Group


@cache
def gestures() -> dict[str, Gesture]:
    """The gestures by kind, in the order in which one takes a stretch from those after it."""
    content = yaml.safe_load((Path(__file__).parent / "data" / "micro_gestures.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Gesture]).validate_python(content)


@tool(needs=("bodies", "faces", "action_units"), version="5", reads_words=False)
def micro_gestures(engine: Literal["rules", "gcn"] = "rules", weights: str = "") -> Run:
    """Find micro-gestures by rules over posture, hands and face, and how often they come.

    Args:
        engine: `rules`, over landmarks scaled by the shoulders' width, or `gcn`: a network over the skeleton, trained
            by `mentalis train micro-gesture` (no public weights exist), in place of the rules over the body.
        weights: folder of the trained network; left out: `gesture-gcn` in a folder of weights.

    Raises:
        OptionError: weights for an engine that takes none.
        WeightError: there are no weights for `gcn`.
    """
    if weights and engine != "gcn":
        raise OptionError(f"micro_gestures.weights={weights} needs micro_gestures.engine=gcn")
    folder = weights_folder(weights) if engine == "gcn" else None

    def run(clip: Clip, bodies: list[BodyTrack], faces: list[FaceTrack], action_units: Findings) -> Findings:
        found = Findings(notes={"engine": engine} | ({"weights": described(folder)} if folder is not None else {}))
        network = Recogniser(folder) if folder is not None else None
        if not bodies:
            found.abstain(None, "no upper body was found")
        for face in faces:
            _by_face(face, action_units, found)
        for body in bodies:
            if body.person is None:
                found.abstain(None, "a body that is seen belongs to none of the faces")
                continue
            if network is not None:
                _by_network(body, body.person, network, found)
            else:
                _by_posture(body, body.person, found)
            _rates(body.person, body, found)
        return found

    if folder is not None:
        run.depends_on = lambda clip: fingerprint(folder)  # type: ignore[attr-defined]
    return run


def _by_network(body: BodyTrack, person: str, network: Recogniser, found: Findings) -> None:
    for made in gestures_in(body, network):
        told = other_words().get(made.kind) or gestures()[made.kind].words
        during = (body.times_s >= made.start_s) & (body.times_s <= made.end_s)
        seen = float(np.clip(body.pose[during][:, ARMS, 2], 0, 1).mean()) if during.any() else 0.0
        found.event(
            person,
            made.kind,
            made.start_s,
            made.end_s,
            text=f"{person} {told}",
            confidence=made.probability,
            quality=seen,
        )


def _by_posture(body: BodyTrack, person: str, found: Findings) -> None:
    made = flags_of(posture(body))
    taken = np.zeros(len(body.times_s), dtype=bool)
    for kind in gestures():
        if kind not in made:
            continue  # the face tells it
        flags = made[kind] & ~taken if kind not in UNBOUND else made[kind]
        for first, last in _stretches(flags, body.times_s):
            seen = float(np.clip(body.pose[first : last + 1, ARMS, 2], 0, 1).mean())
            if _tell(kind, person, (body.times_s, body.durations_s), (first, last), flags, seen, found):
                taken[first : last + 1] |= kind not in UNBOUND


def _by_face(face: FaceTrack, action_units: Findings, found: Findings) -> None:
    """The raised head and the pressed lips, which the face alone tells."""
    pitch_deg = face.head_pose_deg[:, 0]
    flags = pitch_deg - np.median(pitch_deg) > HEAD_UP_DEG
    for stretch in face.stretches():
        for first, last in _stretches(flags[stretch], face.times_s[stretch]):
            span = (stretch.start + first, stretch.start + last)
            seen = float(face.visibility[span[0] : span[1] + 1].mean())
            _tell("head_up", face.person, (face.times_s, face.durations_s), span, flags, seen, found)
    for kind in LIP_UNITS:
        for event in action_units.events(kind, face.person):
            gesture = gestures()["press_lips"]
            told = found.events("press_lips", face.person)
            already = any(o.start_s < event.end_s and event.start_s < o.end_s for o in told)
            clear = (event.value or 0.0) >= LIPS_PRESSED and event.end_s - event.start_s >= gesture.shortest_s
            if clear and not already:
                found.event(
                    face.person,
                    "press_lips",
                    event.start_s,
                    event.end_s,
                    text=f"{face.person} {gesture.words} ({event.id})",
                    confidence=min(gesture.confidence, event.confidence),
                    quality=event.quality,
                )


def _stretches(flags: Flags, times_s: Floats) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in runs(flags):
        if joined and times_s[first] - times_s[joined[-1][1]] <= GAP_S:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _tell(
    kind: str,
    person: str,
    clock: tuple[Floats, Floats],
    span: tuple[int, int],
    flags: Flags,
    seen: float,
    found: Findings,
) -> bool:
    """Add an event if it lasts long enough; whether it did. The clock has times and durations of the looks."""
    first, last = span
    times_s, durations_s = clock
    gesture = gestures()[kind]
    start_s, end_s = float(times_s[first]), float(times_s[last] + durations_s[last])
    if end_s - start_s < gesture.shortest_s:
        return False
    without_holes = float(flags[first : last + 1].mean())
    found.event(
        person,
        kind,
        start_s,
        end_s,
        text=f"{person} {gesture.words}",
        confidence=gesture.confidence * without_holes,
        quality=seen,
    )
    return True


def _rates(person: str, body: BodyTrack, found: Findings) -> None:
    """How often stress-class gestures come, and whether that changed from one half of the clip to the other."""
    seen_s = float(body.durations_s.sum())
    if seen_s < RATE_NEEDS_S:
        found.abstain(person, f"a rate of gestures needs {RATE_NEEDS_S:.0f} s of the body; {seen_s:.0f} were seen")
        return
    kinds = [kind for kind, gesture in gestures().items() if gesture.group == "stress"]
    events = sorted((o for o in found.observations if o.person == person and o.kind in kinds), key=lambda o: o.start_s)
    per_min = 60 * len(events) / seen_s
    middle_s = float(np.median(body.times_s))
    change = ""
    if seen_s >= HALF_NEEDS_S and len(events) >= HALF_NEEDS_EVENTS:
        early = sum(o.start_s < middle_s for o in events)
        late = len(events) - early
        more = max(early, late) / max(min(early, late), 0.5)
        change = f", more in the {'second' if late > early else 'first'} half" if more >= MORE_OFTEN else ""
    found.event(
        person,
        "gesture_rate",
        float(body.times_s[0]),
        float(body.times_s[-1] + body.durations_s[-1]),
        value=round(per_min, 1),
        unit="per minute",
        text=f"{person} makes {per_min:.0f} self-soothing gestures a minute (self-touch, pressed lips){change}",
        confidence=0.4,
        quality=float(np.clip(body.pose[:, ARMS, 2], 0, 1).mean()),
    )
