"""What a video file holds, found out without decoding more than its first picture."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perception.container import DEMUXER, Container, declared_size
from perception.errors import (
    ClipTooLargeError,
    CorruptClipError,
    EncryptedClipError,
    NoVideoStreamError,
)
from perception.frame_index import FrameIndex, read_index

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


@dataclass(frozen=True)
class Limits:
    """What is refused before it is decoded; a server that anyone can reach sets lower ones."""

    pixels: int = 8192 * 4320  # of one picture: 8K fits
    duration_s: float = 24 * 3600.0
    streams: int = 64  # in the container, of any kind
    frames: int = 24 * 3600 * 240  # a day of slow motion fits
    file_bytes: int = 10**13
    decoded_bytes: int = 10**15  # of all pictures, 3 bytes a pixel: a day of 8K fits
    audio_s: float = math.inf  # of the first sound stream; unless it is limited, its packets are not counted


@dataclass(frozen=True)
class Probe:
    """The facts about a file's video stream."""

    codec: str
    width: int  # pixels as displayed, after rotation
    height: int
    rotation: int  # degrees clockwise by which the stored picture is turned for display: 0, 90, 180 or 270
    has_audio: bool
    n_bytes: int  # of the file
    index: FrameIndex


def probe(path: Path, container: Container, limits: Limits) -> Probe:
    """Find out what a file holds, and index its pictures.

    Raises:
        ClipError: no video stream, encrypted, above the limits, cut short or damaged.
    """
    n_bytes = path.stat().st_size
    if n_bytes > limits.file_bytes:
        raise ClipTooLargeError(f"{path}: {n_bytes / 1e6:.1f} MB, at most {limits.file_bytes / 1e6:g} are read; cut it")
    _check_pixels(path, declared_size(path, container), limits)
    with opened(path, container, max_pixels=str(limits.pixels)) as file:
        stream = best_video(path, file)
        _check(path, file, stream, limits)
        has_audio = bool(file.streams.audio)
        index = read_index(file, stream, limits.duration_s, limits.frames)
        _check_decoded(path, stream, len(index.times_s), limits)
    if has_audio and limits.audio_s < math.inf:
        _check_audio(path, container, limits.audio_s)
    rotation, width, height = _first_picture(path, container)
    codec = stream.codec_context.codec.canonical_name
    return Probe(codec, width, height, rotation, has_audio, n_bytes, index)


@contextmanager
def opened(path: Path, container: Container, **options: str) -> Iterator["InputContainer"]:
    """Open a file by PyAV as the container that it is; no playlist, URL or other file is followed.

    Raises:
        CorruptClipError: its structure can't be read, now or while it is open.
    """
    import av

    demuxer = DEMUXER[container]
    closed = {"format_whitelist": demuxer, "protocol_whitelist": "file"}
    try:
        with av.open(
            str(path.resolve()), format=demuxer, options={**closed, **options}, metadata_errors="replace"
        ) as file:
            yield file
    except av.FFmpegError as error:
        raise CorruptClipError(f"{path}: a damaged {container} file ({error.strerror}); get an intact copy") from error


def best_video(path: Path, file: "InputContainer") -> "VideoStream":
    """The stream that a player would show; cover pictures do not count.

    Raises:
        NoVideoStreamError: there is none.
        CorruptClipError: no decoder knows it.
    """
    from av.stream import Disposition

    moving = [s for s in file.streams.video if not s.disposition & Disposition.attached_pic]
    best = file.streams.best("video")
    if not moving:
        raise NoVideoStreamError(f"{path}: no video stream, only {_kinds(file)}; give a file with pictures")
    chosen = next((s for s in moving if best is not None and s.index == best.index), moving[0])
    if chosen.codec_context is None:  # which PyAV's own types leave out
        raise CorruptClipError(f"{path}: no decoder knows its pictures' coding; convert it to H.264")
    return chosen


def _check(path: Path, file: "InputContainer", stream: "VideoStream", limits: Limits) -> None:
    context = stream.codec_context
    if len(file.streams) > limits.streams:
        raise ClipTooLargeError(f"{path}: {len(file.streams)} streams, at most {limits.streams} are read")
    if "enc_key_id" in stream.metadata:  # how FFmpeg passes on Matroska's ContentEncryption
        raise EncryptedClipError(f"{path}: its pictures are encrypted (DRM); get a copy without protection")
    if not context.width or not context.height:  # FFmpeg sets none above max_pixels
        raise CorruptClipError(f"{path}: its pictures are damaged or above {limits.pixels} pixels; get another copy")
    _check_pixels(path, (context.width, context.height), limits)


def _check_pixels(path: Path, size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.pixels:
        raise ClipTooLargeError(f"{path}: {width}x{height} pixels, at most {limits.pixels} are read; scale it down")


def _check_decoded(path: Path, stream: "VideoStream", frames: int, limits: Limits) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    decoded_bytes = width * height * 3 * frames
    if decoded_bytes > limits.decoded_bytes:
        raise ClipTooLargeError(
            f"{path}: {frames} pictures of {width}x{height} are {decoded_bytes / 1e9:.3g} GB when decoded,"
            f" at most {limits.decoded_bytes / 1e9:g} GB are read; cut it or scale it down"
        )


def _check_audio(path: Path, container: Container, most_s: float) -> None:
    """Follow the first sound stream's packets, by their durations and their times: it may outlast the pictures."""
    with opened(path, container) as file:
        stream = file.streams.audio[0]
        most_ticks = most_s / float(stream.time_base or 1)
        first, total = None, 0
        for packet in file.demux(stream):
            total += packet.duration or 0
            if packet.pts is not None:
                first = packet.pts if first is None else first
            span = 0 if packet.pts is None or first is None else packet.pts - first
            if max(total, span) > most_ticks:
                raise ClipTooLargeError(f"{path}: its sound is longer than {most_s:g} s; cut it")


def _first_picture(path: Path, container: Container) -> tuple[int, int, int]:
    """Rotation in degrees clockwise, width and height as displayed."""
    with opened(path, container) as file:
        picture = next(file.decode(best_video(path, file)), None)
    if picture is None:
        raise CorruptClipError(f"{path}: no picture can be decoded; get an intact copy")
    turned = round(-picture.rotation / 90) * 90 % 360  # PyAV counts counterclockwise
    upright = turned % 180 == 0
    width, height = (picture.width, picture.height) if upright else (picture.height, picture.width)
    return turned, width, height


def _kinds(file: "InputContainer") -> str:
    return ", ".join(sorted({s.type for s in file.streams})) or "nothing"
