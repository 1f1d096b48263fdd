"""Tracks of a face and of a body whose truth is known, for testing tools without any video."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from mentalis.testing.facial_actions import displacement, neutral_face, with_eyes_shut
from perception.face_track import FaceTrack

Floats = npt.NDArray[np.float64]
Stretch = tuple[float, float]

LONGEST_ONSET_S = 0.3  # from neutral to full strength; a third of the action when that is shorter
POSE_NOISE_DEG_PER_PX = 0.5  # of the landmarks' noise: what a pose fitted to them would show
FACE_WIDTH_CM = 15.5  # of the canonical face
NECK_CM = (0.0, -6.0, -6.0)  # about which the head turns
# gesture of the head -> axis (pitch, yaw, roll), degrees at the most, cycles per second, whether it swings both ways
HEAD_GESTURES = {"nod": (0, -10.0, 1.5, False), "shake": (1, 12.0, 1.5, True), "tilt": (2, 15.0, 0.5, False)}


def face_track(
    *,
    seconds: float = 10.0,
    rate_hz: float = 30.0,
    person: str = "P1",
    closures_s: Iterable[Stretch] = (),
    actions: Iterable[tuple[str, float, float, float]] = (),
    head: Iterable[tuple[str, float, float]] = (),
    gaps_s: Iterable[Stretch] = (),
    noise_px: float = 0.2,
    size: int = 640,
    center: tuple[float, float] = (0.5, 0.5),
    face_width: float = 0.45,
    seed: int = 0,
) -> FaceTrack:
    """A neutral face that does what it is told.

    Args:
        seconds: length of the clip.
        rate_hz: frames a second, evenly spaced from 0 s.
        person: track id.
        closures_s: when both eyes are fully shut, from a frame to the next (start, end).
        actions: (action unit such as "au12", start, end, strength in [0, 1]); rises and falls within
            `LONGEST_ONSET_S` inside the stretch; 1 is about intensity E.
        head: ("nod" | "shake" | "tilt", start, cycles); a cycle lasts 2/3 s, of a tilt 2 s.
        gaps_s: when the face is not found.
        noise_px: standard deviation of each coordinate of each landmark.
        size: of the square frame in pixels.
        center: where the face is, as shares of the frame.
        face_width: as a share of the frame.
        seed: of the noise.
    """
    times_s = np.arange(max(1, round(seconds * rate_hz))) / rate_hz
    random = np.random.default_rng(seed)
    face = np.repeat(neutral_face()[None], len(times_s), axis=0)
    for action, start_s, end_s, strength in actions:
        if action == "au43":
            face = with_eyes_shut(face, strength * _envelope(times_s, start_s, end_s))
        else:
            face += strength * _envelope(times_s, start_s, end_s)[:, None, None] * displacement(action)
    shut = _inside(times_s, closures_s)
    face = with_eyes_shut(face, shut.astype(np.float64))
    openness = np.stack([_openness(face, 33, 133, 159, 145), _openness(face, 263, 362, 386, 374)], axis=1)
    pose_deg = _head_pose(times_s, head)
    scale = size * face_width / FACE_WIDTH_CM
    landmarks = _turned(face, pose_deg) * (scale, -scale, -scale) + (size * center[0], size * center[1], 0.0)
    landmarks += random.normal(0, noise_px, landmarks.shape)
    pose_deg = pose_deg + random.normal(0, noise_px * POSE_NOISE_DEG_PER_PX, pose_deg.shape)
    seen = ~_inside(times_s, gaps_s)
    return FaceTrack(
        person=person,
        times_s=times_s[seen],
        durations_s=np.full(int(seen.sum()), 1 / rate_hz),
        landmarks=landmarks[seen].astype(np.float32),
        head_pose_deg=pose_deg[seen],
        gaze_deg=random.normal(0, noise_px, (int(seen.sum()), 2)),
        eye_openness=openness[seen],
        visibility=np.ones(int(seen.sum())),
        frame_width=size,
        frame_height=size,
        clip_frame_times_s=times_s,
    )


def _inside(times_s: Floats, stretches: Iterable[Stretch]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(times_s), dtype=bool)
    for start_s, end_s in stretches:
        inside |= (times_s >= start_s - 1e-6) & (times_s < end_s - 1e-6)
    return inside


def _envelope(times_s: Floats, start_s: float, end_s: float) -> Floats:
    """From 0 to 1 and back within the stretch, shape (n,)."""
    onset_s = min(LONGEST_ONSET_S, (end_s - start_s) / 3)
    corners_s = (start_s, start_s + onset_s, end_s - onset_s, end_s)
    return np.asarray(np.interp(times_s, corners_s, (0.0, 1.0, 1.0, 0.0)))


def _openness(face: Floats, outer: int, inner: int, upper: int, lower: int) -> Floats:
    """Lid distance over eye width, shape (n,)."""
    lids = np.linalg.norm(face[:, upper] - face[:, lower], axis=1)
    return np.asarray(lids / np.linalg.norm(face[:, outer] - face[:, inner], axis=1))


def _head_pose(times_s: Floats, gestures: Iterable[tuple[str, float, float]]) -> Floats:
    """Pitch, yaw and roll in degrees, shape (n, 3)."""
    pose = np.zeros((len(times_s), 3))
    for kind, start_s, cycles in gestures:
        axis, most_deg, cycles_per_s, both_ways = HEAD_GESTURES[kind]
        phase = 2 * np.pi * np.clip((times_s - start_s) * cycles_per_s, 0, cycles)
        pose[:, axis] += most_deg * (np.sin(phase) if both_ways else (1 - np.cos(phase)) / 2)
    return pose


def _turned(face: Floats, pose_deg: Floats) -> Floats:
    """Faces, shape (n, 478, 3), turned about the neck: pitch + up, yaw + and roll + to the person's left."""
    (sp, sy, sr), (cp, cy, cr) = np.sin(np.radians(pose_deg)).T, np.cos(np.radians(pose_deg)).T
    one, nil = np.ones_like(sp), np.zeros_like(sp)

    def matrices(*rows: Sequence[Floats]) -> Floats:
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)

    pitch = matrices((one, nil, nil), (nil, cp, sp), (nil, -sp, cp))
    yaw = matrices((cy, nil, sy), (nil, one, nil), (-sy, nil, cy))
    roll = matrices((cr, sr, nil), (-sr, cr, nil), (nil, nil, one))
    turned = np.einsum("nij,nkj->nki", roll @ yaw @ pitch, face - NECK_CM)
    return np.asarray(turned + NECK_CM)
