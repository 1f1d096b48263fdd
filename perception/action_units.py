"""Action units: how strongly each facial action is shown, against the person's own neutral face."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import TypeAdapter

from perception.au_geometry import movements
from perception.blendshapes import BLENDSHAPES
from perception.clip import Clip
from perception.events import most_common, rises, smoothed
from perception.evidence import Findings, Frozen
from perception.face_track import FaceTrack
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]
Engine = Literal["auto", "geometry", "blendshapes"]

BASELINE_S = 3.0  # of the face in view; below, a person's neutral can't be told from an expression
NEUTRAL_PERCENTILE = 20  # of a blendshape's score, which only ever rises
USUAL_WIDTH_PERCENTILE = 40  # of the mouth's width: smiles are wider, more often than tight lips are narrower
CALM_PERCENTILE = 60  # lips farther from that, or farther apart, than in so many frames may smile or speak
MEDIAN_S = 0.12  # running median against jitter: shorter than any action but a blink
PEAK, EDGE = 1.2, 0.6  # FACS intensity that makes an event, and where it begins: a trace starts at 0.5
NOISE_TIMES = 4.0  # an event must also exceed this many times the series' own jitter
SHORTEST_S = 0.12
EYES_CLOSED_S = 0.5  # AU43; shorter closures are blinks
MOST_TURNED_DEG = 35.0  # beyond, landmarks of the far side are guessed
LEAK_PER_DEG, FREE_DEG = 0.1, 5.0  # the mesh's depth is coarse: a turn of the head changes its distances too
INFERRED = 0.5  # factor on the confidence of what is taken from neighbouring movement
GEOMETRY = 0.8  # factor on the confidence of landmark distances, which are coarser than blendshapes
SPOKEN = (25, 26)  # opened by speech as well as by emotion


class ActionUnit(Frozen):
    """One action unit and how it is measured."""

    au: int
    name: str
    words: str
    blendshapes: tuple[str, ...]
    gain: float
    geometry: str | None
    full: float = 1.0
    only_with: int | None = None
    less: int | None = None
    inferred: bool = False


@cache
def catalogue() -> tuple[ActionUnit, ...]:
    """All action units that are measured."""
    rows = yaml.safe_load((Path(__file__).parent / "data" / "action_units.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(tuple[ActionUnit, ...]).validate_python(rows)


def letter(intensity: float) -> str:
    """FACS letter of an intensity from 0 to 5: A trace, B slight, C marked, D severe, E maximum."""
    return "ABCDE"[int(np.clip(np.floor(intensity - 0.5), 0, 4))]


@tool(needs="faces", version="3")
def action_units(engine: Engine = "auto") -> Run:
    """Measure action units as FACS intensity 0-5 with onset, apex and offset of each event.

    Args:
        engine: `blendshapes` (needs a track that has them), `geometry` (landmark distances), or `auto`: the better
            one that the track allows.
    """

    def run(clip: Clip, faces: list[FaceTrack]) -> Findings:
        found = Findings()
        if not faces:
            found.abstain(None, "no face was found")
        for face in faces:
            if engine == "blendshapes" and face.blendshapes is None:
                found.abstain(face.person, "this face was tracked without blendshapes (their weights are not here)")
                continue
            by_shapes = face.blendshapes is not None and engine != "geometry"
            found.notes["engine"] = "blendshapes" if by_shapes else "geometry"
            if face.visible_s < BASELINE_S:
                found.abstain(
                    face.person, f"no baseline: the face was seen for {face.visible_s:.1f} s of {BASELINE_S:.0f}"
                )
                continue
            _measure(face, by_shapes, clip, found)
        return found

    return run


def intensities(face: FaceTrack, by_shapes: bool) -> dict[int, Floats]:
    """FACS intensity 0-5 of each action unit over the track, each of shape (n,)."""
    moves, leaked = movements(face.landmarks), _leaked(face.head_pose_deg)
    calm = _calm(moves)
    measured: dict[int, Floats] = {}
    for unit in catalogue():
        if by_shapes and unit.blendshapes and face.blendshapes is not None:
            columns = [BLENDSHAPES.index(name) for name in unit.blendshapes]
            series = smoothed(face.blendshapes[:, columns].mean(axis=1), face.times_s, MEDIAN_S)
            rise = unit.gain * (series - np.percentile(series, NEUTRAL_PERCENTILE))
        elif unit.geometry is not None:
            series = smoothed(moves[unit.geometry], face.times_s, MEDIAN_S)
            rise = 5.0 / unit.full * (series - most_common(series[calm])) - leaked
        else:
            continue  # this engine can't see it: absent, not 0
        measured[unit.au] = np.clip(rise, 0, 5)
    alone = dict(measured)
    for unit in catalogue():
        if unit.au in measured and unit.only_with in alone:
            measured[unit.au] = np.minimum(alone[unit.au], alone[unit.only_with])
        if unit.au in measured and unit.less in alone:
            measured[unit.au] = np.clip(alone[unit.au] - alone[unit.less], 0, 5)
    return measured


def _calm(moves: dict[str, Floats]) -> npt.NDArray[np.bool_]:
    """Frames among which the neutral face is looked for, shape (n,): a mouth neither wide nor open, eyes not shut.

    A distance may rise and fall, so that neutral is its most common value there. A smile that lasts for half of the
    clip would be the most common of all.
    """
    width, apart, lids = moves["mouth_width"], moves["lips_apart"], moves["lid_raising"]
    off = np.abs(width - np.percentile(width, USUAL_WIDTH_PERCENTILE))
    closed = (off <= np.percentile(off, CALM_PERCENTILE)) & (apart <= np.percentile(apart, CALM_PERCENTILE))
    calm = closed & (lids >= np.percentile(lids, 100 - CALM_PERCENTILE))
    return calm if calm.any() else closed if closed.any() else np.ones(len(width), dtype=bool)


def _leaked(head_pose_deg: Floats) -> Floats:
    """Intensity that turning the head away from its usual pose may feign in landmark distances, shape (n,)."""
    off_deg = np.abs(head_pose_deg[:, :2] - np.median(head_pose_deg[:, :2], axis=0)).max(axis=1)
    return np.asarray(LEAK_PER_DEG * np.clip(off_deg - FREE_DEG, 0, None))


def _measure(face: FaceTrack, by_shapes: bool, clip: Clip, found: Findings) -> None:
    turned = np.abs(face.head_pose_deg[:, :2]).max(axis=1) > MOST_TURNED_DEG
    if turned.all():
        found.abstain(face.person, "the face is turned away all the time")
        return
    measured = intensities(face, by_shapes)
    for unit in catalogue():
        if unit.au not in measured:
            continue
        series = np.where(turned, 0.0, measured[unit.au])
        shown = np.where(turned, np.nan, measured[unit.au])
        found.signal(face.person, f"AU{unit.au}", shown, face.times_s, unit="FACS 0-5")
        jitter = 1.48 * float(np.median(np.abs(np.diff(measured[unit.au])))) if len(series) > 2 else 0.0
        peak = max(PEAK, NOISE_TIMES * jitter)
        for stretch in face.stretches():
            for rise in rises(series[stretch], peak, max(EDGE, peak / 3)):
                onset, apex, offset = (stretch.start + n for n in rise)
                _event(face, unit, by_shapes, float(series[apex]), (onset, apex, offset), clip, found)


def _event(
    face: FaceTrack,
    unit: ActionUnit,
    by_shapes: bool,
    intensity: float,
    at: tuple[int, int, int],
    clip: Clip,
    found: Findings,
) -> None:
    onset, apex, offset = at
    start_s, end_s = float(face.times_s[onset]), face.end_s(offset)
    if end_s - start_s < (EYES_CLOSED_S if unit.au == 43 else SHORTEST_S):
        return
    quality = face.quality(start_s, end_s)
    confidence = (0.45 + 0.1 * min(intensity, 5.0)) * quality
    confidence *= (INFERRED if unit.inferred else 1.0) * (1.0 if by_shapes else GEOMETRY)
    spoken = clip is not None and any(u.start_s < end_s and start_s < u.end_s for u in clip.transcript)
    talks = unit.au in SPOKEN and spoken
    confidence *= INFERRED if talks else 1.0
    how = " while words are spoken" if talks else ", inferred" if unit.inferred else ""
    found.event(
        face.person,
        f"au{unit.au}",
        start_s,
        end_s,
        apex_s=float(face.times_s[apex]),
        value=round(intensity, 2),
        unit="FACS 0-5",
        text=f"{face.person}: {unit.words} (AU{unit.au}), about {letter(intensity)}{how}",
        confidence=float(np.clip(confidence, 0, 1)),
        quality=quality,
    )
