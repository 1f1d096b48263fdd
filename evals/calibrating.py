"""Temperatures fitted on a benchmark's log, and kept with the codebook for the runs that come after."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from inspect_ai.log import EvalLog, read_eval_log

from agents.checking.calibration import Calibration, CalibrationError, save_calibration, scaled
from agents.claims import ConfidenceFrom
from agents.codebook import load_codebook
from evals.labelled_clips import level_called
from evals.metrics.calibration import expected_calibration_error, fit_temperature

USUAL = "cascade+critic"  # where the run names no strategy


def calibrate(log: Path, folder: Path) -> tuple[Calibration, ...]:
    """Fit a temperature for each source of confidence that a log of `labelled_clips` has, and keep them.

    Args:
        log: of a run with a model; its confidences were not scaled yet.
        folder: where calibrations of shipped codebooks are kept; a user's own lies beside the codebook.

    Raises:
        CalibrationError: the log can't be read or is of another task, no model was used, or too few clips or only
            right or wrong ones are in it.
    """
    read = _read(log)
    given: dict[str, Any] = read.eval.task_args
    codebook, level = str(given.get("codebook", "basic")), level_called(str(given.get("level", "emotion")))
    told = [s.metadata or {} for sample in read.samples or () for s in (sample.scores or {}).values()]
    told = [t for t in told if t.get("confidence") is not None]
    if not told:
        raise CalibrationError(f"{log}: no clip has a claim with a confidence, so nothing can be fitted")
    fitted = []
    for source in get_args(ConfidenceFrom):
        mine = [t for t in told if t["confidence_from"] == source]
        if not mine:
            continue
        confidences, right = [float(t["confidence"]) for t in mine], [t["predicted"] == t["gold"] for t in mine]
        temperature = fit_temperature(confidences, right)
        calibration = Calibration(
            temperature=temperature,
            n=len(mine),
            fitted_on=read.eval.dataset.name or log.name,
            model=str(given.get("reasoner") or ""),
            codebook_sha256=load_codebook(codebook).sha256,
            level=level,
            strategy=str(given.get("strategy", USUAL)),
            source=source,
            ece_before=expected_calibration_error(confidences, right),
            ece_after=expected_calibration_error(_scaled(confidences, temperature), right),
        )
        save_calibration(calibration, codebook, folder)
        fitted.append(calibration)
    return tuple(fitted)


def _scaled(confidences: Iterable[float], temperature: float) -> list[float]:
    return [scaled(confidence, temperature) for confidence in confidences]


def _read(log: Path) -> EvalLog:
    try:
        read = read_eval_log(str(log))
    except Exception as error:  # of many kinds: no file, no archive, no log
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise CalibrationError(f"{log} can't be read as a log of Inspect: {line}") from error
    if not read.eval.task.endswith("labelled_clips"):
        raise CalibrationError(f"{log} is a log of {read.eval.task}: give one of labelled_clips")
    if not read.eval.task_args.get("reasoner"):
        raise CalibrationError(f"{log}: no model was asked; rules of the knowledge base are not calibrated")
    return read
