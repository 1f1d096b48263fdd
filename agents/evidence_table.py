"""The evidence as a table of lines that fits a model's context; the same for all agents of a clip."""

import json
from collections.abc import Mapping

from agents.case import Case
from perception.evidence import Evidence, Observation

TABLE_CHARACTERS = 12_000  # about 4,000 tokens: leaves room for frames, words and the task in a context of 16k


def choose(evidence: Evidence, relevance: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Ids of the observations that agents are shown: as far as the table has room, the best first.

    Args:
        evidence: of a clip.
        relevance: of observations by id, in [0, 1]; without it, the surest and longest are the best.
    """

    def merit(o: Observation) -> tuple[float, float, str]:
        return (-o.confidence * o.quality * (relevance or {}).get(o.id, 1.0), -(o.end_s - o.start_s), o.id)

    chosen, used = [], 0
    for observation in sorted(evidence.observations, key=merit):
        used += len(line(observation)) + 1
        if used > TABLE_CHARACTERS:
            break
        chosen.append(observation.id)
    return tuple(chosen)


def overflows(evidence: Evidence) -> bool:
    """Whether the table has no room for all observations."""
    return sum(len(line(o)) + 1 for o in evidence.observations) > TABLE_CHARACTERS


def shown(case: Case) -> tuple[Observation, ...]:
    """The observations that agents are shown, in order of time."""
    chosen = set(choose(case.evidence) if case.shown is None else case.shown)
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
    return json.dumps(content, ensure_ascii=False)


def table(case: Case) -> str:
    """All lines that agents are shown, and what was left out or not measured."""
    evidence, rows = case.evidence, shown(case)
    lines = [line(o) for o in rows]
    left_out = len(evidence.observations) - len(rows)
    if left_out:
        lines.append(f"({left_out} lesser observations are left out for lack of room)")
    for run in evidence.tools:
        if run.status in ("failed", "skipped"):
            lines.append(f"(not measured: {run.tool} {run.status}: {run.error})")
    lines += [
        f"(not measured: {a.tool}{' of ' + a.person if a.person else ''}: {a.reason})" for a in evidence.abstentions
    ]
    return "\n".join(lines) or "(nothing was measured)"
