"""Action units of short clips, as CD6ME scores them: by data set and subject, and pooled (Varanka et al. 2022).

inspect eval evals/tasks/au.py -T folder=DATA --model none

The annotations of the sets are not public: the layout is ours. The folder has `aus.csv` or `aus.jsonl` with

    id               of the clip, once in the table
    clip             a video, or a folder of numbered pictures, in the folder
    dataset          such as casme2: scores are given for each, as CD6ME leaves one out at a time
    subject          who is in it: scores are given over subjects, as LOSO leaves one out at a time
    AU1, AU2, ...    1 where the unit is active, 0 where it is not; a unit without a column is not scored
    onset, offset    pictures of the clip, from 0, between which the units are coded; left out: all of it
    rate_hz          of a folder's pictures; left out: 25

Nothing is trained, so that leaving a set out means to score it by itself. Only tools run, no graph and no model.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.au_files import coded, units_of
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.measuring import MEASURING, measured, told
from evals.metrics.action_units import ActionUnitScores, Coded, action_unit_scores, action_unit_scores_by_set
from evals.metrics.intervals import Metric
from evals.metrics.measure import Measure
from evals.pictures import CLIPS, USUAL_HZ, video_of
from evals.reading import refuse, table_rows
from evals.run import Run
from perception.clip import Clip
from perception.evidence import Evidence, Observation

TABLE = "aus"
COLUMNS = ("id", "clip", "dataset", "subject")
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17)  # of CD6ME
TOOLS = "action_units,micro_expressions"
NAMED = re.compile(r"AU(\d+)")

Gold = dict[str, Any]
Answers = Sequence[dict[str, Any] | None]


@task
def au(folder: str, **options: Any) -> Task:
    """Find the action units of each clip; options as of `mentalis eval run`."""
    return as_task(AU, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The clips, in the order of the table; which of CD6ME's units have no column is warned of.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    table, rows = table_rows(folder, TABLE, COLUMNS)
    units = units_of(table, rows[0][1])
    if missing := [f"AU{unit}" for unit in UNITS if unit not in units.values()]:
        logging.getLogger(__name__).warning("%s: no column %s; such units are not scored", table, ", ".join(missing))
    ids = [str(row["id"]) for _, row in rows]
    ills = [f"{id_} is there twice; give each clip once" for id_ in dict.fromkeys(ids) if ids.count(id_) > 1]
    ills += [ill for where, row in rows for ill in _of_clip(where, folder, row["clip"])]
    refuse(table, ills)
    return [_item(where, folder, row, units) for where, row in rows]


def _of_clip(where: str, folder: Path, clip: str | None) -> list[str]:
    """What is wrong with the clip of a row."""
    place = f"{where.rpartition(', ')[2]}, column clip"
    if not (clip or "").strip():
        return [f"{place}: is empty; name a video or a folder of pictures"]
    return [] if (folder / str(clip)).exists() else [f"{place}: {clip} is not there"]


async def solve(item: Item, run: Run) -> Outcome:
    """The units that were found while the clip is coded; an abstention where no face could be coded."""
    assert item.clip is not None, "every item is a clip"
    rate_hz = item.given["rate_hz"]
    path = await asyncio.to_thread(video_of, item.clip, run.conditions.data / CLIPS, rate_hz)
    clip = await asyncio.to_thread(Clip.open, path)
    first, last = item.given["onset"], item.given["offset"]
    span = (0.0 if first is None else first / clip.fps, clip.duration_s if last is None else (last + 1) / clip.fps)
    evidence = await measured(clip, run)
    active = active_units(evidence, *span)
    return told(evidence, Prediction(abstained=True) if active is None else Prediction(value={"active": active}))


def active_units(evidence: Evidence, start_s: float, end_s: float) -> list[int] | None:
    """The units seen between two times, also those that a micro-expression may be; none when no tool could measure.

    In a clip too short for a neutral face of the person's own, micro-movements alone are looked at: a unit that lasts
    longer counts as not there.
    """
    if not any(run.status == "ok" for run in evidence.tools if run.tool in TOOLS.split(",")):
        return None
    during = [o for o in evidence.observations if o.start_s <= end_s and start_s <= o.end_s]
    return sorted({unit for observation in during for unit in _units(observation)})


def _units(observation: Observation) -> set[int]:
    if observation.kind == "micro_expression":  # its text alone names its units
        return {int(number) for number in NAMED.findall(observation.text)}
    named = NAMED.fullmatch(observation.kind.upper())
    return {int(named[1])} if named else set()


def _item(where: str, folder: Path, row: dict[str, Any], units: dict[str, int]) -> Item:
    clip = coded(where, row, units)
    if clip.active is None:
        raise DatasetError(f"{where}: no action unit is coded; leave such clips out")
    onset, offset = _number(where, row, "onset"), _number(where, row, "offset")
    if onset is not None and offset is not None and onset > offset:
        raise DatasetError(f"{where}, columns onset and offset: {onset:g} comes after {offset:g}; exchange them")
    of_whom = {column: str(row[column]) for column in ("dataset", "subject")}
    return Item(
        id=clip.id,
        gold=({"id": clip.id, **of_whom, "active": sorted(clip.active), "units": sorted(set(units.values()))},),
        group="/".join(of_whom.values()),
        strata={"dataset": of_whom["dataset"]},
        clip=folder / row["clip"],
        given={
            "onset": onset,
            "offset": offset,
            "rate_hz": _number(where, row, "rate_hz") or USUAL_HZ,
        },
    )


def _number(where: str, row: dict[str, Any], column: str) -> float | None:
    value = row.get(column)
    if value in (None, ""):
        return None
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}, column {column}: {value!r} is no number; correct it or leave it empty") from error


def _pairs(gold: Sequence[Gold], predicted: Answers) -> tuple[list[Coded], list[Coded]]:
    """Gold and answers keyed by the clip's id; the same clip drawn twice for an interval counts twice."""
    names = [f"{number}:{clip['id']}" for number, clip in enumerate(gold)]
    true = [Coded(name, frozenset(clip["active"])) for name, clip in zip(names, gold, strict=True)]
    answers = [
        Coded(name, None if answer is None else frozenset(answer["active"]))
        for name, answer in zip(names, predicted, strict=True)
    ]
    return true, answers


