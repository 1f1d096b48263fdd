"""Pictures become a clip of just these pictures, in the order of their numbers."""

import numpy as np
import pytest
from scipy.io import wavfile
from skimage.io import imsave

from evals.errors import DatasetError
from evals.pictures import video_of
from perception.clip import Clip
from perception.errors import PictureError


def grey(level, size=(32, 48)):
    return np.full((*size, 3), level, dtype=np.uint8)


def test_a_folder_is_shown_picture_by_picture_without_loss(tmp_path):
    for name, level in (("img10.png", 200), ("img9.png", 90), ("img1.png", 11)):
        imsave(tmp_path / name, grey(level), check_contrast=False)
    path = video_of(tmp_path, tmp_path / "kept", rate_hz=30)
    clip = Clip.open(path)
    assert [frame.rgb[5, 7].tolist() for frame in clip.frames()] == [[level] * 3 for level in (11, 90, 200)]
    assert clip.fps == pytest.approx(30)
    assert video_of(tmp_path, tmp_path / "kept", rate_hz=30) == path, "it is found again"


def test_a_grey_photograph_is_shown_for_a_second(tmp_path):
    imsave(tmp_path / "face.png", np.full((32, 48), 70, dtype=np.uint8), check_contrast=False)
    clip = Clip.open(video_of(tmp_path / "face.png", tmp_path / "kept"))
    assert clip.duration_s == pytest.approx(1.0)
    assert next(iter(clip.frames())).rgb[5, 7].tolist() == [70, 70, 70]


def test_a_sound_alone_is_heard_before_black(tmp_path):
    tone = (np.sin(np.arange(24_000) / 24_000 * 2 * np.pi * 440) * 20_000).astype(np.int16)
    wavfile.write(tmp_path / "tone.wav", 24_000, np.stack([tone, tone], axis=1))
    clip = Clip.open(video_of(tmp_path / "tone.wav", tmp_path / "kept"))
    assert clip.has_audio
    assert clip.duration_s == pytest.approx(1.0)
    assert {frame.rgb.max() for frame in clip.frames()} == {0}
    heard = clip.audio()
    strongest = np.abs(np.fft.rfft(heard)).argmax() * 16_000 / len(heard)
    assert strongest == pytest.approx(440, abs=2)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(PictureError, match=r"broken\.wav: can't be read as a sound"):
        video_of(tmp_path / "broken.wav", tmp_path / "kept")


def test_what_is_no_recording_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="there is no picture in it"):
        video_of(tmp_path / "empty", tmp_path / "kept")
    imsave(tmp_path / "1.png", grey(1), check_contrast=False)
    imsave(tmp_path / "2.png", grey(1, size=(32, 32)), check_contrast=False)
    with pytest.raises(PictureError, match=r"2\.png: 32x32 pixels, those before it 48x32"):
        video_of(tmp_path, tmp_path / "kept")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"broken\.png: can't be read as a picture"):
        video_of(tmp_path / "broken.png", tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir()), "nothing half is left"
