"""Voice is heard where it is, and silence and noise are no voice."""

import importlib.util

import numpy as np
import pytest
from scipy.signal import lfilter

from perception.clip import Clip
from perception.errors import ToolError
from perception.tool import make_tool
from perception.voice_activity import RATE_HZ, loud_stretches, spoken_stretches

SILERO = importlib.util.find_spec("silero_vad") is not None
needs_silero = pytest.mark.skipif(not SILERO, reason="the neural extra is not installed")
SECONDS = 4.0


def noise(level):
    return (level * np.random.default_rng(0).standard_normal(round(SECONDS * RATE_HZ))).astype(np.float32)


def syllables(seconds):
    """A vowel-like voice: a glottal pulse train through three formants, in syllables with a falling pitch."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = 140 - 12 * times + 8 * np.sin(2 * np.pi * 3 * times)
    pulses = np.diff(np.floor(np.cumsum(pitch_hz) / RATE_HZ), prepend=0.0)
    for formant_hz, width_hz in ((700, 90), (1200, 110), (2600, 170)):
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        pulses = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant_hz / RATE_HZ), radius**2], pulses)
    voice = pulses * (0.55 - 0.45 * np.cos(2 * np.pi * 4 * times))
    return voice / np.abs(voice).max()


def with_voice(from_s, to_s, level=0.3):
    samples = noise(0.001)
    first, last = round(from_s * RATE_HZ), round(to_s * RATE_HZ)
    samples[first:last] += (level * syllables(to_s - from_s)).astype(np.float32)
    return samples


def test_energy_finds_what_is_louder_than_the_background():
    ((start_s, end_s),) = loud_stretches(with_voice(1.0, 2.5))
    assert start_s == pytest.approx(1.0, abs=0.1)
    assert end_s == pytest.approx(2.5, abs=0.1)
    assert loud_stretches(noise(0.001)) == []


@needs_silero
def test_silero_hears_no_voice_in_silence_and_noise():
    assert spoken_stretches(noise(0.0)) == []
    assert spoken_stretches(noise(0.1)) == []


@needs_silero
def test_silero_hears_a_synthetic_voice_where_it_is():
    ((start_s, end_s),) = spoken_stretches(with_voice(1.0, 2.5))
    assert start_s == pytest.approx(1.0, abs=0.3)
    assert end_s == pytest.approx(2.5, abs=0.3)


@pytest.mark.parametrize("detector", ["energy", pytest.param("silero", marks=needs_silero)])
def test_the_tool_says_by_what_it_heard(make_clip, detector):
    clip = Clip.open(make_clip("a.mp4", frames=96, sound=with_voice(1.0, 2.5)))
    found = make_tool("speech", voice_activity=detector)(clip)
    assert found.notes["voice activity"] == detector
    (heard,) = found.events("voice_activity")
    assert heard.start_s == pytest.approx(1.0, abs=0.3)


@pytest.mark.skipif(SILERO, reason="Silero is installed")
def test_silero_that_is_not_installed_is_said():
    with pytest.raises(ToolError, match="neural"):
        make_tool("speech", voice_activity="silero")
