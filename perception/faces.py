"""Faces: who is seen when, with landmarks, head pose, gaze and eye openness."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from perception import mediapipe_models
from perception.clip import Clip
from perception.errors import ToolError
from perception.events import runs
from perception.evidence import Findings
from perception.face_following import Cast
from perception.face_track import FaceTrack
from perception.frame import Frame
from perception.shots import shots
from perception.tool import Output, Run, tool
from perception.weights import find_weight

GAZE_AWAY_DEG, GAZE_AWAY_S = 20.0, 0.4  # head and eyes together, from where the person mostly looks
OPEN, OPEN_PERCENTILE = 0.5, 75  # of the lids' usual distance
USUAL_NEEDS_S = 3.0  # of the face in view before it is known where the person mostly looks
WEIGHTS = "face_landmarker_v2_with_blendshapes"
Engine = Literal["auto", "face_mesh", "face_landmarker"]
Find = Callable[[npt.NDArray[np.uint8], float], list[mediapipe_models.MeshFace]]


@tool(needs="frames", version="3", reads_words=False)
def faces(max_faces: Annotated[int, Field(ge=1)] = 4, engine: Engine = "auto") -> Run:
    """Find faces and follow them through the clip: landmarks, head pose, gaze, eye openness.

    A person is a track: joined by overlap and motion within a shot, never by recognition. Whoever comes back after
    a cut, or after more than a second, gets a new id.

    Args:
        max_faces: at most this many at a time. A face of less than about an eighth of the picture's width or height,
            whichever is larger, is not found.
        engine: MediaPipe's `face_mesh` (bundled), its `face_landmarker` (with blendshapes; needs its weights), or
            `auto`: the landmarker if its weights are here.

    Raises:
        ToolError: the landmarker is asked for and its weights are not here.
    """
    task = None if engine == "face_mesh" else find_weight(WEIGHTS)
    if engine == "face_landmarker" and task is None:
        raise ToolError(f"faces.engine=face_landmarker needs its weights: mentalis weights download {WEIGHTS}")
    chosen = "face_landmarker" if task else "face_mesh"

    def run(clip: Clip, frames: Iterator[Frame]) -> Output:
        cast, times_s = Cast(clip), list[float]()
        for number, shot in enumerate(shots(frames)):
            cast.new_shot()
            with _model(task, max_faces) as find:
                for frame in shot:
                    times_s.append(frame.time_s)
                    frame.notes["shot"] = number
                    frame.notes["faces"] = cast.see(frame, find(frame.rgb, frame.time_s))
        tracks = cast.tracks(np.array(times_s), chosen)
        return Output(tracks, _findings(tracks, len(times_s), chosen))

    run.resolved = {"engine": chosen}  # type: ignore[attr-defined]
    return run


def _model(task: Path | None, max_faces: int) -> AbstractContextManager[Find]:
    return mediapipe_models.face_landmarker(task, max_faces) if task else mediapipe_models.face_mesh(max_faces)


def _findings(tracks: list[FaceTrack], n_frames: int, engine: str) -> Findings:
    found = Findings(notes={"engine": f"MediaPipe {engine.replace('_', ' ')}"})
    if not tracks:
        found.abstain(None, f"no face was found in {n_frames} frames")
    for track in tracks:
        for stretch in track.stretches():
            start_s, end_s = float(track.times_s[stretch.start]), track.end_s(stretch.stop - 1)
            quality = track.quality(start_s, end_s)
            size_px = float(np.median(track.eye_distance_px[stretch]))
            text = f"{track.person}'s face is seen (eyes {size_px:.0f} px apart)"
            confidence = 0.7 + 0.25 * quality
            found.event(track.person, "face_visible", start_s, end_s, text=text, confidence=confidence, quality=quality)
        for column, name in enumerate(("head_pitch", "head_yaw", "head_roll")):
            found.signal(track.person, name, track.head_pose_deg[:, column], track.times_s, unit="deg")
        for column, name in enumerate(("gaze_x", "gaze_y")):
            gaze_deg = np.where(_eyes_open(track), track.gaze_deg[:, column], np.nan)
            found.signal(track.person, name, gaze_deg, track.times_s, unit="deg")
        found.signal(track.person, "eye_openness", track.eye_openness.mean(axis=1), track.times_s, unit="ratio")
        _looks_away(track, found)
    return found


def _eyes_open(track: FaceTrack) -> npt.NDArray[np.bool_]:
    """Where the eyes are open enough to show where they look, shape (n,)."""
    openness = track.eye_openness.mean(axis=1)
    return np.asarray(openness >= OPEN * np.percentile(openness, OPEN_PERCENTILE))


def _looks_away(track: FaceTrack, found: Findings) -> None:
    """Stretches in which head and eyes together point well away from where this person mostly looks."""
    person = track.person
    if track.visible_s < USUAL_NEEDS_S:
        seen = f"seen for {track.visible_s:.1f} s of {USUAL_NEEDS_S:.0f}"
        found.abstain(person, f"where {person} mostly looks is not known: {seen}")
        return
    direction = track.gaze_deg + track.head_pose_deg[:, (1, 0)]
    looks = _eyes_open(track)
    if not looks.any():
        return
    off = direction - np.median(direction[looks], axis=0)
    off_deg = np.where(looks, np.hypot(off[:, 0], off[:, 1]), 0.0)
    for stretch in track.stretches():
        for first, last in runs(off_deg[stretch] > GAZE_AWAY_DEG):
            a, b = stretch.start + first, stretch.start + last
            start_s, end_s = float(track.times_s[a]), track.end_s(b)
            if end_s - start_s < GAZE_AWAY_S:
                continue
            by_deg = float(np.median(off_deg[a : b + 1]))
            side = _side(*np.median(off[a : b + 1], axis=0).tolist())
            found.event(
                person,
                "gaze_away",
                start_s,
                end_s,
                value=round(by_deg, 1),
                unit="deg",
                text=f"{person} looks {by_deg:.0f} degrees {side} where {person} mostly looks",
                confidence=min(0.8, 0.4 + (by_deg - GAZE_AWAY_DEG) / 50),
                quality=track.quality(start_s, end_s),
            )


def _side(x_deg: float, y_deg: float) -> str:
    """In words, from the person's own point of view."""
    if abs(x_deg) < abs(y_deg):
        return "above" if y_deg > 0 else "below"
    return "to the left of" if x_deg > 0 else "to the right of"
