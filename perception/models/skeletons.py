"""Skeletons as gesture networks see them: which joints there are, their bones, and a track in their own frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import yaml

from perception.body_track import BodyTrack
from perception.errors import OptionError

Floats = npt.NDArray[np.float32]
LayoutName = Literal["imigue", "smg", "pose", "pose_hands"]
LAYOUTS: tuple[LayoutName, ...] = get_args(LayoutName)
DATA = Path(__file__).parents[1] / "data" / "skeletons.yaml"

SIDES = ("Left", "Right")
SEEN = 0.5  # visibility of a joint of MediaPipe's pose: below, it is imagined
LONGEST_HOLE_S = 0.5  # between two looks, over which a track is followed straight on
PARTITIONS = 3  # a joint itself, its neighbours towards the centre, those away from it


@dataclass(frozen=True)
class Landmark:
    """A point of MediaPipe's that a joint is."""

    part: Literal["pose", "left_hand", "right_hand"]
    number: int


@dataclass(frozen=True)
class Layout:
    """The joints of a skeleton and what hangs on what."""

    name: LayoutName
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]  # numbers of joints
    frames: int  # of a sample
    third: Literal["score", "depth"]  # of a joint's three numbers; the others are x and y
    centre: int
    across: tuple[int, int]
    rate_hz: float | None = None  # of our own tracks; none: the data's own
    of: tuple[tuple[Landmark, ...], ...] = ()  # for each joint, the landmarks whose middle it is

    @property
    def of_tracks(self) -> bool:
        """Whether it is made from our own tracks."""
        return bool(self.of)

    def mirrored(self) -> list[int]:
        """For each joint the one on the other side of the body, or itself."""
        other = {joint: joint.replace(a, b) for a, b in (SIDES, SIDES[::-1]) for joint in self.joints if a in joint}
        return [self.joints.index(other.get(joint, joint)) for joint in self.joints]


def layout(name: str) -> Layout:
    """The skeleton of a name.

    Raises:
        OptionError: there is none.
    """
    if name not in LAYOUTS:
        raise OptionError(f"no skeleton is called {name!r}; there are: {', '.join(LAYOUTS)}")
    return _layouts()[name]


@cache
def _layouts() -> dict[str, Layout]:
    content = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return {name: _layout(name, content[name]) for name in LAYOUTS}


def _layout(name: LayoutName, told: dict[str, Any]) -> Layout:
    bones = [(a, b) for a, b in told["bones"]]
    of = {joint: tuple(map(_landmark, landmarks)) for joint, landmarks in told.get("of", {}).items()}
    for number, (joint, hangs_on) in enumerate(told.get("hands", {}).items()):
        for side in SIDES:
            bones.append((hangs_on + side, joint + side))
            of[joint + side] = (_landmark(f"{side.lower()}_hand {number}"),)
    joints = tuple(told.get("joints", of))
    number_of = {joint: number for number, joint in enumerate(joints)}
    return Layout(
        name=name,
        joints=joints,
        bones=tuple((number_of[a], number_of[b]) for a, b in bones),
        frames=told["frames"],
        third=told["third"],
        centre=number_of[told["centre"]],
        across=(number_of[told["across"][0]], number_of[told["across"][1]]),
        rate_hz=told.get("rate_hz"),
        of=tuple(of[joint] for joint in joints) if of else (),
    )


def _landmark(told: str) -> Landmark:
    part, _, number = told.partition(" ")
    assert part in ("pose", "left_hand", "right_hand")
    return Landmark(part, int(number))  # type: ignore[arg-type]


def adjacency(skeleton: Layout) -> Floats:
    """Which joints are next to which, shape (3, joints, joints): itself, towards the centre, away from it.

    Columns of each part add up to 1 or are 0 (Yan et al. 2018, ST-GCN, spatial configuration partitioning).
    """
    size = len(skeleton.joints)
    beside = np.zeros((size, size), dtype=bool)
    for a, b in skeleton.bones:
        beside[a, b] = beside[b, a] = True
    far = _steps(beside, skeleton.centre)
    parts = [np.eye(size), beside & (far[:, None] < far[None]), beside & (far[:, None] >= far[None])]
    shares = np.stack(parts).astype(np.float32)
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1), dtype=np.float32)


