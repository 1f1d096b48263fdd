"""The pulse of known skin: what is found, what is abstained from and why, and what further cameras add."""

import numpy as np
import pytest

from perception import heart_beats, pulse
from perception.clip import Clip
from perception.pulse_findings import Pulse, tell_pulse
from perception.pulse_fusion import fuse
from perception.pulse_methods import GRID_HZ
from perception.rppg import pulse_in
from perception.skin_regions import REGIONS
from perception.skin_traces import SkinTrace

SKIN = np.array([150.0, 110.0, 90.0])
BLOOD = np.array([0.4, 1.0, 0.6])
WHOLE = slice(None)


@pytest.fixture(scope="module")
def clip(demo):
    return Clip.open(demo.clip)


def skin(
    bpm=72.0,
    seconds=20.0,
    fps=30.0,
    share=0.004,
    flicker=0.0,
    noise=0.05,
    light=1.0,
    background=True,
    sway=0.0,
    tint=BLOOD,
    hole_s=(0.0, 0.0),
    forehead_covered_until_s=0.0,
):
    """Skin with a pulse (one rate, or one for each frame) in all places, under a lamp that flickers 96 a minute."""
    rng = np.random.default_rng(1)
    times_s = np.arange(0, seconds, 1 / fps)
    cycles = np.cumsum(np.broadcast_to(bpm, times_s.shape)) / 60 / fps
    beat = share * np.sin(2 * np.pi * cycles)
    lamp = light * (1 + flicker * np.sin(2 * np.pi * 1.6 * times_s))
    trace = SkinTrace()
    for time_s, one, lit in zip(times_s, beat, lamp, strict=True):
        if hole_s[0] <= time_s < hole_s[1]:
            continue
        colours = lit * SKIN * (1 + tint * one) + rng.normal(0, noise, (len(REGIONS), 3))
        if time_s < forehead_covered_until_s:
            colours[0] = np.nan
        wall = lit * np.full(3, 120.0) + rng.normal(0, 0.02, 3) if background else np.full(3, np.nan)
        trace.add(float(time_s), colours, wall, np.array([sway * one / max(share, 1e-9), 0.0]))
    return trace


def test_flicker_is_taken_out_when_the_background_shows_it(clip):
    found = pulse_in(clip, [skin(72, flicker=0.02)], WHOLE, "green")
    assert isinstance(found, Pulse)
    assert found.reading.rate.bpm == pytest.approx(72, abs=0.5)


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ({"share": 0, "flicker": 0.02, "background": False}, "as light does"),
        ({"share": 0}, "no rhythm stands out"),
        ({"light": 0.2}, "too dark"),
        ({"fps": 12.0}, "12 frames/s"),
        ({"bpm": 90.0, "sway": 0.2, "tint": np.ones(3)}, "the head moves in the rhythm of 90"),
    ],
)
def test_what_is_no_pulse_is_not_told_as_one_and_the_reason_is(clip, shown, reason):
    assert reason in pulse_in(clip, [skin(**shown)], WHOLE, "fused")


def test_a_covered_place_of_skin_is_left_out(clip):
    found = pulse_in(clip, [skin(forehead_covered_until_s=15.0)], WHOLE, "fused")
    assert "forehead" not in found.reading.weights
    assert found.reading.rate.bpm == pytest.approx(72, abs=0.5)


def test_a_second_camera_carries_the_pulse_that_noise_hides_from_the_first(clip):
    noisy, clear = skin(noise=6.0), skin().later_by(0.3)
    assert "no rhythm" in pulse_in(clip, [noisy], WHOLE, "fused")
    found = pulse_in(clip, [noisy, clear], WHOLE, "fused")
    assert found.reading.rate.bpm == pytest.approx(72, abs=0.5)
    assert sum(weight for place, weight in found.reading.weights.items() if place.startswith("view 2")) > 0.8


