"""What runs cost, and what went wrong in them; how well confidences told which answers are right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.report import TokenUse
from evals.benchmark import Prediction
from evals.metrics.calibration import Bin, brier, expected_calibration_error, reliability
from evals.reporting.logs import Logged

BINS = 10
MOST_FAILURES = 20  # kinds that are listed before the rest is counted


@dataclass(frozen=True)
class Cost:
    """What a run spent, over its scored samples; seconds are Inspect's, from a sample's start to its score."""

    run: Logged
    total: TokenUse
    samples: int
    seconds_mean: float | None
    seconds_median: float | None
    seconds_p95: float | None
    failed_samples: int

    def each(self, name: str) -> float:
        """A count of `TokenUse`, as a mean over samples."""
        return float(getattr(self.total, name)) / self.samples


@dataclass(frozen=True)
class Calibrated:
    """Confidences of a run beside the share of right answers, where an answer is right or wrong as a whole.

    `level` is empty where answers are of no level, or of one alone.
    """

    run: Logged
    level: str
    n: int
    sources: tuple[str, ...]
    ece: float
    brier: float
    bins: tuple[Bin, ...]


def cost(run: Logged) -> Cost:
    """What a run spent."""
    seconds = [s.seconds for s in run.samples if s.seconds is not None]
    return Cost(
        run=run,
        total=sum((s.outcome.tokens for s in run.samples), TokenUse()),
        samples=len(run.samples),
        seconds_mean=float(np.mean(seconds)) if seconds else None,
        seconds_median=float(np.median(seconds)) if seconds else None,
        seconds_p95=float(np.quantile(seconds, 0.95)) if seconds else None,
        failed_samples=sum(bool(s.outcome.failures) for s in run.samples),
    )


def failures(run: Logged) -> list[tuple[str, int, str]]:
    """What went wrong, how often, and one sample of it: the most frequent first, those unscored among them."""
    told = [(what, s.id) for s in run.samples for what in s.outcome.failures]
    told += [(f"not scored: {what}", id_) for id_, what in run.errors.items()]
    count, example = Counter(what for what, _ in told), dict(reversed(told))
    listed = [(what, n, example[what]) for what, n in count.most_common(MOST_FAILURES)]
    rest = len(count) - len(listed)
    return [*listed, (f"and {rest} other failures", len(told) - sum(n for _, n, _ in listed), "")] if rest else listed


def calibrated(run: Logged) -> list[Calibrated]:
    """How well confidences tell right from wrong, of each level; not where no answer has one, or is right or wrong."""
    levels = run.benchmark.levels if len(run.benchmark.levels) > 1 else ("",)
    told: dict[str, list[tuple[Prediction, bool]]] = {level: [] for level in levels}
    for sample in run.samples:
        for number, (gold, prediction) in enumerate(zip(sample.gold, sample.outcome.predictions, strict=True)):
            verdict = run.benchmark.right(gold, prediction.value)
            if prediction.confidence is not None and prediction.value is not None and verdict is not None:
                told[levels[number % len(levels)]].append((prediction, verdict))
    return [_calibrated(run, level, answers) for level, answers in told.items() if answers]


def _calibrated(run: Logged, level: str, told: Sequence[tuple[Prediction, bool]]) -> Calibrated:
    sure, correct = [float(p.confidence or 0) for p, _ in told], [verdict for _, verdict in told]
    return Calibrated(
        run=run,
        level=level,
        n=len(told),
        sources=tuple(sorted({str(p.confidence_from) for p, _ in told})),
        ece=expected_calibration_error(sure, correct, BINS),
        brier=brier(sure, correct),
        bins=reliability(sure, correct, BINS),
    )
