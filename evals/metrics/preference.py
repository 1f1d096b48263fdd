"""Which of two descriptions of a clip people prefer: MER-Prefer, track 3 of MER 2026 (arXiv 2604.19417)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from evals.metrics.classification import accuracy, weighted_f1
from evals.metrics.measure import Measure

Preference = Literal["a1", "a2", "same"]
PREFERENCES: tuple[Preference, ...] = ("a1", "a2", "same")


class PreferenceScores(NamedTuple):
    """Scores in [0, 1] over the samples with a preference."""

    weighted_f1: Measure  # the challenge's first score
    accuracy: Measure


def parse_preference(answer: str) -> Preference | None:
    """The preference that an answer begins with or else names first; none when it names none. Case does not matter."""
    text = answer.strip().lower()
    places = {preference: text.find(preference) for preference in PREFERENCES}
    named = [preference for preference, place in places.items() if place >= 0]
    return min(named, key=lambda preference: places[preference], default=None)


def preference_scores(
    gold: Sequence[Preference],
    predicted: Sequence[Preference | None],
    unparsed: Literal["wrong", "same"] = "wrong",
) -> PreferenceScores:
    """Weighted F1 and accuracy over a1 and a2.

    As the challenge does, samples whose gold is `same` are left out, and `same` as a prediction is taken for a1.

    Args:
        gold: a preference for each sample.
        predicted: a preference or None for each sample.
        unparsed: what None is. The challenge's code takes it for `same` and so for a1, which is right half of the time.

    Raises:
        ValueError: not as many predictions as gold, or no sample with a preference.
    """
    kept = [(true, guess) for true, guess in zip(gold, predicted, strict=True) if true != "same"]
    if not kept:
        raise ValueError(f"of {len(gold)} samples none prefers a1 or a2; give some that do")
    truth = [true for true, _ in kept]
    stand_in = "a1" if unparsed == "same" else None
    guesses = [stand_in if guess is None else "a1" if guess == "same" else guess for _, guess in kept]
    covered = sum(guess is not None for _, guess in kept) / len(kept)
    return PreferenceScores(
        weighted_f1(truth, guesses)._replace(coverage=covered), accuracy(truth, guesses)._replace(coverage=covered)
    )
