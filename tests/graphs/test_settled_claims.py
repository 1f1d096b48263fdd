"""A claim that falls keeps what it claimed, and when."""

from agents.claims import Claim, Verdict
from graphs.critique import settle


def test_a_claim_that_a_rule_contradicts_is_told_with_its_label_and_time():
    claim = Claim(
        id="P1-emotion-1", level="emotion", label="anger", text="Frowns", person="P1", start_s=1.5, end_s=3,
        confidence=0.4, evidence=("au4-1",),
    )  # fmt: skip
    verdict = Verdict(check="contradicted", claim=claim.id, passed=False, detail="a nod", round=1)
    kept, (fell,) = settle([claim], [verdict], 1)
    assert not kept
    assert (fell.label, fell.start_s, fell.end_s, fell.reason) == ("anger", 1.5, 3, "contradicted: a nod")
