"""A clip with known truth from one photograph: the face is moved by warping, the skin carries a pulse.

The photograph is the portrait of the astronaut Eileen Collins that scikit-image brings along (NASA, public domain).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
Kind = Literal[
    "brow_raise", "brow_lower", "blink", "eyes_closed", "smile", "frown", "lips_part", "jaw_drop", "nod", "shake"
]

FACE_CROP = (30, 250, 110, 330)  # top, bottom, left, right of the face and shoulders in the photograph
PULSE_COLOUR = np.array([0.3, 1.0, 0.55], dtype=np.float32)  # how much of a pulse red, green and blue carry
WALL = (140.0, 136.0, 128.0)
AUS: dict[str, tuple[int, ...]] = {
    "brow_raise": (1, 2),
    "brow_lower": (4,),
    "blink": (45,),
    "eyes_closed": (43,),
    "smile": (12,),
    "frown": (15,),  # of the mouth: its corners go down
    "lips_part": (25,),
    "jaw_drop": (25, 26),
    "nod": (),
    "shake": (),
}
BROWS = (70, 105, 107, 300, 334, 336)
EYES = (  # from corner to corner along the upper and the lower lid, and the brow above
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133), 105),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263), 334),
)
CORNERS = (61, 291)
LOWER_LIP, CHIN = (14, 17, 84, 314, 87, 317), (152, 175, 199, 200)
SKIN_OUTLINE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


@dataclass(frozen=True)
class Action:
    """One thing that happens: it builds up over `onset_s`, holds, and fades over `offset_s`."""

    kind: Kind
    start_s: float
    end_s: float
    onset_s: float = 0.25
    offset_s: float = 0.25
    strength: float = 1.0


@dataclass(frozen=True)
class Script:
    """What a clip shows."""

    seconds: float = 12.0
    fps: float = 30.0
    size: int = 480
    actions: tuple[Action, ...] = ()
    pulse_bpm: float | None = 72.0
    pulse_share: float = 0.008  # of the skin's green
    noise_sd: float = 1.2  # of 255, the sensor's
    light: tuple[tuple[float, float], ...] = ()  # (time_s, brightness factor), linear in between
    flicker: tuple[float, float] = (0.0, 0.0)  # of all light: times a second, share of brightness
    sway_px: float = 0.0  # the whole picture drifts by about so much, as a head that is not held still
    skin_tone: tuple[float, float, float] = (1.0, 1.0, 1.0)  # red, green and blue that the skin gives back
    breaths_per_min: float | None = None  # quicken and slow the pulse by `sinus_arrhythmia_bpm`
    sinus_arrhythmia_bpm: float = 4.0
    absent: tuple[tuple[float, float], ...] = ()  # stretches without the face
    people: int = 1  # side by side
    wall: float = 0.0  # plain wall on either side, as a share of the photograph's width
    crf: int = 14  # coarser coding wipes out a pulse of less than one grey level
    seed: int = 0


@dataclass(frozen=True)
class Truth:
    """What is known of a rendered clip."""

    seconds: float
    fps: float
    pulse_bpm: float | None
    actions: tuple[dict[str, Any], ...] = field(default_factory=tuple)


def render(script: Script, path: Path) -> Truth:
    """Write the clip as H.264 and return its truth."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=round(script.fps))
        stream.width, stream.height, stream.pix_fmt = _width(script), script.size, "yuv420p"
        stream.options = {"crf": str(script.crf), "preset": "veryfast"}
        for picture in pictures(script):
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    told = tuple({**asdict(a), "action_units": list(AUS[a.kind])} for a in script.actions)
    return Truth(script.seconds, script.fps, script.pulse_bpm, told)


