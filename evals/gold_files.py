"""Gold values by id, of anyone's file or of the folder of a benchmark's data."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.benchmark import Benchmark
from evals.errors import DatasetError
from evals.label_names import own_label
from evals.prediction_rows import of_item, rows_by_id
from evals.reading import quoted, refuse, short

SPELLED = {"yes": True, "true": True, "1": True, "1.0": True, "no": False, "false": False, "0": False, "0.0": False}


class Gold(NamedTuple):
    """A gold value, and the subject or dialogue that it belongs to."""

    value: Any
    group: str


def gold_of(benchmark: Benchmark, path: Path) -> dict[str, Gold]:
    """The gold values by id, in the order in which the benchmark's metrics take them.

    Where an item has several values, the id of the n-th is ID#n; a row without a group is of the group of its item.

    Raises:
        DatasetError: a value is missing or of another kind, or a pair is not whole.
    """
    gold = _of_folder(benchmark, path) if path.is_dir() else _of_file(benchmark, path)
    return _pair_by_pair(path, gold) if benchmark.paired else gold


def _of_folder(benchmark: Benchmark, folder: Path) -> dict[str, Gold]:
    return {
        item.id if len(item.gold) == 1 else f"{item.id}#{n}": Gold(value, item.group)
        for item in benchmark.gold_items(folder)
        for n, value in enumerate(item.gold, 1)
    }


def _of_file(benchmark: Benchmark, path: Path) -> dict[str, Gold]:
    rows = rows_by_id(path)
    refuse(path, (f"id {short(id_)} has no value" for id_, row in rows.items() if row["value"] in (None, "")))
    told = [_named(row["value"], benchmark) for row in rows.values()]
    read = _read_as_json(told) if path.suffix not in (".jsonl", ".json") else _in_json(told)
    if benchmark.truth is None and len(kinds := {_kind(value) for value in read}) > 1:
        raise DatasetError(f"{path}, column value: there are {' and '.join(sorted(kinds))}; give values of one kind")
    return {
        id_: Gold(_truth(value, benchmark, f"{path}, id {id_}"), str(row.get("group") or of_item(id_)))
        for (id_, row), value in zip(rows.items(), read, strict=True)
    }


def _named(told: Any, benchmark: Benchmark) -> Any:
    return own_label(benchmark.name, told) if isinstance(told, str) else told


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    known = {str: "labels", int: "numbers", float: "numbers", list: "lists", dict: "objects"}
    return known.get(type(value), "empty values")


def _truth(told: Any, benchmark: Benchmark, where: str) -> Any:
    """A gold value as the benchmark's metrics take it.

    Raises:
        DatasetError: it is none.
    """
    if benchmark.truth is None:
        return told
    try:
        return benchmark.truth(told)
    except (KeyError, TypeError, ValueError):
        raise DatasetError(f"{where}: {quoted(told)} is not {benchmark.truth_form or benchmark.answer_form}") from None


def _read_as_json(cells: Sequence[Any]) -> list[Any]:
    """The cells of a column as JSON or yes and no, where all are that and none is a text; else as they stand."""
    try:
        read = [SPELLED[cell.strip().lower()] if _spelled(cell) else json.loads(cell) for cell in cells]
    except (TypeError, ValueError, RecursionError):
        return [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    return list(cells) if any(isinstance(value, str) for value in read) else read


def _in_json(values: Sequence[Any]) -> list[Any]:
    """Values of JSON, with yes and no in words as such where all are that."""
    spelled = all(isinstance(value, bool) or _spelled(value) for value in values)
    return [SPELLED[str(value).strip().lower()] if spelled else value for value in values]


def _spelled(cell: Any) -> bool:
    return isinstance(cell, str) and cell.strip().lower() in ("yes", "no", "true", "false")


def _pair_by_pair(path: Path, gold: Mapping[str, Gold]) -> dict[str, Gold]:
    """Gold pair by pair whatever the order of the rows: of each, the question whose answer is yes, then the other.

    Raises:
        DatasetError: a question is of no pair, or a pair lacks one side.
    """
    pairs: dict[str, list[str]] = {}
    for id_ in gold:
        pairs.setdefault(of_item(id_), []).append(id_)
    refuse(path, _ills_of_pairs(pairs, gold))
    in_order = [id_ for ids in pairs.values() for id_ in sorted(ids, key=lambda id_: gold[id_].value is not True)]
    return {id_: gold[id_] for id_ in in_order}


def _ills_of_pairs(pairs: Mapping[str, Sequence[str]], gold: Mapping[str, Gold]) -> Iterator[str]:
    for pair, ids in pairs.items():
        answers = [gold[id_].value for id_ in ids]
        if pair in ids:
            called = f"{short(pair)}#1 and {short(pair)}#2"
            yield f"id {short(pair)} is no question of a pair; call the two of a pair {called}"
        elif len(ids) != 2:
            side = "whose answer is no" if answers[0] is True else "whose answer is yes"
            lacks = f"lacks the question {side}" if len(ids) == 1 else f"has {len(ids)} questions; a pair has two"
            yield f"pair {short(pair)} ({', '.join(map(short, ids))}) {lacks}"
        elif sorted(map(str, answers)) != ["False", "True"]:
            yield f"pair {short(pair)}: gold is to be yes of one of its questions and no of the other"
        elif len({gold[id_].group for id_ in ids}) > 1:
            yield f"pair {short(pair)}: its two questions are of different groups; give both the same"
