"""A seated body whose gestures are known, for testing tools without any video."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perception.body_track import BodyTrack

Floats = npt.NDArray[np.float64]
Stretch = tuple[float, float]

LONGEST_ONSET_S = 0.3  # from rest to the gesture; a third of it when that is shorter
HAND = 0.45  # its length in shoulder widths: 18 of 40 cm
VISIBLE, HIDDEN = 0.98, 0.15
# Where a seated, frontal body's parts are, in shoulder widths from the nose: x to the person's left, y down.
HEAD_AND_TRUNK = {
    **{0: (0.0, 0.0), 1: (0.05, -0.1), 2: (0.09, -0.1), 3: (0.13, -0.1), 7: (0.2, -0.05), 9: (0.07, 0.12)},
    **{11: (0.5, 0.75), 23: (0.35, 2.4), 25: (0.4, 3.2), 27: (0.4, 4.2), 29: (0.4, 4.3), 31: (0.45, 4.4)},
}
RIGHT_OF = {1: 4, 2: 5, 3: 6, 7: 8, 9: 10, 11: 12, 23: 24, 25: 26, 27: 28, 29: 30, 31: 32}
HEAD, SHOULDERS, LEGS = range(11), (11, 12), ((25, 27, 29, 31), (26, 28, 30, 32))
Hand = tuple[float, float, float]  # where the wrist is, and where the fingers point in degrees: 0 up, 90 to the left
AT_REST: tuple[Hand, Hand] = (0.5, 2.1, 180.0), (-0.5, 2.1, 180.0)


def pointing(x: float, y: float, angle_deg: float) -> Hand:
    """A right hand whose forefinger's tip is at a place."""
    sine, cosine = np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))
    along, across = 0.93 * HAND, 0.2 * HAND
    return (x - along * sine - across * cosine, y + along * cosine - across * sine, angle_deg)


@dataclass(frozen=True)
class Gesture:
    """Where the hands go, and what else of the body moves; in shoulder widths."""

    right: Hand | None = None  # none: at rest
    left: Hand | None = None
    rubs: float = 0.0  # the right hand goes up and down by so much, three times a second
    waves: float = 0.0  # the right hand goes round in circles of so much, 1.2 times a second
    elbows_out: float = 0.0
    wrists_hidden: bool = False
    shoulders_up: float = 0.0
    shoulders_shake: float = 0.0  # one up, one down, 2.5 times a second
    body_up: float = 0.0
    body_aside: float = 0.0
    legs_crossed: bool = False
    legs_shake: float = 0.0  # 3 times a second


GESTURES = {
    "cover_face": Gesture(right=(-0.1, 0.12, 10.0), left=(0.1, 0.12, -10.0)),
    "fold_arms": Gesture(right=(0.3, 1.4, 80.0), left=(-0.3, 1.4, -80.0)),
    "steeple_fingers": Gesture(right=(-0.3, 1.8, 40.0), left=(0.3, 1.8, -40.0)),
    "rub_hands": Gesture(right=(-0.15, 1.75, 40.0), left=(0.15, 1.75, -40.0), rubs=0.08),
    "hold_hands": Gesture(right=(-0.15, 1.75, 70.0), left=(0.15, 1.75, -70.0)),
    "scratch_arm": Gesture(right=pointing(0.6, 1.8, 80.0), rubs=0.1),
    "hold_arm": Gesture(right=pointing(0.6, 1.8, 80.0)),
    "rub_eyes": Gesture(right=pointing(-0.1, -0.1, 45.0), rubs=0.03),
    "bite_nails": Gesture(right=pointing(0.0, 0.12, 40.0)),
    "touch_ear": Gesture(right=pointing(-0.24, -0.08, 20.0)),
    "touch_forehead": Gesture(right=pointing(-0.08, -0.25, 50.0)),
    "touch_jaw": Gesture(right=pointing(-0.08, 0.25, 30.0)),
    "touch_face": Gesture(right=pointing(-0.13, 0.04, 45.0)),
    "play_hair": Gesture(right=pointing(-0.4, 0.0, 0.0), rubs=0.05),
    "touch_head": Gesture(right=pointing(-0.1, -0.42, 45.0)),
    "touch_notch": Gesture(right=pointing(-0.03, 0.72, 40.0)),
    "touch_neck": Gesture(right=pointing(-0.18, 0.5, 20.0)),
    "adjust_collar": Gesture(right=pointing(-0.05, 1.05, 60.0)),
    "arms_akimbo": Gesture(right=(-0.5, 2.2, 150.0), left=(0.5, 2.2, -150.0), elbows_out=0.4),
    "arms_behind": Gesture(right=(-0.1, 2.0, 90.0), left=(0.1, 2.0, -90.0), elbows_out=0.2, wrists_hidden=True),
    "turtle_neck": Gesture(shoulders_up=0.18),
    "shake_shoulders": Gesture(shoulders_shake=0.06),
    "sit_straight": Gesture(body_up=0.25),
    "move_torso": Gesture(body_aside=0.45),
    "cross_legs": Gesture(legs_crossed=True),
    "move_legs": Gesture(legs_shake=0.1),
    "illustrate": Gesture(right=(-0.7, 1.1, 0.0), waves=0.25),
}


