"""Bodies: the upper body and the hands of everyone whose face is seen, or of the one person without a face."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from perception import mediapipe_models
from perception.body_following import (
    HAND_AT_WRIST,
    NOSE,
    SHOULDERS,
    WRISTS,
    Company,
    hands_of,
    is_seen,
    shoulder_width_px,
)
from perception.body_track import BodyTrack
from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame
from perception.tool import Output, Run, tool
from perception.tracking import Box

LOOKS_HZ = 12.0  # often enough for gestures; every second frame of ordinary video
LONGEST_SIDE_PX = 960
HANDS_BEHIND = 6  # looks by which the hands may lag behind the pose: neither waits for the other's slow frame
ELBOWS, WRIST_SEEN = (13, 14), 0.6
SMALL_BODY = 0.25  # shoulders narrower than this share of the picture: hands may be too small for the hand model
CROP, BEYOND_WRIST = 0.5, 0.4  # shoulder widths to each side; and how far beyond the wrist, in forearms
SMALLEST_CROP_PX = 24
Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
FindPose = Callable[[Picture], Floats | None]
FindHands = Callable[[Picture], list[mediapipe_models.Hand]]


@tool(needs=("frames", "faces"), version="4", reads_words=False)
def bodies(engine: Literal["mediapipe"] = "mediapipe") -> Run:
    """Follow upper bodies and hands: of everyone whose face is seen, or the body that is seen best where no face is.

    Args:
        engine: `mediapipe`, its bundled pose and hand models.
    """

    def run(clip: Clip, frames: Iterator[Frame]) -> Output:
        every = max(1, round(clip.fps / LOOKS_HZ))
        company, looks = Company(), 0
        with _Models() as models:
            for frame, seen in _looks(frames, every, company, models):
                looks += 1
                for look in seen:
                    found = [_in_picture(hand.points, look.region) for hand in look.hands.result()]
                    found += _missed_hands(frame.rgb, look.pose, found, models.find_near)
                    company.add(look.person, frame.time_s, look.pose, hands_of(look.pose, found))
        tracks = company.tracks(clip, every / clip.fps)
        return Output(tracks, _findings(tracks, looks, every / clip.fps))

    return run


class _Look(NamedTuple):
    """A body that is seen in a region of a picture, and the hands as they are being found there."""

    person: str | None
    pose: Floats  # (33, 3) px
    region: Box
    hands: "Future[list[mediapipe_models.Hand]]"


class _Models:
    """The models, opened when they are first wanted: a pose and a hand model for each place in the company."""

    def __enter__(self) -> "_Models":
        self._open = ExitStack()
        self._poses: dict[int, FindPose] = {}
        self._hands: dict[int, FindHands] = {}
        self.find_near = self._open.enter_context(mediapipe_models.hands(most=1))
        self._beside = self._open.enter_context(ThreadPoolExecutor(1, thread_name_prefix="hands"))
        return self

    def __exit__(self, *raised: object) -> None:
        self._beside.shutdown()
        self._open.close()

    def pose(self, slot: int, rgb: Picture) -> Floats | None:
        if slot not in self._poses:
            self._poses[slot] = self._open.enter_context(mediapipe_models.pose())
        return self._poses[slot](rgb)

    def start_hands(self, slot: int, rgb: Picture) -> "Future[list[mediapipe_models.Hand]]":
        if slot not in self._hands:
            self._hands[slot] = self._open.enter_context(mediapipe_models.hands())
        return self._beside.submit(self._hands[slot], rgb)


def _looks(
    frames: Iterator[Frame], every: int, company: Company, models: _Models
) -> Iterator[tuple[Frame, list[_Look]]]:
    """Every n-th frame with the bodies in it; the pose models and the hand models work side by side."""
    waiting: deque[tuple[Frame, list[_Look]]] = deque()
    for frame in frames:
        if frame.index % every:
            continue
        height, width = frame.rgb.shape[:2]
        company.see(frame.notes["faces"], frame.time_s, frame.notes["shot"])
        found = [_look(frame, *place, company, models) for place in company.regions(width, height)]
        waiting.append((frame, [look for look in found if look is not None]))
        if len(waiting) > HANDS_BEHIND:
            yield waiting.popleft()
    yield from waiting


def _look(
    frame: Frame, looked_for: str | None, slot: int, region: Box, company: Company, models: _Models
) -> _Look | None:
    """Look for a body, of one person or of whoever is there, in a region of the picture."""
    region = Box(*(round(edge) for edge in region))
    left, top, right, bottom = region
    crop = _thinned(frame.rgb[int(top) : int(bottom), int(left) : int(right)])
    if min(crop.shape[:2]) < SMALLEST_CROP_PX:
        return None
    hands = models.start_hands(slot, crop)
    pose = models.pose(slot, crop)
    if pose is None:
        return None
    pose[:, :2] = pose[:, :2] * (right - left, bottom - top) + (left, top)
    person = company.whose(pose, looked_for)
    if not is_seen(pose, person) or (looked_for and person is None):  # a neighbour's body has a look of its own
        return None
    company.follow(person, pose, frame.time_s)
    return _Look(person, pose, region, hands)


def _in_picture(points: Floats, region: Box) -> Floats:
    """Points as shares of a region (z: of its width) in pixels of the picture."""
    left, top, right, bottom = region
    scale = np.array([right - left, bottom - top, right - left], dtype=np.float32)
    return np.asarray(points * scale + np.array([left, top, 0], dtype=np.float32))


def _thinned(rgb: Picture) -> Picture:
    step = -(-max(rgb.shape[:2]) // LONGEST_SIDE_PX)
    return np.ascontiguousarray(rgb[::step, ::step])


def _missed_hands(rgb: Picture, body: Floats, found: list[Floats], find_near: FindHands) -> list[Floats]:
    """Hands at wrists that the pose sees where no hand was found: small in the picture, large in a crop."""
    width = shoulder_width_px(body)
    if width > SMALL_BODY * rgb.shape[1]:
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
        region = Box(left, top, left + crop.shape[1], top + crop.shape[0])
        missed += [_in_picture(hand.points, region) for hand in find_near(crop)]
    return missed


def _findings(tracks: list[BodyTrack], looks: int, every_s: float) -> Findings:
    found = Findings(notes={"engine": "MediaPipe pose and hands"})
    if not tracks:
        found.abstain(None, f"no upper body was found in {looks} looks")
    for track in tracks:
        visible = float(track.pose[:, [NOSE, *SHOULDERS], 2].mean())
        start_s, end_s = float(track.times_s[0]), float(track.times_s[-1] + track.durations_s[-1])
        share = min(1.0, len(track.times_s) * every_s / max(end_s - start_s, every_s))
        whose = f"{track.person}'s upper body" if track.person else "an upper body that belongs to none of the faces"
        text = f"{whose} is seen in {share:.0%} of the looks"
        quality = share * visible
        found.event(track.person, "body_visible", start_s, end_s, text=text, confidence=0.9, quality=quality)
        if not np.isfinite([track.left_hand[:, 0, 0], track.right_hand[:, 0, 0]]).any():
            found.abstain(track.person, "no hand was found: gestures of the fingers can't be told")
    return found
