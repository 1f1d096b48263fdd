"""Samples in groups: scores by category, language or data set, and folds that leave one group out."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Group = TypeVar("Group", bound=Hashable)
Scored = TypeVar("Scored")


class Fold(NamedTuple, Generic[Group]):
    """One group held out: indices of all other samples, and of its own."""

    held_out: Group
    train: Indices
    test: Indices


def indices_by(groups: Sequence[Group]) -> dict[Group, Indices]:
    """Indices of the samples of each group; groups in the order in which they first occur.

    Args:
        groups: the group of each sample, such as its subject, its data set, or (language, category).
    """
    members: dict[Group, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    return {group: np.array(indices) for group, indices in members.items()}


def by_group(groups: Sequence[Group], score: Callable[[Indices], Scored]) -> dict[Group, Scored]:
    """The score of each group by itself.

    Args:
        groups: the group of each sample.
        score: gives the score of the samples at these indices.
    """
    return {group: score(indices) for group, indices in indices_by(groups).items()}


def leave_one_out(groups: Sequence[Group]) -> Iterator[Fold[Group]]:
    """Folds that hold one group out each: LOSO over subjects, LODO (CD6ME) over data sets (Varanka et al. 2022).

    Indices refer to the order given, so that what is predicted in a fold goes back to its sample whatever the order
    of the rows. Without training, as in zero-shot use, the folds say which samples each score is of.

    Args:
        groups: the subject or data set of each sample.

    Raises:
        ValueError: fewer than two groups.
    """
    members = indices_by(groups)
    if len(members) < 2:
        raise ValueError(f"{len(members)} group can't be left out of itself: give two or more")
    everyone = np.arange(len(groups))
    for group, test in members.items():
        yield Fold(group, np.setdiff1d(everyone, test), test)
