"""Action units of any folder of clips, as a table that anyone can score and anyone's scores can stand beside."""

import asyncio
import tempfile
from pathlib import Path

from evals.au_files import Coded, write_coded
from evals.au_scoring import UNITS
from evals.conditions import Conditions
from evals.errors import DatasetError
from evals.measuring import measured
from evals.pictures import VIDEOS
from evals.run import Run, open_run
from evals.tasks.au import TOOLS, active_units
from perception.clip import Clip


def au_export(folder: Path, target: Path, data: Path | None = None) -> int:
    """Write which of CD6ME's units are seen in each clip below a folder; how many clips there were.

    Args:
        folder: with videos; a clip's id is its path in the folder without its ending.
        target: the CSV: id, AU1, AU2, ..., empty where no face could be coded.
        data: folder of caches; none are kept when not given.

    Raises:
        DatasetError: there is no clip in the folder.
        ClipError: a clip can't be decoded.
    """
    clips = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS)
    if not clips:
        raise DatasetError(f"{folder}: there is no clip in it ({', '.join(VIDEOS)})")
    with tempfile.TemporaryDirectory() as passing:
        run = open_run(Conditions(tools=TOOLS, data=data or Path(passing)), "tools")
        found = asyncio.run(_coded(clips, folder, run))
    write_coded(target, found, UNITS)
    return len(found)


async def _coded(clips: list[Path], folder: Path, run: Run) -> list[Coded]:
    found = []
    for path in clips:
        clip = Clip.open(path)
        active = active_units(await measured(clip, run), 0.0, clip.duration_s)
        name = path.relative_to(folder).with_suffix("").as_posix()
        found.append(Coded(name, None if active is None else frozenset(active)))
    return found
