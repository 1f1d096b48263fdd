"""How fast and how lean perception is, against the bare libraries in the same run.

    python -m benchmarks.perception CLIP [--repeats 3] [--memory [MINUTES]] [--json]

Ratios are medians over the repeats; each repeat runs the bare loop and then ours.
"""

import argparse
import queue
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.memory import memory
from benchmarks.printing import print_result
from perception.clip import Clip
from perception.scheduler import perceive
from perception.tool import BUILT_IN, Tool, make_tool

FACE_ONLY = ("faces", "action_units", "blinks", "head_gestures")
LEAST_RATIO, LEAST_FULL_RATIO = 0.8, 0.85  # what we promise
FACE_AND_UNITS_FPS, PULSE_MS, SIGNALS_SHARE = 150.0, 1.0, 0.1
AHEAD = 16  # decoded pictures before a bare tracker


def tools(names: Sequence[str], max_faces: int) -> list[Tool]:
    """The tools by name, with the bundled face mesh, which is what the bare loop runs."""
    return [make_tool(n, engine="face_mesh", max_faces=max_faces) if n == "faces" else make_tool(n) for n in names]


def bare_pictures(path: Path) -> Iterator[Any]:
    """Decord's pictures, one by one."""
    import decord

    reader = decord.VideoReader(str(path))
    for _ in range(len(reader)):
        yield reader.next().asnumpy()


def bare_face_mesh(path: Path, max_faces: int) -> None:
    """Decord and FaceMesh with irises on every picture, nothing else."""
    import mediapipe as mp

    with mp.solutions.face_mesh.FaceMesh(max_num_faces=max_faces, refine_landmarks=True) as mesh:
        for rgb in bare_pictures(path):
            mesh.process(rgb)


def bare_trackers(path: Path, max_faces: int) -> None:
    """One decoder; FaceMesh on every picture, Pose and Hands on every second one, a thread each."""
    import mediapipe as mp

    solutions = mp.solutions
    models = (
        (solutions.face_mesh.FaceMesh(max_num_faces=max_faces, refine_landmarks=True), 1),
        (solutions.pose.Pose(), 2),
        (solutions.hands.Hands(), 2),
    )
    inboxes: list[queue.Queue[Any]] = [queue.Queue(AHEAD) for _ in models]

    def track(model: Any, inbox: "queue.Queue[Any]") -> None:
        with model:
            while (rgb := inbox.get()) is not None:
                model.process(rgb)

    threads = [
        threading.Thread(target=track, args=(model, inbox)) for (model, _), inbox in zip(models, inboxes, strict=True)
    ]
    for thread in threads:
        thread.start()
    for n, rgb in enumerate(bare_pictures(path)):
        for (_, every), inbox in zip(models, inboxes, strict=True):
            if n % every == 0:
                inbox.put(rgb)
    for inbox, thread in zip(inboxes, threads, strict=True):
        inbox.put(None)
        thread.join()


def seconds(run: Callable[[], object]) -> float:
    """Wall time of a call."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def compared(clip: Clip, repeats: int) -> list[dict[str, Any]]:
    """Frame rates of the bare loops and of ours, one row for each set of tools."""
    sides: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "face tools, one face": (
            lambda: bare_face_mesh(clip.path, 1),
            lambda: perceive(clip, tools(FACE_ONLY, 1)),
        ),
        "face tools, up to four": (
            lambda: bare_face_mesh(clip.path, 4),
            lambda: perceive(clip, tools(FACE_ONLY, 4)),
        ),
        "full default set": (
            lambda: bare_trackers(clip.path, 4),
            lambda: perceive(clip, tools(tuple(BUILT_IN), 4)),
        ),
    }
    rows = []
    for name, (bare, ours) in sides.items():
        pairs = [(seconds(bare), seconds(ours)) for _ in range(repeats)]
        ours_s = statistics.median(o for _, o in pairs)
        rows.append(
            {
                "what": name,
                "bare_fps": round(clip.n_frames / statistics.median(b for b, _ in pairs), 1),
                "ours_fps": round(clip.n_frames / ours_s, 1),
                "times_real_time": round(clip.duration_s / ours_s, 2),
                "ratio": round(statistics.median(b / o for b, o in pairs), 3),
                "at_least": LEAST_FULL_RATIO if name == "full default set" else LEAST_RATIO,
            }
        )
    return rows


def costs(clip: Clip) -> list[dict[str, Any]]:
    """Seconds that each tool takes for a minute of video: in the full set, and alone with all that it needs."""
    per_minute = 60 / clip.duration_s
    runs = {run.tool: run for run in perceive(clip, tools(tuple(BUILT_IN), 1)).tools}

    def alone(name: str) -> float:
        return seconds(lambda: perceive(clip, tools((name,), 1)))

    return [
        {
            "what": name,
            "in_the_full_set_s": round(runs[name].seconds * per_minute, 2),
            "alone_with_its_needs_s": round(alone(name) * per_minute, 2),
            "looks_at": "pictures" if make_tool(name).sees_frames else "signals",
        }
        for name in BUILT_IN
    ]


def promises(clip: Clip, repeats: int) -> list[dict[str, Any]]:
    """Figures that have a limit: one face, medians over the repeats."""

    def wall(*names: str) -> float:
        return statistics.median(seconds(lambda: perceive(clip, tools(names, 1))) for _ in range(repeats))

    faces, tracking = wall("faces"), wall("faces", "bodies")
    signals = sum(
        r.seconds for r in perceive(clip, tools(tuple(BUILT_IN), 1)).tools if not make_tool(r.tool).sees_frames
    )
    pulse_ms = 1000 * (wall("faces", "rppg") - faces) / clip.n_frames
    return [
        _promise(
            "faces and action units, frames/s", clip.n_frames / wall("faces", "action_units"), FACE_AND_UNITS_FPS, True
        ),
        _promise("pulse over tracking, ms a frame", pulse_ms, PULSE_MS, False),
        _promise("signal-level tools over tracking, share", signals / tracking, SIGNALS_SHARE, False),
    ]


def _promise(what: str, measured: float, limit: float, at_least: bool) -> dict[str, Any]:
    return {"what": what, "measured": round(measured, 3), "limit": f"{'at least' if at_least else 'at most'} {limit:g}"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--memory",
        type=float,
        nargs="?",
        const=60.0,
        metavar="MINUTES",
        help="only memory, of a clip so long (an hour)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the tables")
    given = parser.parse_args()
    clip = Clip.open(given.clip)
    result: dict[str, Any]
    if given.memory:
        result = {"memory": [memory(clip, 60 * given.memory)]}
    else:
        perceive(clip, tools(tuple(BUILT_IN), 1))  # what is loaded once is no cost of a clip
        result = {
            "speed against the bare libraries": compared(clip, given.repeats),
            "limits": promises(clip, given.repeats),
            "cost of a minute of video": costs(clip),
        }
    print_result(result, given.json)


if __name__ == "__main__":
    main()
