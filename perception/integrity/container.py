"""What the file tells of its own history: who wrote and coded it, edit lists, key frames, and coding on top of coding.

None of this speaks against a recording: nearly every clip that was sent or published was coded again.
"""

import re
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.container import boxes
from perception.evidence import Findings
from perception.probe import best_video, opened

Floats = npt.NDArray[np.floating]

CODERS = re.compile(
    rb"x26[45] [ -,.-~]{0,3}- core \d+|x265 \(build \d+\)|Lavc[\d.]+"
)  # as they sign the stream itself, in a message for nobody
SOFTWARE = ("Lavf", "Lavc", "x264", "x265", "HandBrake", "Adobe", "Google", "L-SMASH", "GPAC", "Premiere", "DaVinci")
TAGS = ("encoder", "handler_name", "com.apple.quicktime.software", "software")
HEAD_BYTES = 4096  # of the first picture: where coders sign
PERIODS = range(6, 61)  # pictures from one key frame of an earlier coding to the next
FEWEST_PERIODS = 6
BESIDE = 3  # pictures before and after, of which every k-th must be the largest
COMB_SHARE = 0.6  # of every k-th pictures, that must be
LEAST_CHANCE = 1e-7  # of so many by chance: the best of some two thousand combs is taken
USUAL_SHARE, FEWEST_KEYS = 0.6, 5  # of the distances of key frames that are alike, and key frames, for a rule
HIDDEN_S = 0.1  # of pictures that an edit list hides: coders hide a few at the start
NO_CHANGE = 3.0  # times the usual change of the picture: a key frame at more than that is at a cut
ISO_BOXES = (b"moov", b"trak", b"edts", b"mdia")


@dataclass(frozen=True)
class Coding:
    """What the packets tell."""

    times_s: Floats  # (n,) of all pictures in order of time
    sizes: Floats  # (n,) bytes
    key: npt.NDArray[np.bool_]  # (n,)
    anchor: npt.NDArray[np.bool_]  # (n,) no picture between others in the order of coding: sizes compare among these
    signed: tuple[str, ...]  # software that is named, in the container or the stream


def read_coding(clip: Clip) -> Coding:
    """Read packets and tags without decoding.

    Raises:
        CorruptClipError: the file can't be read.
    """
    rows: list[tuple[int, int, bool, bool]] = []
    with opened(clip.path, clip.container) as file:
        stream = best_video(clip.path, file)
        tags = [*(file.metadata.get(t, "") for t in TAGS), *(stream.metadata.get(t, "") for t in TAGS)]
        tick_s, latest = float(stream.time_base or 0), None
        for packet in file.demux(stream):
            at = packet.dts if packet.pts is None else packet.pts
            if not packet.size or at is None:
                continue
            if not rows:
                tags += [match.decode() for match in CODERS.findall(bytes(packet)[:HEAD_BYTES])]
            rows.append((at, packet.size, packet.is_keyframe, latest is None or at > latest))
            latest = at if latest is None else max(at, latest)
    rows.sort()
    ticks, sizes, key, anchor = (np.array(column) for column in zip(*rows, strict=True))
    named = [tag.strip() for tag in tags if any(name.lower() in tag.lower() for name in SOFTWARE)]
    return Coding((ticks - ticks[0]) * tick_s, sizes.astype(float), key, anchor, tuple(dict.fromkeys(named)))


def tell_container(clip: Clip, coding: Coding, changes: Floats, found: Findings) -> None:
    """Add what the file tells.

    Args:
        clip: the clip.
        coding: its packets.
        changes: mean change of each picture from the one before, shape (n - 1,): tells cuts.
        found: to be added to.
    """
    end_s = clip.duration_s
    if coding.signed:
        text = (
            f"the file names software that wrote or coded it ({'; '.join(coding.signed)}), for the first time or again"
        )
        found.event(None, "encoder_signature", 0.0, end_s, text=text, confidence=0.9, quality=1.0)
    else:
        found.notes["software"] = "the file names none that wrote it, which proves nothing"
    joined = edits(clip.path) if clip.container in ("mp4", "mov") else 1
    if joined > 1:
        text = f"the file's edit list joins {joined} stretches of what was recorded"
        found.event(None, "edited", 0.0, end_s, value=joined, unit="stretches", text=text, confidence=0.9, quality=1.0)
    _tell_key_frames(clip, coding, changes, found)
    period = earlier_period(coding)
    if period is None:
        found.notes["earlier coding"] = (
            "no rhythm of one in the sizes of the pictures, which proves nothing: it shows when the earlier coding was "
            "the coarser and today's has no pictures between others (B-frames), seldom else"
        )
        return
    text = f"every {period}th picture took more bytes than its neighbours though it is no key frame of this file"
    text += ", as key frames of an earlier coding do"
    found.event(None, "coded_twice", 0.0, end_s, value=period, unit="pictures", text=text, confidence=0.6, quality=0.7)


