"""A voice made lower, at the same speed; whoever knows by how much can make it higher again."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

SEMITONES = -4.0  # a woman's voice about as low as a man's, a man's still understood
CHUNK_S = 1.0
Samples = npt.NDArray[np.float32]


def lowered(sound: Samples, rate_hz: int, semitones: float = SEMITONES) -> Iterator[Samples]:
    """The sound with its pitch and formants shifted, in chunks that together are as long as it.

    Played slower or faster, then brought back to its length by overlap-add of similar waves (WSOLA, Verhelst & Roelands
    1993), both by FFmpeg.

    Args:
        sound: one channel in [-1, 1], shape (n,).
        rate_hz: samples a second.
        semitones: up, or down when negative; within an octave.
    """
    factor = 2 ** (semitones / 12)
    left = len(sound)
    for chunk in _filtered(sound, rate_hz, factor):
        yield chunk[:left]
        left -= len(chunk[:left])
    if left:
        yield np.zeros(left, dtype=np.float32)


def _filtered(sound: Samples, rate_hz: int, factor: float) -> Iterator[Samples]:
    from av import AudioFrame
    from av.error import BlockingIOError as NothingYet
    from av.error import EOFError as NothingMore
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate_hz, format="flt", layout="mono", time_base=Fraction(1, rate_hz))
    shape = graph.add("aformat", f"sample_fmts=flt:channel_layouts=mono:sample_rates={rate_hz}")
    steps: list[Any] = [
        source,
        graph.add("asetrate", str(round(rate_hz * factor))),
        graph.add("aresample", str(rate_hz)),
        graph.add("atempo", f"{1 / factor:.6f}"),
        shape,
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*steps).configure()
    step = round(CHUNK_S * rate_hz)
    for start in [*range(0, len(sound), step), None]:
        if start is None:
            graph.push(None)
        else:
            chunk = np.ascontiguousarray(sound[start : start + step]).reshape(1, -1)
            frame = AudioFrame.from_ndarray(chunk, format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
            graph.push(frame)
        while True:
            try:
                yield np.asarray(graph.pull().to_ndarray(), dtype=np.float32).reshape(-1)
            except (NothingYet, NothingMore):
                break
