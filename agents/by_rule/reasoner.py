"""The reasoner that needs no language model: claims from the rules of the knowledge base alone.

The clip is cut wherever something begins or ends; each piece is given the label whose rules it meets best, and
neighbours with the same label are joined. Confidences are low by design: rules tell little from an expression.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from agents.by_rule.knowledge_base import Rule, Use, in_words, knowledge, rules_of
from agents.by_rule.rules import Match, Piece, View, is_action_unit, match, pieces, view
from agents.case import Case
from agents.claims import MOST_CLAIMS, MOST_EVIDENCE, ClaimList, Draft, Level
from agents.codebook import Label
from perception.evidence import Observation

MIXED = "mixed"  # concept of a label that stands for two others at the same time
MIXED_FROM = 0.6  # confidence of the second label, as a share of the first's, from which they are mixed
JOIN_GAP_S = 0.5  # a shorter break does not end a stretch
SHORTEST_S = 0.1  # a shorter stretch is an edge between two
LEAST_CONFIDENCE = 0.05  # below this a label is not worth saying
NEUTRAL_S = 1.0  # shortest stretch without a sign that is called neutral beside others
NEUTRAL_CONFIDENCE = 0.4  # of a default that no sign speaks against
POOR_QUALITY = 0.3  # a face seen worse than this is not judged
JOINT_SHARE = 0.8  # what a joint claim keeps of the less sure of two confidences

Option = tuple[Label, tuple[Rule, ...]]  # a label and the rules that lead to it


class Choice(NamedTuple):
    """A label for a stretch, with why and what else it could be."""

    label: str
    person: str
    start_s: float
    end_s: float
    confidence: float
    text: str
    evidence: tuple[Observation, ...]
    second: tuple[str, float] | None


def reason(level: Level, case: Case) -> ClaimList:
    """Drafts about the person of the case, or about what all share; abstentions say why."""
    if case.person is None:
        return ClaimList(claims=tuple(together(level, case)[:MOST_CLAIMS]))
    refusal = why_not(level, case, case.person)
    if refusal:
        return ClaimList(claims=(abstention(refusal, case),))
    choices = judged(level, case, case.person)
    drafts = [draft(c, case) for c in chosen(choices, MOST_CLAIMS - 1)]
    drafts += neutral(level, case, case.person, choices)
    if not drafts:
        drafts = [abstention(nothing(level, case, case.person), case)]
    return ClaimList(claims=tuple(sorted(drafts, key=lambda d: (d.start_ms, d.end_ms, d.label))))


def why_not(level: Level, case: Case, person: str) -> str | None:
    """Why nothing can be said at this level, if so."""
    if not any(label.concepts for label in case.codebook.labels(level)):
        return (
            f"The {level} labels of codebook {case.codebook.id} name no concepts of the knowledge base; "
            "add concepts to them or use a language model."
        )
    if level == "behaviour":
        return None
    seen = case.evidence.of("face_visible", person=person)
    if not seen:
        return f"The face of {person} was not seen, so nothing is claimed about {level}."
    seconds = sum(o.end_s - o.start_s for o in seen)
    quality = sum(o.quality * (o.end_s - o.start_s) for o in seen) / seconds if seconds else 0.0
    if quality < POOR_QUALITY:
        return f"The face of {person} was seen too poorly (quality {quality:.2f}) to claim anything about {level}."
    return None


def judged(level: Level, case: Case, person: str) -> list[Choice]:
    """Every stretch in which a label of the level is suggested, in order of time."""
    options = [(label, rules_of(label.concepts)) for label in case.codebook.labels(level) if label.concepts]
    uses = () if level == "behaviour" else knowledge().uses  # lips that part in talk are still a behaviour
    kinds = {kind for _, rules in options for rule in rules for kind in rule.kinds}
    kinds |= {kind for use in uses for kind in use.during}
    seen = [o for o in case.evidence.observations if o.person in (None, person) and o.kind in kinds]
    cut, of = pieces(seen), view(case.evidence, person, case.people)
    one_at_a_time = level != "behaviour" or any(MIXED in label.concepts for label, _ in options)
    groups = [options] if one_at_a_time else [[option] for option in options]
    found: list[Choice] = []
    for group in groups:
        choices = [choice for piece in cut if (choice := choose(group, piece, person, of, uses))]
        lasting = [c for c in joined(choices) if c.end_s - c.start_s >= SHORTEST_S]
        found += [c for c in joined(lasting) if c.confidence >= LEAST_CONFIDENCE]
    return sorted(found, key=lambda c: (c.start_s, c.end_s, c.label))


def choose(
    options: Sequence[Option], piece: Piece[Observation], person: str, of: View, uses: Sequence[Use]
) -> Choice | None:
    """The label that a piece suggests most, or two of them mixed; none when no rule is met."""
    best: list[tuple[Label, Match]] = []
    for label, rules in options:
        matches = [m for rule in rules if (m := match(rule, piece.during, of, uses))]
        if matches:
            best.append((label, max(matches, key=lambda m: m.confidence)))
    if not best:
        return None
    best.sort(key=lambda pair: -pair[1].confidence)
    (label, first), rest = best[0], best[1:]
    mixed = next((other for other, _ in options if MIXED in other.concepts), None)
    if mixed and rest and rest[0][1].confidence >= MIXED_FROM * first.confidence:
        other, second = rest[0]
        evidence = tuple({o.id: o for o in (*first.evidence, *second.evidence)}.values())
        text = f"Signs of two labels at once, {label.name.lower()} and {other.name.lower()}: {shown(evidence)}."
        return Choice(
            mixed.id,
            person,
            piece.start_s,
            piece.end_s,
            second.confidence,
            text,
            evidence,
            (label.id, first.confidence),
        )
    runner_up = (rest[0][0].id, rest[0][1].confidence) if rest else None
    apart = first.rule.apart or knowledge().concepts[first.rule.concept].apart
    text = f"{wording(first)} {apart}".strip()
    return Choice(label.id, person, piece.start_s, piece.end_s, first.confidence, text, first.evidence, runner_up)


def joined(choices: Sequence[Choice]) -> list[Choice]:
    """Neighbours with the same label as one: the surest one's words, the mean confidence over time, all evidence."""
    runs: list[list[Choice]] = []
    for choice in choices:
        last = runs[-1][-1] if runs else None
        if last and last.label == choice.label and choice.start_s - last.end_s <= JOIN_GAP_S:
            runs[-1].append(choice)
        else:
            runs.append([choice])
    return [_as_one(run) for run in runs]


