"""Folders that no row knows: a server was killed while it wrote or deleted them."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

AGE_S = 3600.0  # a folder in which nothing was written for so long is nobody's any more


def sweep_strays(folder: Path, known: Callable[[], set[str]], now: float) -> None:
    """Delete the folders in `folder` whose names are not known, unless they are being written."""
    there = list(folder.iterdir()) if folder.is_dir() else []
    names = known() if there else set()
    for stray in there:
        with suppress(FileNotFoundError):  # just deleted by someone else
            if stray.name not in names and now - _written_at(stray) > AGE_S:
                shutil.rmtree(stray, ignore_errors=True)


def _written_at(folder: Path) -> float:
    times: list[float] = [path.stat().st_mtime for path in (folder, *(folder.iterdir() if folder.is_dir() else ()))]
    return max(times)
