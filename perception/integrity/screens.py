"""Traces of a screen that was filmed: light that beats in bands over the picture, and moire."""

from array import array

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame

Floats = npt.NDArray[np.floating]

BANDS, STEP = 12, 16  # of rows; pixels, every so many across and down
SHORTEST_S = 4.0
LOWEST_HZ = 2.0  # slower changes of light are people, clouds and exposure
PEAK, SHARE_OF_BANDS = 30.0, 0.8  # times the usual power; bands in which the same frequency stands out
LEAST_BEAT = 0.002  # share of the brightness; people who move hide up to ten times as much: PEAK decides there
EVERY_S = 2.0  # between pictures that are looked at for moire
TILE_PX, TILES = 128, 3  # squares, and how many across and down
FINEST, COARSEST = 0.45, 0.08  # cycles a pixel
PATTERN = 150.0  # times the usual power, the fall towards fine detail taken out
SHARE_OF_TILES, SHARE_OF_PICTURES = 0.6, 0.5
AXIS_BINS = 1  # beside the axes, where edges of blocks and upright lines lie
SAME_BINS = 1.5


class Light:
    """Brightness of bands of rows over time."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._times_s, self._rows = array("d"), array("f")

    def add(self, frame: Frame) -> None:
        """See the next picture."""
        coarse = frame.rgb[::STEP, ::STEP, 1]
        if len(coarse) >= BANDS:
            self._times_s.append(frame.time_s)
            edges = np.arange(BANDS) * len(coarse) // BANDS
            rows = coarse.mean(axis=1)
            self._rows.extend(np.add.reduceat(rows, edges) / np.diff(np.append(edges, len(rows))))

    def tell(self, clip: Clip, found: Findings) -> None:
        """Add a beat of the light in which all bands share, or say why none can be told."""
        if not self._times_s or self._times_s[-1] - self._times_s[0] < SHORTEST_S:
            found.abstain(None, f"flicker needs {SHORTEST_S:.0f} s of pictures of at least {BANDS * STEP} rows")
            return
        beat = self.beat()
        if beat is None:
            return
        hz, share = beat
        found.event(
            None,
            "light_flicker",
            0.0,
            clip.duration_s,
            value=round(hz, 2),
            unit="Hz",
            text=f"the light of the whole picture beats {hz:.1f} times a second by {share:.1%}, as lamps on mains and "
            "filmed screens do",
            confidence=0.6,
            quality=0.8,
        )

    def beat(self) -> tuple[float, float] | None:
        """Frequency in Hz and share of the brightness of a beat that all bands show; none where there is none."""
        times_s = np.array(self._times_s)
        rows = np.frombuffer(self._rows, dtype=np.float32).reshape(-1, BANDS).astype(float)
        step_s = float(np.median(np.diff(times_s)))
        grid_s = np.arange(times_s[0], times_s[-1] + 1e-9, step_s)
        light = np.stack([np.interp(grid_s, times_s, band) for band in rows.T])
        light = light / np.maximum(light.mean(axis=1, keepdims=True), 1.0) - 1
        power = np.abs(np.fft.rfft(light * np.hanning(len(grid_s)), axis=1)) ** 2
        hz = np.fft.rfftfreq(len(grid_s), step_s)
        band = np.flatnonzero(hz >= LOWEST_HZ)
        if len(band) < 8:
            return None
        stands_out = power[:, band] / np.maximum(np.median(power[:, band], axis=1, keepdims=True), 1e-16)
        peak = int(np.argmax(np.median(stands_out, axis=0)))
        near = stands_out[:, max(0, peak - 1) : peak + 2].max(axis=1)
        share = 4 * float(np.sqrt(np.median(power[:, band[peak]]))) / len(grid_s)  # of Hann's window: half is lost
        shared = float((near >= PEAK).mean())
        return (float(hz[band[peak]]), share) if shared >= SHARE_OF_BANDS and share >= LEAST_BEAT else None


class Pattern:
    """A fine regular pattern that lies over the whole picture."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._next_s = 0.0
        self._found: list[tuple[float, float] | None] = []  # cycles a pixel across and down, of each picture looked at
        self._small = False

    def add(self, frame: Frame) -> None:
        """See the next picture; one in some seconds is looked at."""
        if frame.time_s < self._next_s:
            return
        self._next_s = frame.time_s + EVERY_S
        self._small = min(frame.rgb.shape[:2]) < TILE_PX * TILES * 0.8
        if not self._small:
            self._found.append(pattern(frame.rgb[..., 1]))

    def tell(self, clip: Clip, found: Findings) -> None:
        """Add moire, or say why it can't be told."""
        if self._small or not self._found:
            found.abstain(None, "the picture is too small to tell moire")
            return
        seen = [f for f in self._found if f is not None]
        if len(seen) < SHARE_OF_PICTURES * len(self._found):
            return
        across, down = np.median(np.abs(np.array(seen)), axis=0)
        period_px = 1 / float(np.hypot(across, down))
        found.event(
            None,
            "moire",
            0.0,
            clip.duration_s,
            value=round(period_px, 2),
            unit="pixels",
            text=f"a pattern of {period_px:.1f} pixels lies over the whole picture, as on a filmed screen or print",
            confidence=0.4 + 0.4 * len(seen) / len(self._found),
            quality=0.8,
        )


def pattern(luma: npt.NDArray[np.uint8]) -> tuple[float, float] | None:
    """Cycles a pixel across and down of a pattern that most tiles of a picture share; none where there is none."""
    places = [np.linspace(0, size - TILE_PX, TILES).astype(int) for size in luma.shape]
    tiles = np.stack([luma[y : y + TILE_PX, x : x + TILE_PX] for y in places[0] for x in places[1]]).astype(np.float32)
    window = np.hanning(TILE_PX)[:, None] * np.hanning(TILE_PX)
    tiles = (tiles - tiles.mean(axis=(1, 2), keepdims=True)) * window
    power = np.abs(np.fft.rfft2(tiles)) ** 2
    down, across = np.fft.fftfreq(TILE_PX)[:, None], np.fft.rfftfreq(TILE_PX)[None]
    radius = np.hypot(down, across)
    bin_ = (AXIS_BINS + 0.5) / TILE_PX
    use = (radius >= COARSEST) & (radius <= FINEST) & (np.abs(down) > bin_) & (across > bin_)
    flat = power[:, use] * radius[use] ** 2  # detail falls with frequency: in pictures of things about so
    usual = np.median(flat, axis=1)
    best = flat.argmax(axis=1)
    strong = flat.max(axis=1) >= PATTERN * np.maximum(usual, 1e-3)
    where = np.stack([np.broadcast_to(down, radius.shape)[use], np.broadcast_to(across, radius.shape)[use]], axis=1)
    peaks = where[best]
    for tile in np.flatnonzero(strong):
        alike = strong & (np.abs(peaks - peaks[tile]).max(axis=1) <= SAME_BINS / TILE_PX)
        if alike.mean() >= SHARE_OF_TILES:
            y, x = peaks[alike].mean(axis=0).tolist()
            return x, y
    return None
