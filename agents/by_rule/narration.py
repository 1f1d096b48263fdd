"""The report's claims told in a few plain sentences, without a language model."""

from collections.abc import Sequence

from agents.case import Case
from agents.claims import LEVELS, Claim, Level

MOST_PEOPLE = 3  # told one by one; the sentences stay five at most
MOST_CLAIMS_A_LEVEL = 2
CERTAIN = 0.995  # from here on a confidence is printed as 1.00, and that nothing is surer says nothing
OPENINGS = {"behaviour": "shows", "cognition": "head and face suggest", "emotion": "the expression suggests"}


def narrate(case: Case, claims: Sequence[Claim]) -> str:
    """Two to five sentences: who is in view, what each does and what that suggests, and how sure that is."""
    people = case.people
    sentences = [f"In this clip of {case.clip.duration_s:.1f} s, {in_view(people)} can be seen."]
    told = [about(case, claims, person) for person in people[:MOST_PEOPLE]]
    sentences += told if people else ["Nothing is claimed about what anyone thinks or feels."]
    if len(people) < MOST_PEOPLE and any(c.person is None and not c.abstained for c in claims):
        sentences.append(about(case, claims, None))
    if len(people) > MOST_PEOPLE:
        sentences[-1] = sentences[-1][:-1] + f"; {len(people) - MOST_PEOPLE} more people are in the claims below."
    surest = max((c.confidence for c in claims if not c.abstained and c.level != "behaviour"), default=None)
    if surest is not None and surest < CERTAIN:
        sentences.append(
            f"No statement about thinking or emotion is surer than {surest:.2f}: an expression is not a feeling."
        )
    return " ".join(sentences)


def in_view(people: Sequence[str]) -> str:
    """Who can be seen, in words."""
    if not people:
        return "nobody's face"
    return people[0] if len(people) == 1 else f"{len(people)} people ({', '.join(people)})"


def about(case: Case, claims: Sequence[Claim], person: str | None) -> str:
    """One sentence about one person, or about all together, level by level."""
    parts = [part for level in LEVELS if (part := at_level(case, claims, person, level))]
    return f"{person or 'Together'}: {'; '.join(parts) or 'nothing is claimed'}."


def at_level(case: Case, claims: Sequence[Claim], person: str | None, level: Level) -> str | None:
    """The surest claims of a level in the order of time; that nothing stood out, or that nothing is claimed."""
    mine = [c for c in claims if c.person == person and c.level == level and not c.abstained]
    telling = [c for c in mine if c.label != case.codebook.neutral.get(level)]
    surest = sorted(telling, key=lambda c: (-c.confidence, c.start_s))[:MOST_CLAIMS_A_LEVEL]
    if surest:
        times: dict[str, list[str]] = {}
        for claim in sorted(surest, key=lambda c: c.start_s):
            times.setdefault(name(case, claim), []).append(f"{claim.start_s:.1f}-{claim.end_s:.1f}")
        stretches = [f"{label} ({' and '.join(spans)} s)" for label, spans in times.items()]
        return f"{OPENINGS[level]} {' and '.join(stretches)}"
    if person is None:
        return None
    return f"no sign of {level} stood out" if mine else f"nothing is claimed about {level}"


def name(case: Case, claim: Claim) -> str:
    """A claim's label as a word in a sentence."""
    label = case.codebook.label(claim.level, claim.label)
    return label.name.lower() if label else claim.label.replace("_", " ")
