"""FACS intensity of each action unit over a face track, against the person's own neutral face or a usual one."""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import TypeAdapter

from perception.au_geometry import movements
from perception.blendshapes import BLENDSHAPES
from perception.events import most_common, rises, smoothed
from perception.evidence import Frozen
from perception.face_track import FaceTrack

Floats = npt.NDArray[np.floating]

USUAL_WIDTH_PERCENTILE = 40  # of the mouth's width: smiles are wider, more often than tight lips are narrower
CALM_PERCENTILE = 60  # lips farther from that, or farther apart, than in so many frames may smile or speak
NOT_SHUT = 0.8  # of the usual distance of the lids
MEDIAN_S = 0.12  # running median against jitter: shorter than any action but a blink
LEAK_PER_DEG, FREE_DEG = 0.1, 10.0  # the mesh's depth is coarse: a turn of the head changes its distances too
CLEARLY, TRACE = 1.2, 0.3  # FACS intensity
AROUND_S = 0.15  # before and after, while it builds up and fades
FRONTAL_DEG = 10.0  # of yaw
SIDES = ("left", "right")  # the person's own


class ActionUnit(Frozen):
    """One action unit and how it is measured."""

    au: int
    name: str
    words: str
    blendshapes: tuple[str, ...] = ()
    gain: float = 0.0
    usual: float = 0.05
    usual_distance: float | None = None
    geometry: str | None = None
    full: float = 1.0
    least: float = 1.2
    only_with: int | None = None
    less: int | None = None
    not_while: int | None = None
    sided: bool = False
    inferred: bool = False


@cache
def catalogue() -> tuple[ActionUnit, ...]:
    """All action units of the system, in order of their numbers."""
    rows = yaml.safe_load((Path(__file__).parent / "data" / "action_units.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(tuple[ActionUnit, ...]).validate_python(rows)


def letter(intensity: float) -> str:
    """FACS letter of an intensity from 0 to 5: A trace, B slight, C marked, D severe, E maximum."""
    return "ABCDE"[int(np.clip(np.floor(intensity - 0.5), 0, 4))]


def intensities(face: FaceTrack, by_shapes: bool, own_neutral: bool = True) -> dict[int, Floats]:
    """FACS intensity 0-5 of each action unit over the track, each of shape (n,); units that can't be seen are absent.

    Args:
        face: the track.
        by_shapes: from blendshapes where a unit has them, else from distances alone.
        own_neutral: against the person's own neutral face; else against a usual one, which only blendshapes allow.
    """
    moves, leaked = movements(face.landmarks), _leaked(face.head_pose_deg)
    calm = _calm(moves)
    alone: dict[int, Floats] = {}
    for unit in catalogue():
        if by_shapes and unit.blendshapes:
            series = _score(face, unit.blendshapes)
            neutral = _neutral(series, calm) if own_neutral else unit.usual
            alone[unit.au] = np.clip(unit.gain * (series - neutral), 0, 5)
        elif unit.geometry is not None and (own_neutral or unit.usual_distance is not None):
            series = smoothed(moves[unit.geometry], face.times_s, MEDIAN_S)
            closed = _neutral(series, calm) if own_neutral else unit.usual_distance or 0.0
            alone[unit.au] = np.clip(5.0 / unit.full * (series - closed) - leaked, 0, 5)
    measured = dict(alone)
    for unit in catalogue():
        if unit.au in measured and unit.only_with in alone:
            measured[unit.au] = np.minimum(alone[unit.au], alone[unit.only_with])
        if unit.au in measured and unit.less in alone:
            measured[unit.au] = np.clip(alone[unit.au] - alone[unit.less], 0, 5)
        if unit.au in measured and unit.not_while in alone:
            for first, _, last in rises(alone[unit.not_while], CLEARLY, TRACE):
                around = np.abs(face.times_s - np.clip(face.times_s, face.times_s[first], face.times_s[last]))
                measured[unit.au][around <= AROUND_S] = 0.0
    return measured


def sides(face: FaceTrack, by_shapes: bool) -> dict[int, tuple[Floats, Floats]]:
    """Intensity 0-5 of the person's left and right half, each of shape (n,), for the units that may be one-sided.

    NaN while the head is turned aside: the mesh guesses the half that is turned away.
    """
    frontal = np.abs(face.head_pose_deg[:, 1]) < FRONTAL_DEG
    moves, leaked = movements(face.landmarks), 2 * _leaked(face.head_pose_deg)  # a turn feigns one side most
    calm = _calm(moves)
    found: dict[int, tuple[Floats, Floats]] = {}
    for unit in catalogue():
        if not unit.sided:
            continue
        if by_shapes and unit.blendshapes:
            halves = [_score(face, (name,)) for name in unit.blendshapes]
            risen = [unit.gain * (half - _neutral(half, calm)) for half in halves]
        elif unit.geometry is not None:
            halves = [smoothed(moves[f"{unit.geometry}_{side}"], face.times_s, MEDIAN_S) for side in SIDES]
            risen = [5.0 / unit.full * (half - _neutral(half, calm)) - leaked for half in halves]
        else:
            continue
        left, right = (np.where(frontal, np.clip(half, 0, 5), np.nan) for half in risen)
        found[unit.au] = (left, right)
    return found


def _neutral(series: Floats, calm: npt.NDArray[np.bool_]) -> float:
    """The series' value in the neutral face: the most common one in calm frames, at most that of half the frames."""
    return min(most_common(series[calm]), float(np.median(series)))


def _score(face: FaceTrack, names: tuple[str, ...]) -> Floats:
    assert face.blendshapes is not None
    columns = [BLENDSHAPES.index(name) for name in names]
    return smoothed(face.blendshapes[:, columns].mean(axis=1), face.times_s, MEDIAN_S)


def _calm(moves: dict[str, Floats]) -> npt.NDArray[np.bool_]:
    """Frames among which the neutral face is looked for, shape (n,): a mouth neither wide nor open, eyes not shut.

    A distance may rise and fall, so that neutral is its most common value there. A smile that lasts for half of the
    clip would be the most common of all.
    """
    width, apart, lids = moves["mouth_width"], moves["lips_apart"], moves["lid_raising"]
    off = np.abs(width - np.percentile(width, USUAL_WIDTH_PERCENTILE))
    closed = (off <= np.percentile(off, CALM_PERCENTILE)) & (apart <= np.percentile(apart, CALM_PERCENTILE))
    calm = closed & (lids >= NOT_SHUT * np.median(lids))
    return calm if calm.any() else closed if closed.any() else np.ones(len(width), dtype=bool)


def _leaked(head_pose_deg: Floats) -> Floats:
    """Intensity that turning the head away from its usual pose may feign in landmark distances, shape (n,)."""
    off_deg = np.abs(head_pose_deg[:, :2] - np.median(head_pose_deg[:, :2], axis=0)).max(axis=1)
    return np.asarray(LEAK_PER_DEG * np.clip(off_deg - FREE_DEG, 0, None))
