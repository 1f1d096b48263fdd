"""What is no readable clip raises a typed error of one line that names the file."""

from itertools import pairwise

import pytest

from perception.clip import Clip
from perception.errors import ClipError, TranscriptError


def _content(name: str, good: bytes) -> bytes:
    return {"truncated": good[: int(len(good) * 0.6)], "empty": b"", "text": b"not a video at all\n" * 9}[name]


@pytest.mark.parametrize("name", ["truncated", "empty", "text"])
def test_broken_files_are_refused(name, demo, tmp_path):
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(_content(name, demo.clip.read_bytes()))
    with pytest.raises(ClipError, match=rf"{name}\.mp4") as error:
        Clip.open(path)
    assert "\n" not in str(error.value)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.mp4", tmp_path):
        with pytest.raises(ClipError, match=path.name):
            Clip.open(path)


def test_frames_come_at_their_presentation_times(shared):
    clip = Clip.open(shared / "clips" / "face_then_none_vfr.mov")
    frames = [(f.time_s, f.duration_s) for f in clip.frames()]
    assert len(frames) == clip.n_frames == 169
    assert clip.variable_frame_rate
    assert frames[-1][0] + frames[-1][1] == pytest.approx(clip.duration_s, abs=1e-3)
    assert all(b[0] > a[0] for a, b in pairwise(frames))


def test_words_after_the_clip_are_of_another_clip(demo, tmp_path):
    late = tmp_path / "late.srt"
    late.write_text("1\n00:05:00,000 --> 00:05:02,000\nhello\n")
    with pytest.raises(TranscriptError, match=r"late\.srt"):
        Clip.open(demo.clip, transcript=late)


def test_words_keep_their_times_and_speakers(demo, tmp_path):
    words = tmp_path / "words.vtt"
    words.write_text("WEBVTT\n\n00:01.000 --> 00:02.500\n<v Ann>Yes &amp; <i>no</i>\n")
    said = Clip.open(demo.clip, transcript=words).transcript[0]
    assert (said.start_s, said.end_s, said.speaker, said.text) == (1.0, 2.5, "Ann", "Yes & no")
