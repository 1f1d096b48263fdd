"""Which frames a model is shown, and how they are sent."""

import io
from typing import NamedTuple

from agents.claims import FRAME_PREFIX
from perception.clip import Clip
from perception.evidence import Evidence

FRAMES = 8  # the setting of MOTOR-MAS (Yuan et al. 2026)
LONG_SIDE_PX = 448  # likewise
APEXES_AT_MOST = 4  # of the frames; the rest lie evenly, so that the model also sees what was not measured
JPEG_QUALITY = 85


class FrameImage(NamedTuple):
    """One frame as a model is sent it."""

    time_s: float
    jpeg: bytes

    @property
    def id(self) -> str:
        """How a claim cites it."""
        return f"{FRAME_PREFIX}{self.time_s:.2f}"


def choose_times(evidence: Evidence, duration_s: float, count: int = FRAMES) -> tuple[float, ...]:
    """Times worth showing, in order and rounded to 0.01 s: apexes of the strongest events, then evenly spread."""
    apexes = sorted(
        (o for o in evidence.observations if o.apex_s is not None), key=lambda o: (-o.confidence * o.quality, o.start_s)
    )
    strongest = [round(o.apex_s or 0.0, 2) for o in apexes[:APEXES_AT_MOST]]
    even = [round(duration_s * (i + 0.5) / count, 2) for i in range(count)]
    apart_s = duration_s / (2 * count)
    chosen: list[float] = []
    for time_s in (*strongest, *even):
        if len(chosen) < count and all(abs(time_s - other) >= apart_s for other in chosen):
            chosen.append(time_s)
    return tuple(sorted(chosen))


def read_frames(clip: Clip, times_s: tuple[float, ...]) -> tuple[FrameImage, ...]:
    """The frames on screen at these times (ascending), at most 448 px long, as JPEG.

    Raises:
        ClipError: the clip can't be decoded.
    """
    from PIL import Image

    images = []
    for time_s, frame in zip(times_s, clip.frames_at(times_s), strict=True):
        picture = Image.fromarray(frame.rgb)
        picture.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX))
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=JPEG_QUALITY)
        images.append(FrameImage(time_s, content.getvalue()))
    return tuple(images)
