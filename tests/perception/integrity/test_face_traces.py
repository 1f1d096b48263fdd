"""Lag of voice and lips, and rhythms of the skin, against what was put there; what can't be told is not told."""

import numpy as np
import pytest

from mentalis.testing import face_track
from mentalis.testing.sound import espeak_is_here, laid_out, say
from perception.clip import Clip
from perception.evidence import Findings
from perception.face_following import FaceInFrame
from perception.frame import Frame
from perception.integrity.lip_sync import GRID_HZ, Lips, lag_s
from perception.integrity.skin_rhythm import PLACES, Skin, own_rhythms
from perception.pulse_methods import GRID_HZ as PULSE_HZ
from perception.tracking import Box

RATE_HZ, SECONDS = 30, 12.0


def syllables(seconds=SECONDS, seed=0):
    """A mouth that opens at uneven times, on the grid, in [0, 1]."""
    rng = np.random.default_rng(seed)
    grid_s = np.arange(0, seconds, 1 / GRID_HZ)
    centres = np.cumsum(rng.uniform(0.15, 0.45, 100))
    sizes = rng.uniform(0.4, 1.0, 100)
    return np.max([s * np.exp(-(((grid_s - c) / 0.06) ** 2)) for c, s in zip(centres, sizes, strict=True)], axis=0)


@pytest.mark.parametrize("late_s", [-0.3, -0.1, 0.0, 0.24, 0.6])
def test_the_lag_of_the_sound_is_found(late_s):
    opening = syllables()
    loudness = np.roll(30 * opening, round(late_s * GRID_HZ)) + np.random.default_rng(1).normal(0, 3, len(opening))
    found = lag_s(0.1 * opening, loudness, np.ones(len(opening), bool))
    assert found is not None
    assert found[0] == pytest.approx(late_s, abs=0.03)


@pytest.mark.parametrize("seed", range(1, 13))
def test_the_voice_of_someone_else_has_no_lag(seed):
    others = 30 * syllables(seed=seed)
    assert lag_s(0.1 * syllables(), others, np.ones(len(others), bool)) is None


def talking_face(opening):
    """A face whose inner lips part as told, at `GRID_HZ`, seen at `RATE_HZ`."""
    points = face_track(seconds=0.1, size=360).landmarks[0]
    eyes = float(np.hypot(*(points[263, :2] - points[33, :2])))
    for n in range(round(SECONDS * RATE_HZ)):
        lips = points.copy()
        lips[14, 1] = lips[13, 1] + 0.15 * eyes * np.interp(n / RATE_HZ, np.arange(len(opening)) / GRID_HZ, opening)
        yield Frame(
            n,
            n / RATE_HZ,
            1 / RATE_HZ,
            np.zeros((360, 360, 3), np.uint8),
            {"faces": [FaceInFrame("P1", lips, Box(0, 0, 9, 9))]},
        )


def told_of_lips(opening, clip):
    lips, found = Lips(), Findings()
    for frame in talking_face(opening):
        lips.add(frame)
    lips.tell(clip, found)
    return found


def noise_as_loud_as(opening):
    level = np.interp(np.arange(round(SECONDS * 16_000)) / 16_000, np.arange(len(opening)) / GRID_HZ, opening)
    return (0.3 * level**2 + 0.0003) * np.random.default_rng(0).normal(0, 1, len(level))


@pytest.mark.parametrize(
    ("late_s", "kind", "told"),
    [
        (0.0, "lip_sync", "go together"),
        (0.5, "lip_offset", "later than"),
        (-0.4, "lip_offset", "earlier than"),
        (-0.14, "lip_offset", "earlier than"),  # sound that is early disturbs sooner than sound that is late
    ],
)
def test_a_voice_that_comes_late_or_early_is_told_from_one_that_fits(make_clip, late_s, kind, told):
    opening = syllables()
    sound = noise_as_loud_as(np.roll(opening, round(late_s * GRID_HZ)))
    clip = Clip.open(make_clip("a.mp4", frames=288, rate=24, sound=sound))
    (trace,) = told_of_lips(opening, clip).observations
    assert trace.kind == kind
    assert told in trace.text
    assert trace.value == pytest.approx(late_s, abs=0.06)


def test_no_lag_is_told_of_still_lips_or_without_sound(make_clip):
    opening = syllables()
    clip = Clip.open(make_clip("a.mp4", frames=288, rate=24, sound=noise_as_loud_as(opening)))
    assert "the lips hardly move" in told_of_lips(0 * opening, clip).abstentions[0].reason
    assert "no sound" in told_of_lips(opening, Clip.open(make_clip("b.mp4"))).abstentions[0].reason


@pytest.mark.skipif(not espeak_is_here(), reason="espeak-ng is not installed")
def test_real_words_with_lips_that_do_not_form_them_have_no_lag(make_clip):
    words = say("It was a bright cold day in April, and the clocks were striking thirteen. Nobody looked up at them.")
    clip = Clip.open(make_clip("a.mp4", frames=288, rate=24, sound=laid_out([(0.5, words), (6.5, words)], SECONDS)))
    assert not told_of_lips(syllables(), clip).observations


def skin(rates_bpm, noise=0.3, seconds=14, seed=0):
    """Faces whose places change colour in a rhythm each, with a camera's noise."""
    rng, points = np.random.default_rng(seed), face_track(seconds=0.1, size=160).landmarks[0]
    looker, found = Skin(), Findings()
    for n in range(round(seconds * RATE_HZ)):
        rgb = np.full((160, 160, 3), (150.0, 110.0, 90.0))
        for middle, bpm in zip(PLACES.values(), rates_bpm, strict=True):
            x, y = points[middle, :2].astype(int)
            wave = np.sin(2 * np.pi * bpm / 60 * n / RATE_HZ) if bpm else 0.0
            rgb[y - 8 : y + 8, x - 8 : x + 8] *= 1 + 0.01 * wave * np.array([0.3, 1.0, 0.55])
        rgb += rng.normal(0, noise, (1, 1, 3)) * 0.3 + rng.normal(0, 3 * noise, rgb.shape)
        face = FaceInFrame("P1", points, Box(0, 0, 9, 9))
        looker.add(
            Frame(
                n,
                n / RATE_HZ,
                1 / RATE_HZ,
                np.clip(rgb + rng.random(rgb.shape), 0, 255).astype(np.uint8),
                {"faces": [face]},
            )
        )
    looker.tell(found)
    return found


def test_skin_that_beats_together_is_told_with_its_rate():
    (trace,) = skin([72, 72, 72, 72]).observations
    assert trace.kind == "skin_rhythm"
    assert trace.value == pytest.approx(72, abs=2)


def test_places_that_beat_each_in_a_rhythm_of_its_own_are_told():
    (trace,) = skin([66, 98, 66, 98]).observations
    assert trace.kind == "skin_rhythms_differ"


def test_skin_without_a_rhythm_is_nothing_to_go_by():
    found = skin([None] * 4)
    assert not found.observations
    assert "no rhythm stands out" in found.abstentions[0].reason


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_no_clear_rhythm_in_any_two_places(seed):
    colours = 100 + np.random.default_rng(seed).normal(0, 1, (4, 3, round(20 * PULSE_HZ)))
    clear = [rate for rate in own_rhythms(colours) if rate is not None and rate.snr_db >= 5.0]
    assert len(clear) < 2
