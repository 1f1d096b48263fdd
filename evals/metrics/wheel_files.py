"""Emotion wheels read from `wheel_mapping.npz` of MER2026's track 2, whose pickles are not trusted.

The file holds three pickled dictionaries, and a pickle may name any function to call. Here the three names that numpy
writes around an object stand for inert placeholders and no other name exists, so nothing can be called.
"""

import io
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from numpy.lib import format as npy

from evals.errors import DatasetError

WHEELS = ("wheel1", "wheel2", "wheel3", "wheel4", "wheel5")
LEVELS = ("level1", "level2")  # from the wheel's centre outwards
FORMS, SYNONYMS, WORDS = "format_mapping", "raw_mapping", "wheel_map_whole"  # arrays of the file

# what a file that is missing, broken or of something else makes zipfile, pickle and the look-ups raise
UNREADABLE = (
    OSError, EOFError, ValueError, TypeError, AttributeError, LookupError,
    zlib.error, zipfile.BadZipFile, pickle.UnpicklingError,
)  # fmt: skip

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
        with zipfile.ZipFile(file) as arrays:
            forms, synonyms, words = (_dictionary(arrays.read(f"{name}.npy")) for name in (FORMS, SYNONYMS, WORDS))
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


class _Placeholder:
    """Takes what numpy would build an array or its type from, and keeps the state."""

    def __init__(self, *given: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Inert(pickle.Unpickler):
    """Knows the names that numpy writes around one object, and no other."""

    def find_class(self, module: str, name: str) -> type[_Placeholder]:
        if module in {"numpy.core.multiarray", "numpy._core.multiarray", "numpy"} and name in {
            "_reconstruct",
            "ndarray",
            "dtype",
        }:
            return _Placeholder
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no dictionary needs")


def _dictionary(array: bytes) -> dict[str, Any]:
    """The dictionary in an npy file of one object."""
    stream = io.BytesIO(array)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("an array is not in version 1.0 of the npy format")
    npy.read_array_header_1_0(stream)
    (held,) = _Inert(stream).load().state[-1]  # an array's state ends with its elements
    if not isinstance(held, dict):
        raise TypeError(f"an array holds a {type(held).__name__} instead of a dictionary")
    return held
