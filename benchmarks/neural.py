"""How fast the networks are, in float32 and, on a GPU that has it, in bfloat16, and what memory they take.

    python -m benchmarks.neural [--networks a,b] [--batch 1] [--seconds 10] [--out FILE] [--json]

Weights are drawn at random: they do not change how long a network takes. Each network runs in a process of its own, so
that memory is its own. Frames are those that a network is given: a pulse network's chunk holds 160, a gesture's window
36 (3 s of a track at 12 Hz), a pair for Micro-AU CLIP two.
"""

import argparse
import datetime
import json
import multiprocessing
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.printing import print_result

CHUNK, UNITS = 160, tuple(range(12))
WARM_UP = 2  # runs that are not timed


class Ready(NamedTuple):
    """A network with what it is given."""

    module: Any
    inputs: tuple[Any, ...]
    frames: int  # of a clip, in a batch
    reduced: bool  # whether bfloat16 is good enough for it


def _pulse(name: str, side: int, batch: int) -> Ready:
    import torch

    from perception.models.pulse_network import new_module

    faces = torch.randint(0, 256, (batch, 3, CHUNK, side, side)).float()
    return Ready(new_module(name), (faces,), batch * CHUNK, False)  # type: ignore[arg-type]


def _micro_au(batch: int) -> Ready:
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    from perception.models.micro_au_clip import MicroAUClip

    vision = CLIPVisionModel(CLIPVisionConfig(patch_size=16))
    network = MicroAUClip(vision, UNITS, torch.randn(len(UNITS), 2, 512))
    looks = torch.randn(2, batch, 3, network.size_px, network.size_px)
    return Ready(network, (*looks, torch.rand(batch, len(UNITS), network.grid**2)), 2 * batch, True)


def _gestures(batch: int) -> Ready:
    import torch

    from perception.models.gesture_gcn import GestureGCN
    from perception.models.gesture_table import class_names
    from perception.models.skeletons import layout

    skeleton = layout("pose_hands")
    classes = len(class_names("imigue")) + skeleton.of_tracks  # and no gesture at all, as it is trained
    movement = torch.randn(batch, 3, skeleton.frames, len(skeleton.joints), 1)
    return Ready(GestureGCN(skeleton, classes), (movement,), batch * skeleton.frames, True)


def _captions(batch: int) -> Ready:
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    return Ready(CLIPVisionModel(CLIPVisionConfig()), (torch.randn(batch, 3, 224, 224),), batch, True)


NETWORKS: dict[str, Callable[[int], Ready]] = {
    "physnet": lambda batch: _pulse("physnet", 128, batch),
    "factorizephys": lambda batch: _pulse("factorizephys", 72, batch),
    "physformer": lambda batch: _pulse("physformer", 128, batch),
    "micro_au_clip": _micro_au,  # on CLIP ViT-B/16
    "gesture_gcn": _gestures,
    "face_clip": _captions,  # CLIP ViT-B/32's vision tower
}


def rows(name: str, batch: int, seconds: float) -> list[dict[str, Any]]:
    """A network's rows: in float32, and reduced where the device and the network allow it."""
    import torch

    from perception.models.device import device, reduced_precision

    on, before_mb = device(), _resident_mb()
    ready = NETWORKS[name](batch)
    module, inputs = ready.module.to(on).eval(), tuple(each.to(on) for each in ready.inputs)
    told = []
    with torch.inference_mode():
        exact, per_s = _timed(lambda: module(*inputs), ready.frames, seconds)
        told.append(_row(name, batch, "float32", per_s, 0.0, before_mb))
        if on.type == "cuda" and ready.reduced:
            torch.cuda.reset_peak_memory_stats()
            with reduced_precision():
                rounded, per_s = _timed(lambda: module(*inputs), ready.frames, seconds)
            told.append(_row(name, batch, "bfloat16", per_s, _apart(exact, rounded), before_mb))
    return told


def _timed(run: Callable[[], Any], frames: int, seconds: float) -> tuple[Any, float]:
    """What the network gives, and how many frames a second it takes."""
    import torch

    def wait() -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    for _ in range(WARM_UP):
        given = run()
    wait()
    started, runs = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        given = run()
        wait()
        runs += 1
    return given, runs * frames / (time.perf_counter() - started)


def _apart(exact: Any, rounded: Any) -> float:
    """The largest difference of two outputs, as a share of the largest value."""
    one, other = (out if hasattr(out, "float") else out[0] for out in (exact, rounded))
    return float((one.float() - other.float()).abs().max() / one.float().abs().max())


def _row(name: str, batch: int, precision: str, per_s: float, off: float, before_mb: float) -> dict[str, Any]:
    import torch

    on_gpu = torch.cuda.is_available()
    used_mb = torch.cuda.max_memory_allocated() / 1e6 if on_gpu else _resident_mb() - before_mb
    return {
        "what": name,
        "batch": batch,
        "precision": precision,
        "frames_per_s": round(per_s, 1),
        "memory_mb": round(used_mb),
        "off_float32": round(off, 4),
        "device": torch.cuda.get_device_name() if on_gpu else f"{_processor()}, {torch.get_num_threads()} threads",
    }


def _processor() -> str:
    """The processor's name, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--batch", type=int, default=1, help="chunks, windows, pairs or pictures at a time")
    parser.add_argument("--seconds", type=float, default=10.0, help="for which each is timed")
    parser.add_argument("--out", type=Path, help="file for the result with the date, to be kept")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    given = parser.parse_args()
    names = given.networks.split(",")
    if unknown := set(names) - set(NETWORKS):
        parser.error(f"no such networks: {', '.join(sorted(unknown))}; there are: {', '.join(NETWORKS)}")
    found = []
    for name in names:
        with multiprocessing.get_context("spawn").Pool(1) as process:
            found += process.apply(rows, (name, given.batch, given.seconds))
    result = {"neural": found}
    if given.out is not None:
        dated = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **result}
        given.out.write_text(json.dumps(dated, indent=1) + "\n", encoding="utf-8")
    print_result(result, given.json)


if __name__ == "__main__":
    main()
