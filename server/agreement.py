"""How far people and machine agree on the claims that people have seen, level by level."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from agents.claims import LEVELS, Claim, Level
from agents.report import Report

NO_LABEL = "(none)"  # what a person says who rejects a claim without another label


class Agreed(NamedTuple):
    """Of a number of claims: the share whose label people kept, and Cohen's kappa; none where it is undefined."""

    n: int
    agreement: float | None
    kappa: float | None


def agreement(corrections: Sequence[dict[str, Any]], report: Report) -> tuple[int, float | None, dict[Level, Agreed]]:
    """The number of claims seen, the share of them whose label people kept, and both with kappa for each level.

    There is no kappa of all levels together: each has labels of its own, which are no alternatives of another's.
    """
    claims = {claim.id: claim for claim in report.claims}
    seen = [(claims[row["claim"]], row) for row in corrections if row["claim"] in claims]
    by_level = {level: _agreed([pair for pair in seen if pair[0].level == level]) for level in LEVELS}
    kept = sum(row["verdict"] == "accept" for _, row in seen)
    return len(seen), round(kept / len(seen), 4) if seen else None, by_level


def _agreed(seen: Sequence[tuple[Claim, dict[str, Any]]]) -> Agreed:
    """Cohen's kappa (1960) of two labellings; undefined where both know one label, the same, or where there is none."""
    if not seen:
        return Agreed(0, None, None)
    n = len(seen)
    machine = [claim.label for claim, _ in seen]
    people = [_meant(claim, row) for claim, row in seen]
    observed = sum(a == b for a, b in zip(machine, people, strict=True)) / n
    chance = sum((machine.count(label) / n) * (people.count(label) / n) for label in {*machine, *people})
    kappa = None if chance == 1 else round((observed - chance) / (1 - chance), 4)
    return Agreed(n, round(observed, 4), kappa)


def _meant(claim: Claim, row: dict[str, Any]) -> str:
    by_verdict: dict[str, str] = {"accept": claim.label, "reject": NO_LABEL, "relabel": row["label"] or NO_LABEL}
    return by_verdict[row["verdict"]]
