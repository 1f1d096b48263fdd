"""Temperatures fitted on a benchmark's log, and kept with the codebook for the runs that come after."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inspect_ai.log import EvalLog, EvalSample, read_eval_log

from agents.checking.calibration import Calibration, CalibrationError, save_calibration, scaled
from agents.claims import ConfidenceFrom, Level
from agents.codebook import load_codebook
from evals.conditions import Conditions
from evals.inspecting import OUTCOME
from evals.metrics.calibration import (
    FEWEST_SAMPLES,
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    expected_calibration_error,
    fit_temperature,
)

FOLDS = 5  # of whole groups, for the error on what was not fitted on; each with as many as a fit takes, on average
AT_AN_END = 1.05  # a fit comes only so near to the end of its search


class Sure(NamedTuple):
    """How sure a prediction was, whether it was right, and whose it is: subject or dialogue."""

    confidence: float
    right: bool
    group: str


class Fits(NamedTuple):
    """What was fitted on a log, the file where it is kept, and a line for each level of which nothing is kept."""

    fitted: tuple[Calibration, ...]
    file: Path
    left_out: tuple[str, ...]


def calibrate(log: Path, folder: Path) -> Fits:
    """Fit a temperature for each level and source of confidence that a benchmark's log has, then keep those that help.

    It helps where the calibration error of answers that it was not fitted on falls.

    Args:
        log: of a run with a model, whose confidences were not scaled yet.
        folder: where calibrations of shipped codebooks are kept; a user's own lies beside the codebook.

    Raises:
        CalibrationError: the log can't be read, its predictions are no labels of a codebook, no model was used, its
            confidences are scaled already, or no level has enough predictions, right and wrong ones, or none is helped.
    """
    read = _read(log)
    told: dict[tuple[Level, ConfidenceFrom], list[Sure]] = defaultdict(list)
    for level, source, sure in _predictions(read):
        told[level, source].append(sure)
    if not told:
        raise CalibrationError(f"{log}: no prediction has a confidence, so nothing can be fitted")
    fitted, left_out = [], []
    for (level, source), answers in told.items():
        try:
            found = _fitted(read, level, source, answers)
            _refuse_unhelpful(found)
            fitted.append(found)
        except CalibrationError as error:
            left_out.append(f"{level} by {source.replace('_', ' ')}: {error}")
    if not fitted:
        raise CalibrationError(f"{log}: {'; '.join(left_out)}")
    codebook = (read.eval.metadata or {})["conditions"]["codebook"]
    files = [save_calibration(calibration, codebook, folder) for calibration in fitted]
    return Fits(tuple(fitted), files[0], tuple(left_out))


def _fitted(read: EvalLog, level: Level, source: ConfidenceFrom, sure: Sequence[Sure]) -> Calibration:
    about: dict[str, Any] = read.eval.metadata or {}
    given = Conditions.model_validate(about["conditions"])
    confidences, right = [s.confidence for s in sure], [s.right for s in sure]
    temperature = fit_temperature(confidences, right)
    return Calibration(
        temperature=temperature,
        n=len(sure),
        fitted_on=about["benchmark"],
        model=given.model,
        codebook_sha256=load_codebook(given.codebook).sha256,
        level=level,
        strategy=about["strategy"],
        source=source,
        ece_before=expected_calibration_error(confidences, right),
        ece_after=_held_out_error(sure),
    )


def _refuse_unhelpful(found: Calibration) -> None:
    told = f"temperature {found.temperature:.2f} of {found.n} answers"
    if found.ece_after is None:
        raise CalibrationError(f"{told}: they are too few to tell the error after")
    if found.ece_after >= found.ece_before:
        errors = f"{found.ece_before:.3f} before, {found.ece_after:.3f} after"
        raise CalibrationError(f"{told}: on those that it was not fitted on it does not help (error {errors})")
    if not AT_AN_END * LOWEST_TEMPERATURE < found.temperature < HIGHEST_TEMPERATURE / AT_AN_END:
        raise CalibrationError(f"{told}: it ran to the end of what is tried: no scale makes these confidences fit")


def _held_out_error(sure: Sequence[Sure]) -> float | None:
    """The calibration error of confidences that are scaled by what was fitted on the other folds of whole groups.

    None where there are too few for two folds, in samples or groups, or all of the other folds are right or wrong.
    """
    names = list(dict.fromkeys(s.group for s in sure))
    folds = min(FOLDS, len(names), len(sure) // FEWEST_SAMPLES)
    if folds < 2:
        return None
    fold_of = {name: number % folds for number, name in enumerate(names)}
    after: list[float] = []
    right: list[bool] = []
    for fold in range(folds):
        held_out = [s for s in sure if fold_of[s.group] == fold]
        others = [s for s in sure if fold_of[s.group] != fold]
        try:
            temperature = fit_temperature([s.confidence for s in others], [s.right for s in others])
        except CalibrationError:
            return None
        after += [scaled(s.confidence, temperature) for s in held_out]
        right += [s.right for s in held_out]
    return expected_calibration_error(after, right)


def _predictions(read: EvalLog) -> Iterator[tuple[Level, ConfidenceFrom, Sure]]:
    """Every prediction with a confidence, with its level and what the confidence rests on."""
    levels: list[Level] = (read.eval.metadata or {})["levels"]
    for sample in read.samples or ():
        for told in (score.metadata or {} for score in (sample.scores or {}).values()):
            for number, (gold, prediction) in enumerate(zip(told["gold"], told[OUTCOME]["predictions"], strict=True)):
                if prediction["confidence"] is not None and prediction["confidence_from"]:
                    sure = Sure(prediction["confidence"], prediction["value"] == gold, told["group"])
                    yield levels[number % len(levels)], prediction["confidence_from"], sure


def _read(log: Path) -> EvalLog:
    if log.is_dir():
        raise CalibrationError(f"{log} is a folder: name one of the .eval files in it")
    try:
        read = read_eval_log(str(log))
    except Exception as error:  # of many kinds: no file, no archive, no log
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise CalibrationError(f"{log} can't be read as a log of Inspect: {line}") from error
    about = read.eval.metadata or {}
    if not about.get("levels"):
        raise CalibrationError(f"{log} is a log of {read.eval.task}, whose predictions are no labels of a codebook")
    if not about["conditions"]["model"]:
        raise CalibrationError(f"{log}: no model was asked; rules of the knowledge base are not calibrated")
    if any(map(_is_scaled, read.samples or ())):
        raise CalibrationError(f"{log}: its confidences are scaled already: run it again with calibrated=false")
    return read


def _is_scaled(sample: EvalSample) -> bool:
    told = [(score.metadata or {}).get(OUTCOME) or {} for score in (sample.scores or {}).values()]
    report: dict[str, Any] = json.loads(next((outcome["report"] for outcome in told if outcome.get("report")), "{}"))
    return bool(report.get("provenance", report).get("calibrations"))
