"""Anyone's predictions scored from files, with neither model nor graph: the metrics of a benchmark on gold and answers.

Both files are CSV, JSON lines or a JSON list with `id` and `value`, of the kind of the gold values: a label by our name
or the data set's own (`evals.label_names`), a number, yes or no in any usual spelling, or what else the benchmark's
answers are, as JSON (words also as `['happy', 'calm']`). Action units may be columns AU1, AU2, ... in place of `value`
(see `evals.au_files`). Gold may also be the folder of the benchmark's data, of which neither clips nor words are
needed. Where an item has several values, such as the utterances of a dialogue or the two questions of a pair, the id of
the n-th is ID#n, from 1.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from evals.benchmark import Benchmark
from evals.errors import DatasetError
from evals.gold_files import SPELLED, Gold, gold_of
from evals.label_names import own_label
from evals.metrics.hallucination_pairs import yes_or_no
from evals.metrics.intervals import Interval, Metric, bootstrap
from evals.metrics.measure import as_measure
from evals.prediction_rows import rows_by_id
from evals.reading import counted, quoted, refuse, short

RESAMPLES = 500
LABELS_TOLD = 30  # of more labels not all are told


class FileScores(NamedTuple):
    """The metrics of a file, what of it is not as it should be, and what became of all that was asked."""

    scores: list["FileScore"]
    notes: list[str]
    answers: "AnswerCounts"


class AnswerCounts(NamedTuple):
    """How many values gold has, and how they were answered; whatever was not answered is wrong."""

    asked: int
    answered: int
    abstained: int  # a row without a value, or with NaN
    unparsed: int
    missing: int  # no row


class FileScore(NamedTuple):
    """A metric over the files' values; nothing but its name where it is not defined for them."""

    metric: str
    value: float | None = None
    interval: Interval | None = None
    n: int | None = None  # of what the metric counts, such as the clips of one level
    coverage: float | None = None
    standard_error: float | None = None  # where the metric is published with one


class Unparsed(ValueError):
    """An answer in free words that names nothing: wrong, and counted."""


def score_files(benchmark: Benchmark, gold: Path, predictions: Path) -> FileScores:
    """The benchmark's metrics with 95 % intervals over groups; what has gold and no prediction counts as wrong.

    Raises:
        DatasetError: a file can't be read, an id is there twice or has no gold, or a value is of another kind.
    """
    if benchmark.unscored:
        raise DatasetError(f"{benchmark.name} is not scored from files: {benchmark.unscored}")
    wanted = gold_of(benchmark, gold)
    answers, unparsed, told_of_them = _answers(benchmark, wanted, predictions)
    values, groups = [known.value for known in wanted.values()], [known.group for known in wanted.values()]
    predicted = [answers.get(id_) for id_ in wanted]
    try:
        samples = benchmark.packed(values, predicted)
        scores = [_score(name, metric, samples, predicted, groups) for name, metric in benchmark.metrics.items()]
        notes = [*told_of_them, *_strangers(values, predicted), *benchmark.notes(values, predicted)]
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        form = benchmark.truth_form or benchmark.answer_form
        raise DatasetError(
            f"{gold} and {predictions}: {benchmark.name} can't score values such as {quoted(values[0])}; "
            f"gold is {form}, see docs/benchmarks.md ({type(error).__name__}: {short(error)})"
        ) from error
    return FileScores(scores, notes, _counts(wanted, answers, unparsed))


def _score(
    name: str, metric: Metric, samples: tuple[Any, Any], predicted: Sequence[Any], groups: Sequence[str]
) -> FileScore:
    try:
        found = as_measure(metric(*samples), predicted)
    except ValueError:
        return FileScore(name)
    if math.isnan(found.value):
        return FileScore(name)
    interval = None
    if len(set(groups)) > 1:
        interval = bootstrap(metric, *samples, groups, resamples=RESAMPLES, leave_out_undefined=True)
    return FileScore(name, found.value, interval, *found[1:])


