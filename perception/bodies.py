"""Bodies: the upper body and the hands of the person who is seen best."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from perception import mediapipe_models
from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame
from perception.tool import Output, Run, tool

LOOKS_HZ = 12.0  # often enough for gestures; every second frame of ordinary video
LONGEST_SIDE_PX = 960
HANDS_BEHIND = 6  # looks by which the hands may lag behind the pose: neither waits for the other's slow frame
SHOULDERS, NOSE, WRISTS = (11, 12), 0, (15, 16)  # MediaPipe pose; left, right
SEEN_FROM = 0.5  # visibility of nose and shoulders: below, the model imagines a body
HAND_AT_WRIST = 0.6  # shoulder widths between pose wrist and hand wrist
ELBOWS, WRIST_SEEN = (13, 14), 0.6
SMALL_BODY = 0.25  # shoulders narrower than this share of the picture: hands may be too small for the hand model
CROP, BEYOND_WRIST = 0.5, 0.4  # shoulder widths to each side; and how far beyond the wrist, in forearms
SMALLEST_CROP_PX = 24
Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
FindHands = Callable[[Picture], list[mediapipe_models.Hand]]


@tool(needs="frames", version="2")
def bodies() -> Run:
    """Follow the upper body and both hands of the person who is seen best (MediaPipe pose and hands)."""

    def run(clip: Clip, frames: Iterator[Frame]) -> Output:
        every = max(1, round(clip.fps / LOOKS_HZ))
        times, poses, rights, lefts, looks = [], [], [], [], 0
        for time_s, body, hands in _looks(frames, every):
            looks += 1
            if body is None or body[[NOSE, *SHOULDERS], 2].min() < SEEN_FROM:
                continue
            left, right = _of_this_body(body, hands)
            times.append(time_s)
            poses.append(body)
            rights.append(right)
            lefts.append(left)
        if not times:
            found = Findings()
            found.abstain(None, f"no upper body was found in {looks} looks")
            return Output([], found)
        track = BodyTrack(
            times_s=np.array(times),
            durations_s=np.minimum(np.diff([*times, clip.duration_s]), 1.5 * every / clip.fps),
            pose=np.array(poses),
            right_hand=np.array(rights),
            left_hand=np.array(lefts),
            frame_width=clip.width,
            frame_height=clip.height,
        )
        return Output([track], _findings(track, looks))

    return run


def _looks(frames: Iterator[Frame], every: int) -> Iterator[tuple[float, Floats | None, list[Floats]]]:
    """Time, pose (33, 3) and hands (21, 3 each) of every n-th frame, in pixels; the two models work side by side."""
    waiting: deque[tuple[Frame, Floats | None, Future[list[mediapipe_models.Hand]]]] = deque()

    def next_look() -> tuple[float, Floats | None, list[Floats]]:
        frame, body, looking = waiting.popleft()
        height, width = frame.rgb.shape[:2]
        scale = np.array([width, height, width], dtype=np.float32)
        found = [hand.points * scale for hand in looking.result()]
        if body is not None:
            body[:, :2] *= (width, height)
            found += _missed_hands(frame.rgb, body, found, find_near)
        return frame.time_s, body, found

    with (
        mediapipe_models.pose() as find_pose,
        mediapipe_models.hands() as find_hands,
        mediapipe_models.hands(most=1) as find_near,
        ThreadPoolExecutor(1, thread_name_prefix="hands") as beside,
    ):
        for frame in frames:
            if frame.index % every:
                continue
            step = -(-max(frame.rgb.shape[:2]) // LONGEST_SIDE_PX)
            rgb = np.ascontiguousarray(frame.rgb[::step, ::step]) if step > 1 else frame.rgb
            looking = beside.submit(find_hands, rgb)
            waiting.append((frame, find_pose(rgb), looking))
            if len(waiting) > HANDS_BEHIND:
                yield next_look()
        while waiting:
            yield next_look()


def _missed_hands(rgb: Picture, body: Floats, found: list[Floats], find_near: FindHands) -> list[Floats]:
    """Hands at wrists that the pose sees where no hand was found: small in the picture, large in a crop."""
    width = float(np.hypot(*(body[11, :2] - body[12, :2])))
    if width > SMALL_BODY * rgb.shape[1] or body[[NOSE, *SHOULDERS], 2].min() < SEEN_FROM:
        return []
    missed = []
    for elbow, wrist in zip(ELBOWS, WRISTS, strict=True):
        near = any(np.hypot(*(hand[0, :2] - body[wrist, :2])) < HAND_AT_WRIST * width for hand in found)
        if near or body[wrist, 2] < WRIST_SEEN:
            continue
        middle = body[wrist, :2] + BEYOND_WRIST * (body[wrist, :2] - body[elbow, :2])  # a hand goes on from its arm
        left, top = np.maximum(np.floor(middle - CROP * width), 0).astype(int)
        right, bottom = np.ceil(middle + CROP * width).astype(int)
        crop = np.ascontiguousarray(rgb[top:bottom, left:right])
        if min(crop.shape[:2]) < SMALLEST_CROP_PX:
            continue
        scale = np.array([crop.shape[1], crop.shape[0], crop.shape[1]], dtype=np.float32)
        missed += [hand.points * scale + np.array([left, top, 0], dtype=np.float32) for hand in find_near(crop)]
    return missed


def _of_this_body(body: Floats, hands: list[Floats]) -> tuple[Floats, Floats]:
    """Left and right hand: each the found hand that is nearest to the pose's wrist, if near; NaN otherwise."""
    width = float(np.hypot(*(body[11, :2] - body[12, :2])))
    chosen = []
    for wrist in WRISTS:
        distances = [float(np.hypot(*(hand[0, :2] - body[wrist, :2]))) for hand in hands]
        nearest = int(np.argmin(distances)) if distances else -1
        near = nearest >= 0 and distances[nearest] < HAND_AT_WRIST * width
        chosen.append(hands[nearest] if near else np.full((mediapipe_models.HAND_POINTS, 3), np.nan, dtype=np.float32))
    return chosen[0], chosen[1]


def _findings(track: BodyTrack, looks: int) -> Findings:
    found = Findings(notes={"engine": "MediaPipe pose and hands"})
    share = len(track.times_s) / looks
    visible = float(track.pose[:, [NOSE, *SHOULDERS], 2].mean())
    start_s, end_s = float(track.times_s[0]), float(track.times_s[-1] + track.durations_s[-1])
    text = f"an upper body is seen in {share:.0%} of the looks"
    found.event(None, "body_visible", start_s, end_s, text=text, confidence=0.9, quality=min(1.0, share * visible))
    hands = np.isfinite(np.stack([track.left_hand[:, 0, 0], track.right_hand[:, 0, 0]])).any(axis=0).mean()
    if hands == 0:
        found.abstain(None, "no hand was found: gestures of the fingers can't be told")
    return found
