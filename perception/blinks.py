"""Blinks (AU45): short closures of the eyes, for each person."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from perception.clip import Clip
from perception.events import runs, smoothed
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.tool import Run, tool

SHORTEST_S, LONGEST_S = 0.03, 0.5  # a blink lasts 0.1-0.4 s (Stern, Walrath & Goldstein 1984); longer is AU43
LOWEST_RATE_HZ = 15.0  # below this a blink falls between two frames
AROUND_S = 1.5  # the open eye changes slowly, with smiles and gaze
MOST_TURNED_DEG = 40.0  # beyond, an eye is foreshortened
OPEN, OPEN_PERCENTILE = 0.5, 75  # of the lids' usual distance: below, the eyes are shut for longer than a blink
RATE_NEEDS_S = 10.0  # of open eyes in view before a rate per minute says anything


@tool(needs="faces", version="3", reads_words=False)
def blinks(closed_below: Annotated[float, Field(gt=0, lt=1)] = 0.8, engine: Literal["openness"] = "openness") -> Run:
    """Find blinks and their rate per minute from eye openness.

    Args:
        closed_below: openness under which the eyes count as closed, as a share of what it is around that time
            (running median), in (0, 1). The face mesh never sees an eye quite shut: it reads 0.65 of the open eye.
        engine: `openness`, how far the lids are apart for the eye's width.
    """

    def run(clip: Clip, faces: list[FaceTrack]) -> Findings:
        found = Findings(notes={"engine": engine})
        for face in faces:
            if face.rate_hz < LOWEST_RATE_HZ:
                found.abstain(face.person, f"{face.rate_hz:.0f} frames/s; blinks need {LOWEST_RATE_HZ:.0f}")
                continue
            _blinks_of(face, closed_below, found)
        if not faces:
            found.abstain(None, "no face was found")
        return found

    return run


def _blinks_of(face: FaceTrack, closed_below: float, found: Findings) -> None:
    openness = face.eye_openness.mean(axis=1)
    around = smoothed(openness, face.times_s, AROUND_S)
    share = openness / np.maximum(around, 1e-6)  # (n,)
    open_then = around >= OPEN * np.percentile(openness, OPEN_PERCENTILE)  # shut eyes do not blink
    turned = np.abs(face.head_pose_deg[:, :2]).max(axis=1) > MOST_TURNED_DEG
    count = 0
    for stretch in face.stretches():
        closed = (share[stretch] < closed_below) & open_then[stretch] & ~turned[stretch]
        for first, last in runs(closed):
            a, b = stretch.start + first, stretch.start + last
            start_s, end_s = float(face.times_s[a]), face.end_s(b)
            if not SHORTEST_S <= end_s - start_s <= LONGEST_S:
                continue
            count += 1
            deepest = a + int(np.argmin(share[a : b + 1]))
            depth = 1 - float(share[deepest]) / closed_below
            found.event(
                face.person,
                "blink",
                start_s,
                end_s,
                apex_s=float(face.times_s[deepest]),
                text=f"{face.person} blinks (AU45)",
                confidence=min(0.95, 0.6 + 0.5 * depth),
                quality=face.quality(start_s, end_s),
            )
    open_s = float(face.durations_s[open_then].sum())
    if open_s >= RATE_NEEDS_S:
        rate = 60 * count / open_s
        found.event(
            face.person,
            "blink_rate",
            float(face.times_s[0]),
            face.end_s(-1),
            value=round(rate, 2),
            unit="per minute",
            text=f"{face.person} blinks {rate:.0f} times a minute",
            confidence=0.8,
            quality=face.quality(float(face.times_s[0]), face.end_s(-1)),
        )
