"""What all items of a run share: the model, its cache of answers, the tools' results, and where they are kept."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.agent import Model
from agents.checking.calibration import Calibration, load_calibrations
from agents.codebook import Codebook, load_codebook
from agents.models.opening import LOCAL, check_model, open_model
from agents.showing.presentation import Wanted
from evals.conditions import Conditions
from graphs.state import Setup
from graphs.store import PassingStore
from perception.cache import Cache
from perception.clip import Clip
from perception.isolation import WorkerLimits
from perception.tool import BUILT_IN, Tool, made
from perception.transcripts import Words

TO_FIND_PEOPLE = ("faces",)  # what must be measured even where nothing measured is shown


@dataclass(frozen=True)
class Run:
    """A run of a benchmark under its conditions; one model for all items, so that its calls share one limit."""

    conditions: Conditions
    model: Model | None
    tools: tuple[Tool, ...]
    codebook: Codebook | None
    calibrations: tuple[Calibration, ...]
    cache: Cache = field(repr=False)

    def setup(self, clip: Clip | Words, **changes: Any) -> Setup:
        """How a graph is run on a clip; `changes` are fields of the setup.

        Nothing is asked beside its claims: no narrative in words, no self-audit.
        """
        given: dict[str, Any] = {
            "clip": clip,
            "tools": self.tools,
            "codebook": self.codebook or load_codebook("basic"),
            "store": PassingStore(),  # Inspect resumes, so steps are not kept
            "cache": self.cache,
            "model": self.model,
            "worker": WorkerLimits(),
            "wanted": self.wanted,
            "samples": self.conditions.samples,
            "calibrations": self.calibrations,
            "seed": self.conditions.seed,
            "audit_pairs": 0,
            "narrated": False,
        }
        return Setup(**{**given, **changes})

    @property
    def scaled_by(self) -> list[str]:
        """The calibrations that confidences are scaled by, a line each."""
        return sorted(
            f"{c.level} by {c.source.replace('_', ' ')}: temperature {c.temperature:.6g} "
            f"of {c.n} answers of {c.fitted_on}"
            for c in self.calibrations
        )

    @property
    def wanted(self) -> Wanted:
        """What of a clip a model is shown."""
        c = self.conditions
        return Wanted(media=c.media, frames=c.frames, frame_choice=c.frame_choice, evidence=not c.no_tools)


def open_run(conditions: Conditions, strategy: str) -> Run:
    """The run of these conditions.

    Raises:
        MentalisError: no such codebook or tool, or a model without an endpoint.
    """
    c = conditions
    chosen = tuple(filter(None, c.tools.split(","))) or tuple(BUILT_IN)
    names = TO_FIND_PEOPLE if c.no_tools else chosen
    calibrations = Path(c.data) / "calibrations"
    scaled = c.calibrated and c.codebook and c.model
    return Run(
        conditions=conditions,
        model=_model(conditions),
        tools=tuple(made(name) for name in names),
        codebook=load_codebook(c.codebook) if c.codebook else None,
        calibrations=load_calibrations(c.codebook, c.model, strategy, calibrations) if scaled else (),
        cache=Cache(c.data / "cache" / "tools"),
    )


async def check_endpoint(conditions: Conditions) -> None:
    """Know before any item is measured that the model can be asked after it; one in this process is not loaded.

    Raises:
        ModelError: nobody answers at its endpoint, there is no such model, or no endpoint is named.
    """
    if conditions.model.startswith(LOCAL) or (model := _model(conditions)) is None:
        return
    try:
        await check_model(model)
    finally:
        await model.close()


def _model(conditions: Conditions) -> Model | None:
    if not conditions.model:
        return None
    return open_model(
        conditions.model,
        conditions.base_url or None,
        api_key=os.environ.get("MENTALIS_API_KEY"),
        timeout_s=conditions.timeout_s,
        retries=conditions.retries,
        concurrency=conditions.concurrency,
        seed=conditions.seed,
        cache=conditions.data / "cache" / "answers",
    )
