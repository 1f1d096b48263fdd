"""Waves that a network finds in one face, made while the frames come by: about a chunk of small pictures is held."""

import numpy as np
import numpy.typing as npt

from perception import pulse
from perception.face_crops import GRID_HZ, EvenCrops
from perception.pulse_networks import Network

Floats = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]

LONGEST_HOLE_S = 0.2  # without the face; a longer one ends a stretch
OVERLAP = 32  # frames over which a chunk's wave is faded into the next one's
NEEDED = 0.9  # of a window, for the wave to be read in it


class WaveReel:
    """One network's waves of one person."""

    def __init__(self, network: Network) -> None:
        """Start with no picture."""
        self.network = network
        self._stretches: list[tuple[float, Floats]] = []  # when it begins, and its waves (places, samples)
        self._even = EvenCrops(network.kind.box, network.kind.side_px)
        self._crops: list[Picture] = []  # from the last chunk that was run on
        self._last_s = -np.inf
        self._ran = False
        self._parts: list[Floats] = []  # finished, (places, samples) each
        self._fading: Floats | None = None  # the end of the last chunk's waves

    def add(self, time_s: float, rgb: Picture, landmarks_px: Floats) -> None:
        """Add the face on a frame: picture (height, width, 3) and face mesh (478, 2 or more), in pixels."""
        if time_s - self._last_s > LONGEST_HOLE_S:
            self._end()
        self._crops += self._even.add(time_s, rgb, landmarks_px)
        self._last_s = time_s
        wanted = self.network.kind.frames + (self.network.batch - 1 + self._ran) * self._hop
        if len(self._crops) >= wanted:
            self._run(self.network.batch)

    def on(self, grid_s: Floats) -> Floats | None:
        """Band-passed waves (places, n) on a grid of `GRID_HZ`; none where the face was not seen for long enough."""
        self._end()
        for start_s, waves in self._stretches:
            times_s = start_s + np.arange(waves.shape[1]) / GRID_HZ
            inside = (grid_s >= times_s[0] - 1e-9) & (grid_s <= times_s[-1] + 1e-9)
            if inside.sum() >= NEEDED * len(grid_s):
                rows = np.zeros((len(waves), len(grid_s)))
                for row, wave in zip(rows, waves, strict=True):
                    row[inside] = pulse.in_band(np.interp(grid_s[inside], times_s, wave))
                return rows
        return None

    @property
    def _hop(self) -> int:
        return self.network.kind.frames - OVERLAP

    def _run(self, batch: int) -> None:
        """Run on so many chunks that are whole."""
        length, hop = self.network.kind.frames, self._hop
        first = hop if self._ran else 0
        starts = [first + hop * n for n in range(batch)]
        chunks = np.stack([np.stack(self._crops[start : start + length]) for start in starts])
        for waves in self.network.waves(chunks):
            self._append(standardised(waves))
        del self._crops[: starts[-1]]
        self._ran = True

    def _append(self, waves: Floats) -> None:
        """Fade the last waves into these, (places, samples); what comes before their own end is finished."""
        if self._fading is not None:
            rises = np.linspace(0, 1, OVERLAP)
            waves[:, :OVERLAP] = (1 - rises) * self._fading + rises * waves[:, :OVERLAP]
        self._parts.append(waves[:, :-OVERLAP])
        self._fading = waves[:, -OVERLAP:]

    def _end(self) -> None:
        """Finish the stretch; one that is shorter than a chunk has no wave."""
        length, hop = self.network.kind.frames, self._hop
        while len(self._crops) >= length + (hop if self._ran else 0):
            self._run(1)
        left = len(self._crops) - length
        if self._ran and left > 0:  # the last chunk ends with the stretch: only what is new of it counts
            (waves,) = self.network.waves(np.stack(self._crops[-length:])[None])
            self._append(standardised(waves)[:, -(left + OVERLAP) :])
        if self._fading is not None:
            self._stretches.append((self._even.start_s, np.concatenate([*self._parts, self._fading], axis=1)))
        self._even = EvenCrops(self.network.kind.box, self.network.kind.side_px)
        self._crops, self._ran, self._parts, self._fading = [], False, [], None
        self._last_s = -np.inf


def standardised(waves: Floats) -> Floats:
    """Without trend and in standard deviations for each place, so that chunks can be joined; (places, samples)."""
    from scipy.signal import detrend

    even = np.asarray(detrend(np.asarray(waves, dtype=np.float64), axis=1))
    return np.asarray(even / np.maximum(even.std(axis=1, keepdims=True), 1e-9))
