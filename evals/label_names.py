"""What data sets and papers call our labels, so that anyone's gold and predictions are read in their own names."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from perception.evidence import Frozen

FILE = Path(__file__).parent / "data" / "label_names.yaml"


class LabelNames(Frozen):
    """Other names of labels, for some benchmarks."""

    benchmarks: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


def own_label(benchmark: str, told: str) -> str:
    """Our label of a name, whatever its case; what is none of a benchmark's names stays as it is, without blanks."""
    text = told.strip()
    return _names().get(benchmark, {}).get(text.lower(), text)


@cache
def _names() -> dict[str, dict[str, str]]:
    """For each benchmark, our label of each name."""
    found: dict[str, dict[str, str]] = {}
    for part in TypeAdapter(list[LabelNames]).validate_python(yaml.safe_load(FILE.read_text(encoding="utf-8"))):
        ours = {name: label for label, others in part.labels.items() for name in (label, *others)}
        for benchmark in part.benchmarks:
            found[benchmark] = {**found.get(benchmark, {}), **ours}
    return found