def _steps(beside: npt.NDArray[np.bool_], start: int) -> npt.NDArray[np.int64]:
    """Bones between the start and each joint, shape (joints,)."""
    far = np.full(len(beside), len(beside))
    reached, steps = np.arange(len(beside)) == start, 0
    while (new := reached & (far == len(beside))).any():
        far[new] = steps
        reached, steps = reached | beside[reached].any(axis=0), steps + 1
    return far


def sample(points: Floats, skeleton: Layout) -> Floats:
    """A gesture as the network sees it, shape (3, frames, joints): the last frames, zeros after the end of a short one.

    Origin is where the centre mostly is, the unit is the usual distance of the shoulders; a missing joint is 0.

    Args:
        points: shape (n, joints, 3): x, y, and score or depth; 0, 0, 0 or a score of 0 is a joint that was not found.
        skeleton: which joints they are.
    """
    kept = np.nan_to_num(np.asarray(points[-skeleton.frames :], dtype=np.float32))
    found = kept[..., 2] > 0 if skeleton.third == "score" else np.abs(kept).sum(axis=2) > 0  # (n, joints)
    of_place = kept[..., :2] if skeleton.third == "score" else kept
    placed = of_place - _usual(of_place[:, skeleton.centre], found[:, skeleton.centre])
    left, right = skeleton.across
    apart = np.linalg.norm(of_place[:, left] - of_place[:, right], axis=1)
    unit = float(_usual(apart[:, None], found[:, left] & found[:, right])[0]) or 1.0
    out = np.zeros((3, skeleton.frames, len(skeleton.joints)), dtype=np.float32)
    out[:, : len(kept)] = np.moveaxis(kept, 2, 0)
    out[: placed.shape[2], : len(kept)] = np.moveaxis(np.where(found[..., None], placed / unit, 0), 2, 0)
    return out


def _usual(series: Floats, found: npt.NDArray[np.bool_]) -> Floats:
    """The median over time where it was found, 0 where it never was."""
    return np.asarray(np.median(series[found], axis=0) if found.any() else np.zeros(series.shape[1:]))


def of_body(body: BodyTrack, skeleton: Layout) -> tuple[Floats, Floats]:
    """A track's joints at an even rate: their times (m,) and x, y, score, shape (m, joints, 3).

    Looks are taken as they are nearest in time; where there is none within half a second, no joint was found.
    """
    assert skeleton.rate_hz is not None
    by_part = {"pose": _scored(body), "left_hand": _hand(body.left_hand), "right_hand": _hand(body.right_hand)}
    joints = np.stack([_middle([by_part[at.part][:, at.number] for at in places]) for places in skeleton.of], axis=1)
    span_s = float(body.times_s[-1] - body.times_s[0])
    times_s = body.times_s[0] + np.arange(round(span_s * skeleton.rate_hz) + 1) / skeleton.rate_hz
    after = np.clip(np.searchsorted(body.times_s, times_s), 0, len(body.times_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(times_s - body.times_s[before] < body.times_s[after] - times_s, before, after)
    lost = np.abs(body.times_s[nearest] - times_s) > LONGEST_HOLE_S
    return np.asarray(times_s, dtype=np.float32), np.where(lost[:, None, None], 0, joints[nearest]).astype(np.float32)


def _scored(body: BodyTrack) -> Floats:
    """The pose with a score of 0 for what is imagined: not visible, or beyond the picture."""
    pose = body.pose.astype(np.float32)
    inside = ((pose[..., :2] >= 0) & (pose[..., :2] <= (body.frame_width, body.frame_height))).all(axis=2)
    return np.where(((pose[..., 2] >= SEEN) & inside)[..., None], pose, 0)


def _hand(hand: Any) -> Floats:
    """A hand with scores in place of depths: 1, or all 0 where it was not found."""
    found = np.isfinite(hand[..., :1])
    scored = np.concatenate([hand[..., :2], np.ones_like(hand[..., :1])], axis=2)
    return np.where(found, scored, 0).astype(np.float32)


def _middle(points: Sequence[Floats]) -> Floats:
    """The middle of points (n, 3); not found where one of them was not."""
    middle = np.mean(points, axis=0)
    scores = np.min([point[:, 2] for point in points], axis=0)
    return np.where((scores > 0)[:, None], np.concatenate([middle[:, :2], scores[:, None]], axis=1), 0)