def test_views_are_shifted_before_they_are_joined():
    times_s = np.arange(0, 20, 1 / GRID_HZ)
    one, late = (np.sin(2 * np.pi * 1.2 * (times_s - delay_s)) for delay_s in (0.0, 0.1))
    noise = np.random.default_rng(0).standard_normal(len(times_s))
    joined = fuse(np.stack([one, late, noise]), np.ones(3))
    assert joined.lags_s[1] - joined.lags_s[0] == pytest.approx(-0.1, abs=0.02)
    assert joined.weights[2] < 0.05
    assert abs(np.corrcoef(joined.wave, one)[0, 1]) > 0.99 or abs(np.corrcoef(joined.wave, late)[0, 1]) > 0.99


def test_beats_and_their_variability_are_those_of_the_intervals():
    intervals_s = 0.8 + 0.05 * np.sin(2 * np.pi * 0.25 * 0.8 * np.arange(60))  # breathing 15 times a minute
    beats_s = np.cumsum(intervals_s)
    grid_s = np.arange(beats_s[0], beats_s[-1], 1 / GRID_HZ)
    wave = np.cos(2 * np.pi * np.interp(grid_s, beats_s, np.arange(60)))
    found = heart_beats.find_beats(wave, grid_s, 75)
    varies = heart_beats.variability([found])
    true = intervals_s[2:-1] * 1000
    assert varies.mean_bpm == pytest.approx(75, abs=0.5)
    assert varies.sdnn_ms == pytest.approx(true.std(ddof=1), rel=0.1)
    assert varies.rmssd_ms == pytest.approx(np.sqrt(np.mean(np.diff(true) ** 2)), rel=0.1)
    assert heart_beats.breathing(found).per_min == pytest.approx(15, abs=1)


def test_a_missed_beat_is_no_variability():
    grid_s = np.arange(0, 40, 1 / GRID_HZ)
    wave = np.sin(2 * np.pi * 1.2 * grid_s)
    wave[496:517] = -1.0  # the beat at 16.9 s
    varies = heart_beats.variability([heart_beats.find_beats(wave, grid_s, 72)])
    assert varies.rmssd_ms < 5
    assert varies.kept < 1


def test_rate_course_variability_and_breathing_are_told_of_a_long_view(clip):
    times_s = np.arange(0, 70, 1 / 30)
    trace = skin(70 + 4 * np.sin(2 * np.pi * 0.25 * times_s), seconds=70)
    windows = trace.windows(6.0)
    assert len(windows) == 2
    found = _told([pulse_in(clip, [trace], window, "fused") for window in windows])
    kinds = {o.kind: o.value for o in found.observations}
    assert kinds["heart_rate"] == pytest.approx(70, abs=1)
    assert kinds["respiration_rate"] == pytest.approx(15, abs=1)
    per_beat = 60_000 / (70 + 4 * np.sin(2 * np.pi * 0.25 * np.arange(0, 70, 60 / 70)))
    assert kinds["hrv_sdnn"] == pytest.approx(per_beat.std(), rel=0.25)
    assert {s.name for s in found.signals} == {"pulse_wave", "heart_rate", "pulse_snr"}


def test_a_short_view_has_no_variability_and_says_so(clip):
    found = _told([pulse_in(clip, [skin(seconds=10)], WHOLE, "fused")])
    assert not found.events("hrv_rmssd")
    assert any("variability of the heart rate needs 30 s" in a.reason for a in found.abstentions)


def test_beats_that_contradict_the_spectrum_make_it_unsure(clip):
    found = pulse_in(clip, [skin(72)], WHOLE, "fused")
    (sure,) = _told([found]).events("heart_rate")
    other = pulse_in(clip, [skin(90)], WHOLE, "fused")
    (unsure,) = _told([Pulse(found.reading, other.beats)]).events("heart_rate")
    assert unsure.confidence <= 0.3 < sure.confidence


def _told(pulses):
    from perception.evidence import Findings

    found = Findings()
    tell_pulse("P1", pulses, found)
    return found


def test_a_hole_in_the_view_is_no_window():
    windows = skin(seconds=20, hole_s=(7.0, 9.0)).windows(6.0)
    assert [(w.start, w.stop) for w in windows] == [(0, 210), (210, 540)]


def test_a_rate_at_the_edge_of_the_band_is_marked():
    times_s = np.arange(0, 20, 1 / GRID_HZ)
    assert pulse.heart_rate(np.sin(2 * np.pi * 0.6 * times_s)).at_band_edge
