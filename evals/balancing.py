"""Falsified labels that give nothing away: each label is as often false as it is true."""

import itertools
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

MOST_LABELS = 16  # of which all sets are tried


def balanced(true: Sequence[str], allowed: Sequence[Collection[str]], seed: int) -> list[str | None]:
    """A false label for each true one, such that every label is as often false as true among those that have one.

    The false labels are the true ones dealt out anew, at random, to as many as possible; the table of all against all
    is held in memory.

    Args:
        true: labels.
        allowed: for each of them, the labels that may take its place; its own is never taken.
        seed: of the draw.

    Returns:
        None for those that have to be left out, since otherwise some label would be more often one than the other.
    """
    from scipy.optimize import linear_sum_assignment

    if not true:
        return []
    labels = np.array(true)
    cost = np.random.default_rng(seed).random((len(true), len(true)))
    barred = ~np.array([np.isin(labels, sorted(others)) for others in allowed])
    # who keeps its own label is left out, which costs more than any draw, and less than one that is not allowed
    cost[barred | (labels[:, None] == labels)] = 10.0 * len(true) ** 2
    np.fill_diagonal(cost, 2.0 * len(true))
    _, taken = linear_sum_assignment(cost)
    return [None if at == of else true[of] for at, of in enumerate(taken)]


def blind_overall(pairs: Sequence[tuple[str, str]]) -> float:
    """The largest share of pairs (true label, false label) that a rule which sees nothing but the label gets right.

    It is the best of all sets of labels to which yes is said, chosen on the very pairs it is scored on.

    Raises:
        ValueError: no pairs, or too many labels to try all sets.
    """
    labels = sorted({label for pair in pairs for label in pair})
    if not pairs or len(labels) > MOST_LABELS:
        raise ValueError(f"{len(pairs)} pairs of {len(labels)} labels: give some, of {MOST_LABELS} labels at most")
    counts = Counter(pairs)
    sets = (set(some) for size in range(len(labels)) for some in itertools.combinations(labels, size))
    right = (sum(n for (true, false), n in counts.items() if true in some and false not in some) for some in sets)
    return max(right) / len(pairs)
