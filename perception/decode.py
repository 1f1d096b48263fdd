"""A clip's pictures: in order by PyAV, and single ones at given times by decord, which finds them without the rest."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from perception.container import Container
from perception.errors import CorruptClipError, TruncatedClipError
from perception.frame import Frame
from perception.probe import Probe, best_video, opened

Picture = npt.NDArray[np.uint8]  # (height, width, 3), RGB, as displayed

# decord holds all of the compressed file that it can get (1.06 GB for one of 1.19 GB). Read in order by something
# slower than itself it also holds decoded pictures without bound (2.5 GB after 300 of 1080p; PyAV: 0.1 GB).
LARGEST_FOR_DECORD_BYTES = 100_000_000


def read_frames(path: Path, container: Container, probe: Probe) -> Iterator[Frame]:
    """Decode a file's pictures in order, holding one at a time; each iteration opens the file for itself.

    Args:
        path: the video file.
        container: what it was identified as.
        probe: what it was found to hold.

    Raises:
        CorruptClipError: a picture can't be decoded.
        TruncatedClipError: fewer pictures can be read than the container promises.
    """
    index = probe.index
    n = len(index.times_s)
    count = 0
    for picture in _in_order(path, container, probe):
        yield _frame(probe, count, picture)
        count += 1
        if count == n:
            return
    raise TruncatedClipError(
        f"{path}: only {count} of its {n} pictures can be read, up to {index.times_s[count]:.1f} s; get a complete copy"
    )


def read_frames_at(path: Path, container: Container, probe: Probe, times_s: Sequence[float]) -> Iterator[Frame]:
    """The pictures on screen at these times (ascending), one for each; pixels as of `read_frames`.

    Raises:
        CorruptClipError: a picture can't be decoded.
        TruncatedClipError: fewer pictures can be read than the container promises.
    """
    last = len(probe.index.times_s) - 1
    on_screen = np.searchsorted(probe.index.times_s, times_s, side="right") - 1
    waiting = [min(max(int(number), 0), last) for number in on_screen]
    if _suits_decord(path, container, probe):
        for frame in _by_number(path, probe, tuple(waiting)):
            waiting.pop(0)
            yield frame
    if waiting:
        for frame in read_frames(path, container, probe):
            while waiting and waiting[0] == frame.index:
                waiting.pop(0)
                yield frame
            if not waiting:
                return


def _frame(probe: Probe, number: int, picture: Picture) -> Frame:
    index = probe.index
    return Frame(number, float(index.times_s[number]), float(index.durations_s[number]), picture)


def _in_order(path: Path, container: Container, probe: Probe) -> Iterator[Picture]:
    import av
    from av.video.reformatter import VideoReformatter

    quarter_turns = -probe.rotation // 90
    width, height = (probe.width, probe.height) if probe.rotation % 180 == 0 else (probe.height, probe.width)
    count = 0
    to_rgb = VideoReformatter()  # one for all: each frame's own would be set up anew, which costs a fifth of the time
    with opened(path, container) as file:
        stream = best_video(path, file)
        stream.thread_type = "AUTO"
        first_s = probe.index.origin_s - probe.index.durations_s[0] / 2
        try:
            for frame in file.decode(stream):
                if frame.time is not None and frame.time < first_s:  # before what players show
                    continue
                stored = to_rgb.reformat(frame, width, height, "rgb24").to_ndarray()
                yield np.ascontiguousarray(np.rot90(stored, quarter_turns), dtype=np.uint8)
                count += 1
        except av.FFmpegError as error:
            at_s = probe.index.times_s[min(count, len(probe.index.times_s) - 1)]
            raise CorruptClipError(f"{path}: damaged at {at_s:.1f} s ({error.strerror}); get an intact copy") from error


def _suits_decord(path: Path, container: Container, probe: Probe) -> bool:
    """Whether decord shows the file as a player does, and safely.

    It also shows hidden pictures, and turns them in MP4 only. It aborts the process for a header that claims far more
    pictures than there are. A per cent sign in the name could make its older FFmpeg look for numbered files.
    """
    upright = probe.rotation == 0 or container in ("mp4", "mov")
    small = probe.n_bytes <= LARGEST_FOR_DECORD_BYTES
    return container != "gif" and probe.index.plain and upright and small and "%" not in path.name


def _by_number(path: Path, probe: Probe, wanted: Sequence[int]) -> Iterator[Frame]:
    """Pictures by their numbers, until decord's first failure, which it does not explain."""
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    try:
        reader = decord.VideoReader(str(path.resolve()))
        if len(reader) != len(probe.index.times_s):
            return
        for number in wanted:
            picture: Picture = reader[number].asnumpy()
            if picture.shape != (probe.height, probe.width, 3):  # it misreads the narrowest pictures
                return
            yield _frame(probe, number, picture)
    except (decord.DECORDError, decord.DECORDLimitReachedError, RuntimeError, AssertionError, IndexError):
        return
