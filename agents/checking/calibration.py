"""Calibration: how a model's confidences are scaled so that they are right as often as they say."""

import math
import os
import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from agents.claims import ConfidenceFrom, Level
from agents.codebook import codebook_names, load_codebook
from perception.errors import MentalisError
from perception.evidence import Frozen, Share

SUREST = 1 - 1e-12  # 0 and 1 have no logit


class CalibrationError(MentalisError):
    """A calibration that can't be fitted, read or kept."""


class Calibration(Frozen):
    """A temperature for one model's confidences in a codebook's labels of a level (Guo et al. 2017), and its origin."""

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(description="above 1: it was too sure")
    n: Annotated[int, Field(ge=1)] = Field(description="labelled samples that it was fitted on")
    fitted_on: str = Field(description="the benchmark")
    model: str
    codebook_sha256: str
    level: Level
    strategy: str = Field(description="by which the model judged")
    source: ConfidenceFrom = Field(description="what the scaled confidences were taken from")
    ece_before: Share = Field(description="expected calibration error of the confidences as they came")
    ece_after: Share | None = Field(
        description="of samples that the temperature was not fitted on (cross-validated); none where they are too few"
    )


class Calibrations(Frozen):
    """The file beside a codebook: a calibration for each model, level, strategy and source of confidence."""

    calibrations: tuple[Calibration, ...]


def scaled(probability: float, temperature: float) -> float:
    """A label's probability against all others with its logit divided by the temperature, in (0, 1).

    Raises:
        ValueError: a probability outside of [0, 1], or a temperature that is not above 0.
    """
    if not 0 <= probability <= 1 or not temperature > 0:
        raise ValueError(f"probability {probability} at temperature {temperature}: give one in [0, 1] and one above 0")
    held = _held(probability)
    logit = (math.log(held) - math.log1p(-held)) / temperature
    odds = math.exp(-abs(logit))
    return _held(1 / (1 + odds) if logit >= 0 else odds / (1 + odds))


def load_calibrations(codebook: str, model: str, strategy: str, folder: Path) -> tuple[Calibration, ...]:
    """The calibrations fitted for this model, judging by this strategy, and for just these labels.

    Args:
        codebook: name of a shipped codebook, or a user's YAML file, beside which the calibration lies.
        model: name of the model.
        strategy: by which it judges.
        folder: where calibrations of shipped codebooks are kept.

    Raises:
        CodebookError: no such codebook.
        CalibrationError: there is a file that is damaged or can't be read.
    """
    labels = load_codebook(codebook).sha256
    fitted = _read(_file(codebook, folder))
    return tuple(c for c in fitted if (c.model, c.strategy, c.codebook_sha256) == (model, strategy, labels))


def save_calibration(calibration: Calibration, codebook: str, folder: Path) -> Path:
    """Keep a calibration with its codebook in place of the model's earlier one; see `load_calibrations`.

    Raises:
        CodebookError: no such codebook.
        CalibrationError: it was fitted for other labels, or the file is damaged or can't be written.
    """
    if calibration.codebook_sha256 != load_codebook(codebook).sha256:
        raise CalibrationError(f"the calibration of {calibration.model} is not for codebook {codebook}: fit it again")
    path = _file(codebook, folder)
    others = tuple(c for c in _read(path) if _kind(c) != _kind(calibration))
    text = Calibrations(calibrations=(*others, calibration)).model_dump_json(indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        os.replace(file.name, path)  # whole or not at all
    except OSError as error:
        raise CalibrationError(f"{path} can't be written: {error.strerror}") from error
    return path


def _kind(calibration: Calibration) -> tuple[str, str, str, str]:
    return calibration.model, calibration.level, calibration.strategy, calibration.source


def _file(codebook: str, folder: Path) -> Path:
    if codebook in codebook_names():
        return folder / f"{codebook}.calibration.json"
    return Path(codebook).with_suffix(".calibration.json")


def _read(path: Path) -> tuple[Calibration, ...]:
    try:
        return Calibrations.model_validate_json(path.read_bytes()).calibrations
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise CalibrationError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, problem["loc"])) or "file"
        raise CalibrationError(f"{path} is damaged ({where}: {problem['msg']}): delete it and fit again") from error


def _held(probability: float) -> float:
    return min(max(probability, 1 - SUREST), SUREST)
