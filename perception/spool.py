"""Arrays that grow on disk: an hour of landmarks must not need an hour's memory."""

import tempfile

import numpy as np
import numpy.typing as npt


class Spool:
    """Rows of one shape, written as they come and mapped at the end; the file goes when the array does."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Expect float32 rows of this shape."""
        self._shape = shape
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - unlinked at once: the system frees it with the last mapping
        self._rows = 0

    def add(self, row: npt.NDArray[np.float32]) -> None:
        """Write a row."""
        self._file.write(np.ascontiguousarray(row, dtype=np.float32).tobytes())
        self._rows += 1

    def array(self) -> npt.NDArray[np.float32]:
        """All rows, shape (rows, *shape), read-only and mapped from disk."""
        if not self._rows:
            return np.empty((0, *self._shape), dtype=np.float32)
        self._file.flush()
        return np.memmap(self._file, dtype=np.float32, mode="r", shape=(self._rows, *self._shape))

    def __del__(self) -> None:
        """Close the file; an array that was made of it keeps its own hold on the content."""
        self._file.close()
