"""Expressions named by a CLIP or SigLIP alone, zero-shot, as a file that `eval score` reads: a baseline of perception.

Pictures are shown whole: RAF-DB's aligned faces, AffectNet's and DFEW's are cut to the face as they come.
"""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from evals.errors import DatasetError
from evals.expressions import classes
from evals.pictures import CLIPS, PICTURES, video_of
from evals.reading import refuse
from evals.registry import benchmark
from perception.clip import Clip
from perception.errors import ClipError
from perception.models.face_clip import face_encoder
from perception.zero_shot import fitting, looks, prompts

FRAMES = 16  # of a clip, evenly spread; a photograph is one
FILE = Path(__file__).parent / "data" / "expression_words.yaml"


def zero_shot(
    name: str, folder: Path, target: Path, encoder: str, engine: str = "clip", data: Path | None = None
) -> tuple[int, list[str]]:
    """Write the label of a set of expressions that fits each of its faces best.

    A face that can't be read has no row: whoever scores the file counts it as wrong, and as not covered.

    Args:
        name: of the benchmark, one of `evals.expressions.classes`.
        folder: of its data.
        target: the CSV: id, value.
        encoder: hub id or folder of a CLIP or SigLIP.
        engine: whose wording is used, `clip` or `emocapclip`.
        data: folder of caches, for clips that are made of pictures; none are kept when not given.

    Returns:
        How many labels were written, and a line for each face that could not be read.

    Raises:
        DatasetError: none of the faces can be read, the target can't be written, no such set of expressions or engine,
            or the folder lacks something.
        ToolError: the encoder can't be loaded.
    """
    if name not in classes():
        raise DatasetError(f"{name} is no set of facial expressions; there are {', '.join(classes())}")
    if engine not in prompts().templates:
        raise DatasetError(f"no wording for engine {engine!r}; there are {', '.join(prompts().templates)}")
    items = benchmark(name).items(folder)
    _check_writable(target)
    model = face_encoder(engine, encoder)
    texts = looks(model, {label: words()[label] for label in classes()[name].labels}, engine)
    found, unread = [], list[str]()
    with tempfile.TemporaryDirectory() as passing:
        for item in items:
            assert item.clip is not None, "every item of these sets has a face"
            try:
                pictures = _pictures(item.clip, (data or Path(passing)) / CLIPS)
            except (ClipError, DatasetError) as error:
                unread.append(f"{item.id}: {error}")
                continue
            scores = fitting(model, pictures, texts)
            found.append((item.id, max(scores, key=lambda label: scores[label])))
    if not found:
        refuse(folder, [f"none of {len(items)} faces can be read", *unread])
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "value"), *found])
    return len(found), unread


def _check_writable(target: Path) -> None:
    """Refuse a file that can't be written before the long work, not after it; what is there stays as it is."""
    there = target.exists()
    try:
        target.open("a").close()
    except OSError as error:
        raise DatasetError(f"{target}: can't be written: {error.strerror}; name another file") from error
    if not there:
        target.unlink()


@cache
def words() -> Mapping[str, Sequence[str]]:
    """Words for each label that a set of expressions has."""
    return {**yaml.safe_load(FILE.read_text(encoding="utf-8")), **prompts().states}


def _pictures(path: Path, kept: Path) -> list[npt.NDArray[np.uint8]]:
    clip = Clip.open(video_of(path, kept))
    count = 1 if path.suffix.lower() in PICTURES else FRAMES
    times_s = (np.arange(count) + 0.5) / count * clip.duration_s
    return [frame.rgb for frame in clip.frames_at(times_s.tolist())]
