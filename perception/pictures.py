"""A clip made of what is no video: pictures in order, a sound, or both; coded without loss."""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from perception.errors import PictureError

Picture = npt.NDArray[np.uint8]

STILL_S, STILL_HZ = 1.0, 5.0  # a photograph is shown for a second
SOUND_HZ, BLACK_PX, BLACK_HZ = 16_000, 64, 5.0  # of a sound and the picture that it gets where there is none
MOST_PX = 50_000_000  # of one picture
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
SOUNDS = {b"RIFF": "wav", b"ID3": "mp3", b"fLaC": "flac", b"OggS": "ogg"}  # by their first bytes
SAME_BYTES = {"fflags": "+bitexact"}  # no random numbers in the file: the same pictures make the same clip


def write_clip(pictures: Sequence[Path], rate_hz: float, target: Path, sound: Path | None = None) -> None:
    """Write pictures in order (FFV1) and perhaps a sound (16 kHz mono PCM) as a Matroska file.

    Without pictures, black is shown for as long as the sound lasts.

    Raises:
        PictureError: a picture or the sound can't be read, or pictures differ in size.
    """
    import av

    heard = _heard(sound) if sound is not None else []
    seconds = sum(part.samples for part in heard) / SOUND_HZ
    shown = _read(pictures) if pictures else _black(math.ceil(seconds * BLACK_HZ))
    with av.open(str(target), "w", format="matroska", options=SAME_BYTES) as file:
        stream: Any = file.add_stream("ffv1", rate=Fraction(rate_hz if pictures else BLACK_HZ).limit_denominator(1001))
        stream.pix_fmt = "bgr0"
        voice: Any = file.add_stream("pcm_s16le", rate=SOUND_HZ, layout="mono") if heard else None
        size: tuple[int, ...] = ()
        for name, rgb in shown:
            if not size:
                size = rgb.shape
                stream.height, stream.width = size[:2]
            if rgb.shape != size:
                raise PictureError(f"{name}: {rgb.shape[1]}x{rgb.shape[0]} pixels, those before it {size[1]}x{size[0]}")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0")))
        for part in heard:
            file.mux(voice.encode(part))
        for each in filter(None, (stream, voice)):
            file.mux(each.encode(None))


def write_stills(pictures: Sequence[Path], target: Path, sound: Path | None = None) -> None:
    """Write a clip that shows each picture for a second; those that come with a sound share its time evenly.

    Raises:
        PictureError: as `write_clip`.
    """
    each_s = STILL_S
    if sound is not None and pictures:
        each_s = max(STILL_S, sum(part.samples for part in _heard(sound)) / SOUND_HZ / len(pictures))
    often = math.ceil(each_s * STILL_HZ)
    write_clip([path for path in pictures for _ in range(often)], STILL_HZ, target, sound)


def _read(pictures: Sequence[Path]) -> Iterator[tuple[str, Picture]]:
    before, rgb = None, np.zeros((0, 0, 3), dtype=np.uint8)
    for path in pictures:
        if path != before:  # a photograph is the same picture again and again
            rgb = _pixels(path)
        before = path
        yield str(path), rgb


def _pixels(path: Path) -> Picture:
    """Red, green and blue of 8 bits, shape (height, width, 3), whatever the picture has; of an animation, its first."""
    from PIL import Image

    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PX:
                raise PictureError(f"{path}: {image.width}x{image.height} pixels are too many; make it smaller")
            if image.mode.startswith("I;16"):
                return np.dstack([(np.asarray(image) >> 8).astype(np.uint8)] * 3)
            return np.asarray(image.convert("RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"{path}: more than {MOST_PX} pixels are too many; make it smaller") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureError(f"{path}: can't be read as a picture ({error}); get an intact copy") from error


def _black(count: int) -> Iterator[tuple[str, Picture]]:
    for _ in range(count):
        yield "black", np.zeros((BLACK_PX, BLACK_PX, 3), dtype=np.uint8)


def _heard(path: Path) -> list[Any]:
    """The sound in pieces, at 16 kHz."""
    import av

    try:
        demuxer = _demuxer(path)
        closed = {"format_whitelist": demuxer, "protocol_whitelist": "file"}
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_HZ)
        with av.open(str(path), format=demuxer, options=closed) as source:
            decoded = [*source.decode(audio=0), None]
        heard = [part for frame in decoded for part in resampler.resample(frame)]
    except (OSError, av.FFmpegError, IndexError) as error:
        raise PictureError(f"{path}: can't be read as a sound ({error}); get an intact copy") from error
    if not heard:
        raise PictureError(f"{path}: there is no sound in it; get an intact copy")
    return heard


def _demuxer(path: Path) -> str:
    """FFmpeg's name of the sound's format, told by its content: naming it keeps FFmpeg from probing for playlists."""
    with path.open("rb") as file:
        head = file.read(12)
    for begin, demuxer in SOUNDS.items():
        if head.startswith(begin):
            return demuxer
    if head[4:8] == b"ftyp":
        return "mov"
    if head[:1] == b"\xff" and head[1:2] >= b"\xe0":
        return "mp3"
    raise PictureError(f"{path}: can't be read as a sound; give WAV, MP3, FLAC, Ogg or M4A")
