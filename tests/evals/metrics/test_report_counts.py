"""What a report's claims rest on is counted: evidence that exists, of the person, in time, and by rule."""

import pytest
from case_making import claim, face, make_case, saw

from agents.checking.self_audit import SelfAudit
from agents.claims import RejectedClaim, Verdict
from agents.report import Provenance, Report
from evals.metrics.report_audit import (
    abstention_rate,
    audit,
    contradiction_rate,
    evidence_by_rule,
    evidence_of_person,
    evidence_precision,
    round_agreement,
    self_audit_pair_accuracy,
    unsupported_rate,
    withheld_rate,
)

SMILE = [saw("au6", value=3.0), saw("au12", value=3.0)]


def report_of(*claims, observations=(), verdicts=(), self_audit=None, rejected=()):
    case = make_case(face(), *observations)
    provenance = Provenance(
        mentalis_version="", graph="mental_state", strategy="cascade", reasoner="knowledge", codebook="basic",
        codebook_sha256=case.codebook.sha256, prompts_sha256="", knowledge_sha256="", seed=0,
    )  # fmt: skip
    report = Report(
        clip=case.clip, people=(), claims=claims, narrative="", caveats=("x",), conventions={}, evidence=case.evidence,
        provenance=provenance, verdicts=verdicts, self_audit=self_audit, rejected=rejected,
    )  # fmt: skip
    return report, case.codebook


def test_a_smile_bears_happiness_out():
    (counts,) = [audit(*report_of(claim("emotion", "happiness", "au6-1", "au12-1"), observations=SMILE))]
    assert (counts.cited, counts.existing, counts.in_time, counts.by_rule, counts.right) == (2, 2, 2, 2, 2)
    assert (counts.claims, counts.unsupported, counts.contradicted) == (1, 0, 0)


def test_what_is_made_up_late_or_no_sign_of_the_label_is_not_right():
    late = saw("au12", 8.0, 9.0, value=3.0, number=2)
    claims = (
        claim("emotion", "happiness", "au12-1", "au12-9", number=1),
        claim("emotion", "happiness", "au12-2", number=2),
        claim("emotion", "fear", "au12-1", number=3),
    )
    counts = audit(*report_of(*claims, observations=(*SMILE, late)))
    assert (counts.cited, counts.existing, counts.in_time, counts.ruled, counts.by_rule) == (4, 3, 2, 3, 2)
    assert evidence_precision([counts]).value == pytest.approx(1 / 4)
    assert evidence_by_rule([counts]).value == pytest.approx(2 / 3)
    assert unsupported_rate([counts]).value == pytest.approx(2 / 3)
    assert counts.contradicted >= 1, "a full smile speaks against fear"


def test_what_another_person_does_bears_nothing_out():
    theirs = [saw("au6", value=3.0, person="P2"), saw("au12", value=3.0, person="P2")]
    of_one = claim("emotion", "happiness", "au6-1", "au12-1")
    counts = audit(*report_of(of_one, observations=theirs))
    assert (counts.existing, counts.in_time, counts.of_person, counts.right, counts.unsupported) == (2, 2, 0, 0, 1)
    assert evidence_of_person([counts]).value == 0
    of_all = claim("emotion", "happiness", "au6-1", "au12-1", person=None)
    assert audit(*report_of(of_all, observations=theirs)).right == 2, "a claim about everybody rests on anybody's"


def test_neutral_rests_on_what_is_no_sign_of_another_label():
    on_face = audit(*report_of(claim("emotion", "neutral", "face_visible-1"), observations=SMILE))
    on_smile = audit(*report_of(claim("emotion", "neutral", "au12-1"), observations=SMILE))
    assert (on_face.unsupported, on_smile.unsupported) == (0, 1)


def test_a_claim_that_the_face_contradicts_is_counted():
    counts = audit(*report_of(claim("emotion", "sadness", "au12-1"), observations=SMILE))
    assert contradiction_rate([counts]).value == 1


def test_what_the_checks_withheld_is_counted_with_what_was_claimed():
    fallen = RejectedClaim(level="emotion", text="Sad.", reason="it cites nothing")
    one = claim("emotion", "happiness", "au6-1")
    mixed = audit(*report_of(one, observations=SMILE, rejected=(fallen, fallen)))
    clean = audit(*report_of(one, observations=SMILE))
    assert withheld_rate([mixed]).value == pytest.approx(2 / 3)
    assert withheld_rate([mixed, clean]).value == pytest.approx(2 / 4)


def test_rounds_and_pairs_are_counted_and_reports_that_failed_lower_coverage():
    made = [("wording", 0, True), ("wording", 1, True), ("talking", 0, False), ("talking", 1, True)]
    verdicts = [Verdict(check=c, claim="P1-emotion-1", passed=passed, round=number) for c, number, passed in made]
    asked = SelfAudit(
        pairs=4, answered=8, unanswered=0, accuracy=0.8, pair_accuracy=0.75, yes_bias=0.0, false_positive_ratio=0.5,
        by_dimension={}, statements=(),
    )  # fmt: skip
    counts = audit(
        *report_of(claim("emotion", "happiness", "au12-1"), observations=SMILE, verdicts=verdicts, self_audit=asked)
    )
    assert round_agreement([counts]).value == 0.5
    assert self_audit_pair_accuracy([counts, None]) == (0.75, 2, 0.5, None)
    assert abstention_rate([counts]).value == 0


def test_nothing_to_count_is_no_score():
    with pytest.raises(ValueError, match="none has anything to count"):
        self_audit_pair_accuracy([audit(*report_of())])
