"""How well rules of the knowledge base are met by what was observed, piece by piece of the clip."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, Protocol, TypeVar

from agents.by_rule.knowledge_base import STRONGEST_RULE, Rule, Sign, Use
from perception.evidence import Evidence, Observation

LEAST_FULL = 0.6  # share of a rule's signs, weighted by intensity, that must be there
MOST_UNMEASURED = 0.25  # share of a rule's signs that may be beyond the tools
PARTIAL = 0.8  # what an incompletely measured rule keeps of its strength
HELP = 1.1  # what a sign that only some show adds
AGAINST = 0.7  # what each sign to the contrary leaves
UNKNOWN_INTENSITY = 0.5  # fullness of a sign whose intensity was not measured


class Span(Protocol):
    """Anything that lasts from one time to another."""

    @property
    def start_s(self) -> float:
        """When it starts."""
        ...

    @property
    def end_s(self) -> float:
        """When it ends."""
        ...


S = TypeVar("S", bound=Span)


@dataclass(frozen=True)
class Piece(Generic[S]):
    """A stretch of the clip in which nothing begins or ends, with all that goes on in it."""

    start_s: float
    end_s: float
    during: tuple[S, ...]


class Match(NamedTuple):
    """A rule met: how surely it suggests its concept here, and by which observations."""

    rule: Rule
    confidence: float
    evidence: tuple[Observation, ...]


class View(NamedTuple):
    """What could be observed of one person: without it, an absent sign is not a sign of absence."""

    kinds: frozenset[str]
    signals: frozenset[str]
    alone: bool

    def can_see(self, kind: str) -> bool:
        """Whether a kind of observation could have been made; of action units only the measured ones."""
        return not is_action_unit(kind) or kind in self.kinds or kind.upper() in self.signals


def view(evidence: Evidence, person: str, people: Sequence[str]) -> View:
    """What could be observed of a person."""
    return View(
        kinds=frozenset(o.kind for o in evidence.observations if o.person in (None, person)),
        signals=frozenset(s.name for s in evidence.signals if s.person == person),
        alone=len(people) == 1,
    )


def pieces(spans: Iterable[S]) -> list[Piece[S]]:
    """The clip cut wherever a span begins or ends; pieces with nothing in them are left out."""
    waiting = sorted(spans, key=lambda s: -s.start_s)
    bounds = sorted({t for s in waiting for t in (s.start_s, s.end_s)})
    during: list[S] = []
    cut = []
    for start_s, end_s in pairwise(bounds):
        while waiting and waiting[-1].start_s <= start_s:
            during.append(waiting.pop())
        during = [s for s in during if s.end_s >= end_s]
        if during:
            cut.append(Piece(start_s, end_s, tuple(during)))
    return cut


def match(rule: Rule, seen: Sequence[Observation], of: View, uses: Sequence[Use] = ()) -> Match | None:
    """The rule met by observations that go on together, or none.

    Score = strength x mean over signs of (intensity / full intensity) x (confidence x quality), signs that no
    tool measures left out and the rule then called partial; an everyday use of a sign takes from its weight.
    """
    present = {o.kind for o in seen}
    if present.intersection(rule.unless) or not of.signals.issuperset(rule.needs) or (rule.alone and not of.alone):
        return None
    measured = [sign for sign in rule.signs if any(of.can_see(kind) for kind in sign.kinds)]
    if len(measured) < (1 - MOST_UNMEASURED) * len(rule.signs):
        return None
    if sum(not present.isdisjoint(sign.kinds) for sign in measured) < LEAST_FULL * len(measured):
        return None  # most rules end here, before anything is weighed
    found = [best(sign, seen, uses) for sign in measured]
    if sum(f.fullness for f in found) < LEAST_FULL * len(measured):
        return None
    helping = [f for f in (best(sign, seen, uses) for sign in rule.helps) if f.fullness >= LEAST_FULL]
    confidence = rule.strength * sum(f.fullness * f.certainty for f in found) / len(measured)
    confidence *= HELP ** len(helping) * AGAINST ** len(present.intersection(rule.against))
    confidence *= PARTIAL if len(measured) < len(rule.signs) else 1.0
    evidence = {o.id: o for f in (*found, *helping) for o in f.observations}
    return Match(rule, min(confidence, STRONGEST_RULE), tuple(evidence.values())) if confidence > 0 else None


class Found(NamedTuple):
    """How far a sign is there (0 to 1), how sure that is, and the observation that shows it."""

    fullness: float
    certainty: float
    observations: tuple[Observation, ...]


def best(sign: Sign, seen: Sequence[Observation], uses: Sequence[Use] = ()) -> Found:
    """The observation that shows the sign most surely."""
    found = [
        Found(full, o.confidence * o.quality, (o,))
        for o in seen
        if o.kind in sign.kinds and (full := fullness(o, sign.full_at) * kept(o, seen, uses)) > 0
    ]
    return max(found, key=lambda f: f.fullness * f.certainty, default=Found(0.0, 0.0, ()))


def fullness(observation: Observation, full_at: float) -> float:
    """How far an observation reaches the value at which it counts in full, 0 to 1."""
    if full_at == 0:
        return 1.0
    if observation.value is None:
        return UNKNOWN_INTENSITY
    return min(1.0, max(0.0, observation.value / full_at))


def kept(observation: Observation, seen: Sequence[Observation], uses: Sequence[Use]) -> float:
    """The share of its meaning that a sign keeps, given its everyday uses (talking moves the mouth)."""
    present = {o.kind for o in seen}
    return min((u.keeps for u in uses if observation.kind in u.kinds and present.intersection(u.during)), default=1.0)


def is_action_unit(kind: str) -> bool:
    """Whether a kind of observation is an action unit, such as `au12`."""
    return kind.startswith("au") and kind[2:].isdigit()
