"""Who speaks: whose mouth moves while a voice is heard."""

from collections import Counter
from typing import Literal

import numpy as np
import numpy.typing as npt

from perception.au_geometry import movements
from perception.clip import Clip
from perception.evidence import Findings, Observation
from perception.face_track import FaceTrack
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]

SHORTEST_S = 0.4  # of speech: a syllable or two
SEEN = 0.6  # of a stretch of speech, for a face to be judged in it
MOVES = 0.006  # eye distances from frame to frame at 30/s that lips move by in speech; at rest about a tenth of it
CLEARLY_MORE = 1.5  # times as much as the next face


@tool(needs=("faces", "speech"), version="3")
def speakers(engine: Literal["lips"] = "lips") -> Run:
    """Tell who speaks each utterance (or, without a transcript, each stretch of voice) by the movement of the lips.

    Args:
        engine: `lips`, whose lips move with the voice.
    """

    def run(clip: Clip, faces: list[FaceTrack], speech: Findings) -> Findings:
        found = Findings(notes={"engine": engine})
        spoken = speech.events("utterance") or speech.events("voice_activity")
        if not faces or not spoken:
            found.abstain(None, "no face was found" if not faces else "no speech was found")
            return found
        moving = {face.person: (face, _lip_speed(face)) for face in faces}
        unclear = 0
        for stretch in spoken:
            if stretch.end_s - stretch.start_s >= SHORTEST_S:
                unclear += not _tell(stretch, moving, found)
        if unclear:
            found.abstain(None, f"who speaks is unclear in {unclear} of {len(spoken)} stretches of speech")
        _names(clip, found)
        return found

    return run


def _lip_speed(face: FaceTrack) -> Floats:
    """How fast the lips open and close, in eye distances a thirtieth of a second, shape (n,)."""
    if len(face.times_s) < 2:
        return np.zeros(len(face.times_s))
    apart = movements(face.landmarks)["lips_apart"]
    return np.abs(np.gradient(apart, face.times_s)) / 30


def _tell(stretch: Observation, moving: dict[str, tuple[FaceTrack, Floats]], found: Findings) -> bool:
    """Add who speaks; false when no face moves its lips, or more than one does."""
    speeds = {}
    for person, (face, speed) in moving.items():
        inside = (face.times_s >= stretch.start_s) & (face.times_s < stretch.end_s)
        if face.durations_s[inside].sum() >= SEEN * (stretch.end_s - stretch.start_s):
            speeds[person] = float(speed[inside].mean())
    ranked = sorted(speeds, key=lambda person: -speeds[person])
    if not ranked or speeds[ranked[0]] < MOVES:
        return False
    lead = speeds[ranked[0]] / max(speeds[ranked[1]], 1e-6) if len(ranked) > 1 else 2 * CLEARLY_MORE
    if lead < CLEARLY_MORE:
        return False
    person = ranked[0]
    quality = moving[person][0].quality(stretch.start_s, stretch.end_s)
    found.event(
        person,
        "speaking",
        stretch.start_s,
        stretch.end_s,
        value=round(speeds[person], 4),
        unit="eye distances / 33 ms",
        text=f"{person} speaks: the lips move with the voice",
        confidence=float(min(0.85, 0.4 + 0.15 * lead) * max(stretch.confidence, 0.5)),
        quality=quality,
    )
    return True


def _names(clip: Clip, found: Findings) -> None:
    """Which person a name in the transcript most often goes with, as a note."""
    for speaker in sorted({u.speaker for u in clip.transcript if u.speaker}):
        own = [u for u in clip.transcript if u.speaker == speaker]
        people = Counter(
            o.person for o in found.events("speaking") if any(abs(u.start_s - o.start_s) < 1e-6 for u in own)
        )
        if people:
            person, count = people.most_common(1)[0]
            found.notes[speaker] = f"{person} in {count} of {len(own)} utterances"
