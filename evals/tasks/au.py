"""Action units of short clips, as CD6ME scores them: by data set and subject, and pooled (Varanka et al. 2022).

inspect eval evals/tasks/au.py -T folder=DATA --model none

The annotations of the sets are not public: the layout is ours. The folder has `aus.csv` or `aus.jsonl` with

    id               of the clip
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
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.au_files import coded, units_of
from evals.au_scoring import METRICS, UNITS, labels, notes, packed, same_units
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.measuring import MEASURING, measured, told
from evals.pictures import CLIPS, USUAL_HZ, video_of
from evals.reading import refuse, table_rows
from evals.run import Run
from perception.clip import Clip
from perception.evidence import Evidence, Observation

TABLE = "aus"
COLUMNS = ("id", "clip", "dataset", "subject")
TOOLS = "action_units,micro_expressions"
NAMED = re.compile(r"AU(\d+)")


@task
def au(folder: str, **options: Any) -> Task:
    """Find the action units of each clip; options as of `mentalis eval run`."""
    return as_task(AU, folder, **options)


def read(folder: Path, gold_only: bool = False) -> Sequence[Item]:
    """The clips, in the order of the table; which of CD6ME's units have no column is warned of.

    Raises:
        DatasetError: naming file, line, column and what to do.
    """
    table, rows = table_rows(folder, TABLE, COLUMNS, ("onset", "offset", "rate_hz"))
    units = units_of(table, rows[0][1])
    if missing := [f"AU{unit}" for unit in UNITS if unit not in units.values()]:
        logging.getLogger(__name__).warning("%s: no column %s; such units are not scored", table, ", ".join(missing))
    if not gold_only:
        refuse(table, [ill for where, row in rows for ill in _of_clip(where, folder, row["clip"])])
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
    if first is not None and first >= clip.n_frames:
        raise DatasetError(
            f"{item.clip}: onset is picture {first:g} and there are {clip.n_frames}; correct it or get them all"
        )
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


AU = Benchmark(
    name="au",
    about="action units of short clips, twelve units, binary and macro F1",
    read=read,
    read_gold=partial(read, gold_only=True),
    solve=solve,
    metrics=METRICS,
    strategies=MEASURING,
    layout=f"{TABLE}.csv or {TABLE}.jsonl: {', '.join(COLUMNS)}, AU1, AU2, ...; perhaps onset, offset, rate_hz",
    source="CASME, CASME II, SAMM, 4DME, MMEW and CAS(ME)3 of their authors, on request",
    usual={"tools": TOOLS},
    right=same_units,
    labels=labels,
    packed=packed,
    notes=notes,
)
