"""A clip's pictures one after the other: by decord where it can, by PyAV where it can't."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from perception.container import Container
from perception.errors import CorruptClipError, TruncatedClipError
from perception.frame import Frame
from perception.probe import Probe, best_video, opened

# decord reads ahead without bound until it holds the whole compressed file (1.06 GB for one of 1.19 GB; PyAV: 0.08 GB).
LARGEST_FOR_DECORD_BYTES = 100_000_000

Picture = npt.NDArray[np.uint8]  # (height, width, 3), RGB, as displayed


def read_frames(path: Path, container: Container, probe: Probe, threads: int = 0) -> Iterator[Frame]:
    """Decode a file's pictures in order, holding one at a time.

    Both decoders give the same pixels (of 10-bit video: within a few levels). Each iteration opens a reader
    of its own, in the thread that iterates: decord crashes when threads share one.

    Args:
        path: the video file.
        container: what it was identified as.
        probe: what it was found to hold.
        threads: the decoder's threads; 0 lets it choose. One thread costs 15 % less work and gives 20 % less speed.

    Raises:
        CorruptClipError: a picture can't be decoded.
        TruncatedClipError: fewer pictures can be read than the container promises.
    """
    index = probe.index
    n = len(index.times_s)
    count = 0
    for picture in itertools.islice(_pictures(path, container, probe, threads), n):
        yield Frame(count, float(index.times_s[count]), float(index.durations_s[count]), picture)
        count += 1
    if count < n:
        raise TruncatedClipError(
            f"{path}: only {count} of its {n} pictures can be read, up to {index.times_s[count]:.1f} s; "
            "get a complete copy"
        )


def _pictures(path: Path, container: Container, probe: Probe, threads: int) -> Iterator[Picture]:
    done = 0
    if _suits_decord(path, container, probe):
        for picture in _by_decord(path, probe, threads):
            yield picture
            done += 1
    if done < len(probe.index.times_s):  # PyAV takes over, or says what is wrong
        yield from itertools.islice(_by_pyav(path, container, probe, threads), done, None)


def _suits_decord(path: Path, container: Container, probe: Probe) -> bool:
    """Whether decord shows the file as a player does, and safely.

    It also shows hidden pictures, and turns them in MP4 only. It aborts the process for a header that claims far more
    pictures than there are. A per cent sign in the name could make its older FFmpeg look for numbered files.
    """
    upright = probe.rotation == 0 or container in ("mp4", "mov")
    small = probe.n_bytes <= LARGEST_FOR_DECORD_BYTES
    return container != "gif" and probe.index.plain and upright and small and "%" not in path.name


def _by_decord(path: Path, probe: Probe, threads: int) -> Iterator[Picture]:
    """Pictures until decord's first failure, which it does not explain."""
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    failures: tuple[Any, ...] = (decord.DECORDError, decord.DECORDLimitReachedError, RuntimeError, AssertionError)
    n = len(probe.index.times_s)
    try:
        reader = decord.VideoReader(str(path.resolve()), num_threads=threads)
    except failures:
        return
    if len(reader) != n:
        return
    for _ in range(n):
        try:
            picture: Picture = reader.next().asnumpy()
        except (*failures, StopIteration):
            return
        if picture.shape != (probe.height, probe.width, 3):  # decord misreads the narrowest pictures
            return
        yield picture


def _by_pyav(path: Path, container: Container, probe: Probe, threads: int) -> Iterator[Picture]:
    import av

    quarter_turns = -probe.rotation // 90
    width, height = (probe.width, probe.height) if probe.rotation % 180 == 0 else (probe.height, probe.width)
    count = 0
    with opened(path, container) as file:
        stream = best_video(path, file)
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        first_s = probe.index.origin_s - probe.index.durations_s[0] / 2
        try:
            for frame in file.decode(stream):
                if frame.time is not None and frame.time < first_s:  # before what players show
                    continue
                stored = frame.to_ndarray(format="rgb24", width=width, height=height)
                yield np.ascontiguousarray(np.rot90(stored, quarter_turns), dtype=np.uint8)
                count += 1
        except av.FFmpegError as error:
            at_s = probe.index.times_s[min(count, len(probe.index.times_s) - 1)]
            raise CorruptClipError(f"{path}: damaged at {at_s:.1f} s ({error.strerror}); get an intact copy") from error
