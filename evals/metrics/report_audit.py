"""Hallucination in our own reports, without labels: whether claims rest on what was measured, and agree.

Evidence is right when the observation exists, is of the claim's person, happens while the claim holds, and is a sign of
the claim's label by some rule of the knowledge base. Ours; after the notion of faithfulness of EmotionHallucer (arXiv
2505.11405).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.by_rule.knowledge_base import rules_of
from agents.by_rule.reasoner import MIXED
from agents.case import Case
from agents.checking.checks import ROUNDING_S, when
from agents.checking.contradictions import au_valence, cross_layer
from agents.claims import FRAME_PREFIX, Claim, Level
from agents.codebook import Codebook, Label
from agents.report import Report
from agents.showing.presentation import Presentation
from evals.metrics.measure import Measure

CONTRADICTIONS = (au_valence, cross_layer)


class ReportAudit(NamedTuple):
    """Counts of one report, so that those of several can be added up."""

    claims: int  # that claim something
    abstained: int
    withheld: int  # that claimed something, and that the checks did not let stand
    cited: int  # pieces of evidence, by all claims
    existing: int
    of_person: int  # of those that exist: of the claim's person or of the whole clip
    in_time: int  # of those that exist
    ruled: int  # of those that exist: observations under a label that rules know
    by_rule: int  # of those, signs of the label
    right: int  # that exist, of the claim's person, in time, and as a rule has it where one can tell
    unsupported: int  # claims without one piece of right evidence
    contradicted: int  # claims that face or other claims speak against
    pairs: int  # of a true and a falsified statement that the model was asked
    pairs_right: int
    compared: int  # checks of a claim that were made in two rounds, one after the other
    agreeing: int  # of those, with the same verdict


class Cited(NamedTuple):
    """What is found of one piece of evidence; `by_rule` is none where no rule can tell."""

    exists: bool
    of_person: bool
    in_time: bool
    by_rule: bool | None

    @property
    def right(self) -> bool:
        """Whether it bears the claim out."""
        return self.exists and self.of_person and self.in_time and self.by_rule is not False


def audit(report: Report, codebook: Codebook) -> ReportAudit:
    """Count what a report's claims rest on.

    Args:
        report: with its evidence.
        codebook: of its claims.
    """
    case = _case(report, codebook)
    claims = [claim for claim in report.claims if not claim.abstained]
    evidence = [[cited(e, claim, case) for e in claim.evidence] for claim in claims]
    each = [one for of_claim in evidence for one in of_claim]
    existing = [one for one in each if one.exists]
    rounds = _rounds(report)
    asked = report.self_audit
    return ReportAudit(
        claims=len(claims),
        abstained=len(report.claims) - len(claims),
        withheld=len(report.rejected),
        cited=len(each),
        existing=len(existing),
        of_person=sum(one.of_person for one in existing),
        in_time=sum(one.in_time for one in existing),
        ruled=sum(one.by_rule is not None for one in existing),
        by_rule=sum(one.by_rule is True for one in existing),
        right=sum(one.right for one in each),
        unsupported=sum(not any(one.right for one in of_claim) for of_claim in evidence),
        contradicted=sum(any(check(claim, case) for check in CONTRADICTIONS) for claim in claims),
        pairs=asked.pairs if asked else 0,
        pairs_right=round(asked.pairs * (asked.pair_accuracy or 0.0)) if asked else 0,
        compared=len(rounds),
        agreeing=sum(before == after for before, after in rounds),
    )


def cited(evidence_id: str, claim: Claim, case: Case) -> Cited:
    """What is found of a piece of evidence of a claim; a claim about everybody may rest on anybody's."""
    span = when(evidence_id, case)
    if span is None:
        return Cited(exists=False, of_person=False, in_time=False, by_rule=None)
    in_time = span[0] <= claim.end_s + ROUNDING_S and span[1] >= claim.start_s - ROUNDING_S
    if evidence_id.startswith(FRAME_PREFIX):  # in a picture a model may see what no tool measures
        return Cited(exists=True, of_person=True, in_time=in_time, by_rule=None)
    observation = next(o for o in case.evidence.observations if o.id == evidence_id)
    of_person = None in (claim.person, observation.person) or observation.person == claim.person
    return Cited(True, of_person, in_time, _by_rule(observation.kind, claim, case.codebook))


