"""What `mentalis analyze FOLDER --jobs N` gains: one job on all cores, a job on each, and one job on one core.

python -m benchmarks.jobs CLIP [--clips 6] [--json]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.printing import print_result

LEAST_OF_ONE_JOB, LEAST_OF_ONE_CORE = 0.95, 1.7  # on two cores


def seconds(folder: Path, jobs: int, cores: set[int]) -> float:
    """Wall time of a batch on these cores, without the cache; the start of the program is part of it."""
    command = [sys.executable, "-m", "mentalis", "analyze", str(folder), "--jobs", str(jobs), "--no-cache", "--json"]
    started = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    return time.perf_counter() - started


def measured(clip: Path, clips: int) -> list[dict[str, Any]]:
    """Times of the three ways, and what a job on each core gains over the others."""
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in range(clips):
            shutil.copy(clip, folder / f"{n}{clip.suffix}")
        one_job = seconds(folder, 1, cores)
        pinned = seconds(folder, len(cores), cores)
        one_core = seconds(folder, 1, {min(cores)})
    return [
        _row("one job on all cores", clips, one_job, pinned, f"at least {LEAST_OF_ONE_JOB}"),
        _row(f"one job on each of {len(cores)} cores", clips, pinned, pinned, ""),
        _row("one job on one core", clips, one_core, pinned, f"at least {LEAST_OF_ONE_CORE} on two cores"),
    ]


def _row(what: str, clips: int, wall_s: float, pinned_s: float, limit: str) -> dict[str, Any]:
    gain = round(wall_s / pinned_s, 2)
    return {"what": what, "clips": clips, "seconds": round(wall_s, 1), "a_job_on_each_is": gain, "limit": limit}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    given = parser.parse_args()
    print_result({"batches": measured(given.clip, given.clips)}, given.json)


if __name__ == "__main__":
    main()