def body_track(
    *,
    seconds: float = 10.0,
    rate_hz: float = 15.0,
    person: str | None = "P1",
    gestures: Iterable[tuple[str, float, float]] = (),
    gaps_s: Iterable[Stretch] = (),
    hands_seen: bool = True,
    dropped: float = 0.0,
    noise_px: float = 0.5,
    tilt_deg: float = 0.0,
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
        person: whose body it is.
        gestures: (one of `GESTURES`, start, end), by the right hand where one does; the hands come and go within
            `LONGEST_ONSET_S` inside the stretch.
        gaps_s: when the body is not found.
        hands_seen: whether the hands' landmarks are found; otherwise NaN.
        dropped: share of the looks at which a hand is not found, and of the joints that are not visible.
        noise_px: standard deviation of each coordinate.
        tilt_deg: of the camera.
        size: of the square frame in pixels.
        nose: where it is, as shares of the frame.
        shoulder_width: as a share of the frame.
        seed: of the noise.
    """
    times_s = np.arange(max(1, round(seconds * rate_hz))) / rate_hz
    random = np.random.default_rng(seed)
    pose, visibility, hands = _moved(times_s, list(gestures))
    turn = np.radians(tilt_deg)
    axes = size * shoulder_width * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    origin = np.array([size * nose[0], size * nose[1]])

    def in_picture(points: Floats) -> Floats:
        return np.asarray(points @ axes + origin + random.normal(0, noise_px, points.shape))

    visibility[random.random(visibility.shape) < dropped / 2] = HIDDEN
    seen = np.ones(len(times_s), dtype=bool)
    for start_s, end_s in gaps_s:
        seen &= (times_s < start_s) | (times_s >= end_s)
    found = []
    for side in (0, 1):
        points = np.concatenate([in_picture(hands[:, side]), np.zeros((len(times_s), 21, 1))], axis=2)
        lost = (visibility[:, 15 + side] < 0.5) | (random.random(len(times_s)) < dropped)
        points[lost | (not hands_seen)] = np.nan
        found.append(points)
    whole = np.concatenate([in_picture(pose), visibility[..., None]], axis=2)
    return BodyTrack(
        person=person,
        times_s=times_s[seen],
        durations_s=np.full(int(seen.sum()), 1 / rate_hz),
        pose=whole[seen],
        right_hand=found[1][seen],
        left_hand=found[0][seen],
        frame_width=size,
        frame_height=size,
    )


def _moved(times_s: Floats, gestures: list[tuple[str, float, float]]) -> tuple[Floats, Floats, Floats]:
    """Pose (n, 33, 2), visibility (n, 33) and hands (n, 2, 21, 2), left and right, in shoulder widths from the nose."""
    n = len(times_s)
    arms = np.repeat(np.array([AT_REST]), n, axis=0)  # (n, 2, 3)
    out, visibility = np.zeros(n), np.full((n, 33), VISIBLE)
    pose = np.zeros((n, 33, 2))
    for landmark, (x, y) in HEAD_AND_TRUNK.items():
        pose[:, landmark] = x, y
        if landmark in RIGHT_OF:
            pose[:, RIGHT_OF[landmark]] = -x, y
    carried = np.zeros((n, 2))  # the whole upper body
    for kind, start_s, end_s in gestures:
        gesture, share = GESTURES[kind], _envelope(times_s, start_s, end_s)
        swing = share * np.sin(2 * np.pi * 3.0 * (times_s - start_s))
        for side, hand in enumerate((gesture.left, gesture.right)):
            if hand is not None:
                arms[:, side] += share[:, None] * (np.array(hand) - arms[:, side])
        arms[:, 1, 1] += gesture.rubs * swing
        turn = 2 * np.pi * 1.2 * (times_s - start_s)
        arms[:, 1, :2] += gesture.waves * share[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        out += gesture.elbows_out * share
        if gesture.wrists_hidden:
            visibility[share > 0.5, 15:23] = HIDDEN
        pose[:, SHOULDERS, 1] -= gesture.shoulders_up * share[:, None]
        shake = gesture.shoulders_shake * share * np.sin(2 * np.pi * 2.5 * (times_s - start_s))
        pose[:, 11, 1] += shake
        pose[:, 12, 1] -= shake
        carried += share[:, None] * (gesture.body_aside, -gesture.body_up)
        for leg, joints in enumerate(LEGS):
            pose[:, joints, 1] += gesture.legs_shake * swing[:, None] * (leg == 1)
            if gesture.legs_crossed:
                pose[:, joints[1:], 0] -= 2 * 0.6 * share[:, None] * (0.4 if leg == 0 else -0.4)
    hands = np.stack([_hand(arms[:, side], thumb) for side, thumb in ((0, -1), (1, 1))], axis=1)
    for side, outward in enumerate((1, -1)):
        wrist = arms[:, side, :2]
        pose[:, 15 + side] = wrist
        pose[:, 13 + side] = (pose[:, 11 + side] + wrist) / 2 + (0.2 * outward, 0.15)
        pose[:, 13 + side, 0] += outward * out
        for landmark, point in ((17, 17), (19, 5), (21, 3)):
            pose[:, landmark + side] = hands[:, side, point] + 0.5 * (hands[:, side, point] - wrist)
    pose[:, :23] += carried[:, None]
    return pose, visibility, hands + carried[:, None, None]


def _hand(arm: Floats, thumb: int) -> Floats:
    """The 21 landmarks of a flat hand, shape (n, 21, 2); the thumb is to the person's left (+1) or right (-1)."""
    along, across = np.zeros(21), np.zeros(21)
    along[1:5], across[1:5] = np.linspace(0.15, 0.45, 4), thumb * np.linspace(0.15, 0.4, 4)
    for finger, (first, tip, side) in enumerate(
        ((0.5, 0.93, 0.2), (0.5, 1.0, 0.05), (0.48, 0.94, -0.1), (0.43, 0.8, -0.24))
    ):
        joints = slice(5 + 4 * finger, 9 + 4 * finger)
        along[joints], across[joints] = np.linspace(first, tip, 4), thumb * side
    angle = np.radians(arm[:, 2])[:, None]
    sine, cosine = np.sin(angle), np.cos(angle)
    points = np.stack([along * sine + across * cosine, -along * cosine + across * sine], axis=2)
    return np.asarray(arm[:, None, :2] + HAND * points)


def _envelope(times_s: Floats, start_s: float, end_s: float) -> Floats:
    """How far a gesture has gone, 0 to 1."""
    onset_s = min(LONGEST_ONSET_S, (end_s - start_s) / 3)
    return np.asarray(np.clip(np.minimum(times_s - start_s, end_s - times_s) / onset_s, 0, 1))
