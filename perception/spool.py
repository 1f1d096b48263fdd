"""Rows that grow on disk: an hour of landmarks must not need an hour's memory."""

import tempfile
from collections.abc import Sequence
from typing import IO

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
BATCH = 256  # rows copied at a time


class Spool:
    """Rows of one shape, written as they come and mapped at the end; the file goes when its last array does."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Expect float32 rows of this shape."""
        self._shape = shape
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __del__; the system then frees it
        self._count = 0

    def add(self, row: Rows) -> int:
        """Write a row and return its number."""
        self._file.write(np.ascontiguousarray(row, dtype=np.float32).data)
        self._count += 1
        return self._count - 1

    def gathered(self, groups: Sequence[Sequence[int]]) -> list[Rows]:
        """The rows of each group (numbers that `add` returned), shape (rows, *shape) each, read-only and on disk."""
        if not groups:
            return []
        rows = self._mapped(self._file, self._count)
        if len(groups) == 1 and len(groups[0]) == self._count:
            return [rows]
        with tempfile.TemporaryFile() as file:  # one file for all: a clip of many shots has many tracks
            for group in groups:
                for start in range(0, len(group), BATCH):
                    file.write(rows[list(group[start : start + BATCH])].data)
            ends = np.cumsum([len(group) for group in groups])
            return np.split(self._mapped(file, int(ends[-1])), ends[:-1])

    def _mapped(self, file: IO[bytes], count: int) -> Rows:
        file.flush()
        shape = (count, *self._shape)
        return np.memmap(file, dtype=np.float32, mode="r", shape=shape)

    def __del__(self) -> None:
        """Close the file; arrays that were made of it keep their own hold on the content."""
        self._file.close()
