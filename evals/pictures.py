"""Pictures as a clip that perception reads: a photograph, or a recording that is kept as numbered files."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.errors import DatasetError

Picture = npt.NDArray[np.uint8]

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
STILL_S, STILL_HZ = 1.0, 5.0  # a photograph is shown for a second
USUAL_HZ = 25.0  # of pictures whose rate their data set does not tell


def video_of(path: Path, kept: Path, rate_hz: float = USUAL_HZ) -> Path:
    """A clip of what a data set has: a video as it is, a folder of numbered pictures, or one photograph.

    Args:
        path: the video, folder or photograph.
        kept: folder in which clips made from pictures are found again.
        rate_hz: of a folder's pictures.

    Raises:
        DatasetError: there is no picture in the folder, one can't be read, or they differ in size.
    """
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
    stats = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in pictures]
    key = hashlib.sha256(json.dumps([rate_hz, stats]).encode()).hexdigest()
    target = kept / f"{key}.mkv"
    if not target.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept, suffix=".part.mkv", delete=False) as file:
            unfinished = Path(file.name)
        try:
            _write(pictures, rate_hz, unfinished)
            os.replace(unfinished, target)  # whole or not at all
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
