"""Which turns of a dialogue cause an emotion, and which words in them: RECCON (Poria et al. 2021).

Turns may be any ids; the scores serve cited observations as well.
"""

import re
import string
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from typing import NamedTuple

import numpy as np

from evals.metrics.measure import Measure, PrecisionRecallF1, check_pairs, coverage, from_counts, harmonic_mean

Turns = Collection[Hashable]
ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


class SpanScores(NamedTuple):
    """Means over samples, in [0, 1]."""

    exact_match: Measure
    token_f1: Measure


def evidence_turns(gold: Sequence[Turns], predicted: Sequence[Turns | None]) -> PrecisionRecallF1:
    """Precision, recall and F1 of evidence turns, pooled over samples: RECCON's "positive F1".

    Args:
        gold: ids of the turns that are evidence, for each emotional utterance; perhaps none.
        predicted: ids of turns, or None when nothing could be told, which misses all.

    Raises:
        ValueError: no samples, or not as many predictions as gold.
    """
    check_pairs(gold, predicted)
    pairs = [(set(true), set(guess or ())) for true, guess in zip(gold, predicted, strict=True)]
    return from_counts(
        right=sum(len(true & guess) for true, guess in pairs),
        claimed=sum(len(guess) for _, guess in pairs),
        true=sum(len(true) for true, _ in pairs),
        n=len(gold),
        covered=coverage(predicted),
    )


def evidence_macro_f1(
    gold: Sequence[Turns], predicted: Sequence[Turns | None], candidates: Sequence[Turns]
) -> tuple[Measure, Measure]:
    """F1 of the turns that are no evidence, and its mean with the F1 of those that are: RECCON's negative and macro F1.

    Args:
        gold: ids of the turns that are evidence, for each emotional utterance.
        predicted: ids of turns, or None, for which no turn is ruled out either.
        candidates: ids of all turns that could be evidence: in RECCON the utterance itself and all before it.

    Raises:
        ValueError: no samples, not as many predictions or candidates as gold, or evidence outside of the candidates.
    """
    check_pairs(gold, candidates)
    positive = evidence_turns(gold, predicted).f1
    for number, (true, guess, possible) in enumerate(zip(gold, predicted, candidates, strict=True)):
        if strangers := (set(true) | set(guess or ())) - set(possible):
            raise ValueError(f"sample {number}: turn {next(iter(strangers))!r} is none of its candidates")
    others = [set(possible) - set(true) for true, possible in zip(gold, candidates, strict=True)]
    ruled_out = [
        None if guess is None else set(possible) - set(guess)
        for guess, possible in zip(predicted, candidates, strict=True)
    ]
    negative = evidence_turns(others, ruled_out).f1
    return negative, negative._replace(value=(positive.value + negative.value) / 2)


def span_scores(gold: Sequence[Collection[str]], predicted: Sequence[str | None]) -> SpanScores:
    """Exact match and F1 over tokens of a span of words, as SQuAD has them (Rajpurkar et al. 2016).

    Lower case, without punctuation and articles; the best of a sample's gold spans counts. An empty prediction is right
    where gold has no span, and None is always wrong.

    Args:
        gold: the spans that are right, for each sample; none where there is no cause to be found.
        predicted: a span, an empty one, or None for each sample.

    Raises:
        ValueError: no samples, or not as many predictions as gold.
    """
    check_pairs(gold, predicted)
    exact, overlap = [], []
    for spans, guess in zip(gold, predicted, strict=True):
        claimed = None if guess is None else _tokens(guess)
        truths = [_tokens(span) for span in spans] or [[]]
        exact.append(claimed in truths)
        overlap.append(0.0 if claimed is None else max(_token_f1(truth, claimed) for truth in truths))
    covered = coverage(predicted)
    return SpanScores(
        Measure(float(np.mean(exact)), len(gold), covered), Measure(float(np.mean(overlap)), len(gold), covered)
    )


def _tokens(text: str) -> list[str]:
    return ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split()


def _token_f1(truth: list[str], claimed: list[str]) -> float:
    if not truth or not claimed:
        return float(truth == claimed)
    shared = (Counter(truth) & Counter(claimed)).total()
    return harmonic_mean(shared / len(claimed), shared / len(truth))
