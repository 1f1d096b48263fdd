"""A passage of a clip: what a tool found in it, with the course of what it measured there."""

from typing import NamedTuple

import numpy as np

from agents.chat_history import Basis, Source
from agents.checking.visual_facts import seen_of_a_person
from agents.report import Report
from agents.showing.escaping import data_line
from agents.showing.evidence_table import line, ranked
from perception.evidence import Evidence, Observation, Signal
from perception.tool import FRAMES, Tool, make_tool

MOST_SIGNALS = 10
MOST_CHARACTERS = 2_000  # told to a model at once, about 700 tokens


class Passage(NamedTuple):
    """What may be cited of it, and the same as lines of JSON for a model."""

    sources: tuple[Source, ...]
    lines: tuple[str, ...]


def passage(evidence: Evidence, tool: str, start_s: float, end_s: float, name: str, *, reported: bool) -> Passage:
    """What a tool found between two times, the surest first, then means of its signals, the most unusual first.

    The tool ran on the whole clip: a person's neutral, usual rates and tracks are those of the report.

    Args:
        evidence: in which the tool ran.
        tool: its name.
        start_s: of the passage.
        end_s: of the passage.
        name: put before the ids of what the report does not have, as in `measure1:au12-3`.
        reported: the observations are those of the report and keep their ids.
    """
    told: list[tuple[Source, str]] = []
    by_id = {o.id: o for o in evidence.observations}
    for id_ in ranked(evidence):
        seen = by_id[id_]
        if seen.tool == tool and seen.start_s <= end_s and seen.end_s >= start_s:
            named = seen if reported else seen.model_copy(update={"id": f"{name}:{id_}"})
            told.append((_source(named), line(named)))
    for signal in _telling(evidence, tool, start_s, end_s):
        mean = _mean(signal, start_s, end_s, name)
        told.append((mean, data_line(mean.model_dump(mode="json", exclude={"basis", "kinds"}))))
    kept = _fitting(told)
    missing = [a for a in evidence.abstentions if a.tool == tool]
    reasons = [data_line({"not_measured": a.tool, "person": a.person, "reason": a.reason}) for a in missing]
    return Passage(tuple(source for source, _ in kept), (*(said for _, said in kept), *reasons))


def tools_as_reported(name: str, report: Report) -> list[Tool]:
    """A tool and all that it needs, or uses and the report has, with the options that the report was made with.

    Raises:
        ToolError: no such tool.
        OptionError: an option of the report's tool no longer exists.
    """
    options = {run.tool: run.options for run in report.evidence.tools}
    chosen: dict[str, Tool] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in chosen or current == FRAMES:
            continue
        chosen[current] = make_tool(current, **options.get(current, {}))
        waiting += [*chosen[current].needs, *(used for used in chosen[current].uses if used in options)]
    return list(chosen.values())


def _fitting(told: list[tuple[Source, str]]) -> list[tuple[Source, str]]:
    """The first of them, as far as there is room."""
    lengths = np.cumsum([len(said) for _, said in told])
    return told[: int(np.count_nonzero(lengths <= MOST_CHARACTERS))]


def _source(seen: Observation) -> Source:
    basis: Basis = "seen" if seen_of_a_person(seen) else "other"
    return Source(
        id=seen.id,
        text=seen.text,
        person=seen.person,
        start_s=seen.start_s,
        end_s=seen.end_s,
        basis=basis,
        kinds=(seen.kind,),
    )


def _telling(evidence: Evidence, tool: str, start_s: float, end_s: float) -> list[Signal]:
    """The tool's signals in the passage, those whose mean is farthest from that of the whole clip first."""
    far: list[tuple[float, Signal]] = []
    for signal in evidence.signals:
        part = _within(signal, start_s, end_s) if signal.tool == tool else np.empty(0)
        if len(part):
            spread = float(np.std(signal.values)) or 1.0
            far.append((abs(float(part.mean()) - float(np.mean(signal.values))) / spread, signal))
    return [signal for _, signal in sorted(far, key=lambda pair: -pair[0])[:MOST_SIGNALS]]


def _mean(signal: Signal, start_s: float, end_s: float, name: str) -> Source:
    part = _within(signal, start_s, end_s)
    whose = f"{signal.person}'s " if signal.person else ""
    usual = float(np.mean(signal.values))
    text = (
        f"{whose}{signal.name}: mean {part.mean():.3g} {signal.unit}, between {part.min():.3g} and {part.max():.3g} "
        f"({len(part)} samples); {usual:.3g} over the whole clip, {start_s:.2f}-{end_s:.2f} s"
    )
    id_ = f"{name}:{signal.name}{'-' + signal.person if signal.person else ''}"
    basis: Basis = "seen" if signal.person else "other"  # voices are measured of nobody in particular
    return Source(
        id=id_,
        text=text,
        person=signal.person,
        start_s=start_s,
        end_s=end_s,
        basis=basis,
        kinds=(signal.name, signal.name.partition("_")[0]),
    )


def _within(signal: Signal, start_s: float, end_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The samples between two times, shape (samples,)."""
    times_s = signal.times()
    return np.asarray(signal.values)[(times_s >= start_s) & (times_s <= end_s)]
