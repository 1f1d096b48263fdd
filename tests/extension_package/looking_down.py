"""Looking down: the head lowered for a second or longer."""

import numpy as np

from perception.clip import Clip
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.tool import Run, tool

SHORTEST_S = 1.0  # a nod is over sooner


@tool(needs="faces", version="1")
def looking_down(below_deg: float = -15.0) -> Run:
    """Find when a person's head is lowered.

    Args:
        below_deg: pitch under which a head counts as lowered, in degrees; level is 0, up is positive.
    """

    def run(clip: Clip, faces: list[FaceTrack]) -> Findings:
        found = Findings()
        if not faces:
            found.abstain(None, "no face was found")
        for face in faces:
            for part in face.stretches():
                low = np.flatnonzero(face.head_pose_deg[part, 0] < below_deg) + part.start
                for index in np.split(low, np.flatnonzero(np.diff(low) > 1) + 1):
                    if len(index) and face.end_s(index[-1]) - face.times_s[index[0]] >= SHORTEST_S:
                        _event(face, int(index[0]), int(index[-1]), found)
        return found

    return run


def _event(face: FaceTrack, first: int, last: int, found: Findings) -> None:
    start_s, end_s = float(face.times_s[first]), face.end_s(last)
    seen = face.quality(start_s, end_s)
    text = f"{face.person} looks down"
    found.event(face.person, "looking_down", start_s, end_s, text=text, confidence=0.8 * seen, quality=seen)
