"""What a report's claims and observations state, and the minimal edits of it that the report makes false."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import yaml

from agents.by_rule.knowledge_base import rules_of
from agents.by_rule.rules import LEAST_FULL, is_action_unit
from agents.checking.cues import AROUND_S, Cue, absent, cues, mentions, near, tells
from agents.claims import Claim
from agents.codebook import Codebook, Label
from perception.au_intensity import letter
from perception.evidence import Evidence, Frozen, Observation

Dimension = Literal["category", "intensity", "cue", "reason", "person"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

LEAST_SURE = 0.5  # confidence of an observation that is stated as a fact: rather right than wrong
TRACE, MOST = 0.5, 5.0  # FACS intensity: below there is nothing to speak of, above there is none
LEVELS_APART = 2  # of A to E, between a true intensity and a false one
FAR = 0.5  # in valence and arousal, between labels that are not taken for one another
ROUNDING_S = 0.1  # of the times in a statement


class Fact(NamedTuple):
    """A text about a person, and of what the text is made."""

    person: str
    fields: dict[str, str]


class Edit(NamedTuple):
    """Something true and a falsified version of it, about the same stretch of the clip."""

    start_s: float
    end_s: float
    true: Fact
    false: Fact


class Words(Frozen):
    """The words of `self_audit.yaml`."""

    templates: dict[Dimension, tuple[str, ...]]
    when: dict[Literal["span", "moment"], str]
    levels: dict[str, str]
    opposites: tuple[frozenset[str], ...]
    alike: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Material:
    """What statements are made from, and the chance that chooses among it."""

    claims: tuple[Claim, ...]  # accepted, none abstained
    evidence: Evidence
    codebook: Codebook
    people: tuple[str, ...]
    rng: random.Random

    def claims_of_one(self) -> list[tuple[Claim, str, Label]]:
        """Claims about one person with that person and the label, in random order."""
        found = [
            (claim, claim.person, label)
            for claim in self.claims
            if claim.person in self.people and claim.person and (label := self.codebook.label(claim.level, claim.label))
        ]
        return self.rng.sample(found, len(found))

    def facts(self) -> list[tuple[Observation, str, Cue]]:
        """Observations sure enough to be stated, with person and cue, in random order."""
        found = [
            (o, o.person, cue)
            for o in self.evidence.observations
            if o.confidence >= LEAST_SURE and o.person in self.people and o.person and (cue := cue_of(o))
        ]
        return self.rng.sample(found, len(found))


@cache
def words() -> Words:
    """The statements' templates, and the pairs of cues that are opposite or alike."""
    path = Path(__file__).with_name("self_audit.yaml")
    return Words.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def sentence(template: str, edit: Edit, fact: Fact) -> str:
    """A template filled with a fact."""
    span = f"{edit.start_s:.1f}" != f"{edit.end_s:.1f}"
    when = words().when["span" if span else "moment"].format(start_s=edit.start_s, end_s=edit.end_s)
    text = template.format(when=when, person=fact.person, **fact.fields)
    return text[0].upper() + text[1:]


def cue_of(observation: Observation) -> Cue | None:
    """The cue that an observation is; none when its tool has no words for it here."""
    cue = cues().get(observation.kind)
    return cue if cue and cue.tool == observation.tool else None


def categories(material: Material) -> Iterator[Edit]:
    """A claim's label, and one that the report gives that person at no time near."""
    for claim, person, label in material.claims_of_one():
        other = _contrary(claim, person, label, material)
        if other:
            true, false = ({"level": claim.level, "label": one.name.lower()} for one in (label, other))
            yield Edit(claim.start_s, claim.end_s, Fact(person, true), Fact(person, false))


def intensities(material: Material) -> Iterator[Edit]:
    """The FACS intensity of an action unit at its strongest, and one that is two or more levels away."""
    letters = list(words().levels)
    for o, person, cue in material.facts():
        if not is_action_unit(o.kind) or o.value is None or not TRACE <= o.value <= MOST:
            continue
        together = near(material.evidence, person, o.start_s, o.end_s, ROUNDING_S)
        values = [n.value for n in together if n.kind.split("_")[0] == o.kind and n.value is not None]
        if {letter(value) for value in values} != {letter(o.value)}:
            continue  # two events that touch differ: which of them the statement means can't be told
        level = letters.index(letter(o.value))
        false = material.rng.choice([x for n, x in enumerate(letters) if abs(n - level) >= LEVELS_APART])
        fields = [{"cue": cue.phrase, "letter": x, "word": words().levels[x]} for x in (letters[level], false)]
        yield Edit(o.start_s, o.end_s, Fact(person, fields[0]), Fact(person, fields[1]))


def cues_shown(material: Material) -> Iterator[Edit]:
    """A cue that was observed, and one that the same tool looked for in that person and did not see."""
    for o, person, cue in material.facts():
        others = [c for c in cues().values() if c.tool == cue.tool and c.kind != cue.kind]
        others = material.rng.sample(others, len(others))
        others.sort(key=lambda c: not _together(words().opposites, cue.kind, c.kind))
        false = next((c for c in others if _not_shown(c, person, o, material)), None)
        if false:
            true, untrue = ({"cue": c.phrase} for c in (cue, false))
            yield Edit(o.start_s, o.end_s, Fact(person, true), Fact(person, untrue))


