"""How much more memory a long clip takes than a short one: each measured in a process of its own."""

import multiprocessing
import tempfile
import threading
from pathlib import Path
from typing import Any

from perception.clip import Clip
from perception.scheduler import perceive
from perception.tool import BUILT_IN, make_tool

SHORT_S, MOST_MB = 10.0, 300.0  # what a long clip may take above a short one
LOOK_EVERY_S = 0.05


def memory(clip: Clip, long_s: float) -> dict[str, Any]:
    """Peak memory for a long clip above that for ten seconds, returned signals aside; both loop one clip."""
    (short, short_signals), (long, long_signals) = (_measured(clip, duration_s) for duration_s in (SHORT_S, long_s))
    above = long - short - (long_signals - short_signals)
    return {
        "long_clip_min": round(long_s / 60, 1),
        "ten_seconds_mb": round(short),
        "long_clip_mb": round(long),
        "returned_signals_mb": round(long_signals - short_signals),
        "above_mb": round(above),
        "at_most_mb": MOST_MB,
    }


def _measured(clip: Clip, duration_s: float) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = looped(clip.path, duration_s, Path(folder) / f"{duration_s:.0f}s.mp4")
        context = multiprocessing.get_context("spawn")
        answer = context.Queue()
        process = context.Process(target=_peak_mb, args=(path, answer))
        process.start()
        measured: tuple[float, float] = answer.get()
        process.join()
        return measured


def looped(source: Path, duration_s: float, path: Path) -> Path:
    """A clip of this length that repeats the packets of another, pictures and sound, without coding them anew."""
    import av

    with av.open(str(source)) as file:
        streams = [*file.streams.video[:1], *file.streams.audio[:1]]
        packets: list[Any] = [p for p in file.demux(streams) if p.dts is not None]
        once_s = max(float((p.pts + (p.duration or 0)) * p.time_base) for p in packets)
        with av.open(str(path), "w") as out:
            to = {stream.index: out.add_stream_from_template(stream) for stream in streams}
            for turn in range(int(duration_s / once_s) + 1):
                for packet in packets:
                    if turn * once_s + float(packet.pts * packet.time_base) >= duration_s:
                        continue
                    out.mux(_later(packet, to[packet.stream.index], turn * once_s))
    return path


def _later(packet: Any, stream: Any, seconds: float) -> Any:
    """A copy of a packet for a stream of another file, shown so much later."""
    import av

    copy = av.Packet(bytes(packet))
    shift = round(seconds / packet.time_base)
    copy.pts, copy.dts, copy.duration = packet.pts + shift, packet.dts + shift, packet.duration
    copy.time_base, copy.is_keyframe, copy.stream = packet.time_base, packet.is_keyframe, stream
    return copy


def _peak_mb(path: Path, answer: "multiprocessing.Queue[tuple[float, float]]") -> None:
    """Measure a clip with the default set; answer with the peak of memory and the size of the signals."""
    peak, done = [_taken_mb()], threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY_S):
            peak[0] = max(peak[0], _taken_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    evidence = perceive(Clip.open(path), [make_tool(name) for name in BUILT_IN])
    done.set()
    watching.join()
    # a float object and its place in a tuple, for values and times
    returned = sum((len(s.values) + len(s.times_s or ())) * 32 for s in evidence.signals) / 2**20
    answer.put((peak[0], returned))


def _taken_mb() -> float:
    """Memory that only this process ends: what it maps of files on disk the system takes back when it needs to."""
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    return sum(int(told.partition(f"{kind}:")[2].split()[0]) for kind in ("RssAnon", "RssShmem")) / 1024
