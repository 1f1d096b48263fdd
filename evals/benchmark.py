"""What a benchmark is: what is asked, who answers it, and how the answers are scored."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from agents.claims import ConfidenceFrom, Level
from agents.report import TokenUse
from evals.errors import DatasetError
from evals.metrics.intervals import Metric
from evals.reading import refuse, twice
from evals.run import Run
from perception.evidence import Frozen, Share
from perception.transcripts import Utterance


class Item(Frozen):
    """What is asked at once: a clip, a question, or a dialogue with several utterances.

    `gold` has one value for each prediction that is wanted: one of a clip, one an utterance of a dialogue.
    """

    id: str
    gold: tuple[Any, ...] = Field(min_length=1)
    group: str = Field(description="subject or dialogue: items of one are alike, and drawn together for an interval")
    strata: dict[str, str] = Field(default_factory=dict, description="such as language or category, to score apart")
    clip: Path | None = None
    transcript: Path | None = Field(default=None, description="file with the words of the clip")
    words: tuple[Utterance, ...] = Field(default=(), description="what is said, where no file has it")
    language: str | None = Field(default=None, description="of the words, BCP 47, where the data say it")
    given: dict[str, Any] = Field(default_factory=dict, description="what else is asked, as its solver reads it")


class Prediction(Frozen):
    """One answer; without a value it was abstained from, could not be read, or never came: wrong, and counted."""

    value: Any = None
    confidence: Share | None = None
    confidence_from: ConfidenceFrom | None = None
    abstained: bool = Field(default=False, description="the system chose not to answer")
    withheld: bool = Field(default=False, description="abstained, since the checks let nothing of an answer stand")


class Outcome(Frozen):
    """What a system made of an item: a prediction for each gold value, what it cost, and what went wrong."""

    predictions: tuple[Prediction, ...]
    tokens: TokenUse = TokenUse()
    failures: tuple[str, ...] = ()
    report: str | None = Field(default=None, description="of the graph, as JSON text: a log takes text as it is")


def answer_as_json(told: Any) -> Any:
    """A value of a prediction file as JSON.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(told) if isinstance(told, str) else told


def same(gold: Any, predicted: Any) -> bool | None:
    """Whether an answer is its gold value; none where that is a number or a list, which are more or less right."""
    parts = gold.values() if isinstance(gold, dict) else (gold,)
    return bool(predicted == gold) if all(isinstance(part, str | bool) for part in parts) else None


Solve = Callable[[Item, Run], Awaitable[Outcome]]


@dataclass(frozen=True)
class Benchmark:
    """A data set of the field, as it is asked and scored.

    `metrics` are functions of gold and predicted values (none: no answer), pooled over all items.
    """

    name: str
    about: str  # a line
    read: Callable[[Path], Sequence[Item]]  # raises DatasetError, naming file, column and what to do
    solve: Solve
    metrics: Mapping[str, Metric]  # the first is the one that counts
    strategies: tuple[str, ...]  # the first is taken when none is named
    layout: str  # of the folder, for whoever has to make one
    source: str  # where the data are had, and under which licence
    usual: Mapping[str, Any] = field(default_factory=dict)  # conditions that hold when none are given, as a codebook
    levels: tuple[Level, ...] = ()  # of an item's predictions, over and over, where they are labels of the codebook
    needs_model: bool = False  # without one nothing can be answered
    answer: Callable[[Any], Any] = answer_as_json  # of anyone's prediction file, where gold is no label, number or yes
    answer_form: str = "the JSON of an answer"
    truth: Callable[[Any], Any] | None = None  # of anyone's gold file, where it is no value as it stands; raises alike
    variant: Callable[..., "Benchmark"] | None = None  # the same under options of its own; raises DatasetError
    right: Callable[[Any, Any], bool | None] = same  # whether an answer is right, of each sample; none: more or less

    labels: Callable[[Any], Any] = lambda answer: answer  # an answer as its label or labels, for a viewer's tables
    packed: Callable[[Any, Any], tuple[Any, Any]] = lambda *both: both  # gold and answers as arrays, quick to draw of
    notes: Callable[[Any, Any], list[str]] = lambda gold, predicted: []  # what is to be said of a prediction file
    truth_form: str = ""  # what gold of a file is called, where it is not of the form of an answer
    parse: Callable[[str], str | None] | None = (
        None  # the label that an answer in free words names; none: it names none
    )
    paired: bool = False  # gold of an item is yes to one question and no to another, and both are scored together
    unscored: str = ""  # why there is no gold that a prediction file could be scored by
    read_gold: Callable[[Path], Sequence[Item]] | None = None  # as `read`, where clips and words need not be there

    def items(self, folder: Path) -> Sequence[Item]:
        """What is asked of a folder of its data, each item once.

        Raises:
            DatasetError: it is not there, lacks something, has an empty file for a clip, or two items with the same id.
        """
        if not folder.is_dir():
            raise DatasetError(f"{folder}: there is no such folder")
        items = _each_once(folder, self.read(folder))
        clips = dict.fromkeys(item.clip for item in items if item.clip is not None)
        empty = [clip.relative_to(folder) if clip.is_relative_to(folder) else clip for clip in clips if _empty(clip)]
        refuse(folder, (f"{clip} is empty; get it again" for clip in empty))
        return items

    def gold_items(self, folder: Path) -> Sequence[Item]:
        """The same items for their gold alone; clips and words need not be there.

        Raises:
            DatasetError: the folder lacks a table of gold, or two items have the same id.
        """
        return _each_once(folder, (self.read_gold or self.read)(folder))


def _empty(clip: Path) -> bool:
    """Whether a clip is a folder or a file with nothing in it."""
    return not any(clip.iterdir()) if clip.is_dir() else clip.is_file() and clip.stat().st_size == 0


def _each_once(folder: Path, items: Sequence[Item]) -> Sequence[Item]:
    refuse(folder, (f"id {id_} comes twice; keep one of them" for id_ in twice(item.id for item in items)))
    return items
