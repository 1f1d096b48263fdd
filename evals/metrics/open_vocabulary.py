"""Sets of emotion words compared with gold's, words of one meaning counted as one: MER2024-OV (Lian et al. 2024)."""

import re
import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evals.errors import DatasetError
from evals.metrics.measure import Measure, check_pairs, coverage

Groups = Sequence[Sequence[str]]  # words of one meaning each
Predicted = Sequence[Collection[str] | None]


class SetScores(NamedTuple):
    """Means over samples, in [0, 1]."""

    accuracy: Measure  # share of predicted meanings that are gold's: a precision, by the challenge's name
    recall: Measure  # share of gold's meanings that are predicted
    average: Measure  # of the two: the challenge's score


def label_list(text: str) -> tuple[str, ...]:
    """The words of a list such as `['happy', 'at ease']`, in lower case and without blanks around them.

    One opening and one closing bracket are taken away; quotes and commas part words, so a word has neither (as in the
    MER challenges' files). Text without any of these is one word, and an empty one none.
    """
    inner = text.strip().removeprefix("[").removesuffix("]")
    return tuple(word for part in re.split(r"['\",]", inner) if (word := part.strip().lower()))


def words_of(told: object) -> list[str]:
    """The words of an answer, which is a list of them or a text such as `label_list` reads.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(told, str):
        return list(label_list(told))
    if not isinstance(told, list) or not all(isinstance(word, str) for word in told):
        raise ValueError("no list of words")
    return [word.strip().lower() for word in told]


def word_groups(text: str) -> tuple[tuple[str, ...], ...]:
    """The groups of a list of lists such as `[['happy', 'joyful'], ['calm']]`, words as `label_list` has them."""
    return tuple(words for part in re.split(r"[\[\]]", text) if (words := label_list(part)))


def read_word_groups(archive: Path) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The groups of each sample, by its name, of MER2024's `openset-synonym.zip`: a text in an npy file for each.

    Raises:
        DatasetError: the file is not there, no zip, or an entry is no text.
    """
    try:
        with zipfile.ZipFile(archive) as files:
            names = sorted(name for name in files.namelist() if name.endswith(".npy"))
            groups = {}
            for name in names:
                with files.open(name) as file:
                    groups[Path(name).stem] = word_groups(str(np.load(file, allow_pickle=False)))
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise DatasetError(f"{archive} can't be read as MER2024's synonyms (a zip of npy texts): {error}") from error
    if not groups:
        raise DatasetError(f"{archive} has no npy file; give MER2024's openset-synonym.zip")
    return groups


def set_scores(
    gold: Sequence[Collection[str]], predicted: Predicted, groups: Sequence[Groups] | None = None
) -> SetScores:
    """Accuracy and recall of each sample's set of words, and their means.

    A word stands for the first of its group (of the last one that has it), and for itself without one. What is not
    predicted, or predicted empty, scores 0.

    Args:
        gold: words for each sample, in lower case.
        predicted: words or None for each sample, in lower case.
        groups: groups of synonyms for each sample.

    Raises:
        ValueError: no samples, not as many predictions or groups as gold, or a sample without gold.
    """
    check_pairs(gold, predicted)
    check_pairs(gold, groups if groups is not None else gold)
    accuracies, recalls = [], []
    for number, (true, guess) in enumerate(zip(gold, predicted, strict=True)):
        stands_for = {word: group[0] for group in groups[number] for word in group} if groups is not None else {}
        truth, claimed = ({stands_for.get(word, word) for word in words} for words in (true, guess or ()))
        if not truth:
            raise ValueError(f"sample {number} has no gold words: leave it out")
        right = len(truth & claimed)
        accuracies.append(right / len(claimed) if claimed else 0.0)
        recalls.append(right / len(truth))
    accuracy, recall = float(np.mean(accuracies)), float(np.mean(recalls))
    covered = coverage([guess or None for guess in predicted])
    return SetScores(*(Measure(value, len(gold), covered) for value in (accuracy, recall, (accuracy + recall) / 2)))