def edits(path: Path) -> int:
    """Most stretches that an edit list of an MP4 or MOV joins (ISO 14496-12, 8.6.6); 1 where nothing is cut."""
    with path.open("rb") as file:
        return max(_edit_counts(file, 0, path.stat().st_size), default=1)


def _edit_counts(file: BinaryIO, start: int, end: int) -> list[int]:
    counts = []
    for kind, content, stop in boxes(file, start, end):
        if kind in ISO_BOXES:
            counts += _edit_counts(file, content, min(stop, end))
        elif kind == b"elst":
            file.seek(content)
            version, count = struct.unpack(">B3xI", file.read(8))
            form = ">QqI" if version == 1 else ">IiI"
            size = struct.calcsize(form)
            body = file.read(size * min(count, 10_000))
            entries = [struct.unpack_from(form, body, at) for at in range(0, len(body) - size + 1, size)]
            counts.append(sum(media_time >= 0 and duration > 0 for duration, media_time, _ in entries))
    return counts


def earlier_period(coding: Coding) -> int | None:
    """Distance of the key frames of an earlier coding, in pictures, if the sizes of today's show one.

    A key frame's errors differ from those of the pictures about it, so that coding it again costs more (Wang & Farid
    2006; Vázquez-Padín et al. 2012). Only pictures of one kind are compared, and with their neighbours.
    """
    from scipy.ndimage import maximum_filter1d
    from scipy.stats import binom

    plain = np.flatnonzero(coding.anchor & ~coding.key)
    if len(plain) < FEWEST_PERIODS * PERIODS[0]:
        return None
    sizes = coding.sizes[plain]
    tops = sizes >= maximum_filter1d(sizes, 2 * BESIDE + 1, mode="nearest")
    least, best = LEAST_CHANCE, None
    for period in PERIODS:
        if _is_key_period(coding, period):
            continue
        for phase in range(period):
            comb = tops[plain % period == phase]
            if len(comb) < FEWEST_PERIODS or comb.mean() < COMB_SHARE:
                continue
            chance = float(binom.sf(comb.sum() - 1, len(comb), tops.mean()))
            if chance < least:
                least, best = chance, period
    return best


def _is_key_period(coding: Coding, period: int) -> bool:
    """Whether today's own key frames come at this distance, or a multiple."""
    steps = np.diff(np.flatnonzero(coding.key))
    return bool(len(steps)) and bool((steps % period == 0).mean() > USUAL_SHARE)


def _tell_key_frames(clip: Clip, coding: Coding, changes: Floats, found: Findings) -> None:
    keys = np.flatnonzero(coding.key)
    steps = np.diff(keys)
    if len(keys) < FEWEST_KEYS:
        return
    usual, count = Counter(steps.tolist()).most_common(1)[0]
    if count < USUAL_SHARE * len(steps):
        return
    early = [int(key) for key, step in zip(keys[1:], steps, strict=True) if step < usual]
    still = [k for k in early if k - 1 < len(changes) and changes[k - 1] <= NO_CHANGE * np.median(changes)]
    if still:
        at = ", ".join(f"{coding.times_s[k]:.1f}" for k in still[:4])
        text = f"{len(still)} key frames are out of turn though the picture hardly changes there (at {at} s)"
        first_s, last_s = float(coding.times_s[still[0]]), float(coding.times_s[still[-1]])
        found.event(
            None,
            "key_frames_out_of_turn",
            min(first_s, clip.duration_s),
            min(last_s, clip.duration_s),
            value=len(still),
            unit="key frames",
            text=f"{text}: parts may have been joined there",
            confidence=0.4,
            quality=0.7,
        )
