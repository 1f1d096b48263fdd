"""Tracks of a face and of a body whose truth is known, for testing tools without any video."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from mentalis.testing.facial_actions import displacement, neutral_face, with_eyes_shut
from perception.body_track import BodyTrack
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


# Where a seated, frontal body's parts are, in shoulder widths from the nose: x to the person's left, y down.
HEAD_AND_TRUNK = {
    **{0: (0.0, 0.0), 1: (0.05, -0.1), 2: (0.09, -0.1), 3: (0.13, -0.1), 7: (0.2, -0.05), 9: (0.07, 0.12)},
    **{11: (0.5, 0.75), 23: (0.35, 2.4), 25: (0.4, 3.2), 27: (0.4, 4.2), 29: (0.4, 4.3), 31: (0.45, 4.4)},
}
RIGHT_OF = {1: 4, 2: 5, 3: 6, 7: 8, 9: 10, 11: 12, 23: 24, 25: 26, 27: 28, 29: 30, 31: 32}
# gesture -> the left hand's wrist and where its fingers point (0 up, 90 to the person's left), then the right hand's
AT_REST = ((0.5, 2.1), 180.0), ((-0.5, 2.1), 180.0)
GESTURES = {
    "touch_face": (AT_REST[0], ((-0.2, 0.5), 10.0)),
    "cover_face": (((0.12, 0.3), -10.0), ((-0.12, 0.3), 10.0)),
    "fold_arms": (((-0.3, 1.4), -80.0), ((0.3, 1.4), 80.0)),
    "rub_hands": (((0.15, 1.75), -40.0), ((-0.15, 1.75), 40.0)),
}
RUBS_PER_S, RUB = 3.0, 0.06  # of shoulder width, up and down against each other
HAND = 0.45  # its length in shoulder widths: 18 of 40 cm
VISIBLE = 0.98


def body_track(
    *,
    seconds: float = 10.0,
    rate_hz: float = 15.0,
    gestures: Iterable[tuple[str, float, float]] = (),
    gaps_s: Iterable[Stretch] = (),
    hands_seen: bool = True,
    noise_px: float = 0.5,
    size: int = 640,
    nose: tuple[float, float] = (0.5, 0.25),
    shoulder_width: float = 0.35,
    seed: int = 0,
) -> BodyTrack:
    """A seated upper body with its hands in its lap that makes gestures.

    `face_track(center=(0.5, 0.25), face_width=0.14)` is the face that belongs to it.

    Args:
        seconds: length of the clip.
        rate_hz: looks a second, evenly spaced from 0 s.
        gestures: ("touch_face" by the right hand | "cover_face" | "fold_arms" | "rub_hands", start, end); the
            hands come and go within `LONGEST_ONSET_S` inside the stretch.
        gaps_s: when the body is not found.
        hands_seen: whether the hands' landmarks are found; otherwise NaN.
        noise_px: standard deviation of each coordinate.
        size: of the square frame in pixels.
        nose: where it is, as shares of the frame.
        shoulder_width: as a share of the frame.
        seed: of the noise.
    """
    times_s = np.arange(max(1, round(seconds * rate_hz))) / rate_hz
    random = np.random.default_rng(seed)
    wrists, angles_deg = _arms(times_s, gestures)
    scale, origin = size * shoulder_width, np.array([size * nose[0], size * nose[1]])
    hands = [_hand(wrists[:, i], angles_deg[:, i], thumb) for i, thumb in ((0, -1), (1, 1))]
    pose = np.full((len(times_s), 33, 3), VISIBLE)
    pose[..., :2] = _pose(wrists, hands) * scale + origin + random.normal(0, noise_px, (len(times_s), 33, 2))
    seen = ~_inside(times_s, gaps_s)
    left, right = (
        np.concatenate([hand * scale + origin, np.zeros((*hand.shape[:2], 1))], axis=2)
        + random.normal(0, noise_px, (len(times_s), 21, 3))
        + (0.0 if hands_seen else np.nan)
        for hand in hands
    )
    return BodyTrack(
        times_s=times_s[seen],
        durations_s=np.full(int(seen.sum()), 1 / rate_hz),
        pose=pose[seen],
        right_hand=right[seen],
        left_hand=left[seen],
        frame_width=size,
        frame_height=size,
    )


def _arms(times_s: Floats, gestures: Iterable[tuple[str, float, float]]) -> tuple[Floats, Floats]:
    """Wrists in shoulder widths, shape (n, left and right, 2), and where the fingers point in degrees, (n, 2)."""
    wrists = np.repeat(np.array([[wrist for wrist, _ in AT_REST]]), len(times_s), axis=0)
    angles_deg = np.repeat(np.array([[angle for _, angle in AT_REST]]), len(times_s), axis=0)
    for kind, start_s, end_s in gestures:
        share = _envelope(times_s, start_s, end_s)[:, None]
        for i, (wrist, angle_deg) in enumerate(GESTURES[kind]):
            wrists[:, i] += share * (wrist - wrists[:, i])
            angles_deg[:, i] += share[:, 0] * (angle_deg - angles_deg[:, i])
        if kind == "rub_hands":
            rub = RUB * share[:, 0] * np.sin(2 * np.pi * RUBS_PER_S * (times_s - start_s))
            wrists[:, 0, 1] += rub
            wrists[:, 1, 1] -= rub
    return wrists, angles_deg


def _hand(wrist: Floats, angle_deg: Floats, thumb: int) -> Floats:
    """The 21 landmarks of a flat hand, shape (n, 21, 2); the thumb is to the person's left (+1) or right (-1)."""
    along, across = np.zeros(21), np.zeros(21)
    along[1:5], across[1:5] = np.linspace(0.15, 0.45, 4), thumb * np.linspace(0.15, 0.4, 4)
    for finger, (first, tip, side) in enumerate(
        ((0.5, 0.93, 0.2), (0.5, 1.0, 0.05), (0.48, 0.94, -0.1), (0.43, 0.8, -0.24))
    ):
        joints = slice(5 + 4 * finger, 9 + 4 * finger)
        along[joints], across[joints] = np.linspace(first, tip, 4), thumb * side
    sine, cosine = np.sin(np.radians(angle_deg))[:, None], np.cos(np.radians(angle_deg))[:, None]
    points = np.stack([along * sine + across * cosine, -along * cosine + across * sine], axis=2)
    return np.asarray(wrist[:, None] + HAND * points)


def _pose(wrists: Floats, hands: Sequence[Floats]) -> Floats:
    """MediaPipe's 33 body landmarks in shoulder widths from the nose, shape (n, 33, 2)."""
    pose = np.zeros((len(wrists), 33, 2))
    for landmark, (x, y) in HEAD_AND_TRUNK.items():
        pose[:, landmark] = x, y
        if landmark in RIGHT_OF:
            pose[:, RIGHT_OF[landmark]] = -x, y
    for i, outward in enumerate((1, -1)):  # left, right
        pose[:, 15 + i] = wrists[:, i]
        pose[:, 13 + i] = (pose[:, 11 + i] + wrists[:, i]) / 2 + (0.2 * outward, 0.15)
        pose[:, 17 + i], pose[:, 19 + i], pose[:, 21 + i] = hands[i][:, 17], hands[i][:, 5], hands[i][:, 3]
    return pose
