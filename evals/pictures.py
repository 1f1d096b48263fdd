"""What is no video as a clip that perception reads: a photograph, a recording kept as numbered pictures, a sound."""

import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.errors import DatasetError

Picture = npt.NDArray[np.uint8]

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
SOUNDS = (".wav", ".mp3", ".flac", ".m4a", ".ogg", ".opus")
CLIPS = "clips"  # folder of clips made here, among a run's data
SOUND_HZ, BLACK_PX, BLACK_HZ = 16_000, 64, 5.0  # of a sound and the picture that it gets
STILL_S, STILL_HZ = 1.0, 5.0  # a photograph is shown for a second
USUAL_HZ = 25.0  # of pictures whose rate their data set does not tell


def video_of(path: Path, kept: Path, rate_hz: float = USUAL_HZ) -> Path:
    """A clip of what a data set has: a video as it is, a folder of numbered pictures, one photograph, or a sound alone.

    A sound's picture is black from its beginning to its end.

    Args:
        path: the video, folder, photograph or sound.
        kept: folder in which clips made from pictures are found again.
        rate_hz: of a folder's pictures.

    Raises:
        DatasetError: there is no picture in the folder, one or the sound can't be read, or pictures differ in size.
    """
    if path.suffix.lower() in SOUNDS:
        return _made(kept, (path,), "sound", lambda target: _write_sound(path, target))
    if path.is_dir():
        return clip_of(numbered(path), rate_hz, kept)
    if path.suffix.lower() in PICTURES:
        return clip_of([path] * round(STILL_S * STILL_HZ), STILL_HZ, kept)
    return path


def numbered(folder: Path) -> list[Path]:
    """The pictures of a folder, in the order of the numbers in their names.

    Raises:
        DatasetError: there is none.
    """
    found = [path for path in folder.iterdir() if path.suffix.lower() in PICTURES]
    if not found:
        raise DatasetError(f"{folder}: there is no picture in it; unpack them there ({', '.join(PICTURES)})")
    return sorted(found, key=lambda path: ([int(digits) for digits in re.findall(r"\d+", path.stem)], path.name))


def clip_of(pictures: Sequence[Path], rate_hz: float, kept: Path) -> Path:
    """A clip without loss (FFV1) of pictures in order, made once and found again while they stay as they are.

    Raises:
        DatasetError: a picture can't be read, or they differ in size.
    """
    return _made(kept, pictures, str(rate_hz), lambda target: _write(pictures, rate_hz, target))


def _made(kept: Path, of: Sequence[Path], how: str, write: Callable[[Path], None]) -> Path:
    """The clip of these files: written once, whole or not at all, and found again while they stay as they are."""
    stats = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in of]
    target = kept / f"{hashlib.sha256(json.dumps([how, stats]).encode()).hexdigest()}.mkv"
    if not target.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept, suffix=".part.mkv", delete=False) as file:
            unfinished = Path(file.name)
        try:
            write(unfinished)
            os.replace(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
    return target


def _write(pictures: Sequence[Path], rate_hz: float, target: Path) -> None:
    import av

    with av.open(str(target), "w", format="matroska") as file:
        stream: Any = file.add_stream("ffv1", rate=Fraction(rate_hz).limit_denominator(1001))
        stream.pix_fmt = "bgr0"
        size: tuple[int, ...] = ()
        for path, rgb in _read(pictures):
            if not size:
                size = rgb.shape
                stream.height, stream.width = size[:2]
            if rgb.shape != size:
                raise DatasetError(f"{path}: {rgb.shape[1]}x{rgb.shape[0]} pixels, those before it {size[1]}x{size[0]}")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0")))
        file.mux(stream.encode(None))


def _read(pictures: Sequence[Path]) -> Iterator[tuple[Path, Picture]]:
    from skimage.io import imread

    before, rgb = None, np.zeros((0, 0, 3), dtype=np.uint8)
    for path in pictures:
        if path != before:  # a photograph is the same picture again and again
            try:
                read = np.asarray(imread(path))
            except (OSError, ValueError, SyntaxError) as error:
                raise DatasetError(f"{path}: can't be read as a picture ({error}); get an intact copy") from error
            eight_bits = (read >> 8).astype(np.uint8) if read.dtype == np.uint16 else read
            rgb = np.ascontiguousarray(np.dstack([eight_bits] * 3)[..., :3] if read.ndim == 2 else eight_bits[..., :3])
        before = path
        yield path, rgb


def _write_sound(path: Path, target: Path) -> None:
    import av

    try:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_HZ)
        with av.open(str(path)) as source:
            decoded = [*source.decode(audio=0), None]
        heard = [part for frame in decoded for part in resampler.resample(frame)]
    except (av.FFmpegError, IndexError) as error:
        raise DatasetError(f"{path}: can't be read as a sound ({error}); get an intact copy") from error
    if not heard:
        raise DatasetError(f"{path}: there is no sound in it; get an intact copy")
    with av.open(str(target), "w", format="matroska") as file:
        pictures: Any = file.add_stream("ffv1", rate=Fraction(BLACK_HZ))
        pictures.width = pictures.height = BLACK_PX
        pictures.pix_fmt = "bgr0"
        sound: Any = file.add_stream("pcm_s16le", rate=SOUND_HZ, layout="mono")
        seconds = sum(part.samples for part in heard) / SOUND_HZ
        black = np.zeros((BLACK_PX, BLACK_PX, 3), dtype=np.uint8)
        for _ in range(math.ceil(seconds * BLACK_HZ)):
            file.mux(pictures.encode(av.VideoFrame.from_ndarray(black, format="rgb24").reformat(format="bgr0")))
        for part in heard:
            file.mux(sound.encode(part))
        for stream in (pictures, sound):
            file.mux(stream.encode(None))
