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
EDGE_S = 0.25  # by which what lies within a trace may stick out: where one begins is known to a look, 5 a second


class Trace(Frozen):
    """What a kind of trace means."""

    kind: str
    caveat: str
    limit: Share | None = None
    within: Share | None = None
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
    cited: Sequence[Observation],
    person: str | None,
    evidence: Evidence,
    start_s: float,
    end_s: float,
    frames_s: Sequence[float] = (),
) -> list[Limit]:
    """Limits on a claim about someone that cites these and holds between two times, the lowest first.

    Args:
        cited: observations.
        person: whom the claim is about.
        evidence: with the traces.
        start_s: of the claim, as `end_s`.
        end_s: of the claim.
        frames_s: times of the frames that are cited.
    """
    people = {person, *(o.person for o in cited)}
    about_people = [o for o in cited if o.person is not None]
    frames = [(time_s, time_s) for time_s in frames_s]
    spans = [*((o.start_s, o.end_s) for o in about_people), *frames]
    spans = spans or [(o.start_s, o.end_s) for o in cited] or [(start_s, end_s)]
    found = list[Limit]()
    for trace, o in _seen(evidence):
        if (o.person is not None and o.person not in people) or o.start_s > end_s or start_s > o.end_s:
            continue
        if not _counts(o.value, trace.from_):
            continue
        if trace.limit is not None and (not trace.cites or any(c.kind in trace.cites for c in cited)):
            found.append(Limit(trace.limit, o))
        if trace.within is not None and all(_within(span, o) for span in spans):
            found.append(Limit(trace.within, o))
    return sorted(found, key=lambda limit: limit.at_most)


def caveats(evidence: Evidence) -> tuple[str, ...]:
    """A sentence for each trace, with its id and what else may cause it, and who is seen nowhere but in it."""
    return tuple(
        f"{o.text[0].upper()}{o.text[1:]} [{o.id}]. {_filled(trace)}{_seen_again(trace, o, evidence)}"
        for trace, o in _seen(evidence)
    )


def _filled(trace: Trace) -> str:
    return trace.caveat if trace.within is None else trace.caveat.format(within=trace.within)


def _seen_again(trace: Trace, shown: Observation, evidence: Evidence) -> str:
    """Who is seen in what is shown again alone, as nobody is followed over a jump; nothing of other traces."""
    if trace.within is None:
        return ""
    of_people = [o for o in evidence.observations if o.person is not None and o.tool != TOOL]
    if not any(o.start_s < shown.start_s - EDGE_S for o in of_people):
        return ""
    people = sorted({o.person for o in of_people if o.person is not None})
    alone = [p for p in people if all(_within((o.start_s, o.end_s), shown) for o in of_people if o.person == p)]
    verb = "is" if len(alone) == 1 else "are"
    return f" {' and '.join(alone)} {verb} seen in it alone: most likely someone seen before." if alone else ""


def _within(span: tuple[float, float], trace: Observation) -> bool:
    return span[0] >= trace.start_s - EDGE_S and span[1] <= trace.end_s + EDGE_S


def _seen(evidence: Evidence) -> list[tuple[Trace, Observation]]:
    known = known_traces()
    return [
        (trace, o)
        for trace in known.traces
        for o in evidence.of(trace.kind)
        if o.tool == TOOL and o.confidence >= known.sure_from
    ]


def _counts(value: float | None, from_: float | None) -> bool:
    """Whether a value is one that counts; values of some traces are below zero, such as a voice's lag that is early."""
    return value is None or from_ is None or value >= from_
