"""What intensities of action units over time come to: series, events with onset, apex and offset, one-sided ones."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from perception.au_intensity import SIDES, ActionUnit, catalogue, letter
from perception.clip import Clip
from perception.covered_face import Part
from perception.events import rises
from perception.evidence import Findings
from perception.speaking import speaking_s

Floats = npt.NDArray[np.floating]

LEAST = 1.2  # FACS intensity that makes an event
EDGE = 0.6  # FACS intensity where an event begins: a trace starts at 0.5
OF_APEX = 0.25  # of its apex, below which an event is over: eyes narrowed by a smile do not prolong closed ones
NOISE_TIMES = 4.0  # an event must also exceed this many times the series' own jitter
SHORTEST_S = 0.12
STILL = 3  # frames: with fewer there is no time to speak of, and what is shown is told
SHUT_SCORE = 1.7  # of blendshapes, for AU43: eyes narrowed by a smile reach 1.5
STEEPNESS = 2.5  # of the probability that a unit is shown, for each step of intensity
EYES_CLOSED_S = 0.5  # AU43; shorter closures are blinks
ONE_SIDED, OTHER_SIDE = 2.0, 0.3  # by so much stronger, and the weaker at most so much of it (R12A and the like)
ONE_SIDED_S = 0.3
INFERRED, NO_BASELINE = 0.5, 0.5  # factors on confidence: taken from neighbouring movement; no neutral face known
SURE = {"blendshapes": 1.0, "openface": 1.0, "geometry": 0.8}  # landmark distances are coarser
EYES_AND_BROWS = (1, 2, 4, 5, 6, 7, 43)
SPOKEN = (25, 26)  # opened by speech as well as by emotion


@dataclass(frozen=True)
class Shown:
    """What one engine says of one person's face."""

    person: str
    engine: str
    times_s: Floats  # (n,)
    durations_s: Floats  # (n,)
    units: dict[int, Floats]  # (n,) FACS 0-5
    halves: dict[int, tuple[Floats, Floats]]  # (n,) each
    quality: Floats  # (n,) in [0, 1]
    away: npt.NDArray[np.bool_]  # (n,) turned so far that nothing can be said
    stretches: list[slice]
    baseline: bool = True
    hidden: dict[Part, npt.NDArray[np.bool_]] = field(default_factory=dict)  # (n,) each: behind a hand


def tell_units(one: Shown, clip: Clip, found: Findings) -> None:
    """Add each unit's intensity and probability over time, and its events."""
    for unit in catalogue():
        if unit.au in one.units:
            series = one.units[unit.au]
            found.signal(one.person, f"AU{unit.au}", _seen(one, unit, series), one.times_s, unit="FACS 0-5")
            present = _seen(one, unit, _probability(one, unit, series))
            found.signal(one.person, f"AU{unit.au}_probability", present, one.times_s, unit="probability")
            for onset, apex, offset in _events(one, unit, series):
                _event(one, unit, (onset, apex, offset), clip, found)
        if unit.au in one.halves:
            for side, half in zip(SIDES, one.halves[unit.au], strict=True):
                found.signal(one.person, f"AU{unit.au}_{side}", _seen(one, unit, half), one.times_s, unit="FACS 0-5")
            _one_sided(one, unit, found)


def _seen(one: Shown, unit: ActionUnit, series: Floats) -> Floats:
    return np.where(_unseen(one, unit), np.nan, series)


def _unseen(one: Shown, unit: ActionUnit) -> npt.NDArray[np.bool_]:
    """Where the face is turned away or a hand is before the part that the unit moves, shape (n,)."""
    return one.away | one.hidden.get(part_of(unit.au), False)


def part_of(unit: int) -> Part:
    """The part of the face that a unit moves."""
    return "eyes" if unit in EYES_AND_BROWS else "mouth"


def _least(one: Shown, unit: ActionUnit) -> float:
    """Intensity that makes an event."""
    by_score = SHUT_SCORE if unit.au == 43 else LEAST
    return unit.least if one.engine == "geometry" else by_score


