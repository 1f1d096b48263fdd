"""Numbers that are written in words."""

from functools import cache
from pathlib import Path

import yaml

from perception.evidence import Frozen


class Worded(Frozen):
    """Words for numbers and for places in an order."""

    numbers: dict[str, int]
    ordinals: dict[str, int]


@cache
def worded() -> Worded:
    """What the data file says."""
    return Worded.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))
