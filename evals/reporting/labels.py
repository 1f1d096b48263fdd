"""How each label fares: precision, recall and F1, and for which other label it is taken."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.metrics.classification import Confusion, confusion, per_label
from evals.metrics.measure import harmonic_mean
from evals.reporting.logs import Logged
from evals.reporting.scoring import pooled

MOST_LABELS = 40  # more are answers of their own to each question, as of a multiple choice
FEWEST_EACH = 2  # samples of a label, on average, to count it as one


@dataclass(frozen=True)
class Label:
    """One label's scores, in [0, 1], over `support` samples of gold."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Labels:
    """The labels of a run, or of one part of its answers; without confusions where a sample has several labels."""

    run: Logged
    part: str
    labels: tuple[Label, ...]
    confusion: Confusion | None


@dataclass(frozen=True)
class Part:
    """One level or part of the answers, of each run that has it."""

    name: str
    tables: tuple[Labels, ...]

    @property
    def rows(self) -> list[tuple[str, str, list[Label | None]]]:
        """Each label with its gold samples, of each run where they differ, and how it fares in each run."""
        found = [{label.name: label for label in table.labels} for table in self.tables]
        names = dict.fromkeys(name for labels in found for name in labels)
        return [(name, _supports([x.get(name) for x in found]), [x.get(name) for x in found]) for name in names]


def _supports(of_each: Sequence[Label | None]) -> str:
    told = [str(label.support) if label else "0" for label in of_each]
    return told[0] if len(set(told)) == 1 else " / ".join(told)


def by_part(runs: Sequence[Logged]) -> list[Part]:
    """The labels of all runs, those of one part beside each other."""
    tables = [table for run in runs for table in by_label(run)]
    parts = dict.fromkeys(table.part for table in tables)
    return [Part(name, tuple(table for table in tables if table.part == name)) for name in parts]


def by_label(run: Logged) -> list[Labels]:
    """A table for each level or part of the answers that is a label or a list of labels; none for other answers."""
    of = pooled(run.samples)
    read = run.benchmark.labels
    truth, told = [read(gold) for gold in of.gold], [None if p is None else read(p) for p in of.predicted]
    found = []
    for part, gold, predicted in _levels(run, truth, told) or _parts(truth, told):
        if _are_labels(gold, predicted):
            found.append(_single(run, part, gold, predicted))
        elif _are_lists(gold, predicted):
            found.append(_several(run, part, gold, predicted))
    return found


def _levels(run: Logged, gold: Sequence[Any], predicted: Sequence[Any]) -> list[tuple[str, list[Any], list[Any]]]:
    """The answers of each level, where a sample has one of each."""
    levels = run.benchmark.levels
    if len(levels) < 2 or any(len(sample.gold) != len(levels) for sample in run.samples):
        return []
    step = len(levels)
    return [(level, list(gold[n::step]), list(predicted[n::step])) for n, level in enumerate(levels)]


def _parts(gold: Sequence[Any], predicted: Sequence[Any]) -> list[tuple[str, list[Any], list[Any]]]:
    """The whole answers, or each field that predictions have, too, of answers that have the same fields."""
    fields = {tuple(g) if isinstance(g, dict) else () for g in gold}
    if len(fields) != 1 or () in fields:
        return [("", list(gold), list(predicted))]
    (names,) = fields
    return [
        (name, [g[name] for g in gold], [p.get(name) if isinstance(p, dict) else None for p in predicted])
        for name in names
        if any(isinstance(p, dict) and name in p for p in predicted)
    ]


def _are_labels(gold: Sequence[Any], predicted: Sequence[Any]) -> bool:
    plain = all(isinstance(value, str | bool) for value in gold) and all(
        value is None or isinstance(value, str | bool) for value in predicted
    )
    return plain and _few({_name(value) for value in gold}, len(gold))


def _are_lists(gold: Sequence[Any], predicted: Sequence[Any]) -> bool:
    lists = all(isinstance(value, list) for value in gold) and all(v is None or isinstance(v, list) for v in predicted)
    if not lists or not all(isinstance(label, str) for value in gold for label in value):
        return False
    return _few({label for value in gold for label in value}, sum(map(len, gold)))


def _few(labels: set[str], given: int) -> bool:
    return 0 < len(labels) <= MOST_LABELS and len(labels) * FEWEST_EACH <= given


def _single(run: Logged, part: str, gold: Sequence[Any], predicted: Sequence[Any]) -> Labels:
    truth, guess = [_name(g) for g in gold], [None if p is None else _name(p) for p in predicted]
    scores = per_label(truth, guess)
    rows = zip(scores.labels, scores.precision, scores.recall, scores.f1, scores.support, strict=True)
    labels = tuple(Label(name, float(p), float(r), float(f1), int(n)) for name, p, r, f1, n in rows)
    return Labels(run, part, labels, confusion(truth, guess))


def _several(run: Logged, part: str, gold: Sequence[Any], predicted: Sequence[Any]) -> Labels:
    """Each label as a question of its own; a sample without an answer has none of them."""
    pairs = [(set(g), set(map(str, p or ()))) for g, p in zip(gold, predicted, strict=True)]
    labels = []
    for name in sorted({label for g, _ in pairs for label in g}, key=_with_numbers):
        right = sum(name in g and name in p for g, p in pairs)
        claimed, true = sum(name in p for _, p in pairs), sum(name in g for g, _ in pairs)
        precision, recall = right / claimed if claimed else 0.0, right / true
        labels.append(Label(name, precision, recall, harmonic_mean(precision, recall), true))
    return Labels(run, part, tuple(labels), None)


def _with_numbers(name: str) -> str:
    """What names are sorted by: AU2 comes before AU12."""
    return re.sub(r"\d+", lambda number: number[0].zfill(4), name)


def _name(value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"
