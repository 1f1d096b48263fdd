"""Several opinions made into one: at each moment the labels that more than half of them give."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from agents.case import Case
from agents.checking.calibration import Calibration
from agents.checking.checks import ROUNDING_S, SEEN_ONLY, accept, when
from agents.checking.confidence import Sureness, calibrated
from agents.claims import MOST_EVIDENCE, Alternative, Claim, Draft, Level, RejectedClaim, Verdict

MOST_ALTERNATIVES = 3
NO_AGREEMENT = "The {n} draws did not agree on {level}, so nothing is claimed."
NOT_ACCEPTED = "What the {n} draws agreed on failed a check, so nothing is claimed about {level}."

Opinions = Sequence[Sequence[Claim]]


class Piece(NamedTuple):
    """A stretch, or a moment, in which no opinion changes, and how many of them give each label."""

    start_s: float
    end_s: float
    votes: Counter[str]


def vote(
    opinions: Opinions, level: Level, case: Case, calibrations: Sequence[Calibration] = ()
) -> tuple[list[Claim], list[RejectedClaim], list[Verdict]]:
    """What more than half of the opinions claim at a level about the person of the case, by moment and label.

    It is checked as drafts are (see `accept`), so that verdicts and caps are those of the claims that stand. A
    claim's confidence is the share of opinions, over its time; its words are those of the opinion whose evidence
    lies in that time, and which covers the most of it; its evidence is that opinion's, then what most others cite.

    Args:
        opinions: accepted claims, an opinion an item.
        level: of all of them.
        case: whose evidence they cite.
        calibrations: of such shares.

    Returns:
        The claims, or an abstention where none stands of what was said; what was outvoted or failed a check; and the
        verdicts on what won the vote.
    """
    opinions = [[_in_milliseconds(c) for c in opinion] for opinion in opinions]
    pieces = _pieces(opinions)
    won = sorted(
        ((label, list(run)) for label in _labels(pieces) for wins, run in _runs(pieces, label, len(opinions)) if wins),
        key=lambda winner: (winner[1][0].start_s, winner[0]),
    )
    drafts = [_draft(label, run, opinions, case) for label, run in won]
    sure = [calibrated(_sureness(label, run, len(opinions)), level, calibrations) for label, run in won]
    claims, rejected, verdicts = accept(drafts, level, case, sure=sure)
    if not claims and (nothing := _abstention(opinions, level, case, agreed=bool(drafts))):
        unsure = Sureness(0.0, "sample_agreement")
        claims, rejected, verdicts = accept([*drafts, nothing], level, case, sure=[*sure, unsure])
    return claims, [*rejected, *_outvoted(opinions, pieces)], verdicts


def _pieces(opinions: Opinions) -> list[Piece]:
    """In the order of time, without a gap between the first and the last thing that is claimed."""
    claims = [[c for c in opinion if not c.abstained] for opinion in opinions]
    cuts = sorted({time_s for opinion in claims for c in opinion for time_s in (c.start_s, c.end_s)})
    moments = {c.start_s for opinion in claims for c in opinion if c.start_s == c.end_s}
    return [
        Piece(a, b, Counter(label for o in claims for label in {c.label for c in o if _holds(c, a, b)}))
        for a, b in sorted([*pairwise(cuts), *((time_s, time_s) for time_s in moments)])
    ]


def _in_milliseconds(claim: Claim) -> Claim:
    """A claim with times as drafts have them: a moment may have been stretched to its frame by a part of one."""
    return claim.model_copy(update={"start_s": round(claim.start_s, 3), "end_s": round(claim.end_s, 3)})


def _holds(claim: Claim, start_s: float, end_s: float) -> bool:
    """Whether a claim is about a piece; one that ends or begins at a moment is about the moment too."""
    if start_s == end_s:
        return claim.start_s <= start_s <= claim.end_s
    return claim.start_s < end_s and claim.end_s > start_s


def _labels(pieces: Sequence[Piece]) -> list[str]:
    return sorted({label for piece in pieces for label in piece.votes})


def _runs(pieces: Sequence[Piece], label: str, opinions: int) -> "groupby[bool, Piece]":
    """Pieces one after the other in which a label has a majority, or has none."""
    return groupby(pieces, key=lambda piece: piece.votes[label] * 2 > opinions)


def _draft(label: str, run: Sequence[Piece], opinions: Opinions, case: Case) -> Draft:
    start_s, end_s = run[0].start_s, run[-1].end_s
    agreeing = [c for o in opinions for c in o if c.label == label and any(_holds(c, p.start_s, p.end_s) for p in run)]
    cited = Counter(id_ for c in agreeing for id_ in c.evidence if _during(id_, start_s, end_s, case))

    def fits(claim: Claim) -> tuple[float, float]:
        covered_s = min(claim.end_s, end_s) - max(claim.start_s, start_s)
        return sum(id_ in cited for id_ in claim.evidence) / len(claim.evidence), covered_s

    speaker = max(agreeing, key=fits)
    evidence = sorted(cited, key=lambda id_: (id_ not in speaker.evidence, -cited[id_]))
    return Draft(
        label=label,
        text=_words(speaker),
        start_ms=round(start_s * 1000),
        end_ms=round(end_s * 1000),
        confidence_percent=0,  # how sure it is comes of the vote
        evidence=tuple(evidence[:MOST_EVIDENCE]),
    )


def _words(claim: Claim) -> str:
    """What an opinion said, without what its check added."""
    return claim.text.removesuffix(f" {SEEN_ONLY}")


def _during(id_: str, start_s: float, end_s: float, case: Case) -> bool:
    span = when(id_, case)
    return span is not None and span[0] <= end_s + ROUNDING_S and span[1] >= start_s - ROUNDING_S


def _sureness(label: str, run: Sequence[Piece], opinions: int) -> Sureness:
    shares = {other: _share(other, run, opinions) for other in _labels(run)}
    others = sorted(((share, other) for other, share in shares.items() if other != label and share > 0), reverse=True)
    alternatives = tuple(Alternative(label=other, probability=share) for share, other in others[:MOST_ALTERNATIVES])
    return Sureness(shares[label], "sample_agreement", alternatives)


def _share(label: str, run: Sequence[Piece], opinions: int) -> float:
    """Of the opinions that give a label, over the time of the pieces."""
    whole_s = run[-1].end_s - run[0].start_s
    if whole_s == 0:
        return run[0].votes[label] / opinions
    return sum(p.votes[label] * (p.end_s - p.start_s) for p in run) / (whole_s * opinions)


def _abstention(opinions: Opinions, level: Level, case: Case, *, agreed: bool) -> Draft | None:
    """Why nothing is claimed: in the words of one who abstains, if most do; none where nobody said anything."""
    claiming = sum(any(not c.abstained for c in opinion) for opinion in opinions)
    abstaining = [opinion[0] for opinion in opinions if opinion and all(c.abstained for c in opinion)]
    if abstaining and (not claiming or len(abstaining) * 2 > len(opinions)):
        said = abstaining[0]
        start_s, end_s, evidence, text = said.start_s, said.end_s, said.evidence, _words(said)
    elif claiming:
        text = (NOT_ACCEPTED if agreed else NO_AGREEMENT).format(n=len(opinions), level=level)
        start_s, end_s, evidence = 0.0, case.clip.duration_s, ()
    else:
        return None
    return Draft(
        label="",
        text=text,
        start_ms=round(start_s * 1000),
        end_ms=round(end_s * 1000),
        confidence_percent=0,
        evidence=evidence,
        abstained=True,
    )


def _outvoted(opinions: Opinions, pieces: Sequence[Piece]) -> list[RejectedClaim]:
    """Each statement that has a majority at no time, once, with how many made it."""
    rejected: dict[tuple[float, float, str], RejectedClaim] = {}
    for claim in (c for opinion in opinions for c in opinion if not c.abstained):
        most = max(p.votes[claim.label] for p in pieces if _holds(claim, p.start_s, p.end_s))
        if most * 2 <= len(opinions):
            what = f"{claim.label}, {claim.start_s:.2f}-{claim.end_s:.2f} s"
            rejected.setdefault(
                (claim.start_s, claim.end_s, claim.label),
                RejectedClaim(
                    level=claim.level,
                    person=claim.person,
                    label=claim.label,
                    start_s=claim.start_s,
                    end_s=claim.end_s,
                    text=_words(claim),
                    reason=f"{most} of {len(opinions)} draws said so ({what})",
                ),
            )
    return [rejected[key] for key in sorted(rejected)]
