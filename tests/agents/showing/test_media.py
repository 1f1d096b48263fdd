"""What is sent of a clip shows it at the times that are told, small, and as formats that servers read."""

import base64
import io
import wave

import av
import numpy as np
import pytest
from conftest import shown_index

from agents.showing.media import frame_id, media_parts, read_media, small
from agents.showing.presentation import Presentation
from perception.clip import Clip


@pytest.fixture
def clip(make_clip):
    """48 numbered pictures in two seconds, with a tone."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    return Clip.open(make_clip("numbered.mp4", frames=48, rate=24, sound=tone.astype(np.float32)))


def test_a_video_shows_the_clip_at_its_own_times(clip):
    moments = (0.0, 0.5, 1.0, 1.5)
    video = read_media(clip, Presentation(way="video", moments_s=moments)).video
    with av.open(io.BytesIO(video)) as file:
        frames = [(float(f.pts * f.time_base), f.to_ndarray(format="rgb24")) for f in file.decode(video=0)]
    assert [time_s for time_s, _ in frames] == pytest.approx(moments, abs=0.01)
    assert [shown_index(rgb) for _, rgb in frames] == [0, 12, 24, 36]


def test_frames_come_each_after_its_time(clip):
    presentation = Presentation(way="frames", moments_s=(0.25, 1.75))
    parts = media_parts(read_media(clip, presentation), presentation.moments_s)
    assert [p["type"] for p in parts] == ["text", "image_url"] * 2
    assert parts[2]["text"] == "frame@1.75 (at 1750 ms)"
    assert parts[1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_a_video_is_followed_by_the_moments_that_may_be_cited(clip):
    presentation = Presentation(way="video", moments_s=(0.0, 1.0))
    video, moments = media_parts(read_media(clip, presentation), presentation.moments_s)
    assert video["video_url"]["url"].startswith("data:video/mp4;base64,")
    assert all(frame_id(time_s) in moments["text"] for time_s in presentation.moments_s)


def test_sound_is_sent_as_far_as_there_is_room(clip):
    (part,) = media_parts(read_media(clip, Presentation(sound_s=0.5)), ())
    with wave.open(io.BytesIO(base64.b64decode(part["input_audio"]["data"]))) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels()) == (8_000, 16_000, 1)
        samples = np.frombuffer(file.readframes(8_000), "<i2") / 32_767
    assert np.abs(samples[1_000:]).max() == pytest.approx(0.5, abs=0.05)


def test_text_alone_sends_nothing(clip):
    assert media_parts(read_media(clip, Presentation()), ()) == []


def test_the_long_side_is_448_pixels_and_sides_are_even():
    assert small(np.zeros((1080, 1920, 3), np.uint8)).shape == (252, 448, 3)
    assert small(np.zeros((801, 333, 3), np.uint8)).shape == (448, 186, 3)
    assert small(np.zeros((48, 64, 3), np.uint8)).shape == (48, 64, 3)
