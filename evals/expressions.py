"""What the sets of facial expressions share: classes by number, faces as clips, and recall as the score."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from evals.benchmark import Benchmark, Item, Outcome
from evals.errors import DatasetError
from evals.metrics.classification import accuracy, macro_f1, uar
from evals.pictures import CLIPS, video_of
from evals.reading import quoted
from evals.run import Run
from evals.solving import ANALYSING, of_level
from perception.evidence import Frozen

FILE = Path(__file__).parent / "data" / "expressions.yaml"


class Classes(Frozen):
    """The classes of a set: labels of a codebook in the order of their numbers, of which the first is `first`."""

    codebook: str
    first: int
    labels: Annotated[tuple[str, ...], Field(min_length=1)]


@cache
def classes() -> dict[str, Classes]:
    """The classes of each set, by the benchmark's name."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Classes]).validate_python(content)


def label_of(where: str, column: str, number: str, of: Classes) -> str:
    """The label of a class's number.

    Raises:
        DatasetError: no class has it.
    """
    last = of.first + len(of.labels) - 1
    if not number.isdecimal() or not of.first <= int(number) <= last:
        raise DatasetError(f"{where}, column {column}: {quoted(number)} is no class; they go from {of.first} to {last}")
    return of.labels[int(number) - of.first]


async def solve(item: Item, run: Run) -> Outcome:
    """The surest emotion that is claimed of the face."""
    assert item.clip is not None, "every item of these sets has a face"
    clip = await asyncio.to_thread(video_of, item.clip, run.conditions.data / CLIPS)
    return await of_level(item.model_copy(update={"clip": clip}), run, "emotion")


def of_faces(name: str, about: str, read: Callable[..., Sequence[Item]], *, layout: str, source: str) -> Benchmark:
    """A benchmark of faces with one expression each."""
    return Benchmark(
        name=name,
        about=about,
        read=read,
        read_gold=partial(read, gold_only=True),
        solve=solve,
        metrics={"uar": uar, "war": accuracy, "macro_f1": macro_f1},
        strategies=ANALYSING,
        layout=layout,
        source=source,
        usual={"codebook": classes()[name].codebook},
        levels=("emotion",),
    )
