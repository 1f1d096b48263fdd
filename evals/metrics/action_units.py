"""F1 of action units, as in MEB's CD6ME and LOSO protocols (Varanka et al. 2022, arXiv 2211.11425).

"Binary" F1 is of the active class alone, "macro" the mean with that of the inactive class; they differ by some 25
points, so both are always given.
"""

import numpy as np
import numpy.typing as npt

from evals.metrics.measure import ratio

Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def f1_by_set(active: Flags, guessed: Flags, given: Flags, sets: npt.NDArray[np.int64]) -> tuple[Values, Values]:
    """Binary and macro F1 of each unit in each set: a data set of CD6ME, a subject of LOSO, or all clips pooled.

    A unit that is neither coded nor predicted has binary F1 0, as in MEB. Macro F1 is the mean over the classes that
    occur in gold or prediction, as scikit-learn's and so MEB's. What was not guessed is missed in either class.

    Args:
        active: whether a unit is coded in gold, (clips, units).
        guessed: whether it is predicted, (clips, units).
        given: whether anything is predicted of it, (clips, units).
        sets: the number of each clip's set, (clips,).

    Returns:
        Both in [0, 1] and (sets, units), for the sets that there are, by their number.
    """
    members = (np.unique(sets)[:, None] == sets).astype(np.float64)
    binary, occurs = _f1(active, guessed & given, members)
    inactive, occurs_inactive = _f1(~active, ~guessed & given, members)
    return binary, ratio(binary + inactive, occurs.astype(int) + occurs_inactive)


def _f1(true: Flags, claimed: Flags, members: Values) -> tuple[Values, Flags]:
    """F1 of each set and column, and whether its class occurs there at all."""
    whole = members @ true + members @ claimed
    return ratio(2 * (members @ (true & claimed)), whole), whole > 0
