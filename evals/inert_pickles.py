"""Dictionaries out of npz files whose arrays are pickled objects, which are not trusted.

A pickle may name any function to call. Here the names that numpy writes around an object or a number stand for inert
placeholders and no other name exists, so nothing can be called.
"""

import io
import pickle
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

MODULES = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy")
NUMBERS = ("f4", "f8", "i4", "i8")  # numpy's codes of numbers that are read

# what a file that is missing, broken or of something else makes zipfile, pickle and the look-ups raise
UNREADABLE = (
    OSError, EOFError, ValueError, TypeError, AttributeError, LookupError,
    zlib.error, zipfile.BadZipFile, pickle.UnpicklingError,
)  # fmt: skip


def dictionaries(file: Path, arrays: Sequence[str]) -> list[dict[str, Any]]:
    """The dictionary that each of these arrays of an npz file holds.

    Raises:
        One of `UNREADABLE`: the file is not there, or does not hold such dictionaries.
    """
    with zipfile.ZipFile(file) as inside:
        return [_dictionary(inside.read(f"{name}.npy")) for name in arrays]


class _Placeholder:
    """Takes what numpy would build an array or its type from, and keeps it."""

    def __init__(self, *given: object) -> None:
        self.given = given
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


def _number(type_: _Placeholder, raw: bytes) -> float:
    """A number of numpy's as one of Python's."""
    code = str(type_.given[0])
    if code not in NUMBERS:
        raise pickle.UnpicklingError(f"a number of type {code} is none of {', '.join(NUMBERS)}")
    return float(np.frombuffer(raw, np.dtype(f"<{code}"))[0])


KNOWN: dict[str, Callable[..., Any]] = {
    "_reconstruct": _Placeholder,
    "ndarray": _Placeholder,
    "dtype": _Placeholder,
    "scalar": _number,
}


class _Inert(pickle.Unpickler):
    """Knows the names that numpy writes around an object, and no other."""

    def find_class(self, module: str, name: str) -> Any:
        if module in MODULES and name in KNOWN:
            return KNOWN[name]
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
