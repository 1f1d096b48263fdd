"""What the server costs above the graph, and whether it stands: chat, queue, /healthz, event streams, memory.

    python -m benchmarks.server CLIP [--parts chat,queue,health,streams,memory] [--minutes 30] [--analyses 200] [--json]

The clip's first five seconds are measured once; then only the model is waited for, an endpoint that takes 300 ms for
the smallest answer that keeps to the schema. Server, endpoint and this client share the machine.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.report import Report
from benchmarks.printing import print_result
from benchmarks.server.chatting import chat_overhead
from benchmarks.server.health import answers_while_chatting
from benchmarks.server.memory import memory_under_load
from benchmarks.server.queueing import queued
from benchmarks.server.running import asked, client, ended, sent, server
from benchmarks.server.streaming import followed
from benchmarks.slow_endpoint import endpoint
from perception.clip import Clip

PARTS = ("chat", "queue", "health", "streams", "memory")
MODEL_S, CLIP_S, QUESTIONS, HEALTH_S = 0.3, 5.0, 20, 30.0


def first_seconds(source: Path, path: Path) -> Path:
    """The clip's first seconds, as they are coded."""
    import av

    with av.open(str(source)) as file, av.open(str(path), "w") as out:
        pictures = file.streams.video[0]
        copy = out.add_stream_from_template(pictures)
        packet: Any
        for packet in file.demux(pictures):
            if packet.dts is not None and packet.pts * packet.time_base < CLIP_S:
                packet.stream = copy
                out.mux(packet)
    return path


async def _measure_once(served: Any, clip: Path) -> tuple[str, str, Report]:
    """A file that is measured, an analysis of it, and its report."""
    async with client(served) as http:
        file = await sent(http, clip)
        job = await ended(http, await asked(http, file, seed=0))
        return file, job["id"], Report.model_validate(job["report"])


def measured(
    source: Path, parts: list[str], analyses: int, minutes: float
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The tables of the wanted parts, each as soon as it is there."""
    with tempfile.TemporaryDirectory() as name, endpoint(MODEL_S) as (url, answered):
        folder = Path(name)
        clip = first_seconds(source, folder / "clip.mp4")
        with server(folder / "data", url) as served:
            file, analysis, report = asyncio.run(_measure_once(served, clip))
            if "chat" in parts:
                yield "chat", asyncio.run(chat_overhead(served, analysis, report, Clip.open(clip), url, QUESTIONS))
            if "queue" in parts:
                yield "queue", asyncio.run(queued(served, file, analyses, answered))
            if "health" in parts:
                yield "health", answers_while_chatting(served, analysis, HEALTH_S)
            if "streams" in parts:
                yield "streams", asyncio.run(followed(served, file))
            if "memory" in parts:
                yield "memory", asyncio.run(memory_under_load(served, file, minutes))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--minutes", type=float, default=30.0, help="for which memory is watched")
    parser.add_argument("--analyses", type=int, default=200, help="in the queue")
    parser.add_argument("--json", action="store_true", help="a JSON object in place of each table")
    given = parser.parse_args()
    parts = given.parts.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such parts: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    for part, table in measured(given.clip, parts, given.analyses, given.minutes):
        print_result({part: table}, given.json)


if __name__ == "__main__":
    main()
