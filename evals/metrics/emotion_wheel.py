"""Open-vocabulary emotions compared on five emotion wheels: EW-F1 (MER2025, MER2026) and hit rate (MER-UniBench).

A label is taken to its word on each wheel; labels that lie on none are dropped, so the share that lies on one is told
beside each score. `neutral` lies on no wheel. Sources: Lian et al., AffectGPT (ICML 2025) and MER 2026
(arXiv 2604.19417).
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from evals.metrics.measure import Measure, PrecisionRecallF1, check_pairs, coverage, harmonic_mean
from evals.metrics.wheel_files import EmotionWheels, WordOf

Predicted = Sequence[Collection[str] | None]
Labels = tuple[str, ...]


class WheelScores(NamedTuple):
    """EW-F1 and what it rests on, each in [0, 1].

    Attributes:
        mean: over the wheels; of all samples.
        by_wheel: for each wheel; n is of the samples whose gold lies on it.
        gold_in_vocabulary: share of gold labels that lie on some wheel.
        predicted_in_vocabulary: share of predicted labels that do; none when nothing was predicted.
    """

    mean: PrecisionRecallF1
    by_wheel: tuple[PrecisionRecallF1, ...]
    gold_in_vocabulary: float
    predicted_in_vocabulary: float | None


class HitRate(NamedTuple):
    """Hit rate and what it rests on; n of each wheel is of the samples whose gold lies on it."""

    mean: Measure
    by_wheel: tuple[Measure, ...]


def ew_f1(
    gold: Sequence[Collection[str]], predicted: Predicted, wheels: EmotionWheels, level: Literal[1, 2] = 1
) -> WheelScores:
    """Precision, recall and F1 of sets of labels on each wheel, and their means over wheels.

    On a wheel, precision and recall are means over the samples whose gold lies on it; a sample whose prediction does
    not lie on it, or is None, scores 0 in both. F1 is that of the two means. A wheel on which no gold lies scores 0.
    MER2026 takes level 1, MER2025 the mean of levels 1 and 2.

    Args:
        gold: labels for each sample.
        predicted: labels or None for each sample.
        wheels: as `read_wheels` has them.
        level: of the wheels' words, 1 being the innermost.

    Raises:
        ValueError: no samples, not as many predictions as gold, or no gold label at all.
    """
    check_pairs(gold, predicted)
    truths, guesses = ([_tidy(labels) for labels in samples] for samples in (gold, predicted))
    of_level = wheels.level1 if level == 1 else wheels.level2
    by_wheel = tuple(_on_wheel(truths, guesses, word_of) for word_of in of_level)
    values = np.mean([[measure.value for measure in scores] for scores in by_wheel], axis=0)
    covered = coverage([labels or None for labels in guesses])
    known = set().union(*of_level)
    gold_known = _share_known(truths, known)
    if gold_known is None:
        raise ValueError("no sample has a gold label; give some")
    return WheelScores(
        mean=PrecisionRecallF1(*(Measure(float(value), len(gold), covered) for value in values)),
        by_wheel=by_wheel,
        gold_in_vocabulary=gold_known,
        predicted_in_vocabulary=_share_known(guesses, known),
    )


def hit_rate(gold: Sequence[str], predicted: Predicted, wheels: EmotionWheels) -> HitRate:
    """Share of samples whose one gold label is, on a wheel, among the predicted ones; the mean over wheels.

    At level 1. Samples whose gold does not lie on a wheel (`neutral` on all) are left out of it, and a wheel on which
    no gold lies is left out of the mean. Listing many labels is not punished, so EW-F1 belongs beside it.

    Args:
        gold: a label for each sample.
        predicted: labels or None for each sample.
        wheels: as `read_wheels` has them.

    Raises:
        ValueError: no samples, not as many predictions as gold, or no gold label that lies on a wheel.
    """
    check_pairs(gold, predicted)
    truths, guesses = [_tidy([label]) for label in gold], [_tidy(labels) for labels in predicted]
    # a sample has one gold word or none on a wheel, so the recall of its words is 1 for a hit and 0 for a miss
    by_wheel = tuple(_on_wheel(truths, guesses, word_of).recall for word_of in wheels.level1)
    used = [measure.value for measure in by_wheel if measure.n]
    if not used:
        raise ValueError("no gold label lies on a wheel, so nothing can be hit")
    covered = coverage([labels or None for labels in guesses])
    return HitRate(Measure(float(np.mean(used)), len(gold), covered), by_wheel)


def _on_wheel(truths: Sequence[Labels], guesses: Sequence[Labels], word_of: WordOf) -> PrecisionRecallF1:
    words = [
        (_words(truth, word_of), _words(guess, word_of), bool(guess))
        for truth, guess in zip(truths, guesses, strict=True)
    ]
    rows = [
        (len(truth & claimed) / len(claimed) if claimed else 0.0, len(truth & claimed) / len(truth), given)
        for truth, claimed, given in words
        if truth
    ]
    precision, recall, covered = (float(value) for value in (np.mean(rows, axis=0) if rows else (0.0, 0.0, 0.0)))
    values = (precision, recall, harmonic_mean(precision, recall))
    return PrecisionRecallF1(*(Measure(value, len(rows), covered) for value in values))


def _tidy(labels: Collection[str] | None) -> Labels:
    return tuple(label.lower().strip() for label in labels or ())


def _words(labels: Labels, word_of: WordOf) -> set[str]:
    return {word_of[label] for label in labels if label in word_of}


def _share_known(samples: Iterable[Labels], known: Collection[str]) -> float | None:
    flags = [label in known for labels in samples for label in labels]
    return sum(flags) / len(flags) if flags else None