def _sure(one: Shown, unit: ActionUnit) -> float:
    """How far the engine is to be trusted in this unit."""
    inferred = unit.inferred and one.engine != "openface"
    return SURE[one.engine] * (INFERRED if inferred else 1.0) * (1.0 if one.baseline else NO_BASELINE)


def _probability(one: Shown, unit: ActionUnit, series: Floats) -> Floats:
    """That the unit is shown, shape (n,): a half where an event would begin; less where the face is seen badly."""
    shown = 1 / (1 + np.exp(-STEEPNESS * (series - _least(one, unit))))
    return np.asarray(np.clip(shown * one.quality * _sure(one, unit), 0, 1))


def _events(one: Shown, unit: ActionUnit, series: Floats) -> list[tuple[int, int, int]]:
    """Onset, apex and offset of each rise, as numbers of samples."""
    jitter = 1.48 * float(np.median(np.abs(np.diff(series)))) if len(series) > 2 else 0.0
    peak, shown = max(_least(one, unit), NOISE_TIMES * jitter), np.where(_unseen(one, unit), 0.0, series)
    return [
        (stretch.start + rise.onset, stretch.start + rise.apex, stretch.start + rise.offset)
        for stretch in one.stretches
        for rise in rises(shown[stretch], peak, max(EDGE, peak / 3), OF_APEX)
    ]


def _span(one: Shown, onset: int, offset: int) -> tuple[float, float, float]:
    """Start and end in seconds, and mean quality."""
    end_s = float(one.times_s[offset] + one.durations_s[offset])
    return float(one.times_s[onset]), end_s, float(one.quality[onset : offset + 1].mean())


def _event(one: Shown, unit: ActionUnit, at: tuple[int, int, int], clip: Clip, found: Findings) -> None:
    onset, apex, offset = at
    start_s, end_s, quality = _span(one, onset, offset)
    shortest_s = EYES_CLOSED_S if unit.au == 43 else SHORTEST_S
    if end_s - start_s < shortest_s and len(one.times_s) >= STILL:
        return
    intensity = float(one.units[unit.au][apex])
    talks = unit.au in SPOKEN and any(a < end_s and start_s < b for a, b in speaking_s(clip))
    inferred = unit.inferred and one.engine != "openface"
    confidence = (0.45 + 0.1 * min(intensity, 5.0)) * quality * _sure(one, unit)
    confidence *= INFERRED if talks and not inferred else 1.0
    how = " while someone speaks" if talks else ", inferred" if inferred else ""
    against = "" if one.baseline else ", no baseline"
    found.event(
        one.person,
        f"au{unit.au}",
        start_s,
        end_s,
        apex_s=float(one.times_s[apex]),
        value=round(intensity, 2),
        unit="FACS 0-5",
        text=f"{one.person}: {unit.words} (AU{unit.au}), about {letter(intensity)}{how}{against}",
        confidence=float(np.clip(confidence, 0, 1)),
        quality=quality,
    )


def _one_sided(one: Shown, unit: ActionUnit, found: Findings) -> None:
    """Stretches in which one half of the face shows the unit and the other hardly does."""
    left, right = one.halves[unit.au]
    for side, strong, weak in ((SIDES[0], left, right), (SIDES[1], right, left)):
        only = np.where(weak <= OTHER_SIDE * strong, strong - weak, 0.0)
        for onset, apex, offset in _events(one, unit, only):
            start_s, end_s, quality = _span(one, onset, offset)
            if only[apex] < ONE_SIDED or end_s - start_s < ONE_SIDED_S:
                continue
            intensity = float(strong[apex])
            found.event(
                one.person,
                f"au{unit.au}_one_sided",
                start_s,
                end_s,
                apex_s=float(one.times_s[apex]),
                value=round(intensity, 2),
                unit="FACS 0-5",
                text=f"{one.person}: {unit.words} on the {side} side only "
                f"({side[0].upper()}{unit.au}), about {letter(intensity)}",
                confidence=float(np.clip((0.3 + 0.1 * min(only[apex], 5.0)) * quality * SURE[one.engine], 0, 1)),
                quality=quality,
            )
