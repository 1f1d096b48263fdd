"""Pictures that are copies of the one before, and stretches in which the picture stands still."""

from array import array

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.events import runs
from perception.evidence import Findings
from perception.frame import Frame

Floats = npt.NDArray[np.floating]

STEP = 8  # every eighth pixel across and down
MOVES, COPY = 0.5, 0.15  # mean change, of 255, where something moves; share of it in a copy
BESIDE, FEWEST = 5, 20  # pictures before and after; pictures in which something moves, to tell copies by
MANY = 0.02  # of the pictures that are copies: one in 25 where 24 pictures a second were made 25
FEWEST_STEPS, REGULAR = 6, 0.7  # from copy to copy; share of them that are alike
STILL = 0.5  # change of no pixel by more: noise and living people change more, and so does coding
FROZEN_S = 1.0
ALL = 0.95  # of the clip: one picture throughout is a photograph, not a recording that stops


class Changes:
    """How much each picture differs from the one before; a few numbers a picture are kept."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._before: npt.NDArray[np.int16] | None = None
        self._times_s, self._ends_s = array("d"), array("d")
        self._mean, self._most = array("f"), array("f")

    def add(self, frame: Frame) -> None:
        """See the next picture."""
        now = frame.rgb[::STEP, ::STEP, 1].astype(np.int16)
        if self._before is not None:
            change = np.abs(now - self._before)
            self._mean.append(float(change.mean()))
            self._most.append(float(change.max()))
            self._times_s.append(frame.time_s)
            self._ends_s.append(frame.time_s + frame.duration_s)
        self._before = now

    @property
    def means(self) -> Floats:
        """Mean change of each picture from the one before, of 255, shape (n - 1,)."""
        return np.array(self._mean)

    def tell(self, clip: Clip, found: Findings) -> None:
        """Add copies and stretches that stand still."""
        if len(self._mean) < 2:
            found.abstain(None, "a single picture shows no copies")
            return
        self._tell_copies(clip, found)
        stretches = self.still_stretches()
        still_s = sum(end_s - start_s for start_s, end_s in stretches)
        if still_s >= ALL * clip.duration_s:
            text = "one picture is shown all the time: a photograph, or a recording that stands still"
            found.event(None, "still_picture", 0.0, clip.duration_s, text=text, confidence=0.9, quality=1.0)
            return
        for start_s, end_s in stretches:
            if end_s - start_s >= FROZEN_S:
                text = f"the whole picture stands still for {end_s - start_s:.1f} s: not a pixel changes"
                found.event(
                    None,
                    "frozen",
                    start_s,
                    min(end_s, clip.duration_s),
                    value=round(end_s - start_s, 2),
                    unit="s",
                    text=text,
                    confidence=0.8,
                    quality=1.0,
                )

    def still_stretches(self) -> list[tuple[float, float]]:
        """Start and end in seconds of the stretches in which no pixel changes."""
        still = np.array(self._most) <= STILL
        return [(self._times_s[a], self._ends_s[b]) for a, b in runs(still)]

    def copies(self) -> float | None:
        """Share of the pictures that are the one before again, where something moves; 0 where none come regularly.

        None when too little moves. A face that holds still for a moment looks like a copy, but not at a beat.
        """
        from scipy.ndimage import maximum_filter1d

        changes = self.means
        before = maximum_filter1d(changes, BESIDE, origin=BESIDE // 2, mode="constant")
        after = maximum_filter1d(changes, BESIDE, origin=-(BESIDE // 2), mode="constant")
        moving = np.minimum(before, after)
        among = moving >= MOVES
        if among.sum() < FEWEST:
            return None
        copied = among & (changes < COPY * moving)
        steps = np.diff([first for first, _ in runs(copied)])
        if len(steps) < FEWEST_STEPS or (np.abs(steps - np.median(steps)) <= 1).mean() < REGULAR:
            return 0.0
        return float(copied.sum() / among.sum())

    def _tell_copies(self, clip: Clip, found: Findings) -> None:
        share = self.copies()
        if share is None:
            found.abstain(None, "too little moves to tell copies of pictures from pictures that are alike")
        elif share >= MANY:
            rate_hz = clip.fps * (1 - share)
            text = (
                f"{share:.0%} of the pictures are the one before again: the true rate is about {rate_hz:.0f} a second"
            )
            found.event(
                None,
                "repeated_pictures",
                0.0,
                clip.duration_s,
                value=round(share, 3),
                unit="share",
                text=text,
                confidence=0.7,
                quality=0.8,
            )