def pictures(script: Script) -> Iterator[Picture]:
    """The clip's pictures, RGB, shape (size, size times people and walls, 3)."""
    import cv2

    rng, wall = np.random.default_rng(script.seed), _wall(script)
    photo, points = _portrait(script.size)
    fields = {kind: _displacement(kind, points, script.size) for kind in {a.kind for a in script.actions} | {"smile"}}
    skin = _skin(points, script.size)
    grid = np.stack(np.meshgrid(np.arange(script.size), np.arange(script.size)), axis=-1).astype(np.float32)
    photo = photo * (1 + skin[..., None] * (np.array(script.skin_tone, dtype=np.float32) - 1))
    backdrop = np.full_like(photo, photo.reshape(-1, 3).mean(axis=0))
    times_s = np.arange(round(script.seconds * script.fps)) / script.fps
    beats, drift = _beats(script, times_s), _drift(script, len(times_s))
    for n, time_s in enumerate(times_s.tolist()):
        move = np.zeros_like(grid) + drift[n]
        smiles = 0.0
        for action in script.actions:
            level = action.strength * _level(action, time_s)
            if action.kind == "smile":
                smiles = max(smiles, level)
            elif level:
                move += _swing(action, time_s, level) * fields[action.kind]
        move += (1 - smiles) * fields["smile"]  # the photograph smiles: neutral is its smile taken away
        source = photo
        if any(a <= time_s < b for a, b in script.absent):
            source, move = backdrop, np.zeros_like(grid)
        pulled: Any = grid - move
        picture: Any = cv2.remap(
            source, pulled[..., 0], pulled[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        if script.pulse_bpm is not None and source is photo:
            picture = picture * (1 + np.float32(beats[n]) * skin[..., None] * PULSE_COLOUR)
        picture = cv2.copyMakeBorder(picture, 0, 0, wall, wall, cv2.BORDER_CONSTANT, value=WALL)
        picture = picture * np.float32(_brightness(script, time_s))
        picture = picture + rng.normal(0, script.noise_sd, picture.shape).astype(np.float32)
        yield np.tile(np.clip(picture, 0, 255).astype(np.uint8), (1, script.people, 1))


def _wall(script: Script) -> int:
    return 2 * round(script.wall * script.size / 2)  # the coder wants even sizes


def _width(script: Script) -> int:
    return (script.size + 2 * _wall(script)) * script.people


def _beats(script: Script, times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The pulse's relative change of green at each time."""
    per_s = np.full(len(times_s), (script.pulse_bpm or 0.0) / 60)
    if script.breaths_per_min is not None:
        per_s += script.sinus_arrhythmia_bpm / 60 * np.sin(2 * np.pi * script.breaths_per_min / 60 * times_s)
    cycles = np.concatenate([[0.0], np.cumsum(per_s[:-1]) / script.fps])
    return np.asarray(script.pulse_share * np.sin(2 * np.pi * cycles))


def _drift(script: Script, n: int) -> Floats:
    """Displacement of the picture in each frame, shape (n, 2): smooth, random, under 1 Hz."""
    from scipy.ndimage import gaussian_filter1d

    noise = np.random.default_rng(script.seed + 1).standard_normal((n, 2))
    smooth = gaussian_filter1d(noise, 0.4 * script.fps, axis=0)
    return np.asarray(script.sway_px * smooth / max(float(smooth.std()), 1e-9), dtype=np.float32)


def _brightness(script: Script, time_s: float) -> float:
    hz, share = script.flicker
    factor = 1 + share * np.sin(2 * np.pi * hz * time_s)
    if script.light:
        times, factors = zip(*script.light, strict=True)
        factor *= np.interp(time_s, times, factors)
    return float(factor)


@cache
def _portrait(size: int) -> tuple[Floats, Floats]:
    """The face as float RGB and its mesh in pixels, shape (478, 2)."""
    import cv2
    from skimage import data

    from perception.mediapipe_models import face_mesh

    top, bottom, left, right = FACE_CROP
    photograph: Any = data.astronaut()  # type: ignore[no-untyped-call]
    crop = photograph[top:bottom, left:right]
    photo = cv2.resize(crop, (size, size), interpolation=cv2.INTER_CUBIC)
    with face_mesh(1) as find:
        points = find(photo, 0.0)[0].points[:, :2] * size
    return photo.astype(np.float32), points


def _level(action: Action, time_s: float) -> float:
    """How far the action has gone, 0 to 1, with smooth on- and offset."""
    rising = np.clip((time_s - action.start_s) / max(action.onset_s, 1e-6), 0, 1)
    falling = np.clip((action.end_s - time_s) / max(action.offset_s, 1e-6), 0, 1)
    level = min(rising, falling)
    return float(level * level * (3 - 2 * level))


def _swing(action: Action, time_s: float, level: float) -> float:
    """A nod or a shake goes to and fro twice; everything else moves one way."""
    if action.kind not in ("nod", "shake"):
        return level
    phase = (time_s - action.start_s) / (action.end_s - action.start_s)
    return float(level * np.sin(2 * np.pi * 2 * phase))


def _displacement(kind: str, points: Floats, size: int) -> Floats:
    """How far each pixel moves at full strength, shape (size, size, 2): Gaussian bumps about landmarks."""
    d = float(np.hypot(*(points[263] - points[33])))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)

    def bump(at: Floats, width: float) -> Floats:
        return np.asarray(np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * (width * d) ** 2)), dtype=np.float32)

    out = np.zeros((size, size, 2), dtype=np.float32)
    if kind in ("brow_raise", "brow_lower"):
        down = -0.10 if kind == "brow_raise" else 0.14
        for i in BROWS:
            out[..., 1] += down * d * bump(points[i], 0.13)
        if kind == "brow_lower":  # and together
            for i in (107, 336):
                out[..., 0] += 0.05 * d * np.sign(points[168, 0] - points[i, 0]) * bump(points[i], 0.1)
    elif kind in ("blink", "eyes_closed"):
        for upper, lower, brow in EYES:
            out[..., 1] += _shut(x, y, points[list(upper)], points[list(lower)], float(points[brow, 1]))
    elif kind == "frown":
        for i in CORNERS:
            out[..., 1] += 0.13 * d * bump(points[i], 0.12)
    elif kind in ("lips_part", "jaw_drop"):
        far = 0.1 if kind == "lips_part" else 0.18
        out[..., 1] = far * d * np.max([bump(points[i], 0.08) for i in LOWER_LIP], axis=0)
        if kind == "jaw_drop":
            out[..., 1] = np.maximum(out[..., 1], 0.2 * d * np.max([bump(points[i], 0.25) for i in CHIN], axis=0))
    elif kind == "smile":  # towards neutral: corners down and in
        for i in CORNERS:
            inwards = np.sign(points[13, 0] - points[i, 0])
            out[..., 1] += 0.10 * d * bump(points[i], 0.14)
            out[..., 0] += 0.05 * d * inwards * bump(points[i], 0.14)
    else:  # the head turns: its middle moves farthest, the shoulders stay
        middle = points.mean(axis=0)
        axis = 1 if kind == "nod" else 0
        depth = bump(points[1], 0.45)
        out[..., axis] += 0.12 * d * depth + 0.05 * d * bump(middle, 0.9)
    return out


def _shut(x: Floats, y: Floats, upper: Floats, lower: Floats, brow_y: float) -> Floats:
    """How far the skin between brow and lid is drawn down, at each pixel, for the upper lid to reach the lower one."""
    lid, rim = (np.interp(x, line[:, 0], line[:, 1], np.nan, np.nan) for line in (upper, lower))
    crease = 0.5 * (lid + brow_y)
    drawn = np.where((y > crease) & (y < rim), (y - crease) * (rim - lid) / (rim - crease), 0.0)
    return np.asarray(np.nan_to_num(drawn), dtype=np.float32)


def _skin(points: Floats, size: int) -> Floats:
    """Soft mask of the face's skin, 0 to 1, shape (size, size)."""
    import cv2

    mask = np.zeros((size, size), dtype=np.float32)
    cv2.fillPoly(mask, [points[list(SKIN_OUTLINE)].astype(np.int32)], 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), size / 60))
