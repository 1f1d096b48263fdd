"""What is no video as a clip that perception reads: a photograph, a recording kept as numbered pictures, a sound."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.errors import DatasetError
from perception.pictures import write_clip, write_stills

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
SOUNDS = (".wav", ".mp3", ".flac", ".m4a", ".ogg", ".opus")
CLIPS = "clips"  # folder of clips made here, among a run's data
USUAL_HZ = 25.0  # of pictures whose rate their data set does not tell


def video_of(path: Path, kept: Path, rate_hz: float = USUAL_HZ) -> Path:
    """A clip of what a data set has: a video as it is, a folder of numbered pictures, one photograph, or a sound alone.

    A sound's picture is black from its beginning to its end.

    Args:
        path: the video, folder, photograph or sound.
        kept: folder in which clips made from pictures are found again.
        rate_hz: of a folder's pictures.

    Raises:
        DatasetError: there is no picture in the folder.
        PictureError: one or the sound can't be read, or pictures differ in size.
    """
    if path.suffix.lower() in SOUNDS:
        return _made(kept, (path,), "sound", lambda target: write_stills([], target, path))
    if path.is_dir():
        return clip_of(numbered(path), rate_hz, kept)
    if path.suffix.lower() in PICTURES:
        return _made(kept, (path,), "still", lambda target: write_stills([path], target))
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


def pictured(folder: Path) -> bool:
    """Whether there is a picture in a folder."""
    return any(path.suffix.lower() in PICTURES for path in folder.iterdir())


def clip_of(pictures: Sequence[Path], rate_hz: float, kept: Path) -> Path:
    """A clip without loss (FFV1) of pictures in order, made once and found again while they stay as they are.

    Raises:
        PictureError: a picture can't be read, or they differ in size.
    """
    return _made(kept, pictures, str(rate_hz), lambda target: write_clip(pictures, rate_hz, target))


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