def _as_one(run: Sequence[Choice]) -> Choice:
    surest = max(run, key=lambda c: c.confidence)
    seconds = sum(c.end_s - c.start_s for c in run)
    mean = sum(c.confidence * (c.end_s - c.start_s) for c in run) / seconds
    evidence = tuple({o.id: o for c in (surest, *run) for o in c.evidence}.values())[:MOST_EVIDENCE]
    second = max((c.second for c in run if c.second), key=lambda s: s[1], default=None)
    return surest._replace(
        start_s=run[0].start_s, end_s=run[-1].end_s, confidence=mean, evidence=evidence, second=second
    )


def chosen(choices: Sequence[Choice], most: int) -> list[Choice]:
    """The most telling stretches: the surest of each label first, then the second of each, and so on."""
    of_label: dict[str, list[Choice]] = defaultdict(list)
    for choice in sorted(choices, key=lambda c: (-c.confidence, c.start_s)):
        of_label[choice.label].append(choice)
    ranked = sorted(
        ((turn, choice) for run in of_label.values() for turn, choice in enumerate(run)),
        key=lambda pair: (pair[0], -pair[1].confidence, pair[1].start_s, pair[1].label),
    )
    return [choice for _, choice in ranked[:most]]


def neutral(level: Level, case: Case, person: str, choices: Sequence[Choice]) -> list[Draft]:
    """The longest stretch in which the face was seen and no label suggested, if the level has a neutral label."""
    label = case.codebook.neutral.get(level)
    if label is None or not measurable(level, case, person):
        return []
    free = [gap for face in case.evidence.of("face_visible", person=person) for gap in gaps(face, choices)]
    longest = max(free, key=lambda gap: gap[1] - gap[0], default=None)
    if longest is None or longest[1] - longest[0] < (NEUTRAL_S if choices else SHORTEST_S):
        return []
    start_s, end_s, face = longest
    confidence = NEUTRAL_CONFIDENCE * face.confidence * face.quality
    text = "No sign of another label was measured while the face was seen; this label is the default, not a finding."
    return [draft(Choice(label, person, start_s, end_s, confidence, text, (face,), None), case)]


