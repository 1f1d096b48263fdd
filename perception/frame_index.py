"""When each picture of a clip is shown, read from the container's packets without decoding them.

One rule for pictures, sound and words: time 0 is when the first picture is shown. Every decoder's k-th picture
is the k-th of this index, so that decord and PyAV give the same times, also where a decoder reports none (AVI).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from perception.errors import ClipTooLargeError, CorruptClipError, EncryptedClipError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

ASSUMED_FRAME_S = 0.04  # a single picture whose container says neither its duration nor a rate is shown this long
UNEVEN_SHARE = 0.1  # of the median step: beyond it the frame rate is called variable
CLOCK_S = 0.0015  # Matroska's clock ticks in milliseconds, so that steps differ by that much at a constant rate


@dataclass(frozen=True)
class FrameIndex:
    """When each of the n pictures is shown, in order of time.

    Packets that no player shows are left out: those before the first key frame, those that an edit list cuts off,
    and VP8's hidden reference pictures.
    """

    times_s: npt.NDArray[np.float64]  # (n,), the first is 0
    durations_s: npt.NDArray[np.float64]  # (n,): each until the next; the last as its packet says
    origin_s: float  # the first picture's presentation time on the container's own clock
    plain: bool  # one video stream of which every packet is a picture that is shown, as many as its header claims

    @property
    def duration_s(self) -> float:
        """When the last picture is over."""
        return float(self.times_s[-1] + self.durations_s[-1])

    @property
    def variable(self) -> bool:
        """Whether pictures are shown for clearly different times."""
        steps = np.diff(self.times_s)
        if not len(steps):
            return False
        median = float(np.median(steps))
        return bool(np.abs(steps - median).max() > max(UNEVEN_SHARE * median, CLOCK_S))


def read_index(file: "InputContainer", stream: "VideoStream", longest_s: float, most_frames: int) -> FrameIndex:
    """Read every packet's time.

    Raises:
        EncryptedClipError: a packet is encrypted.
        ClipTooLargeError: the clip lasts longer than `longest_s`, or has more pictures than `most_frames`.
        CorruptClipError: no packet holds a picture that can be shown.
    """
    tick_s = float(stream.time_base or 0)
    hidden = _hidden_vp8 if stream.codec_context.codec.canonical_name == "vp8" else _never
    shown: list[tuple[int, int]] = []  # presentation time and duration in ticks
    n_packets, first_key = 0, None
    for packet in file.demux(stream):
        at = packet.dts if packet.pts is None else packet.pts
        if not packet.size or at is None:  # the empty packet that ends the stream; a frame that AVI repeats
            continue
        if packet.has_sidedata("encryption_info"):
            raise EncryptedClipError(f"{file.name}: its pictures are encrypted (DRM); get a copy without protection")
        n_packets += 1
        if n_packets > most_frames:  # those that are not shown are decoded as well
            raise ClipTooLargeError(f"{file.name}: more than {most_frames} pictures; cut it or lower its frame rate")
        if first_key is None and packet.is_keyframe:
            first_key = at
        if first_key is None or at < first_key or packet.is_discard or hidden(packet):
            continue
        if (at - first_key) * tick_s > longest_s:
            raise ClipTooLargeError(f"{file.name}: longer than {longest_s / 3600:g} h; cut it")
        shown.append((at, packet.duration or 0))
    if not shown:
        raise CorruptClipError(f"{file.name}: its video stream holds no picture that can be shown; get an intact copy")
    ticks = np.array(sorted(shown), dtype=np.int64)
    times_s = (ticks[:, 0] - ticks[0, 0]) * tick_s
    last_s = ticks[-1, 1] * tick_s or _usual_s(times_s, stream)
    return FrameIndex(
        times_s=times_s,
        durations_s=np.append(np.diff(times_s), last_s),
        origin_s=float(ticks[0, 0] * tick_s),
        plain=len(shown) == n_packets and stream.frames in (0, n_packets) and len(file.streams.video) == 1,
    )


def _usual_s(times_s: npt.NDArray[np.float64], stream: "VideoStream") -> float:
    if len(times_s) > 1:
        return float(np.median(np.diff(times_s)))
    return float(1 / stream.average_rate) if stream.average_rate else ASSUMED_FRAME_S


def _never(_: "Packet[VideoStream]") -> bool:
    return False


def _hidden_vp8(packet: "Packet[VideoStream]") -> bool:
    """Whether a VP8 packet is a reference picture that is never shown (RFC 6386, 9.1: the show_frame bit)."""
    return not memoryview(packet)[0] >> 4 & 1
