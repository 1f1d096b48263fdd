"""Several opinions made into one: at each moment the labels that more than half of them give."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from agents.case import Case
from agents.checking.calibration import Calibration
from agents.checking.checks import ROUNDING_S, caps_of, when
from agents.checking.confidence import Sureness, calibrated
from agents.claims import MOST_EVIDENCE, Alternative, Claim

MOST_ALTERNATIVES = 3


class Piece(NamedTuple):
    """A stretch, or a moment, in which no opinion changes, and how many of them give each label."""

    start_s: float
    end_s: float
    votes: Counter[str]


def vote(opinions: Sequence[Sequence[Claim]], case: Case, calibrations: Sequence[Calibration] = ()) -> list[Claim]:
    """The claims of one level about one person that more than half of the opinions make, by moment and label.

    A claim's confidence is the share of opinions, over its time; its evidence is what those cite that happens then,
    the most cited first; its words are those of the opinion that covers the most of it.

    Args:
        opinions: accepted claims of one level about the person of the case, an opinion an item.
        case: whose evidence they cite.
        calibrations: of such shares.
    """
    opinions = [[_in_milliseconds(c) for c in opinion] for opinion in opinions]
    pieces = _pieces(opinions)
    labels = sorted({label for piece in pieces for label in piece.votes})
    voted = []
    for label in labels:
        for won, run in groupby(pieces, key=lambda p: p.votes[label] * 2 > len(opinions)):
            if won and (claim := _claim(label, list(run), opinions, case, calibrations)):
                voted.append(claim)
    if not voted:
        abstained = [c for opinion in opinions for c in opinion if c.abstained]
        voted = abstained[:1]  # why nothing is claimed, in the words of one who says so
    return [
        c.model_copy(update={"id": f"{case.person or 'all'}-{c.level}-{number}"})
        for number, c in enumerate(sorted(voted, key=lambda c: (c.start_s, c.label)), 1)
    ]


def _pieces(opinions: Sequence[Sequence[Claim]]) -> list[Piece]:
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


def _claim(
    label: str,
    run: list[Piece],
    opinions: Sequence[Sequence[Claim]],
    case: Case,
    calibrations: Sequence[Calibration],
) -> Claim | None:
    start_s, end_s = run[0].start_s, run[-1].end_s
    agreeing = [c for o in opinions for c in o if c.label == label and any(_holds(c, p.start_s, p.end_s) for p in run)]
    cited = Counter(id_ for c in agreeing for id_ in c.evidence if _during(id_, start_s, end_s, case))
    if not cited:
        return None
    evidence = tuple(id_ for id_, _ in cited.most_common(MOST_EVIDENCE))
    widest = max(agreeing, key=lambda c: min(c.end_s, end_s) - max(c.start_s, start_s))
    share = {la: _share(la, run, len(opinions)) for piece in run for la in piece.votes}
    sure = calibrated(Sureness(share[label], "sample_agreement"), widest.level, calibrations)
    others = sorted(((p, la) for la, p in share.items() if la != label and p > 0), reverse=True)[:MOST_ALTERNATIVES]
    return widest.model_copy(
        update={
            "start_s": start_s,
            "end_s": end_s,
            "confidence": min([sure.probability, *(cap.at_most for cap in caps_of(evidence, case))]),
            "confidence_from": "sample_agreement",
            "alternatives": tuple(Alternative(label=la, probability=p) for p, la in others),
            "evidence": evidence,
        }
    )


def _share(label: str, run: list[Piece], opinions: int) -> float:
    whole = sum(p.end_s - p.start_s for p in run)
    if whole == 0:
        return run[0].votes[label] / opinions
    return sum(p.votes[label] * (p.end_s - p.start_s) for p in run) / (whole * opinions)


def _during(id_: str, start_s: float, end_s: float, case: Case) -> bool:
    span = when(id_, case)
    return span is not None and span[0] <= end_s + ROUNDING_S and span[1] >= start_s - ROUNDING_S
