"""The soft checks: whether what is claimed goes with what was measured and with what else is claimed.

Each takes a claim and its case and returns what is wrong, or none.
"""

import re
from collections.abc import Callable
from functools import cache

from agents.by_rule.knowledge_base import in_words, knowledge, rules_of
from agents.by_rule.rules import fullness, is_action_unit
from agents.case import Case
from agents.claims import FRAME_PREFIX, LEVELS, Claim
from agents.codebook import Label
from perception.evidence import Observation

POOR_QUALITY = 0.2  # evidence seen worse than this supports nothing
CLEAR_VALENCE = 0.2  # a label nearer to 0 than this has no valence to contradict
LASTING = 0.5  # share of a claim's time for which a contradiction must hold

Problem = str | None


def tool_quality(claim: Claim, case: Case) -> Problem:
    """At least one of the cited observations was seen well enough to support anything."""
    measured = _cited(claim, case)
    if measured and max(o.quality for o in measured) < POOR_QUALITY:
        return f"all that it cites was seen poorly (quality below {POOR_QUALITY}); abstain"
    return None


def au_valence(claim: Claim, case: Case) -> Problem:
    """The face does not show the opposite of the emotion's valence for most of the time."""
    label = case.codebook.label(claim.level, claim.label)
    valence = label_valence(label) if label and claim.level == "emotion" else None
    if valence is None:
        return None
    side = "neutral" if abs(valence) < CLEAR_VALENCE else "positive" if valence > 0 else "negative"
    if side == "neutral" and claim.label != case.codebook.neutral.get("emotion"):
        return None
    face = [o for o in case.evidence.observations if o.person == claim.person and _share(o, claim) >= LASTING]
    for rule in knowledge().contradictions:
        found = [next((o for o in face if o.kind in s.kinds and fullness(o, s.full_at) >= 1), None) for s in rule.signs]
        against = [o.id for o in found if o]
        if rule.valence == side and len(against) == len(found) and not any(o.kind in rule.unless for o in face):
            return f"{claim.label} does not go with {', '.join(against)}: {rule.says} ({rule.id})"
    return None


def cross_layer(claim: Claim, case: Case) -> Problem:
    """It excludes no claim of a lower level, and no surer one of its own, about the same person at the same time.

    Labels can stand for several concepts: they exclude each other when each concept of one excludes each of the other.
    """
    for other in case.claims:
        if (
            other.abstained
            or other.person != claim.person
            or not (_before(other, claim) and _mostly_together(claim, other))
        ):
            continue
        pairs = [{a, b} for a in _concepts(claim, case) for b in _concepts(other, case)]
        clashes = [next((c for c in knowledge().clashes if {c.one, c.other} == pair), None) for pair in pairs]
        if clashes and all(clashes):
            why = "; ".join(f"{c.says} ({c.id})" for c in clashes if c)
            return f"it does not go with {other.id} ({other.label}): {why}"
    return None


def au_emotion_consistency(claim: Claim, case: Case) -> Problem:
    """If action units are all that it cites, some source links one of them with the emotion."""
    linked = _linked_action_units(frozenset(_concepts(claim, case)))
    if claim.level != "emotion" or not linked or _looked(claim):
        return None
    kinds = {o.kind for o in _cited(claim, case)}
    units = {kind for kind in kinds if is_action_unit(kind)}
    if units and units == kinds and not units & linked:
        return (
            f"no rule links {in_words(sorted(units))} with {claim.label}; its signs are {in_words(sorted(linked)[:6])}"
        )
    return None


def talking(claim: Claim, case: Case) -> Problem:
    """It does not rest on movements alone that talking explains."""
    measured = _cited(claim, case)
    if claim.level == "behaviour" or not measured or _looked(claim):
        return None
    for use in knowledge().uses:
        speech = [o for o in case.evidence.of(*use.during) if o.person in (None, claim.person) and _share(o, claim) > 0]
        if use.keeps == 0 and speech and all(o.kind in use.kinds for o in measured):
            return f"someone speaks ({speech[0].id}): {use.says} ({use.id})"
    return None


def neutral_without_marker(claim: Claim, case: Case) -> Problem:
    """An emotion other than neutral cites a marker of one; a frame that was looked at may hold one."""
    neutral = case.codebook.neutral.get("emotion")
    if claim.level != "emotion" or claim.label == neutral or _looked(claim):
        return None
    if all(o.kind in knowledge().no_markers for o in _cited(claim, case)):
        return f"nothing that it cites is a marker of emotion; without one the label is {neutral or 'an abstention'}"
    return None


def wording(claim: Claim, case: Case) -> Problem:
    """It says what an expression suggests, not what a person is or feels."""
    label = case.codebook.label(claim.level, claim.label)
    if claim.level == "behaviour" or label is None or label.id == case.codebook.neutral.get(claim.level):
        return None
    state = "|".join(re.escape(word) for word in (label.name.lower(), label.id.replace("_", " ")))
    said = re.search(rf"\b(is|are|feels?)\s+(\w+\s+)?({state})\b", claim.text.lower())
    return f"{said.group(0)!r}: say what the expression suggests, not what someone is or feels" if said else None


SOFT_CHECKS: tuple[Callable[[Claim, Case], Problem], ...] = (
    tool_quality,
    au_valence,
    cross_layer,
    au_emotion_consistency,
    talking,
    neutral_without_marker,
    wording,
)


def label_valence(label: Label) -> float | None:
    """The valence of a label: its own, or the mean of its concepts', in [-1, 1]; none when nothing is known."""
    if label.valence is not None:
        return label.valence
    concepts = knowledge().concepts
    known = [v for c in label.concepts if c in concepts and (v := concepts[c].valence) is not None]
    return sum(known) / len(known) if known else None


@cache
def _linked_action_units(concepts: frozenset[str]) -> frozenset[str]:
    """The action units that any rule links with any of the concepts."""
    signs = [sign for rule in rules_of(concepts) for sign in (*rule.signs, *rule.helps)]
    return frozenset(kind for sign in signs for kind in sign.kinds if is_action_unit(kind))


def _concepts(claim: Claim, case: Case) -> set[str]:
    label = case.codebook.label(claim.level, claim.label)
    return set(label.concepts) if label else set()


def _cited(claim: Claim, case: Case) -> list[Observation]:
    return [o for o in case.evidence.observations if o.id in claim.evidence]


def _looked(claim: Claim) -> bool:
    """Whether it also rests on frames that a model looked at, in which more may be seen than was measured."""
    return any(e.startswith(FRAME_PREFIX) for e in claim.evidence)


def _before(other: Claim, claim: Claim) -> bool:
    """Whether the other claim has the say: it is of a lower level, or surer on the same."""
    if other.level == claim.level:
        return (other.confidence, claim.id) > (claim.confidence, other.id)
    return LEVELS.index(other.level) < LEVELS.index(claim.level)


def _share(observation: Observation, claim: Claim) -> float:
    """Share of the claim's time during which the observation holds; of the moment, when the claim is one."""
    together_s = min(observation.end_s, claim.end_s) - max(observation.start_s, claim.start_s)
    if claim.end_s == claim.start_s:
        return float(together_s >= 0)
    return max(0.0, together_s) / (claim.end_s - claim.start_s)


def _mostly_together(one: Claim, other: Claim) -> bool:
    """Whether they hold together for most of the shorter one's time."""
    together_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    shorter_s = min(one.end_s - one.start_s, other.end_s - other.start_s)
    return together_s > 0 and together_s >= LASTING * shorter_s
