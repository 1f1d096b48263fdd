"""What traces of how a clip was made mean for claims: how sure they may be, and what a report says of it.

A trace lowers confidence and is told; it is never a verdict on the clip.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import Field

from perception.evidence import Evidence, Frozen, Observation, Share

TOOL = "integrity"


class Trace(Frozen):
    """What a kind of trace means."""

    kind: str
    caveat: str
    limit: Share | None = None
    cites: tuple[str, ...] = ()
    from_: float | None = Field(default=None, alias="from")


class Traces(Frozen):
    """All kinds that mean anything for claims."""

    sure_from: Share
    traces: tuple[Trace, ...]


class Limit(NamedTuple):
    """How sure a claim may be at most, because of what was seen."""

    at_most: float
    trace: Observation


@cache
def known_traces() -> Traces:
    """The kinds of traces, from the file beside this one."""
    return Traces.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


def limits(
    cited: Sequence[Observation], person: str | None, evidence: Evidence, start_s: float, end_s: float
) -> list[Limit]:
    """Limits on a claim about someone that cites these observations and holds between two times, the lowest first."""
    people = {person, *(o.person for o in cited)}
    found = [
        Limit(trace.limit, o)
        for trace, o in _seen(evidence)
        if trace.limit is not None
        and (not trace.cites or any(c.kind in trace.cites for c in cited))
        and (o.person is None or o.person in people)
        and o.start_s <= end_s
        and start_s <= o.end_s
    ]
    return sorted(found, key=lambda limit: limit.at_most)


def caveats(evidence: Evidence) -> tuple[str, ...]:
    """A sentence for each trace, with its id and what else may cause it."""
    return tuple(f"{o.text[0].upper()}{o.text[1:]} [{o.id}]. {trace.caveat}" for trace, o in _seen(evidence))


def _seen(evidence: Evidence) -> list[tuple[Trace, Observation]]:
    known = known_traces()
    return [
        (trace, o)
        for trace in known.traces
        for o in evidence.of(trace.kind)
        if o.tool == TOOL and o.confidence >= known.sure_from and _counts(o.value, trace.from_)
    ]


def _counts(value: float | None, from_: float | None) -> bool:
    """Whether a value is one that counts; values of some traces are below zero, such as a voice's lag that is early."""
    return value is None or from_ is None or value >= from_
