"""A body in its own frame: shoulder widths from where its shoulders mostly are; size, place and tilt do not matter."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perception.body_track import BodyTrack

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

LEFT_SHOULDER, RIGHT_SHOULDER, HIPS = 11, 12, (23, 24)
EYES, EARS, MOUTH = (2, 5), (7, 8), (9, 10)
ELBOWS, WRISTS, KNEES, ANKLES = (13, 14), (15, 16), (25, 26), (27, 28)  # left, right
TIPS, PALM = (4, 8, 12, 16, 20), (0, 5, 9, 13, 17)  # of MediaPipe's hand
POSE_TIPS = ((21, 19, 17), (22, 20, 18))  # thumb, index and little finger by the pose, left and right
SEEN = 0.5  # visibility of a joint
BRIDGED_S = 0.5  # a part that is missed for less is taken to have moved straight on
EYES_TO_MOUTH = (0.12, 0.3)  # shoulder widths: beyond, the face is seen from the side


@dataclass(frozen=True)
class Posture:
    """n looks; x to the person's left, y down, in shoulder widths; NaN where a part was not found."""

    times_s: Floats  # (n,)
    durations_s: Floats  # (n,)
    joints: Floats  # (n, 33, 2) NaN where not visible
    visibility: Floats  # (n, 33)
    tips: Floats  # (n, 2, 5, 2) fingertips of the left and the right hand
    palms: Floats  # (n, 2, 2)
    hands: Floats  # (n, 2, 21, 2)
    tips_by_head: Floats  # (n, 2, 5, 2) from between the eyes, upright in the head, in distances of eyes and mouth
    hands_by_head: Floats  # (n, 2, 21, 2)
    head: Floats  # (n, 2) between the eyes

    @property
    def rate_hz(self) -> float:
        """Median rate of the looks; 0 for a single one."""
        return float(1 / np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else 0.0

    def speed(self, points: Floats) -> Floats:
        """How fast points of shape (n, 2) move, in shoulder widths a second, over half a second; shape (n,)."""
        if len(points) < 3:
            return np.zeros(len(points))
        steps = np.hypot(*np.diff(points, axis=0).T) / np.maximum(np.diff(self.times_s), 1e-6)
        return self.mean_over(np.concatenate([steps[:1], steps]), 0.5)

    def mean_over(self, series: Floats, seconds: float) -> Floats:
        """Centred mean that leaves out NaN, shape (n,)."""
        width = max(1, round(seconds * self.rate_hz))
        known, filled = np.isfinite(series).astype(float), np.nan_to_num(series)
        kernel = np.ones(width)
        total, count = (np.convolve(x, kernel, "same") for x in (filled, known))
        mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
        return np.asarray(mean[: len(series)])


def posture(body: BodyTrack) -> Posture:
    """The track in the body's own frame; the camera's tilt is taken as that of the shoulders over the whole track."""
    left, right = (body.pose[:, i, :2].astype(np.float64) for i in (LEFT_SHOULDER, RIGHT_SHOULDER))
    across = np.median(left - right, axis=0)
    unit = float(np.median(np.hypot(*(left - right).T)))
    x = across / max(float(np.hypot(*across)), 1e-6)
    axes = np.stack([x, [-x[1], x[0]]], axis=1)  # columns: to the person's left, and down
    if axes[1, 1] < 0:
        axes[:, 1] *= -1
    origin = (left + right) / 2

    def own(points: Floats) -> Floats:
        lead = (slice(None),) + (None,) * (points.ndim - 2)
        return np.asarray((points - np.median(origin, axis=0)[None][lead]) @ axes / unit)

    visibility = body.pose[:, :, 2].astype(np.float64)
    in_picture = ((body.pose[:, :, :2] >= 0) & (body.pose[:, :, :2] <= (body.frame_width, body.frame_height))).all(
        axis=2
    )
    seen = (visibility >= SEEN) & in_picture  # the model imagines joints beyond the picture
    joints = np.where(seen[..., None], own(body.pose[:, :, :2].astype(np.float64)), np.nan)
    joints = _bridged(joints, body.times_s)
    hands = own(np.stack([body.left_hand[..., :2], body.right_hand[..., :2]], axis=1).astype(np.float64))
    hands = _bridged(hands, body.times_s)
    tips = hands[:, :, TIPS]
    for side, by_pose in enumerate(POSE_TIPS):
        missing = ~np.isfinite(tips[:, side, 0, 0])
        tips[missing, side, :3] = joints[missing][:, by_pose]
    wrists = joints[:, WRISTS]
    palms = np.where(np.isfinite(hands[:, :, :1, 0]), hands[:, :, PALM].mean(axis=2), wrists)
    eyes, mouth = joints[:, EYES].mean(axis=1), joints[:, MOUTH].mean(axis=1)
    down = mouth - eyes
    size = float(np.clip(np.nanmedian(np.hypot(*down.T)) if np.isfinite(down).any() else 0.2, *EYES_TO_MOUTH))
    down = down / np.maximum(np.hypot(*down.T), 1e-6)[:, None]
    head_axes = np.stack([np.stack([down[:, 1], -down[:, 0]], axis=1), down], axis=2)  # (n, 2, 2)

    def by_head(points: Floats) -> Floats:
        return np.asarray(np.einsum("nhpi,nij->nhpj", points - eyes[:, None, None], head_axes) / size)

    return Posture(
        times_s=body.times_s,
        durations_s=body.durations_s,
        joints=joints,
        visibility=visibility,
        tips=tips,
        palms=palms,
        hands=hands,
        tips_by_head=by_head(tips),
        hands_by_head=by_head(hands),
        head=eyes,
    )


def _bridged(points: Floats, times_s: Floats) -> Floats:
    """Points of shape (n, ..., 2) with short holes filled from before and after."""
    flat = points.reshape(len(points), -1).copy()
    for series in flat.T:
        known = np.isfinite(series)
        if known.all() or not known.any():
            continue
        at = np.flatnonzero(known)
        after = np.minimum(np.searchsorted(at, np.arange(len(series))), len(at) - 1)
        before = np.maximum(after - 1, 0)
        hole_s = times_s[at[after]] - times_s[at[before]]
        inside = ~known & (at[before] < np.arange(len(series))) & (np.arange(len(series)) < at[after])
        filled = inside & (hole_s <= BRIDGED_S)
        series[filled] = np.interp(times_s[filled], times_s[known], series[known])
    return flat.reshape(points.shape)
