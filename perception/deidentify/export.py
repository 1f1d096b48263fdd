"""A clip de-identified into a new file, which is only put in its place once it has been looked through."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from perception.clip import Clip
from perception.deidentify.avatar import drawn
from perception.deidentify.covering import Cover, cover_also, plan, solid_places
from perception.deidentify.detectors import Look, checking, look
from perception.deidentify.hiding import Hiding, hidden, tagged
from perception.deidentify.likeness import Encoder
from perception.deidentify.measuring import Measured, measure
from perception.deidentify.utility import UtilityReport, compare
from perception.deidentify.voice import Samples, lowered
from perception.deidentify.writing import SUFFIXES, write_video
from perception.errors import DeidentifyError
from perception.frame import Frame

Method = Literal["mask", "pixelate", "blur", "avatar"]
Audio = Literal["drop", "pitch"]
SOUND_HZ = 48_000
# Covered whole about a picture on which a face is found after each writing. At first only what was found is covered:
# much of it is background that the cascade takes for a face, and coding anew may change what it finds elsewhere.
WHOLE_WITHIN_S = (None, 0.0, 0.0, 0.5, 2.0, 2.0)
Progress = Callable[[str, float], None]


class Survey(NamedTuple):
    """What was found out of a clip before it is written anew; the same for every method."""

    measured: Measured
    looks: list[Look]


def survey(clip: Clip, on_progress: Progress = lambda stage, time_s: None) -> Survey:
    """Measure a clip and look for faces on each of its pictures.

    Raises:
        ClipError: the clip can't be decoded.
    """
    measured = measure(clip)
    return Survey(measured, look(clip, lambda time_s: on_progress("finding faces", time_s)))


def deidentify(
    clip: Clip,
    out: Path,
    method: Method,
    *,
    audio: Audio = "drop",
    encoder: Encoder | None = None,
    surveyed: Survey | None = None,
    on_progress: Progress = lambda stage, time_s: None,
) -> UtilityReport:
    """Write a clip anew, de-identified, and say what can still be measured in it.

    Faces are masked, pixelated or blurred wherever one is, was or might be, and the written file is looked through
    by two detectors; or all is redrawn as an avatar from landmarks. Times of the pictures are kept, metadata are not.

    Args:
        clip: what to de-identify.
        out: the new file, .mp4 or .mov; one that is there is replaced.
        method: how.
        audio: without sound, or with its pitch shifted.
        encoder: of face crops, to compare embeddings.
        surveyed: the clip's, where it is known already.
        on_progress: told the stage and the time in the clip.

    Raises:
        DeidentifyError: `out` is the clip, has another suffix or no folder; or faces are still found in the end.
        ClipError: the clip can't be decoded.
    """
    check_output(clip, out)
    before, looks = surveyed or survey(clip, on_progress)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".", suffix=out.suffix)
    os.close(handle)
    part = Path(name)
    try:
        if method == "avatar":
            covers, seen = None, _write_avatar(clip, part, before, looks, audio, on_progress)
        else:
            covers = plan(looks, clip.width, clip.height)
            seen = _write_covered(clip, part, method, covers, audio, on_progress)
        on_progress("comparing", clip.duration_s)
        counts = Counter(cover.why for cover in covers) if covers else {}
        places, solid = solid_places(covers, looks) if covers else (0, 0)
        report = compare(clip, Clip.open(part), before, (looks, seen), encoder)
        report = report.model_copy(
            update={
                "method": method,
                "audio": _told(clip, audio),
                "pictures_covered": dict(counts),
                "solid_places": places,
                "pictures_solid": solid,
            }
        )
        _readable(part)
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return report


def check_output(clip: Clip, out: Path) -> None:
    """Refuse an output that can't be written, before anything is measured.

    Raises:
        DeidentifyError: see `deidentify`.
    """
    if out.suffix not in SUFFIXES:
        raise DeidentifyError(f"{out}: give an output that ends in {' or '.join(SUFFIXES)}")
    if not out.parent.is_dir():
        raise DeidentifyError(f"{out}: there is no folder {out.parent}; make it first")
    if out.is_dir():
        raise DeidentifyError(f"{out}: that is a folder; name a file")
    if out.exists() and out.samefile(clip.path):
        raise DeidentifyError(f"{out}: that is the clip itself, which is never overwritten; give another name")


def _write_covered(
    clip: Clip, part: Path, method: Hiding, covers: Sequence[Cover], audio: Audio, on_progress: Progress
) -> list[Look]:
    """Write, look through what was written, and cover more where a face is still found; the last looks."""
    tag = f"de-identified: {method}"

    def pictures() -> Iterator[Frame]:
        for frame, cover in zip(clip.frames(), covers, strict=True):
            on_progress("writing", frame.time_s)
            yield Frame(frame.index, frame.time_s, frame.duration_s, tagged(hidden(frame.rgb, cover, method), tag))

    for attempt in range(len(WHOLE_WITHIN_S)):
        write_video(part, pictures(), _sound(clip, audio), SOUND_HZ)
        seen = _looks(part, on_progress)
        found_s = [one.time_s for one in seen if one.boxes]
        if not found_s:
            return seen
        cover_also(covers, seen, whole_within_s=WHOLE_WITHIN_S[attempt])
    raise DeidentifyError(
        f"{clip.path}: a face is still found at {found_s[0]:.2f} s when all is covered; nothing is written"
    )


def _write_avatar(
    clip: Clip, part: Path, before: Measured, looks: Sequence[Look], audio: Audio, on_progress: Progress
) -> list[Look]:
    times = [(one.time_s, one.duration_s) for one in looks]
    frames = drawn(times, (clip.width, clip.height), before.faces, before.bodies)

    def pictures() -> Iterator[Frame]:
        for frame in frames:
            on_progress("drawing", frame.time_s)
            tagged(frame.rgb, "de-identified: avatar")
            yield frame

    write_video(part, pictures(), _sound(clip, audio), SOUND_HZ)
    return _looks(part, on_progress)


def _looks(part: Path, on_progress: Progress) -> list[Look]:
    looks = []
    with checking() as check:
        for frame in Clip.open(part).frames():
            looks.append(check(frame))
            on_progress("checking", frame.time_s)
    return looks


def _sound(clip: Clip, audio: Audio) -> Iterator[Samples] | None:
    sound = clip.audio(SOUND_HZ) if audio == "pitch" else None
    return None if sound is None else lowered(sound, SOUND_HZ)


def _told(clip: Clip, audio: Audio) -> str:
    if not clip.has_audio:
        return "none in the clip"
    return "dropped" if audio == "drop" else "pitch shifted"


def _readable(part: Path) -> None:
    """Give the file the rights of any new file; a temporary one is its owner's alone."""
    mask = os.umask(0)
    os.umask(mask)
    part.chmod(0o666 & ~mask)
