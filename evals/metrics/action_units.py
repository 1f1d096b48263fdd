"""F1 of action units by clip, as in MEB's CD6ME and LOSO protocols (Varanka et al. 2022, arXiv 2211.11425).

"Binary" F1 is of the active class alone, "macro" the mean with that of the inactive class; they differ by some 25
points, so both are always given. Gold and prediction are joined by the clip's id, whatever their order.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evals.errors import DatasetError
from evals.metrics.grouping import by_group
from evals.metrics.measure import Measure, ratio

Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


class Coded(NamedTuple):
    """The action units of one clip, by their FACS numbers; none when the clip was not coded (abstained)."""

    id: str
    active: frozenset[int] | None


class ActionUnitScores(NamedTuple):
    """F1 in [0, 1] by action unit, and the means over action units."""

    binary: dict[int, Measure]
    macro: dict[int, Measure]
    mean_binary: Measure
    mean_macro: Measure


class ScoresBySet(NamedTuple):
    """Scores of each data set or subject alone, and the means over sets of their means over action units."""

    by_set: dict[str, ActionUnitScores]
    mean_binary: Measure
    mean_macro: Measure


def action_unit_scores(gold: Sequence[Coded], predicted: Sequence[Coded], units: Sequence[int]) -> ActionUnitScores:
    """F1 of each action unit over all clips pooled (not averaged over folds).

    A unit that is neither coded nor predicted has binary F1 0, as in MEB. Macro F1 is the mean over the classes that
    occur in gold or prediction, as scikit-learn's and so MEB's. A clip that was not coded is missed in either class.

    Args:
        gold: every clip, coded.
        predicted: the same clips, in any order.
        units: which action units to score; CD6ME has 1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15 and 17.

    Raises:
        DatasetError: a clip of gold is not predicted or the other way round, one is there twice, or gold is not coded.
        ValueError: no clips or no units.
    """
    return _scores(*_joined(gold, predicted, units), units)


def action_unit_scores_by_set(
    gold: Sequence[Coded], predicted: Sequence[Coded], units: Sequence[int], set_of: Mapping[str, str]
) -> ScoresBySet:
    """F1 of each action unit in each set: the data sets of CD6ME, or the subjects of LOSO.

    Args:
        gold: every clip, coded.
        predicted: the same clips, in any order.
        units: which action units to score, as for `action_unit_scores`.
        set_of: the set of each clip, by id.

    Raises:
        DatasetError: as for `action_unit_scores`, or a clip is in no set.
        ValueError: no clips or no units.
    """
    active, guessed, given = _joined(gold, predicted, units)
    if strangers := [clip.id for clip in gold if clip.id not in set_of]:
        raise DatasetError(f"{_some(strangers)} in no set: give a set for each clip")
    sets = [set_of[clip.id] for clip in gold]
    by_set = by_group(sets, lambda at: _scores(active[at], guessed[at], given[at], units))
    n, covered = len(gold), float(given.mean())
    return ScoresBySet(
        by_set,
        Measure(float(np.mean([scores.mean_binary.value for scores in by_set.values()])), n, covered),
        Measure(float(np.mean([scores.mean_macro.value for scores in by_set.values()])), n, covered),
    )


def f1_by_set(active: Flags, guessed: Flags, given: Flags, sets: npt.NDArray[np.int64]) -> tuple[Values, Values]:
    """Binary and macro F1 of each unit in each set that there is, as `action_unit_scores` has them.

    Args:
        active: (clips, units).
        guessed: (clips, units).
        given: which guesses were made, (clips, units) or (clips, 1).
        sets: the number of each clip's set, (clips,).

    Returns:
        Both in [0, 1] and (sets, units), sets by their number.
    """
    members = (np.unique(sets)[:, None] == sets).astype(np.float64)
    binary, occurs = _f1(active, guessed & given, members)
    inactive, occurs_inactive = _f1(~active, ~guessed & given, members)
    return binary, ratio(binary + inactive, occurs.astype(int) + occurs_inactive)


def _joined(gold: Sequence[Coded], predicted: Sequence[Coded], units: Sequence[int]) -> tuple[Flags, Flags, Flags]:
    """What is active and what was predicted (clips, units), and which clips were coded (clips,), in gold's order."""
    if not gold or not units:
        raise ValueError(f"{len(gold)} clips and {len(units)} action units: give some of both")
    truth, guess = _by_id(gold, "gold"), _by_id(predicted, "the predictions")
    for here, there, where in ((truth, guess, "the predictions"), (guess, truth, "gold")):
        if missing := [name for name in here if name not in there]:
            raise DatasetError(f"{_some(missing)} missing in {where}: give each clip once in both")
    if uncoded := [name for name, units_of in truth.items() if units_of is None]:
        raise DatasetError(f"{_some(uncoded)} without codes in gold: leave such clips out of both")
    active = np.array([[unit in (truth[name] or ()) for unit in units] for name in truth], dtype=bool)
    guessed = np.array([[unit in (guess[name] or ()) for unit in units] for name in truth], dtype=bool)
    return active, guessed, np.array([guess[name] is not None for name in truth], dtype=bool)


def _by_id(clips: Sequence[Coded], where: str) -> dict[str, frozenset[int] | None]:
    found: dict[str, frozenset[int] | None] = {}
    for clip in clips:
        if clip.id in found:
            raise DatasetError(f"clip {clip.id} is there twice in {where}: give each clip once")
        found[clip.id] = clip.active
    return found


def _scores(active: Flags, guessed: Flags, given: Flags, units: Sequence[int]) -> ActionUnitScores:
    (binary,), (macro,) = f1_by_set(active, guessed, given[:, None], np.zeros(len(active), dtype=int))
    n, covered = len(active), float(given.mean())

    def by_unit(values: npt.NDArray[np.float64]) -> dict[int, Measure]:
        return {unit: Measure(float(value), n, covered) for unit, value in zip(units, values, strict=True)}

    means = (Measure(float(values.mean()), n, covered) for values in (binary, macro))
    return ActionUnitScores(by_unit(binary), by_unit(macro), *means)


def _f1(true: Flags, claimed: Flags, members: Values) -> tuple[Values, Flags]:
    """F1 of each set and column, and whether its class occurs there at all."""
    whole = members @ true + members @ claimed
    return ratio(2 * (members @ (true & claimed)), whole), whole > 0


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{len(names)} of the clips ({', '.join(names[:5])}{more}) {'is' if len(names) == 1 else 'are'}"
