"""Under which conditions a benchmark is run: who reasons, by which strategy, and what of a clip is shown."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from evals.errors import DatasetError
from perception.evidence import Frozen


class Conditions(Frozen):
    """What a run is told, the same for all of its items; strings as `inspect eval -T` gives them are read."""

    strategy: str = ""
    model: str = Field(default="", description="name at the endpoint, or transformers:<id>; empty: no model")
    base_url: str = ""
    media: Literal["auto", "video", "frames", "text"] = "auto"
    frames: Annotated[int, Field(ge=1, le=64)] = 8
    frame_choice: Literal["evidence", "uniform"] = "evidence"
    tools: str = Field(default="", description="comma-separated; empty: the usual set")
    no_tools: bool = Field(default=False, description="nothing that was measured is shown to the model")
    codebook: str = ""
    samples: Annotated[int, Field(ge=1, le=9)] = Field(default=1, description="answers compared, without logprobs")
    calibrated: bool = Field(default=True, description="confidences are scaled by what was fitted before")
    seed: int = 0
    data: Path = Field(description="folder of caches: tools' results and a model's answers are found again here")
    concurrency: Annotated[int, Field(ge=1, le=1024)] = Field(default=8, description="model calls at a time")
    timeout_s: Annotated[float, Field(gt=0)] = 120.0
    retries: Annotated[int, Field(ge=0, le=10)] = 3


def conditions(given: dict[str, Any]) -> Conditions:
    """The conditions of options as they were typed.

    Raises:
        DatasetError: there is no such option, or it can't have this value.
    """
    unknown = sorted(given.keys() - Conditions.model_fields.keys())
    if unknown:
        raise DatasetError(f"no option {', '.join(unknown)}: there are {', '.join(Conditions.model_fields)}")
    try:
        return Conditions.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise DatasetError(f"option {first['loc'][0]} can't be {first['input']!r}: {first['msg']}") from error
