"""Rules that tell one micro-gesture each; distances are shoulder widths, and at the head those of eyes and mouth.

Every rule gives a flag for each look. What a hand is at is decided first, by where most of its fingertips are.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from perception.events import runs
from perception.posture import ANKLES, EARS, ELBOWS, HIPS, KNEES, LEFT_SHOULDER, PALM, RIGHT_SHOULDER, WRISTS, Posture

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]
Rule = Callable[[Posture], Flags]

# Places about the head: |x| from, to and y from, to. The forefinger's tip names a hand's place, else the next finger's;
# of places that overlap, the first.
HEAD_PLACES = {
    "rub_eyes": (0.15, 0.85, -0.3, 0.3),
    "bite_nails": (0.0, 0.4, 0.8, 1.2),
    "touch_ear": (0.85, 1.35, -0.4, 0.7),
    "touch_forehead": (0.0, 0.9, -1.0, -0.3),
    "touch_jaw": (0.0, 0.9, 1.25, 1.75),
    "touch_neck": (0.0, 1.2, 1.75, 2.6),
    "touch_face": (0.0, 0.9, -0.3, 1.3),
    "play_hair": (1.2, 2.3, -1.2, 2.2),
    "touch_head": (0.0, 1.3, -2.2, -1.0),
}
BODY_PLACES = {  # about the middle of the shoulders
    "touch_notch": (0.0, 0.2, -0.18, 0.12),
    "touch_neck": (0.0, 0.4, -0.5, -0.1),
    "adjust_collar": (0.0, 0.3, 0.12, 0.5),
}
FINGERS = (1, 2, 3, 0, 4)  # forefinger, middle, ring, thumb, little
SETTLED_S = 0.35  # a hand's place is what it is at for most of so long
PALM_X, PALM_Y = 0.8, (-0.6, 0.95)  # where the palm is when a hand covers the face
RUBS, ARRIVES_S = 0.045, 0.3  # amplitude of a hand that rubs; how long it takes to come and to go
AT_ELBOW, ACROSS = 0.45, 0.1  # folded: each wrist near the other elbow, and past the middle
TOGETHER = 0.35  # between the palms
TIPS_MEET, PALMS_APART = 0.14, 0.22
AT_ARM = 0.16  # between a fingertip and the other arm
AT_HIP, ELBOW_OUT = 0.4, 0.35
HIDDEN = 0.35  # visibility of a wrist behind the body
DRAWN_IN, STRAIGHTENED, SHIFTED = 0.1, 0.12, 0.25
USUAL_S = 6.0  # before and after: what a posture is usual for
SHAKES_HZ, SHAKEN = (1.5, 5.0), 0.025
LEGS_SHAKEN = 0.04
WAVES = 0.8  # shoulder widths a second of hands that gesture


def hand_places(p: Posture) -> npt.NDArray[np.str_]:
    """What each hand is at, shape (n, 2): the name of a gesture, or empty."""
    places = np.full((len(p.times_s), 2), "", dtype="<U16")
    middle = p.joints[:, (LEFT_SHOULDER, RIGHT_SHOULDER)].mean(axis=1)[:, None]
    for side in (0, 1):
        inside = {name: _inside(p.tips_by_head[:, side], box) for name, box in HEAD_PLACES.items()}
        inside |= {name: _inside(p.tips[:, side] - middle, box) for name, box in BODY_PLACES.items()}
        for finger in reversed(FINGERS):  # the most telling last: it has the last word
            for name in reversed(inside):
                places[inside[name][:, finger], side] = name
        places[:, side] = _settled(p, places[:, side])
    return places


def _inside(tips: Floats, box: tuple[float, float, float, float]) -> Flags:
    """Which fingertips lie in a place, shape (n, 5)."""
    x, y = np.abs(tips[..., 0]), tips[..., 1]
    return np.asarray((x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3]))


def _settled(p: Posture, names: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Each look's most common name around it: no flicker between neighbouring places."""
    shares = {name: p.mean_over((names == name).astype(float), SETTLED_S) for name in sorted(set(names.tolist()))}
    table = np.stack(list(shares.values()), axis=1)
    return np.asarray(np.array(list(shares))[table.argmax(axis=1)])


def cover_face(p: Posture) -> Flags:
    """A palm lies over eyes, nose and mouth, or the fingers of both hands do."""
    palms, fingers = p.hands_by_head[:, :, PALM].mean(axis=2), p.tips_by_head[:, :, 1:4].mean(axis=2)

    def over(points: Floats) -> Flags:
        x, y = np.abs(points[..., 0]), points[..., 1]
        return np.asarray((x < PALM_X) & (y > PALM_Y[0]) & (y < PALM_Y[1]))

    return np.asarray(over(palms).any(axis=1) | over(fingers).all(axis=1))


def fold_arms(p: Posture) -> Flags:
    """Each wrist is past the middle and near the other elbow."""
    (left, right), (left_elbow, right_elbow) = _pair(p, WRISTS), _pair(p, ELBOWS)
    crossed = (left[:, 0] < -ACROSS) & (right[:, 0] > ACROSS)
    return np.asarray(crossed & (_apart(left, right_elbow) < AT_ELBOW) & (_apart(right, left_elbow) < AT_ELBOW))


