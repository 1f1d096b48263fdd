"""Emotion wheels read from `wheel_mapping.npz` of MER2026's track 2: three pickled dictionaries, not trusted."""

from pathlib import Path
from typing import NamedTuple

from evals.errors import DatasetError
from evals.inert_pickles import UNREADABLE, dictionaries

WHEELS = ("wheel1", "wheel2", "wheel3", "wheel4", "wheel5")
LEVELS = ("level1", "level2")  # from the wheel's centre outwards
FORMS, SYNONYMS, WORDS = "format_mapping", "raw_mapping", "wheel_map_whole"  # arrays of the file

WordOf = dict[str, str]


class EmotionWheels(NamedTuple):
    """For each wheel, to which of its words a label belongs; labels that are not there belong to none."""

    level1: tuple[WordOf, ...]
    level2: tuple[WordOf, ...]


def read_wheels(file: Path) -> EmotionWheels:
    """The wheels of a `wheel_mapping.npz`.

    A label has base forms, these have synonyms among the wheels' words; the alphabetically first of the synonyms that
    lies on a wheel decides.

    Raises:
        DatasetError: the file is not there, or does not hold such dictionaries and nothing else.
    """
    try:
        forms, synonyms, words = dictionaries(file, (FORMS, SYNONYMS, WORDS))
        candidates = {
            label: sorted({word for form in of_label for word in synonyms[form]}) for label, of_label in forms.items()
        }
        levels = [tuple(_words_of(candidates, words[wheel][level]) for wheel in WHEELS) for level in LEVELS]
    except UNREADABLE as error:
        raise DatasetError(
            f"{file} can't be read as MER2026's wheel_mapping.npz: {type(error).__name__}: {error}"
        ) from error
    return EmotionWheels(*levels)


def _words_of(candidates: dict[str, list[str]], word_of: WordOf) -> WordOf:
    first = {label: next((word for word in words if word in word_of), None) for label, words in candidates.items()}
    return {label: word_of[word] for label, word in first.items() if word is not None}