def _pooled(part: Callable[[ActionUnitScores], Measure]) -> Metric:
    def score(gold: Sequence[Gold], predicted: Answers) -> Measure:
        return part(action_unit_scores(*_pairs(gold, predicted), _units_in(gold)))

    return score


def _over_sets(part: str, *keys: str) -> Metric:
    """The mean over sets of their mean over units: over data sets, or over their subjects."""

    def score(gold: Sequence[Gold], predicted: Answers) -> Measure:
        true, answers = _pairs(gold, predicted)
        sets = {clip.id: "/".join(row[key] for key in keys) for clip, row in zip(true, gold, strict=True)}
        value: Measure = getattr(action_unit_scores_by_set(true, answers, _units_in(gold), sets), f"mean_{part}")
        return value

    return score


def _of_unit(part: str, unit: int) -> Metric:
    def of(scores: ActionUnitScores) -> Measure:
        found: dict[int, Measure] = getattr(scores, part)
        if unit not in found:
            raise ValueError(f"gold has no column AU{unit}")
        return found[unit]

    return _pooled(of)


def _units_in(gold: Sequence[Gold]) -> list[int]:
    """The units of CD6ME that are coded in all clips of gold.

    Raises:
        ValueError: there is none.
    """
    units = [unit for unit in UNITS if all(unit in clip.get("units", UNITS) for clip in gold)]
    if not units:
        raise ValueError("gold has no column of CD6ME's action units")
    return units


def _same_units(gold: Gold, predicted: dict[str, Any] | None) -> bool:
    """Whether the units of CD6ME that gold codes are just those of gold."""
    asked = set(_units_in([gold]))
    return predicted is not None and set(gold["active"]) & asked == set(predicted["active"]) & asked


AU = Benchmark(
    name="au",
    about="action units of short clips, twelve units, binary and macro F1",
    read=read,
    solve=solve,
    metrics={
        "binary_f1": _pooled(lambda scores: scores.mean_binary),
        "macro_f1": _pooled(lambda scores: scores.mean_macro),
        "binary_f1_by_dataset": _over_sets("binary", "dataset"),
        "macro_f1_by_dataset": _over_sets("macro", "dataset"),
        "binary_f1_by_subject": _over_sets("binary", "dataset", "subject"),
        "macro_f1_by_subject": _over_sets("macro", "dataset", "subject"),
        **{f"{part}_f1_AU{unit}": _of_unit(part, unit) for part in ("binary", "macro") for unit in UNITS},
    },
    strategies=MEASURING,
    layout=f"{TABLE}.csv or {TABLE}.jsonl: {', '.join(COLUMNS)}, AU1, AU2, ...; perhaps onset, offset, rate_hz",
    source="CASME, CASME II, SAMM, 4DME, MMEW and CAS(ME)3 of their authors, on request",
    usual={"tools": TOOLS},
    right=_same_units,
)