def steeple_fingers(p: Posture) -> Flags:
    """Fingertips meet while the palms stay apart."""
    meet = np.hypot(*np.moveaxis(p.hands[:, 0, (8, 12, 16)] - p.hands[:, 1, (8, 12, 16)], -1, 0)).mean(axis=1)
    return np.asarray((meet < TIPS_MEET) & (_palms_apart(p) > PALMS_APART))


def hands_together(p: Posture) -> Flags:
    """The palms are at each other, below the shoulders."""
    return np.asarray((_palms_apart(p) < TOGETHER) & (p.palms[:, :, 1].min(axis=1) > 0.3) & ~steeple_fingers(p))


def rub_hands(p: Posture) -> Flags:
    """Hands that are together move against each other."""
    return _to_and_fro(p, hands_together(p), p.palms[:, 0] - p.palms[:, 1])


def hold_hands(p: Posture) -> Flags:
    """Hands that are together rest."""
    return hands_together(p) & ~rub_hands(p)


def _hand_at_other_arm(p: Posture) -> tuple[Flags, Flags]:
    """Whether a hand is at the other arm, not folded; and whether it moves to and fro there, shape (n,) each."""
    at, moving = np.zeros(len(p.times_s), dtype=bool), np.zeros(len(p.times_s), dtype=bool)
    for side, other in ((0, 1), (1, 0)):
        shoulder, elbow, wrist = (p.joints[:, i[other]] for i in ((LEFT_SHOULDER, RIGHT_SHOULDER), ELBOWS, WRISTS))
        tip = p.tips[:, side, 1]
        upper, fore = _to_line(tip, shoulder, elbow), _to_line(tip, elbow, wrist + 0.3 * (elbow - wrist))
        near = (np.minimum(upper, fore) < AT_ARM) & (_apart(tip, shoulder) > 0.25)
        near &= ~fold_arms(p) & ~(_palms_apart(p) < TOGETHER)
        moving |= _to_and_fro(p, near, tip - wrist)
        at |= near
    return at, moving


def scratch_arm(p: Posture) -> Flags:
    """A hand moves to and fro on the other arm."""
    at, moving = _hand_at_other_arm(p)
    return at & moving


def hold_arm(p: Posture) -> Flags:
    """A hand rests on the other arm."""
    at, moving = _hand_at_other_arm(p)
    return at & ~moving


def arms_akimbo(p: Posture) -> Flags:
    """A wrist is at the hip and its elbow stands out from it."""
    found = np.zeros(len(p.times_s), dtype=bool)
    for i, outward in enumerate((1, -1)):
        wrist, elbow, hip = p.joints[:, WRISTS[i]], p.joints[:, ELBOWS[i]], p.joints[:, HIPS[i]]
        shoulder = p.joints[:, (LEFT_SHOULDER, RIGHT_SHOULDER)[i]]
        beyond = outward * elbow[:, 0] - np.fmax(outward * wrist[:, 0], outward * shoulder[:, 0])
        found |= (_apart(wrist, hip) < AT_HIP) & (beyond > ELBOW_OUT)
    return found


def arms_behind(p: Posture) -> Flags:
    """Elbows and hips are seen, both wrists and hands are not."""
    hidden = (p.visibility[:, WRISTS] < HIDDEN).all(axis=1) & ~np.isfinite(p.hands[:, :, 0, 0]).any(axis=1)
    shown = np.isfinite(p.joints[:, (*ELBOWS, *HIPS), 0]).all(axis=1)
    return np.asarray(hidden & shown)


def turtle_neck(p: Posture) -> Flags:
    """The shoulders are nearer to the ears than usual."""
    shoulders = p.joints[:, (LEFT_SHOULDER, RIGHT_SHOULDER), 1].mean(axis=1)
    neck = shoulders - p.joints[:, EARS, 1].mean(axis=1)
    return np.asarray(_usual(p, neck) - neck > DRAWN_IN)


def shake_shoulders(p: Posture) -> Flags:
    """The shoulders go up and down or to and fro, 1.5 to 5 times a second, more than the head."""
    height = p.joints[:, (LEFT_SHOULDER, RIGHT_SHOULDER), 1]
    return _shaken(p, height[:, 0] - height[:, 1], 2 * SHAKEN) | _shaken(p, height.mean(axis=1) - p.head[:, 1], SHAKEN)


def sit_straight(p: Posture) -> Flags:
    """Head and shoulders are higher than usual, together."""
    shoulders = p.joints[:, (LEFT_SHOULDER, RIGHT_SHOULDER), 1].mean(axis=1)
    up, head_up = _usual(p, shoulders) - shoulders, _usual(p, p.head[:, 1]) - p.head[:, 1]
    return np.asarray((up > STRAIGHTENED) & (head_up > STRAIGHTENED) & (head_up < 2 * up))


def move_torso(p: Posture) -> Flags:
    """The shoulders are to the side of where they usually are."""
    aside = p.joints[:, (LEFT_SHOULDER, RIGHT_SHOULDER), 0].mean(axis=1)
    return np.asarray(np.abs(aside - _usual(p, aside)) > SHIFTED)


