"""The evidence as a table of lines that fits a model's context; the same for all agents of a clip."""

from collections.abc import Mapping, Sequence

from agents.case import Case
from agents.showing.escaping import data_line
from perception.evidence import Evidence, Observation


def ranked(evidence: Evidence, relevance: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Ids of all observations, the best first.

    Args:
        evidence: of a clip.
        relevance: of observations by id, in [0, 1]; without it, the surest and longest are the best.
    """

    def merit(o: Observation) -> tuple[float, float, str]:
        return (-o.confidence * o.quality * (relevance or {}).get(o.id, 1.0), -(o.end_s - o.start_s), o.id)

    return tuple(o.id for o in sorted(evidence.observations, key=merit))


def fitting(evidence: Evidence, ids: Sequence[str], characters: int) -> tuple[str, ...]:
    """The first of these observations, as far as a table of so many characters has room."""
    by_id, used = {o.id: o for o in evidence.observations}, 0
    for number, id_ in enumerate(ids):
        used += len(line(by_id[id_])) + 1
        if used > characters:
            return tuple(ids[:number])
    return tuple(ids)


def length(evidence: Evidence, ids: Sequence[str]) -> int:
    """Characters of a table of these observations."""
    wanted = set(ids)
    return sum(len(line(o)) + 1 for o in evidence.observations if o.id in wanted)


def shown(case: Case) -> tuple[Observation, ...]:
    """The observations that agents are shown, in order of time."""
    if case.presentation.shown is None:
        return case.evidence.observations
    chosen = set(case.presentation.shown)
    return tuple(o for o in case.evidence.observations if o.id in chosen)


def line(observation: Observation) -> str:
    """One observation as a line of JSON."""
    content = {
        "id": observation.id,
        "person": observation.person,
        "start_ms": round(observation.start_s * 1000),
        "end_ms": round(observation.end_s * 1000),
        "confidence": round(observation.confidence, 2),
        "quality": round(observation.quality, 2),
        "text": observation.text,
    }
    return data_line(content)


def table(case: Case) -> str:
    """All lines that agents are shown, and what was left out or not measured."""
    evidence, rows = case.evidence, shown(case)
    lines = [line(o) for o in rows]
    left_out = len(evidence.observations) - len(rows)
    if left_out:
        lines.append(f"({left_out} lesser observations are left out for lack of room)")
    # without the error, which may name files
    lines += [data_line({"not_measured": run.tool}) for run in evidence.tools if run.status in ("failed", "skipped")]
    lines += [data_line({"not_measured": a.tool, "person": a.person, "reason": a.reason}) for a in evidence.abstentions]
    return "\n".join(lines) or "(nothing was measured)"
