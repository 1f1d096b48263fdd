"""The evidence as a table of lines that fits a model's context; the same for all agents of a clip."""

import json

from perception.evidence import Evidence, Observation

TABLE_CHARACTERS = 12_000  # about 4,000 tokens: leaves room for frames, words and the task in a context of 16k


def shown(evidence: Evidence) -> tuple[Observation, ...]:
    """The observations that agents are shown: the surest and longest as far as the table has room, in order of time."""
    ranked = sorted(evidence.observations, key=lambda o: (-o.confidence * o.quality, -(o.end_s - o.start_s), o.id))
    chosen, used = set(), 0
    for observation in ranked:
        used += len(line(observation)) + 1
        if used > TABLE_CHARACTERS:
            break
        chosen.add(observation.id)
    return tuple(o for o in evidence.observations if o.id in chosen)


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


def table(evidence: Evidence) -> str:
    """All lines that agents are shown, and what was left out or not measured."""
    rows = shown(evidence)
    lines = [line(o) for o in rows]
    left_out = len(evidence.observations) - len(rows)
    if left_out:
        lines.append(f"({left_out} less certain observations are left out for lack of room)")
    for run in evidence.tools:
        if run.status in ("failed", "skipped"):
            lines.append(f"(not measured: {run.tool} {run.status}: {run.error})")
    lines += [
        f"(not measured: {a.tool}{' of ' + a.person if a.person else ''}: {a.reason})" for a in evidence.abstentions
    ]
    return "\n".join(lines) or "(nothing was measured)"