def reasons(material: Material) -> Iterator[Edit]:
    """A claim with a cue that it cites, and with one of the same person that is no reason for it."""
    for claim, person, label in material.claims_of_one():
        own = [o for o in material.evidence.observations if o.person == person]
        cited = [cue for o in own if o.id in claim.evidence and (cue := cue_of(o))]
        shown = dict.fromkeys(cue for o in own if (cue := cue_of(o)))
        foreign = _no_reasons(tuple(shown), claim, label, material)
        if cited and foreign:
            fields = [
                {"level": claim.level, "label": label.name.lower(), "cue": material.rng.choice(some).phrase}
                for some in (cited, foreign)
            ]
            yield Edit(claim.start_s, claim.end_s, Fact(person, fields[0]), Fact(person, fields[1]))


def people_swapped(material: Material) -> Iterator[Edit]:
    """A cue of the one who showed it, and of one who was measured then and did not."""
    for o, person, cue in material.facts():
        others = [p for p in material.people if p != person and _not_shown(cue, p, o, material)]
        if others:
            fields = {"cue": cue.phrase}
            yield Edit(o.start_s, o.end_s, Fact(person, fields), Fact(material.rng.choice(others), fields))


EDITS: dict[Dimension, Callable[[Material], Iterator[Edit]]] = {
    "category": categories,
    "intensity": intensities,
    "cue": cues_shown,
    "reason": reasons,
    "person": people_swapped,
}


def _contrary(claim: Claim, person: str, label: Label, material: Material) -> Label | None:
    """A label that is false there: of the opposite quadrant if there is one, else of opposite valence, else another."""
    held = _held(claim, person, material)
    seen = {o.kind for o in near(material.evidence, person, claim.start_s, claim.end_s)}
    free = [
        other
        for other in material.codebook.labels(claim.level)
        if other.id not in held and _apart(label, other) and not _suggested(other, seen)
    ]
    if claim.level not in material.codebook.neutral:  # its labels hold side by side: unclaimed is not false
        free = [other for other in free if _ruled_out(other, person, claim, material)]
    opposite = [other for other in free if _opposed(label.valence, other.valence)]
    quadrant = [other for other in opposite if _opposed(label.arousal, other.arousal)]
    choice = quadrant or opposite or free
    return material.rng.choice(choice) if choice else None


def _held(claim: Claim, person: str, material: Material) -> set[str]:
    """The labels of a level that any claim gives a person around the time of a claim, or weighs beside its own."""
    held = set()
    for other in material.claims:
        if other.level == claim.level and other.person in (None, person) and _near(claim, other):
            held |= {other.label, *(a.label for a in other.alternatives)}
    return held


def _near(one: Claim, other: Claim) -> bool:
    return one.start_s - AROUND_S <= other.end_s and other.start_s <= one.end_s + AROUND_S


def _suggested(label: Label, kinds: set[str]) -> bool:
    """Whether a rule of the knowledge base is as good as met by kinds of observation, whatever was claimed."""
    return any(
        sum(not kinds.isdisjoint(sign.kinds) for sign in rule.signs) >= LEAST_FULL * len(rule.signs)
        for rule in rules_of(label.concepts)
    )


def _ruled_out(label: Label, person: str, claim: Claim, material: Material) -> bool:
    """Whether every rule for a label lacks a sign that was measured and not seen."""
    rules = rules_of(label.concepts)

    def lacks(kinds: Sequence[str]) -> bool:
        known = [cues().get(kind) for kind in kinds]
        return all(c and absent(c, person, claim.start_s, claim.end_s, material.evidence) for c in known)

    return bool(rules) and all(any(lacks(sign.kinds) for sign in rule.signs) for rule in rules)


def _opposed(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one * other < 0


def _apart(one: Label, other: Label) -> bool:
    """Whether two labels can't be taken for one another; where only one's valence is known, that can't be told."""
    if one.name.lower() == other.name.lower():
        return False
    if one.valence is None or other.valence is None:
        return one.valence is other.valence
    arousal = 0.0 if one.arousal is None or other.arousal is None else one.arousal - other.arousal
    return math.hypot(one.valence - other.valence, arousal) >= FAR


def _not_shown(cue: Cue, person: str, o: Observation, material: Material) -> bool:
    """Whether a cue was measured in a person around an observation and neither it nor one alike was seen."""
    if not absent(cue, person, o.start_s, o.end_s, material.evidence):
        return False
    seen = near(material.evidence, person, o.start_s, o.end_s)
    return not any(_together(words().alike, cue.kind, other.kind) for other in seen)


def _no_reasons(shown: Sequence[Cue], claim: Claim, label: Label, material: Material) -> list[Cue]:
    """The cues that are neither cited by the claim nor named in it, like none that is, and no known sign of its label.

    A claim at about the same time that says the same counts as well: its reasons are reasons for the label.
    """
    signs = {kind for rule in rules_of(label.concepts) for sign in (*rule.signs, *rule.helps) for kind in sign.kinds}
    same = [c for c in material.claims if (c.level, c.label) == (claim.level, claim.label) and _near(claim, c)]
    ids = {e for c in same for e in c.evidence}
    cited = [o for o in material.evidence.observations if o.id in ids]
    return [
        cue
        for cue in shown
        if cue.kind not in signs
        and not any(mentions(c.text, cue) for c in same)
        and not any(tells(o, cue) or _together(words().alike, cue.kind, o.kind) for o in cited)
    ]


def _together(groups: Sequence[frozenset[str]], one: str, other: str) -> bool:
    return any(one in group and other in group for group in groups)
