"""Recordings with a pulse wave that was measured at the finger, as UBFC-rPPG, PURE and our own CSV have them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evals.errors import DatasetError
from evals.metrics.heart_rate import bpm_of, post_processed
from evals.pictures import pictured
from evals.reading import csv_rows, json_value, refuse, short, text_lines

Floats = npt.NDArray[np.floating]

GRID_HZ = 30.0  # to which waves are brought before they are compared, about the videos' rate
SHORTEST_S = 5.0
RATES_HZ = (10.0, 5000.0)  # of sampling: slower can't hold a heart rate of 3.3 Hz with its double; oximeters have 30-60
LONGEST_HOLE_S = 2.0  # without a sample: more than a beat of the slowest heart is lost
LONGEST_FLAT_S = 5.0  # of one and the same value: several beats; the sensor was off
FURTHEST_OFF_S = 5.0  # that a wave may start before or after its video: beyond it the clocks are not the same
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
    ills += [
        f"there is no picture in {t.name}/{t.name}" for t in takes if (t / t.name).is_dir() and not pictured(t / t.name)
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
        DatasetError: it has no three lines of as many numbers, or they can't be a pulse on the clock of a video.
    """
    lines = text_lines(path)
    if len(lines) != 3:
        raise DatasetError(f"{path}: {len(lines)} lines; give three: the wave, the heart rate, the times in seconds")
    times, wave = f"{path}, line 3", f"{path}, line 1"
    return _checked(times, _numbers(times, lines[2].split()), wave, _numbers(wave, lines[0].split()))


def pure_wave(path: Path) -> PulseWave:
    """A JSON file of PURE (Stricker et al. 2014): samples with times in nanoseconds, on the clock of its pictures.

    Raises:
        DatasetError: it has not the fields of PURE, or they can't be a pulse on the clock of a video.
    """
    content = json_value(path)
    fields = "/FullPackage (Timestamp, Value.waveform) and /Image (Timestamp)"
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: has not the fields of PURE, {fields}: it is no JSON object")
    try:
        samples, first = content["/FullPackage"], content["/Image"][0]["Timestamp"]
        times = [(sample["Timestamp"] - first) / NANOSECONDS for sample in samples]
        values = [sample["Value"]["waveform"] for sample in samples]
    except KeyError as error:
        raise DatasetError(f"{path}: has not the fields of PURE, {fields}: {error.args[0]} is missing") from error
    except (IndexError, TypeError) as error:
        raise DatasetError(f"{path}: has not the fields of PURE, {fields}: {short(error)}") from error
    stamps, wave = f"{path}, Timestamp of /FullPackage", f"{path}, Value.waveform of /FullPackage"
    return _checked(stamps, _numbers(stamps, times), wave, _numbers(wave, values), unit="nanoseconds")


def csv_wave(path: Path) -> PulseWave:
    """A CSV of ours with the columns time_s, on the clock of the first view, and bvp.

    Raises:
        DatasetError: a column is missing, a cell is no number, or they can't be a pulse on the clock of a video.
    """
    rows = csv_rows(path, ("time_s", "bvp"))
    times, wave = f"{path}, column time_s", f"{path}, column bvp"
    times_s, values = _numbers(times, [row["time_s"] for row in rows]), _numbers(wave, [row["bvp"] for row in rows])
    return _checked(times, times_s, wave, values)


def _numbers(where: Path | str, cells: list[Any]) -> Floats:
    try:
        return np.array([float(cell) for cell in cells])
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}: {short(error)}; give numbers") from error


def _checked(times: str, times_s: Floats, wave: str, values: Floats, unit: str = "seconds") -> PulseWave:
    """A wave that can be one.

    Args:
        times: file and place of the times.
        times_s: (samples,).
        wave: file and place of the values.
        values: as many.
        unit: in which the file is to have its times.
    """
    if len(times_s) != len(values):
        raise DatasetError(f"{wave}: {len(values)} values of the wave at {len(times_s)} times; give one for each time")
    if not np.isfinite(times_s).all() or (np.diff(times_s) < 0).any():
        raise DatasetError(f"{times}: times go back, or one is not finite; correct the file")
    if not np.isfinite(values).all():
        raise DatasetError(f"{wave}: a value is not finite; correct the file")
    if len(times_s) < 2 or times_s[-1] - times_s[0] < SHORTEST_S:
        raise DatasetError(
            f"{times}: less than {SHORTEST_S:.0f} s of the wave, in which no rate can be told; "
            f"the times are to be in {unit}"
        )
    _check_clock(times, times_s, unit)
    _check_beating(wave, times_s, values)
    return PulseWave(times_s, values)


def _check_clock(times: str, times_s: Floats, unit: str) -> None:
    steps_s = np.diff(times_s)
    usual_s = float(np.median(steps_s))
    if not 1 / RATES_HZ[1] <= usual_s <= 1 / RATES_HZ[0]:
        low, high = RATES_HZ
        raise DatasetError(
            f"{times}: a sample every {usual_s:.3g} s, where a pulse is measured {low:.0f} to {high:.0f} times "
            f"a second; give the times in {unit}"
        )
    at = int(np.argmax(steps_s))
    if steps_s[at] > LONGEST_HOLE_S:
        raise DatasetError(
            f"{times}: a hole of {steps_s[at]:.1f} s after sample {at + 1} ({times_s[at]:.1f} s); "
            f"cut the recording there, or leave it out"
        )
    if abs(times_s[0]) > FURTHEST_OFF_S:
        side = "after" if times_s[0] > 0 else "before"
        raise DatasetError(
            f"{times}: the wave starts {abs(times_s[0]):.1f} s {side} the first picture; "
            f"put both on one clock, which starts with the video"
        )


def _check_beating(wave: str, times_s: Floats, values: Floats) -> None:
    starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)  # of stretches of one value
    lasting_s = times_s[np.append(starts[1:], len(values)) - 1] - times_s[starts]
    longest = int(np.argmax(lasting_s))
    if lasting_s[longest] > LONGEST_FLAT_S:
        raise DatasetError(
            f"{wave}: nothing beats for {lasting_s[longest]:.1f} s from sample {starts[longest] + 1} on, all are "
            f"{values[starts[longest]]:g}; cut the recording there, or leave it out"
        )
