"""Each method finds a pulse of known rate in a trace, those that promise it despite motion; none ever gives NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perception import pulse
from perception.pulse_methods import GRID_HZ, METHODS

SKIN = np.array([[150.0], [110.0], [90.0]])
BLOOD = np.array([[0.3], [1.0], [0.55]])  # how much of a pulse red, green and blue carry
DESPITE_MOTION = ("pos", "lgi", "omit")  # whose projection takes brightness away altogether


def trace(bpm, motion=0.0, seconds=20.0):
    """A trace with a pulse of 0.4 % of green, sensor noise, and brightness that sways 54 times a minute and drifts."""
    rng = np.random.default_rng(0)
    times_s = np.arange(0, seconds, 1 / GRID_HZ)
    beat = 0.004 * np.sin(2 * np.pi * bpm / 60 * times_s)
    drift = np.cumsum(rng.standard_normal(len(times_s))) / np.sqrt(len(times_s))
    light = 1 + motion * (drift + np.sin(2 * np.pi * 0.9 * times_s))
    return SKIN * (1 + BLOOD * beat) * light + rng.normal(0, 0.05, (3, len(times_s)))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bpm", [50, 72, 110, 150])
def test_a_pulse_is_found_at_its_rate(method, bpm):
    found = pulse.heart_rate(pulse.in_band(METHODS[method](trace(bpm))))
    assert found.bpm == pytest.approx(bpm, abs=0.5)
    assert found.snr_db > 5


@pytest.mark.parametrize("method", DESPITE_MOTION)
@pytest.mark.parametrize("bpm", [72, 110, 150])
def test_a_pulse_is_found_in_swaying_light(method, bpm):
    found = pulse.heart_rate(pulse.in_band(METHODS[method](trace(bpm, motion=0.01))))
    assert found.bpm == pytest.approx(bpm, abs=0.5)


def test_swaying_light_is_what_green_alone_can_not_tell_from_a_pulse():
    found = pulse.heart_rate(pulse.in_band(METHODS["green"](trace(110, motion=0.01))))
    assert found.bpm == pytest.approx(54, abs=0.5)


@pytest.mark.parametrize("method", METHODS)
def test_colour_that_does_not_change_has_no_pulse(method):
    assert np.abs(METHODS[method](np.full((3, 300), 100.0))).max() < 1e-6


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None)
@given(rgb=arrays(np.float64, st.tuples(st.just(3), st.integers(60, 200)), elements=st.floats(0, 255)))
def test_any_colours_give_a_finite_wave_of_the_same_length(method, rgb):
    wave = METHODS[method](rgb)
    assert wave.shape == rgb.shape[1:]
    assert np.isfinite(wave).all()
