"""A video file that holds pictures at their times, perhaps sound, and nothing else: no tag, chapter or other stream."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from perception.frame import Frame

Samples = npt.NDArray[np.float32]
SUFFIXES = (".mp4", ".mov")  # Matroska's clock would round times to milliseconds
TICKS_HZ = 90_000
CRF, PRESET = "18", "veryfast"  # little is lost: what others measure shall not be changed by the coding
SOUND_BITS, SOUND_SAMPLES = 96_000, 1024  # a second; in a frame of AAC


def write_video(
    path: Path, frames: Iterable[Frame], sound: Iterator[Samples] | None = None, sound_hz: int = 48_000
) -> None:
    """Code pictures as H.264, each shown when and for as long as it says, with one channel of sound as AAC.

    Args:
        path: file to write, .mp4 or .mov.
        frames: pictures of one size; an odd width or height gets a further column or row.
        sound: chunks of samples in [-1, 1] that begin with the first picture.
        sound_hz: samples a second.
    """
    import av

    waiting = iter(frames)
    first = next(waiting)
    height, width = (side + side % 2 for side in first.rgb.shape[:2])
    with av.open(str(path), "w", format=path.suffix[1:], options={"fflags": "+bitexact"}) as file:
        coder: Any = file.add_stream(
            "libx264", rate=max(1, round(1 / first.duration_s)), options={"crf": CRF, "preset": PRESET}
        )
        coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
        coder.time_base = coder.codec_context.time_base = Fraction(1, TICKS_HZ)
        coder.codec_context.max_b_frames = 0  # coded in the order in which they are shown
        heard = _Sound(file, sound, sound_hz) if sound is not None else None
        durations: dict[int, int] = {}

        def mux(packets: Iterable[Any]) -> None:
            for packet in packets:
                packet.duration = durations.pop(packet.pts)
                file.mux(packet)

        for frame in _and_then(first, waiting):
            picture = av.VideoFrame.from_ndarray(_even(frame.rgb), format="rgb24")
            picture.pts, picture.time_base = round(frame.time_s * TICKS_HZ), Fraction(1, TICKS_HZ)
            durations[picture.pts] = round((frame.time_s + frame.duration_s) * TICKS_HZ) - picture.pts
            mux(coder.encode(picture))
            if heard:
                heard.write_until(frame.time_s)
        mux(coder.encode(None))
        if heard:
            heard.finish()


class _Sound:
    """The sound's stream, written little by little beside the pictures."""

    def __init__(self, file: Any, sound: Iterator[Samples], rate_hz: int) -> None:
        self._file, self._sound, self._rate_hz = file, sound, rate_hz
        self._stream = file.add_stream("aac", rate=rate_hz, layout="mono", options={"b": str(SOUND_BITS)})
        self._rest, self._at = np.zeros(0, dtype=np.float32), 0

    def write_until(self, time_s: float) -> None:
        while self._at < time_s * self._rate_hz:
            chunk = next(self._sound, None)
            if chunk is None:
                return
            self._rest = np.concatenate([self._rest, chunk])
            while len(self._rest) >= SOUND_SAMPLES:
                self._write(self._rest[:SOUND_SAMPLES])
                self._rest = self._rest[SOUND_SAMPLES:]

    def finish(self) -> None:
        self.write_until(np.inf)
        if len(self._rest):
            self._write(self._rest)
        self._file.mux(self._stream.encode(None))

    def _write(self, samples: Samples) -> None:
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = self._rate_hz, self._at, Fraction(1, self._rate_hz)
        self._at += len(samples)
        self._file.mux(self._stream.encode(frame))


def _and_then(first: Frame, others: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from others


def _even(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    return np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge") if height % 2 or width % 2 else rgb