def gaps(face: Observation, choices: Sequence[Choice]) -> list[tuple[float, float, Observation]]:
    """The stretches of a face's presence that no choice covers."""
    free, at_s = [], face.start_s
    for choice in sorted(choices, key=lambda c: c.start_s):
        if at_s < choice.start_s:
            free.append((at_s, min(choice.start_s, face.end_s), face))
        at_s = max(at_s, choice.end_s)
    free.append((at_s, face.end_s, face))
    return [gap for gap in free if gap[1] > gap[0]]


def measurable(level: Level, case: Case, person: str) -> bool:
    """Whether signs of the level could have been seen, so that their absence means something."""
    of = view(case.evidence, person, case.people)
    face = any(is_action_unit(name.lower()) for name in of.signals | of.kinds)
    return face or (level != "emotion" and "head_pitch" in of.signals)


def nothing(level: Level, case: Case, person: str) -> str:
    """Why there is not even a neutral claim."""
    if measurable(level, case, person):
        return f"Nothing that was measured of {person} suggests any {level} label."
    why = "; ".join(
        a.reason for a in case.evidence.abstentions if a.tool == "action_units" and a.person in (None, person)
    )
    return (
        f"No face movements of {person} were measured, so nothing is claimed about {level}{': ' + why if why else ''}."
    )


def together(level: Level, case: Case) -> list[Draft]:
    """What at least two people show at the same time, each by evidence of their own."""
    of_label: dict[str, list[Choice]] = defaultdict(list)
    for person in case.people:
        if why_not(level, case, person) is None:
            for choice in judged(level, case, person):
                own = tuple(o for o in choice.evidence if o.person == person)
                if own:
                    of_label[choice.label].append(choice._replace(evidence=own))
    shared = [joint(label, piece) for label, choices in of_label.items() for piece in pieces(choices)]
    stretches = joined([c for c in shared if c])
    return [draft(c, case) for c in chosen([c for c in stretches if c.end_s - c.start_s >= SHORTEST_S], MOST_CLAIMS)]


def joint(label: str, piece: Piece[Choice]) -> Choice | None:
    """A label that several people share in a piece, or none."""
    people = sorted({c.person for c in piece.during})
    if len(people) < 2:
        return None
    each = [max((c for c in piece.during if c.person == p), key=lambda c: c.confidence) for p in people]
    cited = [[o for o in c.evidence if o.start_s <= piece.end_s and piece.start_s <= o.end_s] for c in each]
    if not all(cited):
        return None
    turns = [o for turn in range(MOST_EVIDENCE) for own in cited for o in own[turn : turn + 1]][:MOST_EVIDENCE]
    text = f"{' and '.join(people)} show the same at the same time: {shown(tuple(turns))}."
    confidence = JOINT_SHARE * min(c.confidence for c in each)
    return Choice(label, " ".join(people), piece.start_s, piece.end_s, confidence, text, tuple(turns), None)


def wording(met: Match) -> str:
    """A match as a sentence that names its rule and its signs."""
    says, seen = met.rule.says[0].upper() + met.rule.says[1:], shown(met.evidence)
    because = "" if seen.lower() == says.lower() else f": {seen}"
    return f"{says}{because} (rule {met.rule.id})."


def shown(evidence: Sequence[Observation]) -> str:
    """The kinds of the observations in words, each once."""
    return in_words(tuple(dict.fromkeys(o.kind for o in evidence)))


def draft(choice: Choice, case: Case) -> Draft:
    """A choice in the form in which agents answer."""
    start_ms, end_ms = _ms(choice.start_s, choice.end_s, case)
    second, probability = choice.second or (None, 0.0)
    return Draft(
        label=choice.label,
        text=choice.text,
        start_ms=start_ms,
        end_ms=end_ms,
        confidence_percent=math.floor(100 * choice.confidence),
        second_label=second,
        second_percent=math.floor(100 * probability),
        evidence=tuple(o.id for o in choice.evidence[:MOST_EVIDENCE]),
    )


def abstention(reason_: str, case: Case) -> Draft:
    """A draft that claims nothing and says why."""
    start_ms, end_ms = _ms(0.0, case.clip.duration_s, case)
    return Draft(
        label="", text=reason_, start_ms=start_ms, end_ms=end_ms, confidence_percent=0, evidence=(), abstained=True
    )


def _ms(start_s: float, end_s: float, case: Case) -> tuple[int, int]:
    last_ms = math.floor(case.clip.duration_s * 1000)
    return min(round(start_s * 1000), last_ms), min(round(end_s * 1000), last_ms)
