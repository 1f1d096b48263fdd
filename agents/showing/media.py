"""Pictures, video and sound of a clip as they are sent to a model: inline, small, with the times of what is seen."""

import base64
import io
import wave
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.claims import FRAME_PREFIX
from agents.showing.presentation import Presentation
from perception.clip import Clip
from perception.isolation import decoded

Picture = npt.NDArray[np.uint8]  # height x width x RGB
LONG_SIDE_PX = 448  # the setting of MOTOR-MAS (Yuan et al. 2026)
JPEG_QUALITY = 85
VIDEO_CRF = "20"  # of H.264: little is lost at this size
SOUND_HZ = 16_000  # what speech encoders hear


class Media(NamedTuple):
    """What of a clip is sent beside text."""

    frames: tuple[bytes, ...] = ()  # JPEG, one a moment of the presentation
    video: bytes | None = None  # MP4
    sound: bytes | None = None  # WAV


@lru_cache(maxsize=4)  # every agent of a clip is sent the same
def read_media(clip: Clip, presentation: Presentation) -> Media:
    """The media that a presentation is made of; pictures at most 448 px long.

    Raises:
        ClipError: the clip can't be decoded.
    """
    return decoded(_read, clip, presentation)


def _read(clip: Clip, presentation: Presentation) -> Media:
    frames: tuple[bytes, ...] = ()
    video = sound = None
    if presentation.moments_s:
        pictures = [small(frame.rgb) for frame in clip.frames_at(presentation.moments_s)]
        if presentation.way == "video":
            video = mp4(pictures, Fraction(len(pictures) / clip.duration_s).limit_denominator(10_000))
        else:
            frames = tuple(jpeg(picture) for picture in pictures)
    if presentation.sound_s:
        samples = clip.audio(SOUND_HZ)
        sound = wav(samples[: round(presentation.sound_s * SOUND_HZ)]) if samples is not None else None
    return Media(frames, video, sound)


def media_parts(media: Media, moments_s: tuple[float, ...]) -> list[dict[str, Any]]:
    """The parts of a chat message: each frame after its time, or the video and the times that it shows, then sound."""
    parts: list[dict[str, Any]] = []
    for time_s, content in zip(moments_s, media.frames, strict=False):
        parts.append({"type": "text", "text": f"{frame_id(time_s)} (at {round(time_s * 1000)} ms)"})
        parts.append(picture_part(content))
    if media.video is not None:
        parts.append(video_part(media.video))
        listed = ", ".join(map(frame_id, moments_s))
        parts.append({"type": "text", "text": f"The video shows the clip at these moments: {listed}."})
    if media.sound is not None:
        parts.append(sound_part(media.sound))
    return parts


def frame_id(time_s: float) -> str:
    """How a claim cites a picture that only a model saw."""
    return f"{FRAME_PREFIX}{time_s:.2f}"


def picture_part(content: bytes) -> dict[str, Any]:
    """A JPEG as a part of a message."""
    return {"type": "image_url", "image_url": {"url": _data_url("image/jpeg", content)}}


def video_part(content: bytes) -> dict[str, Any]:
    """An MP4 as a part of a message."""
    return {"type": "video_url", "video_url": {"url": _data_url("video/mp4", content)}}


def sound_part(content: bytes) -> dict[str, Any]:
    """A WAV as a part of a message."""
    data = base64.b64encode(content).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def small(rgb: Picture, long_side_px: int = LONG_SIDE_PX) -> Picture:
    """A picture whose long side is at most so many pixels, with even sides."""
    from PIL import Image

    height, width = rgb.shape[:2]
    scale = min(1.0, long_side_px / max(height, width))
    size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
    if size == (width, height):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def jpeg(rgb: Picture) -> bytes:
    """A picture as JPEG."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(rgb).save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def mp4(pictures: Sequence[Picture], rate: Fraction) -> bytes:
    """Pictures of one size, at least one, as H.264 in MP4, `rate` a second, so that the clip's own times hold in it."""
    import av

    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as file:
        stream: Any = file.add_stream("libx264", rate=rate, options={"crf": VIDEO_CRF})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        file.mux(stream.encode(None))
    return content.getvalue()


def wav(samples: npt.NDArray[np.float32]) -> bytes:
    """Samples in [-1, 1] at 16 kHz as 16-bit WAV."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return content.getvalue()


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
