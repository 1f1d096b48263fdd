"""Action units of any folder of clips, as a table that anyone can score and anyone's scores can stand beside."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from evals.au_files import Coded, write_coded
from evals.au_scoring import UNITS
from evals.conditions import Conditions
from evals.errors import DatasetError
from evals.measuring import measured
from evals.pictures import CLIPS, VIDEOS, pictured, video_of
from evals.reading import refuse, twice
from evals.run import Run, open_run
from evals.tasks.au import TOOLS, active_units
from perception.clip import Clip


def au_export(folder: Path, target: Path, data: Path | None = None) -> int:
    """Write which of CD6ME's units are seen in each clip below a folder; how many clips there were.

    Args:
        folder: with videos and folders of pictures (25 a second); a clip's id is its path in the folder without its
            ending.
        target: the CSV: id, AU1, AU2, ..., empty where no face could be coded.
        data: folder of caches; none are kept when not given.

    Raises:
        DatasetError: there is no clip in the folder, or two have the same id.
        ClipError: a clip can't be decoded.
    """
    clips = _clips(folder)
    with tempfile.TemporaryDirectory() as passing:
        run = open_run(Conditions(tools=TOOLS, data=data or Path(passing)), "tools")
        found = asyncio.run(_coded(clips, run))
    write_coded(target, found, UNITS)
    return len(found)


def _clips(folder: Path) -> dict[str, Path]:
    """The videos and the folders of pictures below a folder, by their ids."""
    below = sorted(folder.rglob("*"))
    videos = [path for path in below if path.suffix.lower() in VIDEOS and path.is_file()]
    named = [(path.with_suffix(""), path) for path in videos]
    named += [(path, path) for path in below if path.is_dir() and pictured(path)]
    ids = [name.relative_to(folder).as_posix() for name, _ in named]
    if not ids:
        raise DatasetError(f"{folder}: there is no clip in it ({', '.join(VIDEOS)}, or a folder of pictures)")
    refuse(folder, (f"two clips are called {id_}; rename one" for id_ in twice(ids)))
    return dict(zip(ids, (path for _, path in named), strict=True))


async def _coded(clips: Mapping[str, Path], run: Run) -> list[Coded]:
    found = []
    for name, path in clips.items():
        clip = Clip.open(video_of(path, run.conditions.data / CLIPS))
        active = active_units(await measured(clip, run), 0.0, clip.duration_s)
        found.append(Coded(name, None if active is None else frozenset(active)))
    return found
