"""Gestures found in long recordings, by label and overlap in time: the online protocol of SMG (Chen et al. 2023).

Its "accuracy" is a precision. Published for SMG: recall 0.173, accuracy 0.245, F1 0.203; iMiGUE: 0.166, 0.177, 0.171.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evals.metrics.measure import PrecisionRecallF1, from_counts

OVERLAP = 0.3  # intersection over union that a match must exceed, in SMG's code


class Gesture(NamedTuple):
    """A gesture of a recording; start and end in seconds, or both in frames."""

    label: str
    start: float
    end: float


def spotting_scores(
    gold: Mapping[str, Sequence[Gesture]],
    predicted: Mapping[str, Sequence[Gesture] | None],
    overlap: float = OVERLAP,
) -> PrecisionRecallF1:
    """Precision, recall and F1 of gestures pooled over recordings, in [0, 1]; n is recordings.

    Recall is not defined (NaN) where gold has no gesture, and neither are precision and F1 where nothing is predicted
    either: silence is then right, and nothing can be shared out.

    In order of time, each gold gesture takes the first free predicted one of its label whose intersection over union
    with it exceeds `overlap`; each predicted gesture is taken once. (SMG's code means to do so but lets one serve
    several gold gestures, which can only raise its figures.)

    Args:
        gold: the gestures of each recording, by the recording's id.
        predicted: those found; a recording that is absent or None was not analysed, and its gestures are missed.
        overlap: in [0, 1).

    Raises:
        ValueError: no recordings, a predicted recording that gold does not have, a gesture that does not end after it
            starts, or an overlap outside of [0, 1).
    """
    if not gold:
        raise ValueError("no recordings have no score; give some")
    if strangers := sorted(set(predicted) - set(gold)):
        raise ValueError(f"recordings {', '.join(strangers[:5])} are predicted, but not in gold")
    if not 0 <= overlap < 1:
        raise ValueError(f"an overlap of {overlap} can't be exceeded or is negative: give one in [0, 1)")
    found = {name: _in_time(predicted.get(name) or ()) for name in gold}
    true = {name: _in_time(gestures) for name, gestures in gold.items()}
    claimed, wanted = sum(map(len, found.values())), sum(map(len, true.values()))
    scores = from_counts(
        right=sum(_matches(true[name], found[name], overlap) for name in gold),
        claimed=claimed,
        true=wanted,
        n=len(gold),
        covered=sum(predicted.get(name) is not None for name in gold) / len(gold),
    )
    if wanted:
        return scores
    undefined = scores.recall._replace(value=math.nan)
    return scores._replace(recall=undefined) if claimed else PrecisionRecallF1(undefined, undefined, undefined)


def _in_time(gestures: Sequence[Gesture]) -> list[Gesture]:
    for gesture in gestures:
        if not gesture.end > gesture.start:
            raise ValueError(f"{gesture} does not end after it starts")
    return sorted(gestures, key=lambda gesture: (gesture.start, gesture.end))


def _matches(true: Sequence[Gesture], found: Sequence[Gesture], overlap: float) -> int:
    free, matched = list(found), 0
    for gesture in true:
        match = next((f for f in free if f.label == gesture.label and _overlap(f, gesture) > overlap), None)
        if match is not None:
            free.remove(match)
            matched += 1
    return matched


def _overlap(first: Gesture, second: Gesture) -> float:
    """Intersection over union, in [0, 1]."""
    shared = max(0.0, min(first.end, second.end) - max(first.start, second.start))
    return shared / (first.end - first.start + second.end - second.start - shared)