def cross_legs(p: Posture) -> Flags:
    """One ankle or knee is past the other."""
    crossed = np.zeros(len(p.times_s), dtype=bool)
    for left, right in (ANKLES, KNEES):
        crossed |= p.joints[:, left, 0] < p.joints[:, right, 0] - 0.05
    return crossed


def move_legs(p: Posture) -> Flags:
    """A knee or ankle goes to and fro, 1.5 to 5 times a second."""
    found = np.zeros(len(p.times_s), dtype=bool)
    for joint in (*KNEES, *ANKLES):
        for axis in (0, 1):
            found |= _shaken(p, p.joints[:, joint, axis], LEGS_SHAKEN)
    return found


def illustrate(p: Posture, places: npt.NDArray[np.str_]) -> Flags:
    """A hand that touches nothing moves fast through the space before the body."""
    free = places == ""
    found = np.zeros(len(p.times_s), dtype=bool)
    for side in (0, 1):
        raised = p.palms[:, side, 1] < 1.4
        found |= free[:, side] & raised & (p.speed(p.palms[:, side]) > WAVES)
    return found & ~(_palms_apart(p) < TOGETHER)


RULES: dict[str, Rule] = {
    "cover_face": cover_face,
    "fold_arms": fold_arms,
    "steeple_fingers": steeple_fingers,
    "rub_hands": rub_hands,
    "hold_hands": hold_hands,
    "scratch_arm": scratch_arm,
    "hold_arm": hold_arm,
    "arms_akimbo": arms_akimbo,
    "arms_behind": arms_behind,
    "turtle_neck": turtle_neck,
    "shake_shoulders": shake_shoulders,
    "sit_straight": sit_straight,
    "move_torso": move_torso,
    "cross_legs": cross_legs,
    "move_legs": move_legs,
}


def flags_of(p: Posture) -> dict[str, Flags]:
    """Of each gesture that posture and hands decide, whether it is made at each look, shape (n,)."""
    places = hand_places(p)
    at = {name: (places == name).any(axis=1) for name in (*HEAD_PLACES, *BODY_PLACES)}
    with np.errstate(invalid="ignore"):  # comparisons with parts that were not found are false
        return {**at, **{name: rule(p) for name, rule in RULES.items()}, "illustrate": illustrate(p, places)}


def _pair(p: Posture, joints: tuple[int, int]) -> tuple[Floats, Floats]:
    return p.joints[:, joints[0]], p.joints[:, joints[1]]


def _apart(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1]))


def _palms_apart(p: Posture) -> Floats:
    return _apart(p.palms[:, 0], p.palms[:, 1])


def _to_line(point: Floats, start: Floats, end: Floats) -> Floats:
    """Distance of points from line segments, shape (n,)."""
    along = end - start
    share = ((point - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    return _apart(point, start + np.clip(share, 0, 1)[:, None] * along)


def _to_and_fro(p: Posture, where: Flags, way: Floats) -> Flags:
    """The stretches of `where` in whose middle points of shape (n, 2) swing about their own path."""
    found = np.zeros(len(where), dtype=bool)
    for first, last in runs(where):
        cut = round(ARRIVES_S * p.rate_hz)
        inner = slice(first + cut, last + 1 - cut)
        swing = [way[:, axis] - p.mean_over(way[:, axis], 0.4) for axis in (0, 1)]
        if inner.stop - inner.start >= 3:
            found[first : last + 1] = max(float(np.nanstd(axis[inner])) for axis in swing) * np.sqrt(2) > RUBS
    return found


def _usual(p: Posture, series: Floats) -> Floats:
    """The median over some seconds before and after, shape (n,); no change of posture is usual for as long."""
    from scipy.ndimage import median_filter

    width = max(3, 2 * round(USUAL_S * p.rate_hz) + 1)
    known = np.isfinite(series)
    if not known.any():
        return np.full(len(series), np.nan)
    n = np.arange(len(series))
    filled = np.interp(n, n[known], series[known])
    return np.asarray(median_filter(filled, size=min(width, 2 * len(series) - 1), mode="nearest"))


def _shaken(p: Posture, series: Floats, least: float) -> Flags:
    """Where a series swings by at least so much (amplitude) at a shaking pace."""
    from scipy.signal import butter, sosfiltfilt

    known = np.isfinite(series)
    if p.rate_hz <= 2 * SHAKES_HZ[0] * 1.2 or known.sum() < max(16, p.rate_hz):
        return np.zeros(len(series), dtype=bool)
    n = np.arange(len(series))
    filled = np.interp(n, n[known], series[known])
    fastest = min(SHAKES_HZ[1], 0.45 * p.rate_hz)
    sections = butter(2, (SHAKES_HZ[0], fastest), btype="bandpass", fs=p.rate_hz, output="sos")
    swing = sosfiltfilt(sections, filled, padlen=min(len(filled) - 1, 15))
    level = np.sqrt(np.maximum(2 * p.mean_over(swing**2, 0.7), 0))
    return np.asarray((level > least) & known)
