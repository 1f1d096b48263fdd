"""Whether places of a face beat together, as living skin does, or each in a rhythm of its own."""

from array import array
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.evidence import Findings
from perception.face_following import FaceInFrame
from perception.frame import Frame
from perception.pulse_fusion import fuse
from perception.pulse_methods import pos

Floats = npt.NDArray[np.floating]

PLACES = {"forehead": 151, "right cheek": 50, "left cheek": 280, "nose": 5}  # middles, in MediaPipe's face mesh
EYES = (33, 263)
HALF = 0.1  # of the eyes' distance: from the middle of a place to its edge
ACROSS_PX = 12  # a larger place is read at every second, third ... pixel
SHORTEST_S, LONGEST_S = 8.0, 30.0  # of unbroken view; of a stretch that is looked at
HOLE_S = 0.2
LOWEST_RATE_HZ = 15.0
CLEAR_DB = 5.0  # above the rest of the band, for one place alone: noise seldom gives 3
TOGETHER_DB, AGREES = 0.0, 0.4  # of the fused wave; mean correlation of the places
APART_BPM, ALIKE_BPM = 12.0, 6.0
MOVES = 0.02  # eye distances of movement in a pulse's band: beyond, light on the skin changes with it


class Skin:
    """Colour of a few places of each face over time."""

    def __init__(self) -> None:
        """Nobody was seen yet."""
        self._people: dict[str, tuple[array[float], array[float]]] = {}

    def add(self, frame: Frame) -> None:
        """See the faces that were found in the next picture."""
        faces: list[FaceInFrame] = frame.notes["faces"]
        for face in faces:
            times_s, rows = self._people.setdefault(face.person, (array("d"), array("f")))
            points = face.landmarks[:, :2]
            eyes = max(float(np.hypot(*(points[EYES[1]] - points[EYES[0]]))), 1.0)
            times_s.append(frame.time_s)
            for middle in PLACES.values():
                rows.extend(_mean(frame.rgb, points[middle], HALF * eyes))
            rows.extend(points[list(PLACES.values())].mean(axis=0) / eyes)

    def tell(self, found: Findings) -> None:
        """Add whether each person's skin beats together, or say why it can't be told."""
        for person, (times_s, rows) in self._people.items():
            table = np.frombuffer(rows, dtype=np.float32).reshape(len(times_s), -1).astype(float)
            reason = _tell(person, np.array(times_s), table, found)
            if reason:
                found.abstain(person, f"nothing is told of the skin's rhythm: {reason}")


def own_rhythms(colours: Floats) -> list[pulse.HeartRate | None]:
    """The rhythm of each place alone; colours at `pulse_methods.GRID_HZ`, shape (places, 3, n)."""
    return [pulse.heart_rate(pulse.in_band(pos(place))) for place in colours]


def _colours(times_s: Floats, table: Floats) -> tuple[Floats, Floats] | str:
    """Times (n,) and colours (places, 3, n) of the longest view on an even grid, or why they tell nothing."""
    window = _longest(times_s)
    span_s = float(times_s[window.stop - 1] - times_s[window.start])
    if span_s < SHORTEST_S:
        return f"the face is seen for {span_s:.1f} s at a stretch, of {SHORTEST_S:.0f}"
    if (window.stop - window.start) / span_s < LOWEST_RATE_HZ:
        return f"less than {LOWEST_RATE_HZ:.0f} pictures a second"
    if not np.isfinite(table[window]).all():
        return "a place of the skin leaves the picture"
    grid_s, even = pulse.on_even_grid(times_s[window], table[window].T)
    moves = max(float(pulse.in_band(axis).std()) for axis in even[-2:])
    if moves > MOVES:
        return f"the head moves in a pulse's pace (by {moves:.2f} eye distances)"
    colours = even[:-2].reshape(len(PLACES), 3, -1)
    if float(colours.std(axis=2).min()) < 1e-6:
        return "the colour of the skin does not change"
    return grid_s, colours


def _tell(person: str, times_s: Floats, table: Floats, found: Findings) -> str | None:
    """Add whether the skin beats together or apart, or give the reason why neither can be told."""
    read = _colours(times_s, table)
    if isinstance(read, str):
        return read
    grid_s, colours = read
    own = own_rhythms(colours)
    clear = {name: rate.bpm for name, rate in zip(PLACES, own, strict=True) if rate and rate.snr_db >= CLEAR_DB}
    start_s, end_s = float(grid_s[0]), float(grid_s[-1])
    apart = max(clear.values(), default=0.0) - min(clear.values(), default=0.0)
    if len(clear) >= 2 and apart > APART_BPM and not _harmonic(list(clear.values())):
        told = ", ".join(f"{name} {bpm:.0f}" for name, bpm in clear.items())
        text = f"places of {person}'s face change colour in rhythms of their own ({told} a minute), not as by one pulse"
        found.event(
            person,
            "skin_rhythms_differ",
            start_s,
            end_s,
            value=round(apart, 1),
            unit="beats a minute apart",
            text=text,
            confidence=0.6,
            quality=0.7,
        )
        return None
    waves = np.stack([pulse.in_band(pos(place)) for place in colours])
    fused = fuse(waves, np.ones(len(waves)))
    rate = pulse.heart_rate(fused.wave)
    near = sum(r is not None and rate is not None and abs(r.bpm - rate.bpm) <= ALIKE_BPM for r in own)
    if rate is None or rate.snr_db < TOGETHER_DB or fused.agreement < AGREES or near < len(PLACES) - 1:
        return "no rhythm stands out in all of its places, as noise and coding hide it"
    text = f"places of {person}'s face change colour together, {rate.bpm:.0f} times a minute, as living skin does "
    found.event(
        person,
        "skin_rhythm",
        start_s,
        end_s,
        value=round(rate.bpm, 1),
        unit="per minute",
        text=f"{text}(and as a recording of it does; agreement {fused.agreement:.2f})",
        confidence=float(np.clip(fused.agreement, 0, 0.8)),
        quality=0.7,
    )
    return None


def _harmonic(rates_bpm: list[float]) -> bool:
    """Whether the rates are one and its double: the second beat of a pulse's wave."""
    low, high = min(rates_bpm), max(rates_bpm)
    return abs(high - 2 * low) <= APART_BPM and all(min(abs(r - low), abs(r - high)) <= ALIKE_BPM for r in rates_bpm)


def _longest(times_s: Floats) -> slice:
    """The longest unbroken stretch, cut at `LONGEST_S`."""
    cuts = [0, *(np.flatnonzero(np.diff(times_s) > HOLE_S) + 1).tolist(), len(times_s)]
    first, last = max(pairwise(cuts), key=lambda pair: times_s[pair[1] - 1] - times_s[pair[0]])
    stop = int(np.searchsorted(times_s, times_s[first] + LONGEST_S, side="right"))
    return slice(first, min(last, stop))


def _mean(rgb: npt.NDArray[np.uint8], middle: Floats, half_px: float) -> Floats:
    """Mean colour of a square, shape (3,); NaN where it leaves the picture."""
    half = max(1, round(half_px))
    step = max(1, 2 * half // ACROSS_PX)
    left, top = round(float(middle[0])) - half, round(float(middle[1])) - half
    if left < 0 or top < 0 or left + 2 * half > rgb.shape[1] or top + 2 * half > rgb.shape[0]:
        return np.full(3, np.nan)
    return np.asarray(rgb[top : top + 2 * half : step, left : left + 2 * half : step].mean(axis=(0, 1)))