def _counts(wanted: Mapping[str, Gold], answers: Mapping[str, Any], unparsed: int) -> AnswerCounts:
    answered = sum(answer is not None for answer in answers.values())
    return AnswerCounts(
        asked=len(wanted),
        answered=answered,
        abstained=len(answers) - answered - unparsed,
        unparsed=unparsed,
        missing=len(wanted) - len(answers),
    )


def _answers(benchmark: Benchmark, wanted: Mapping[str, Gold], path: Path) -> tuple[dict[str, Any], int, list[str]]:
    """The predicted values by id, none where there is none; how many name nothing, and what is said of those."""
    rows = rows_by_id(path)
    refuse(path, (_without_gold(id_, wanted) for id_ in rows if id_ not in wanted))
    read, form = _reader(next(known.value for known in wanted.values()), benchmark)
    answers: dict[str, Any] = {}
    unparsed: list[str] = []
    for id_, row in rows.items():
        told = row["value"]
        answers[id_] = None
        if _says_nothing(told):
            continue
        try:
            answers[id_] = read(told)
        except Unparsed:
            unparsed.append(id_)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise DatasetError(f"{path}, id {short(id_)}: {quoted(told)} is not {form}") from None
    if not unparsed:
        return answers, 0, []
    such = f"such as {quoted(rows[unparsed[0]]['value'])} of id {short(unparsed[0])}"
    line = f"{counted(len(unparsed), 'answer')}, {such}, can't be read as {form}: unparsed, counted as wrong"
    return answers, len(unparsed), [line]


def _says_nothing(told: Any) -> bool:
    """Whether a value is none: empty, or NaN as tables are written with it."""
    if isinstance(told, str):
        return told.strip().lower() in ("", "nan")
    return told is None or (isinstance(told, float) and math.isnan(told))


def _without_gold(id_: str, wanted: Mapping[str, Gold]) -> str:
    alone = id_.removesuffix("#1")
    return f"id {short(id_)} has no gold" + (f"; it is called {alone} there" if alone in wanted else "")


def _strangers(gold: Sequence[Any], predicted: Sequence[Any]) -> list[str]:
    """What is said of labels that gold does not have."""
    labels = sorted({value for value in gold if isinstance(value, str)})
    rankings = [value if isinstance(value, list) else [value] for value in predicted]
    strange = [told[0] for told in rankings if told and isinstance(told[0], str) and not set(labels) & set(told)]
    if not labels or not strange:
        return []
    known = f"; gold has {', '.join(labels)}" if len(labels) <= LABELS_TOLD else ""
    one = len(strange) == 1
    are = "is no label of gold and counts" if one else "are no labels of gold and count"
    return [f"{counted(len(strange), 'prediction')}, such as {quoted(strange[0])}, {are} as wrong{known}"]


def _reader(kind: Any, benchmark: Benchmark) -> tuple[Callable[[Any], Any], str]:
    """What reads an answer, and what it is called that it reads."""
    if benchmark.truth is None:
        if isinstance(kind, str):
            return partial(_label, benchmark=benchmark), benchmark.answer_form if benchmark.parse else "a label"
        if isinstance(kind, bool):
            return partial(_yes_or_no, benchmark=benchmark), "yes or no"
        if isinstance(kind, int | float):
            return _number, "a number"
    return benchmark.answer, benchmark.answer_form


def _label(told: Any, benchmark: Benchmark) -> str:
    if not isinstance(told, str):
        raise ValueError("a label is a text")
    if benchmark.parse is None:
        return own_label(benchmark.name, told)
    label = benchmark.parse(told)
    if label is None:
        raise Unparsed("no label is named")
    return label


def _yes_or_no(told: Any, benchmark: Benchmark) -> bool:
    said = own_label(benchmark.name, str(told))
    answer = SPELLED.get(said.lower(), yes_or_no(said))
    if answer is None:
        raise Unparsed("neither yes nor no, or both")
    return answer


def _number(told: Any) -> float:
    if isinstance(told, bool):
        raise ValueError("true and false are no numbers")
    return float(told)