def _by_rule(kind: str, claim: Claim, codebook: Codebook) -> bool | None:
    """Whether some rule takes a kind of observation for a sign of a claim's label; none where no rule can tell."""
    signs = signs_of(claim.level, claim.label, codebook)
    if signs is None:
        return None
    return (kind in signs) is not (claim.label == codebook.neutral.get(claim.level))


def signs_of(level: Level, label_id: str, codebook: Codebook) -> frozenset[str] | None:
    """Kinds of observations that a rule takes for a sign of a label; none where rules do not know it.

    Of the neutral label, which has no sign, and of a mixed one: the signs of all labels of the level.
    """
    label = codebook.label(level, label_id)
    if label is None:
        return None
    whole = label_id == codebook.neutral.get(level) or MIXED in label.concepts
    labels: Iterable[Label] = codebook.labels(level) if whole else (label,)
    rules = rules_of({concept for each in labels for concept in each.concepts})
    kinds = {kind for rule in rules for sign in (*rule.signs, *rule.helps) for kind in sign.kinds}
    return frozenset(kinds) or None


def evidence_precision(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of evidence that exists, is of the claim's person, in time and as a rule has it where one can tell."""
    return _share(audits, "right", "cited")


def evidence_exists(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of evidence that exists, in [0, 1]."""
    return _share(audits, "existing", "cited")


def evidence_of_person(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of existing evidence that is of its claim's person or of the whole clip, in [0, 1]."""
    return _share(audits, "of_person", "existing")


def evidence_in_time(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of existing evidence that happens while its claim holds, in [0, 1]."""
    return _share(audits, "in_time", "existing")


def evidence_by_rule(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of measured evidence, under labels that rules know, that a rule takes for a sign of its label."""
    return _share(audits, "by_rule", "ruled")


def unsupported_rate(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of claims without one piece of right evidence, in [0, 1]."""
    return _share(audits, "unsupported", "claims")


def contradiction_rate(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of claims that the face or another claim speaks against, in [0, 1]."""
    return _share(audits, "contradicted", "claims")


def self_audit_pair_accuracy(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of pairs of which the model told the true from the falsified statement, in [0, 1]; chance is 0.25."""
    return _share(audits, "pairs_right", "pairs")


def abstention_rate(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of claims that abstain, in [0, 1]."""
    given = _given(audits)
    stated, abstained = sum(a.claims for a in given), sum(a.abstained for a in given)
    return _measure(abstained, stated + abstained, audits, "claim")


def withheld_rate(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of all that was claimed that the checks did not let stand, in [0, 1]: what a reader is spared."""
    given = _given(audits)
    claimed = sum(a.claims + a.withheld for a in given)
    return _measure(sum(a.withheld for a in given), claimed, audits, "claim")


def round_agreement(audits: Sequence[ReportAudit | None]) -> Measure:
    """Share of checks with the same verdict on a claim as in the round before, in [0, 1]."""
    return _share(audits, "agreeing", "compared")


def _share(audits: Sequence[ReportAudit | None], part: str, whole: str) -> Measure:
    given = _given(audits)
    return _measure(sum(getattr(a, part) for a in given), sum(getattr(a, whole) for a in given), audits, whole)


def _measure(part: int, whole: int, audits: Sequence[ReportAudit | None], what: str) -> Measure:
    if not whole:
        raise ValueError(f"of {len(audits)} reports none has anything to count ({what}): give some that have")
    return Measure(part / whole, len(audits), len(_given(audits)) / len(audits))


def _given(audits: Sequence[ReportAudit | None]) -> list[ReportAudit]:
    return [audit for audit in audits if audit is not None]


def _case(report: Report, codebook: Codebook) -> Case:
    return Case(
        clip=report.clip,
        evidence=report.evidence,
        codebook=codebook,
        people=tuple(person.id for person in report.people),
        claims=report.claims,
        presentation=report.provenance.presentation or Presentation(),
    )


def _rounds(report: Report) -> list[tuple[bool, bool]]:
    """Verdicts of the same check on the same claim in rounds one after the other."""
    passed = {(v.check, v.claim, v.round): v.passed for v in report.verdicts}
    return [
        (before, passed[check, claim, number + 1])
        for (check, claim, number), before in passed.items()
        if (check, claim, number + 1) in passed
    ]
