"""Pictures that are copies of the one before, and stretches in which the picture stands still."""

from array import array

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.events import runs
from perception.evidence import Findings
from perception.frame import Frame

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

STEP = 8  # every eighth pixel across and down
MOVES, COPY = 0.5, 0.15  # mean change, of 255, where something moves; share of it in a copy
BESIDE, FEWEST = 5, 20  # pictures before and after; pictures in which something moves, to tell copies by
MANY = 0.02  # of the pictures that are copies: one in 25 where 24 pictures a second were made 25
MANY_AT_NO_BEAT = 0.08  # a face that moves little holds as still for up to 4 % of its pictures
FEWEST_STEPS, REGULAR = 6, 0.7  # from copy to copy; share of them that are alike
TILE = 4  # sampled pixels across and down: the mean over a tile hides what coding changes, and shows a mouth
# Mean change, of 255, of no tile by more. Measured: one picture coded by x264 (crf 18-35) at most 1.1 from picture to
# picture, real clips 2.3 and more (crf up to 42), a mouth that alone moves 1.4 and more on 19 of 20 pictures.
STILL = 1.25
DRIFT = 1.3  # the same, from the first picture since something moved: coding adds nothing up (1.0), slight sway 1.6
NEAR_COPY = 2.0  # of no tile by more where things move before and after it; most of the changes there are up to 1.4
CODED_ANEW = 3.0  # mean change, of 255, that a key frame alone may make in a picture that stands still: up to 2.2
FROZEN_S = 1.0
ALL = 0.95  # of the clip: one picture throughout is a photograph, not a recording that stops


class Changes:
    """How much each picture differs from the one before; a few numbers a picture are kept."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._before: npt.NDArray[np.int16] | None = None
        self._first: npt.NDArray[np.int16] | None = None  # since something moved
        self._times_s, self._ends_s = array("d"), array("d")
        self._mean, self._most = array("f"), array("f")  # of all; of the tile that changes most
        self._drifted = array("f")  # the same from the first picture since something moved

    def add(self, frame: Frame) -> None:
        """See the next picture."""
        now = frame.rgb[::STEP, ::STEP, 1].astype(np.int16)
        if self._before is None or self._first is None:
            self._before = self._first = now
            return
        change = np.abs(now - self._before)
        self._mean.append(float(change.mean()))
        self._most.append(_most_of_tiles(change))
        self._drifted.append(_most_of_tiles(np.abs(now - self._first)))
        self._times_s.append(frame.time_s)
        self._ends_s.append(frame.time_s + frame.duration_s)
        if self._most[-1] > STILL or self._drifted[-1] > DRIFT:
            self._first = now
        self._before = now

    @property
    def means(self) -> Floats:
        """Mean change of each picture from the one before, of 255, shape (n - 1,)."""
        return np.array(self._mean)

    def tell(self, clip: Clip, found: Findings, key: Bools | None = None) -> None:
        """Add copies and stretches that stand still.

        Args:
            clip: what was seen.
            found: to be added to.
            key: which pictures are key frames, shape (n,): coded anew, a picture that stands still changes there.
        """
        if len(self._mean) < 2:
            found.abstain(None, "a single picture shows no copies")
            return
        self._tell_copies(clip, found, key)
        stretches = self.still_stretches(key)
        still_s = sum(end_s - start_s for start_s, end_s in stretches)
        if still_s >= ALL * clip.duration_s:
            text = "one picture is shown all the time: a photograph, or a recording that stands still"
            found.event(None, "still_picture", 0.0, clip.duration_s, text=text, confidence=0.9, quality=1.0)
            return
        for start_s, end_s in stretches:
            if end_s - start_s >= FROZEN_S:
                text = f"the whole picture stands still for {end_s - start_s:.1f} s: nothing changes but by its coding"
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

    def still_stretches(self, key: Bools | None = None) -> list[tuple[float, float]]:
        """Start and end in seconds of the stretches in which nothing changes but by coding; key frames as in `tell`."""
        still = (np.array(self._most) <= STILL) & (np.array(self._drifted) <= DRIFT)
        return [(self._times_s[a], self._ends_s[b]) for a, b in runs(self._bridged(still, key))]

    def _bridged(self, still: Bools, key: Bools | None) -> Bools:
        """With the key frames that change no more than coding does between pictures that are still; shape (n - 1,)."""
        if key is None or len(key) != len(still) + 1:
            return still
        between = np.zeros_like(still)
        between[1:-1] = still[:-2] & still[2:]
        return still | (between & key[1:] & (self.means <= CODED_ANEW))

    def copies(self, key: Bools | None = None) -> tuple[float, bool] | None:
        """Share of the pictures that are the one before again, where something moves, and whether at a beat.

        None when too little moves. A face that holds still for a moment looks like a copy: what only changes less than
        its neighbours counts when it comes at a beat, what changes nowhere but by coding counts wherever it is.
        Key frames as in `tell`.
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
        at_beat = len(steps) >= FEWEST_STEPS and (np.abs(steps - np.median(steps)) <= 1).mean() >= REGULAR
        if not at_beat:
            alike = self._bridged(np.array(self._most) <= NEAR_COPY, key)
            for first, last in runs(alike):
                alike[first : last + 1] = last - first < BESIDE  # longer: it stands still, which is told by itself
            copied &= alike
        return float(copied.sum() / among.sum()), bool(at_beat)

    def _tell_copies(self, clip: Clip, found: Findings, key: Bools | None) -> None:
        told = self.copies(key)
        if told is None:
            found.abstain(None, "too little moves to tell copies of pictures from pictures that are alike")
            return
        share, at_beat = told
        if share >= (MANY if at_beat else MANY_AT_NO_BEAT):
            rate_hz = clip.fps * (1 - share)
            why = f"the true rate is about {rate_hz:.0f} a second" if at_beat else "at no beat, as where some were lost"
            found.event(
                None,
                "repeated_pictures",
                0.0,
                clip.duration_s,
                value=round(share, 3),
                unit="share",
                text=f"{share:.0%} of the pictures are the one before again: {why}",
                confidence=0.7,
                quality=0.8,
            )


def _most_of_tiles(change: npt.NDArray[np.int16]) -> float:
    """Mean of the tile of pixels that changes most; at the lower and right edges, what fills no tile is left out."""
    side = min(TILE, *change.shape)
    rows, columns = (size // side for size in change.shape)
    whole = change[: rows * side, : columns * side]
    return float(whole.reshape(rows, side, columns, side).mean(axis=(1, 3)).max())
