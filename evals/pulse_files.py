"""Recordings with a pulse wave that was measured at the finger, as UBFC-rPPG, PURE and our own CSV have them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evals.errors import DatasetError
from evals.metrics.heart_rate import bpm_of, post_processed
from evals.reading import csv_rows, json_value, refuse, short, text_lines

Floats = npt.NDArray[np.floating]

GRID_HZ = 30.0  # to which waves are brought before they are compared, about the videos' rate
SHORTEST_S = 5.0
NANOSECONDS = 1e9


class PulseWave(NamedTuple):
    """A wave of blood volume on the clock of its video, in any unit."""

    times_s: Floats  # (samples,), ascending
    values: Floats  # (samples,)

    def at(self, times_s: Floats) -> Floats:
        """The wave at other times, by lines between its samples."""
        return np.asarray(np.interp(times_s, self.times_s, self.values))

    @property
    def bpm(self) -> float:
        """The heart rate over all of it, as rPPG-Toolbox takes it from a wave."""
        grid_s = np.arange(self.times_s[0], self.times_s[-1], 1 / GRID_HZ)
        return bpm_of(post_processed(self.at(grid_s), GRID_HZ), GRID_HZ)


class PulseRecording(NamedTuple):
    """A video and its measured wave."""

    name: str
    person: str
    video: Path  # or the folder of its pictures
    truth: Path


def ubfc_recordings(folder: Path) -> list[PulseRecording]:
    """The recordings subjectN.

    Raises:
        DatasetError: naming what is missing.
    """
    subjects = take_folders(folder, "subject*", "subjectN/vid.avi and subjectN/ground_truth.txt")
    refuse(folder, missing_files(subjects, "vid.avi") + missing_files(subjects, "ground_truth.txt"))
    return [PulseRecording(s.name, s.name, s / "vid.avi", s / "ground_truth.txt") for s in subjects]


def pure_recordings(folder: Path) -> list[PulseRecording]:
    """The recordings ii-jj: person and setup.

    Raises:
        DatasetError: naming what is missing.
    """
    takes = take_folders(folder, "[0-9][0-9]-[0-9][0-9]", "ii-jj/ii-jj/*.png and ii-jj/ii-jj.json")
    ills = [
        f"there is no {t.name}/{name}" for t in takes for name in (t.name, f"{t.name}.json") if not (t / name).exists()
    ]
    refuse(folder, ills)
    return [PulseRecording(t.name, t.name[:2], t / t.name, t / f"{t.name}.json") for t in takes]


def take_folders(folder: Path, pattern: str, layout: str) -> list[Path]:
    """The folders of recordings, sorted.

    Raises:
        DatasetError: there is none; the line tells the layout.
    """
    found = sorted(path for path in folder.glob(pattern) if path.is_dir())
    if not found:
        raise DatasetError(f"{folder}: there is no folder {pattern}; the layout is {layout}")
    return found


def missing_files(folders: Sequence[Path], name: str) -> list[str]:
    """A line for each folder without a file of this name."""
    return [f"there is no {folder.name}/{name}" for folder in folders if not (folder / name).is_file()]


def ubfc_wave(path: Path) -> PulseWave:
    """ground_truth.txt of UBFC-rPPG's second set (Bobbia et al. 2019): lines of wave, heart rate and times in seconds.

    Raises:
        DatasetError: it has no three lines of as many numbers.
    """
    lines = text_lines(path)
    if len(lines) != 3:
        raise DatasetError(f"{path}: {len(lines)} lines; give three: the wave, the heart rate, the times in seconds")
    return _checked(path, _numbers(f"{path}, line 3", lines[2].split()), _numbers(f"{path}, line 1", lines[0].split()))


def pure_wave(path: Path) -> PulseWave:
    """A JSON file of PURE (Stricker et al. 2014): samples with times in nanoseconds, on the clock of its pictures.

    Raises:
        DatasetError: it has not the fields of PURE.
    """
    content = json_value(path)
    fields = "/FullPackage (Timestamp, Value.waveform) and /Image (Timestamp)"
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: has not the fields of PURE, {fields}: it is no JSON object")
    try:
        samples, first = content["/FullPackage"], content["/Image"][0]["Timestamp"]
        times = [(sample["Timestamp"] - first) / NANOSECONDS for sample in samples]
        values = [sample["Value"]["waveform"] for sample in samples]
    except (KeyError, IndexError, TypeError) as error:
        raise DatasetError(f"{path}: has not the fields of PURE, {fields}: {error!r} is missing") from error
    return _checked(path, _numbers(path, times), _numbers(path, values))


def csv_wave(path: Path) -> PulseWave:
    """A CSV of ours with the columns time_s, on the clock of the first view, and bvp.

    Raises:
        DatasetError: a column is missing, or a cell is no number.
    """
    rows = csv_rows(path, ("time_s", "bvp"))
    times, values = (_numbers(f"{path}, column {name}", [row[name] for row in rows]) for name in ("time_s", "bvp"))
    return _checked(path, times, values)


def _numbers(where: Path | str, cells: list[Any]) -> Floats:
    try:
        return np.array([float(cell) for cell in cells])
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}: {short(error)}; give numbers") from error


def _checked(path: Path, times_s: Floats, values: Floats) -> PulseWave:
    if len(times_s) != len(values):
        raise DatasetError(f"{path}: {len(values)} values of the wave at {len(times_s)} times; give one for each time")
    if not np.isfinite(times_s).all() or not np.isfinite(values).all() or (np.diff(times_s) < 0).any():
        raise DatasetError(f"{path}: times go back, or a value is not finite; correct the file")
    if len(times_s) < 2 or times_s[-1] - times_s[0] < SHORTEST_S:
        raise DatasetError(f"{path}: less than {SHORTEST_S:.0f} s of the wave, in which no rate can be told")
    return PulseWave(times_s, values)
