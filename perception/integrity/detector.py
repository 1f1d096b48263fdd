"""A plug for models of others that tell forged or replayed faces: their score goes into the report as it is."""

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from perception.clip import Clip
from perception.errors import ToolError
from perception.evidence import Findings


class Score(NamedTuple):
    """What a detector says of a clip."""

    name: str  # of the model, as the report names it
    score: float  # in [0, 1]; the higher, the less like a live recording


Detector = Callable[..., Score]
NAME_CHARACTERS = 80


def load_detector(reference: str) -> Detector:
    """The function `module:function`: it takes `path` (the clip's file) or `frames` (an iterator of `Frame`).

    Raises:
        ToolError: there is no such function, or it takes something else.
    """
    module, _, name = reference.partition(":")
    if not (module and name):
        raise ToolError(f"integrity.detector={reference}: give it as module:function")
    try:
        found: Detector = getattr(importlib.import_module(module), name)
        parameters = list(inspect.signature(found).parameters)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ToolError(f"integrity.detector={reference}: {error}; give it as module:function") from error
    if parameters not in (["path"], ["frames"]):
        raise ToolError(f"integrity.detector={reference} takes ({', '.join(parameters)}): it must take path or frames")
    return found


def tell_detector(clip: Clip, reference: str, detector: Detector, found: Findings) -> None:
    """Add the detector's score; where it fails, that and why is told, and what else was found stays."""
    try:
        score = _scored(clip, detector)
    except (Exception, SystemExit) as error:  # it is others' code: whatever it does, the other traces are told
        why = f"{type(error).__name__}: {error}" if not isinstance(error, ToolError) else str(error)
        found.notes["detector"] = f"{reference} failed"
        found.abstain(None, f"integrity.detector={reference} gave no score ({' '.join(why.split())[:200]})")
        return
    found.notes["detector"] = score.name
    found.event(
        None,
        "forgery_score",
        0.0,
        clip.duration_s,
        value=round(score.score, 3),
        unit="the detector's own scale, 0-1",
        text=f"{score.name} gives {score.score:.2f} of 1 for not being a live recording; it was not checked here",
        confidence=0.5,
        quality=1.0,
    )


def _scored(clip: Clip, detector: Detector) -> Score:
    """What a detector says.

    Raises:
        ToolError: it returns no name and score, or a score outside [0, 1].
    """
    takes_path = list(inspect.signature(detector).parameters) == ["path"]
    return _score(detector(path=Path(clip.path)) if takes_path else detector(frames=clip.frames()))


def _score(returned: Any) -> Score:
    try:
        name, value = returned
        score = Score(" ".join(str(name).split())[:NAME_CHARACTERS], float(value))
    except (TypeError, ValueError) as error:
        raise ToolError(f"it returned {str(returned)[:80]!r}, not a name and a score") from error
    if not score.name or isinstance(value, bool):
        raise ToolError(f"it returned {str(returned)[:80]!r}, not a name and a score")
    if not 0 <= score.score <= 1:
        raise ToolError(f"{score.name} gave {score.score}; a score lies between 0 and 1")
    return score


def written(reference: str) -> list[object] | None:
    """What tells a detector's file from another that takes its place."""
    spec = importlib.util.find_spec(reference.partition(":")[0]) if reference else None
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return None
    stat = Path(spec.origin).stat()
    return [stat.st_size, stat.st_mtime_ns]
