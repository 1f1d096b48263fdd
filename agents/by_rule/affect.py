"""Valence and arousal of each person's expression over time, from the intensities of their action units."""

from collections.abc import Mapping

from agents.by_rule.knowledge_base import STRONGEST_RULE, knowledge
from agents.by_rule.rules import fullness, kept, pieces
from agents.report import AffectPoint
from perception.evidence import Evidence, Observation

MAXIMUM_INTENSITY = 5.0  # FACS E


def affect(evidence: Evidence) -> tuple[AffectPoint, ...]:
    """A point for each stretch in which a person's weighted action units do not change; none where none was measured.

    Valence and arousal are weighted sums of intensity / 5, cut to [-1, 1] (weights in knowledge/affect.yaml);
    lips and jaw do not count while someone speaks. They describe the expression shown, not a feeling.
    """
    weights, uses = knowledge().affect, knowledge().uses
    context = {kind for use in uses for kind in use.during}
    kinds = {*weights.valence, *weights.arousal}
    points = []
    for person in evidence.people:
        units = [o for o in evidence.observations if o.person == person and o.kind in kinds and o.value is not None]
        speech = [o for o in evidence.observations if o.person in (None, person) and o.kind in context]
        for piece in pieces([*units, *speech]):
            counted = {o: s for o in piece.during if o.kind in kinds and (s := kept(o, piece.during, uses)) > 0}
            if counted:
                points.append(_point(person, piece.start_s, piece.end_s, counted))
    return tuple(points)


def _point(person: str, start_s: float, end_s: float, counted: Mapping[Observation, float]) -> AffectPoint:
    weights = knowledge().affect
    sure = [o.confidence * o.quality for o in counted]
    return AffectPoint(
        person=person,
        start_s=start_s,
        end_s=end_s,
        valence=_sum(weights.valence, counted),
        arousal=_sum(weights.arousal, counted),
        confidence=STRONGEST_RULE * sum(sure) / len(sure),
        evidence=tuple(o.id for o in counted),
    )


def _sum(weights: Mapping[str, float], counted: Mapping[Observation, float]) -> float:
    total = sum(weights.get(o.kind, 0.0) * share * fullness(o, MAXIMUM_INTENSITY) for o, share in counted.items())
    return round(min(1.0, max(-1.0, total)), 4)
