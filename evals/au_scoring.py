"""Scores of CD6ME's action units: pooled, by unit, and over data sets and subjects (Varanka et al. 2022).

A unit is scored where gold codes it in all clips and some answer has it; an answer that lacks it leaves it unanswered.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from evals.metrics.action_units import Flags, Values, f1_by_set
from evals.metrics.intervals import Metric
from evals.metrics.measure import Measure

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17)  # of CD6ME
FLAGS = (np.bool_, (len(UNITS),))
CLIP = np.dtype(
    [("active", *FLAGS), ("coded", *FLAGS), ("all", np.int64), ("dataset", np.int64), ("subject", np.int64)]
)
ANSWER = np.dtype([("active", *FLAGS), ("given", *FLAGS)])

Part = Literal["binary", "macro"]
Sets = Literal["all", "dataset", "subject"]
Answer = dict[str, Any]
Clips = Sequence[Answer] | npt.NDArray[np.void]
Answers = Sequence[Answer | None] | npt.NDArray[np.void]


def packed(gold: Clips, predicted: Answers) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    """Gold and answers as arrays over clips, which the metrics take as well and which are quick to draw of."""
    if isinstance(gold, np.ndarray) and isinstance(predicted, np.ndarray):
        return gold, predicted
    clips, answers = np.zeros(len(gold), CLIP), np.zeros(len(predicted), ANSWER)
    clips["active"] = [_flags(clip["active"]) for clip in gold]
    clips["coded"] = [_flags(clip.get("units", UNITS)) for clip in gold]
    clips["dataset"] = _numbers([clip.get("dataset") for clip in gold])
    clips["subject"] = _numbers([(clip.get("dataset"), clip.get("subject")) for clip in gold])
    answers["active"] = [_flags(answer["active"] if answer else ()) for answer in predicted]
    answers["given"] = [_flags(answer.get("units", UNITS) if answer else ()) for answer in predicted]
    return clips, answers


def notes(gold: Sequence[Answer], predicted: Sequence[Answer | None]) -> list[str]:
    """What is said of units that gold has and the predictions lack."""
    coded, missing = _coded_and_missing(*packed(gold, predicted))
    if not (coded & missing).any():
        return []
    scored, lacking = (coded & ~missing).sum(), ", ".join(f"AU{unit}" for unit in _named(coded & missing))
    return [f"the predictions have no column {lacking}: not scored, and means are over {scored} of {coded.sum()} units"]


def labels(answer: Answer) -> list[str]:
    """The units of an answer, for a table of labels."""
    return [f"AU{unit}" for unit in answer["active"] if unit in UNITS]


def same_units(gold: Answer, predicted: Answer | None) -> bool:
    """Whether the units of CD6ME that gold codes are just those of gold."""
    asked = set(UNITS) & set(gold.get("units", UNITS))
    return predicted is not None and set(gold["active"]) & asked == set(predicted["active"]) & asked


def _mean(part: Part, sets: Sets) -> Metric:
    """The mean over sets of the mean over units."""

    def score(gold: Clips, predicted: Answers) -> Measure:
        clips, answers = packed(gold, predicted)
        coded, missing = _coded_and_missing(clips, answers)
        if not (coded & ~missing).any():
            raise ValueError(f"{'the predictions have' if coded.any() else 'gold has'} no column of CD6ME's units")
        return _measured(part, clips, answers, coded & ~missing, sets)

    return score


def _of_unit(part: Part, unit: int) -> Metric:
    at = np.array([other == unit for other in UNITS])

    def score(gold: Clips, predicted: Answers) -> Measure:
        clips, answers = packed(gold, predicted)
        coded, missing = _coded_and_missing(clips, answers)
        if not coded[at] or missing[at]:
            raise ValueError(f"{'the predictions have' if coded[at] else 'gold has'} no column AU{unit}")
        return _measured(part, clips, answers, at, "all")

    return score


def _measured(
    part: Part, clips: npt.NDArray[np.void], answers: npt.NDArray[np.void], units: Flags, sets: Sets
) -> Measure:
    given = answers["given"][:, units]
    binary, macro = f1_by_set(clips["active"][:, units], answers["active"][:, units], given, clips[sets])
    values: Values = binary if part == "binary" else macro
    return Measure(float(values.mean()), len(clips), float(given.mean()))


def _coded_and_missing(clips: npt.NDArray[np.void], answers: npt.NDArray[np.void]) -> tuple[Flags, Flags]:
    """Which units gold codes in all clips, and which no answer has, if there is one."""
    coded = np.asarray(clips["coded"].all(axis=0))
    given = np.asarray(answers["given"].any(axis=0))
    return coded, ~given if given.any() else given


def _flags(units: Sequence[int]) -> list[bool]:
    return [unit in units for unit in UNITS]


def _named(units: Flags) -> list[int]:
    return [unit for unit, here in zip(UNITS, units, strict=True) if here]


def _numbers(names: Sequence[object]) -> list[int]:
    """The number of each name, the same for the same."""
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return [known[name] for name in names]


METRICS: dict[str, Metric] = {
    "binary_f1": _mean("binary", "all"),
    "macro_f1": _mean("macro", "all"),
    "binary_f1_by_dataset": _mean("binary", "dataset"),
    "macro_f1_by_dataset": _mean("macro", "dataset"),
    "binary_f1_by_subject": _mean("binary", "subject"),
    "macro_f1_by_subject": _mean("macro", "subject"),
    **{f"binary_f1_AU{unit}": _of_unit("binary", unit) for unit in UNITS},
    **{f"macro_f1_AU{unit}": _of_unit("macro", unit) for unit in UNITS},
}
