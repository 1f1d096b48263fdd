"""How a model came to a report, in a few lines: what it was shown, what its confidences rest on, how its audit went."""

from agents.checking.self_audit import SelfAudit
from agents.claims import Claim, ConfidenceFrom
from agents.report import Report
from agents.showing.presentation import Presentation

RESTS_ON: dict[ConfidenceFrom, str] = {
    "rule": "rules of the knowledge base",
    "stated": "what the model says of itself",
    "label_probability": "the probabilities of the labels' tokens",
    "sample_agreement": "the agreement of samples",
}


def model_account(report: Report) -> list[str]:
    """Sentences about the model's part; none without a model."""
    provenance = report.provenance
    if provenance.model is None:
        return []
    tokens = provenance.tokens
    if not tokens.answered:
        what = "never gave a valid answer" if tokens.calls else "never answered"
        return [f"{provenance.model} was asked and {what}: see what failed. Nothing here is its judgement."]
    lines = [f"Judged by {provenance.model}, strategy {provenance.strategy}."]
    if provenance.presentation is not None:
        lines.append(_shown(provenance.presentation, len(report.evidence.observations)))
    sources = [source for source in RESTS_ON if any(c.confidence_from == source for c in _claims(report))]
    if sources:
        scaled = ", scaled by temperature" if provenance.calibrations else ""
        lines.append(f"Confidences rest on {' and '.join(RESTS_ON[source] for source in sources)}{scaled}.")
    cached = f", {tokens.cached_prompt_tokens:,} of them from its cache" if tokens.cached_prompt_tokens else ""
    lines.append(
        f"{tokens.calls} call{'' if tokens.calls == 1 else 's'}, {tokens.prompt_tokens:,} prompt tokens{cached}, "
        f"{tokens.completion_tokens:,} tokens written."
    )
    if report.self_audit is not None:
        lines.append(_audit(report.self_audit))
    return lines


def _claims(report: Report) -> list[Claim]:
    return [c for c in report.claims if not c.abstained]


def _shown(presentation: Presentation, observations: int) -> str:
    frames = len(presentation.moments_s)
    pictures = {"video": f"a video of {frames} frames", "frames": f"{frames} frames", "text": "no picture"}
    sound = f", {presentation.sound_s:.0f} s of sound" if presentation.sound_s else ""
    seen = observations if presentation.shown is None else len(presentation.shown)
    evidence = f"{seen} of {observations} observations" if presentation.evidence else "no measurements"
    return f"It was shown {pictures[presentation.way]}{sound} and {evidence}."


def _audit(audit: SelfAudit) -> str:
    told = [
        f"{name} {value:.2f}"
        for name, value in {
            "right": audit.accuracy,
            "pairs right": audit.pair_accuracy,
            "yes-bias": audit.yes_bias,
            "false positives among errors": audit.false_positive_ratio,
        }.items()
        if value is not None
    ]
    missing = f"; {audit.unanswered} not answered" if audit.unanswered else ""
    return f"Self-audit on {audit.pairs} pairs of true and falsified statements: {', '.join(told)}{missing}."
