"""How sure a claim is, and what that rests on."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agents.checking.calibration import Calibration, scaled
from agents.claims import Alternative, ConfidenceFrom, Draft, Level
from agents.models.label_odds import LabelledSpan, sample_agreement

MOST_ALTERNATIVES = 3
LEAST_ALTERNATIVE = 0.01  # less probable labels are not worth telling
ROUNDING = 1e-9  # of probabilities that sum to 1


class Sureness(NamedTuple):
    """The probability of a claim's label, what it was taken from, and the labels that it might have been."""

    probability: float
    source: ConfidenceFrom
    alternatives: tuple[Alternative, ...] = ()


def stated(draft: Draft, source: ConfidenceFrom = "stated") -> Sureness:
    """What the draft says of itself."""
    second = draft.second_label
    other = () if second is None else (Alternative(label=second, probability=draft.second_percent / 100),)
    return Sureness(draft.confidence_percent / 100, source, other)


def by_odds(draft: Draft, odds: Mapping[str, float] | None, labels: Sequence[str]) -> Sureness | None:
    """From the probabilities of the label's tokens, among the labels of its level; none where they are not known."""
    within = {label: odds[label] for label in labels if label in odds} if odds else {}
    total = sum(within.values())
    if draft.label not in within or total <= 0:
        return None
    shares = sorted(((p / total, label) for label, p in within.items() if label != draft.label), reverse=True)
    others = [Alternative(label=label, probability=p) for p, label in shares if p >= LEAST_ALTERNATIVE]
    return Sureness(within[draft.label] / total, "label_probability", tuple(others[:MOST_ALTERNATIVES]))


def by_agreement(draft: Draft, samples: Sequence[Sequence[Draft]]) -> Sureness:
    """From how many samples, its own included, give its label to at least half of its time."""
    spans = [[LabelledSpan(d.label, d.start_ms, d.end_ms) for d in sample if not d.abstained] for sample in samples]
    start, end = draft.start_ms, draft.end_ms
    labels = sorted({span.label for sample in spans for span in sample} - {draft.label})
    shares = sorted(((sample_agreement(label, start, end, spans), label) for label in labels), reverse=True)
    others = [Alternative(label=label, probability=share) for share, label in shares if share > 0]
    agreed = sample_agreement(draft.label, start, end, spans)
    return Sureness(agreed, "sample_agreement", tuple(others[:MOST_ALTERNATIVES]))


def sureness(
    draft: Draft, odds: Mapping[str, float] | None, labels: Sequence[str], samples: Sequence[Sequence[Draft]] = ()
) -> Sureness:
    """From the agreement of samples where further ones were drawn, else from its label's tokens, else as it states."""
    return by_agreement(draft, samples) if samples else by_odds(draft, odds, labels) or stated(draft)


def calibrated(sure: Sureness, level: Level, calibrations: Sequence[Calibration]) -> Sureness:
    """Scaled, as its alternatives are, by the temperature fitted for such confidences; unchanged where none was."""
    for calibration in calibrations:
        if (calibration.level, calibration.source) == (level, sure.source):
            return _scaled(sure, calibration.temperature)
    return sure


def _scaled(sure: Sureness, temperature: float) -> Sureness:
    """Each label against all others; labels that excluded one another leave alternatives no more than the rest."""
    probability = scaled(sure.probability, temperature)
    others = [scaled(a.probability, temperature) for a in sure.alternatives]
    exclusive = sure.probability + sum(a.probability for a in sure.alternatives) <= 1 + ROUNDING
    fitting = min(1.0, (1 - probability) / sum(others)) if exclusive and others else 1.0
    alternatives = tuple(
        Alternative(label=a.label, probability=p * fitting) for a, p in zip(sure.alternatives, others, strict=True)
    )
    return sure._replace(probability=probability, alternatives=alternatives)
