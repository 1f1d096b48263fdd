"""A clip's sound, on the same clock as its pictures."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from perception.container import Container
from perception.frame_index import FrameIndex
from perception.probe import opened

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

Samples = npt.NDArray[np.float32]

LARGEST_SLIP_S = 0.04  # of samples against timestamps: ears notice 45 ms against the picture (ITU-R BT.1359-1)


def read_audio(path: Path, container: Container, index: FrameIndex, rate_hz: int) -> Samples | None:
    """Decode the first sound stream to one channel, from the first picture to the end of the last.

    Sample i is at i / rate_hz seconds. Where the container holds no sound (it begins late, has a hole or ends
    early) there is silence, as a player would play it.

    Returns:
        Samples in [-1, 1], shape (round(duration_s * rate_hz),), which lie on disk; None without a sound stream.

    Raises:
        CorruptClipError: the sound can't be decoded.
    """
    from av import AudioResampler

    sound = _silence(round(index.duration_s * rate_hz))
    resampler, at = None, 0
    with opened(path, container) as file:
        if not file.streams.audio:
            return None
        for frame, start_s in _with_breaks(file.decode(file.streams.audio[0])):
            if start_s is not None:
                if resampler is not None:
                    _write(sound, at, resampler.resample(None))
                resampler = AudioResampler(format="flt", layout="mono", rate=rate_hz)
                at = round((start_s - index.origin_s) * rate_hz)
            assert resampler is not None  # the first frame starts a stretch
            at = _write(sound, at, resampler.resample(frame))
        if resampler is not None:
            _write(sound, at, resampler.resample(None))
    return np.clip(sound, -1, 1, out=sound)


def _silence(count: int) -> Samples:
    """Zeros that lie on disk: an hour's sound would take 230 MB of memory."""
    if not count:
        return np.zeros(0, dtype=np.float32)
    with tempfile.TemporaryFile() as file:  # mapped, its content outlives it
        return np.memmap(file, dtype=np.float32, mode="w+", shape=(count,))


def _with_breaks(frames: "Iterable[AudioFrame]") -> "Iterator[tuple[AudioFrame, float | None]]":
    """Each frame, with its time on the container's clock where it does not just go on from the one before."""
    expected_s, before = 0.0, None
    for frame in frames:
        shape = (frame.sample_rate, frame.layout.name, frame.format.name)
        at_s = expected_s if frame.time is None else frame.time
        goes_on = shape == before and abs(at_s - expected_s) <= LARGEST_SLIP_S
        yield frame, None if goes_on else at_s
        expected_s = (expected_s if goes_on else at_s) + frame.samples / frame.sample_rate
        before = shape


def _write(sound: Samples, at: int, frames: "Iterable[AudioFrame]") -> int:
    """Write frames one after the other from a sample on, dropping what lies outside; the place after the last."""
    for frame in frames:
        samples = frame.to_ndarray().reshape(-1)
        inside = samples[max(0, -at) : max(0, len(sound) - at)]
        sound[max(0, at) : max(0, at) + len(inside)] = inside
        at += len(samples)
    return at
