"""A de-identified file: no face in it, no metadata, the same times, and never half of one."""

import os
import subprocess
import sys
from fractions import Fraction
from itertools import islice

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from mentalis.cli import app
from mentalis.testing.synthetic_clip import Action, Script, pictures
from perception.clip import Clip
from perception.deidentify import export, utility
from perception.deidentify.avatar import drawn
from perception.deidentify.avatar_body import draw_hand
from perception.deidentify.detectors import Look, checking
from perception.deidentify.export import deidentify, survey
from perception.deidentify.hiding import FILL
from perception.deidentify.likeness import load_encoder
from perception.deidentify.measuring import measure
from perception.deidentify.utility import UtilityReport
from perception.deidentify.voice import SEMITONES
from perception.deidentify.writing import write_video
from perception.errors import DeidentifyError
from perception.faces import faces
from perception.frame import Frame
from perception.mediapipe_models import hands
from perception.tracking import Box

PICTURES, PLANTED = 12, 6
RATE_HZ = 48_000


@pytest.fixture(scope="module")
def talking(shared, tmp_path_factory):
    """The beginning of a real clip, in whose middle one picture is blurred beyond recognition."""
    path = tmp_path_factory.mktemp("talking") / "clip.mp4"
    source = Clip.open(shared / "clips" / "single_face_2s.mp4")
    write_video(path, (planted(frame) for frame in islice(source.frames(), PICTURES)))
    clip = Clip.open(path)
    return clip, survey(clip)


def planted(frame):
    import cv2

    rgb = cv2.GaussianBlur(frame.rgb, (0, 0), 25) if frame.index == PLANTED else frame.rgb
    return Frame(frame.index, frame.time_s, frame.duration_s, rgb)


@pytest.fixture
def not_measured_again(talking, monkeypatch):
    """Save the time of measuring what is written."""
    monkeypatch.setattr(utility, "measure", lambda clip: talking[1].measured)


@pytest.fixture
def small(make_clip):
    """A clip without a face, with sound, uneven times and everything that a camera may note of its owner."""
    times_s = [0, 0.03, 0.08, 0.1, 0.17, 0.2, 0.25, 0.3]
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(0.3 * 16_000) / 16_000)
    plain = make_clip("plain.mp4", frames=len(times_s), times_s=times_s, sound=tone)
    path = plain.with_name("tagged.mp4")
    options = {"movflags": "use_metadata_tags"}
    with av.open(str(plain)) as source, av.open(str(path), "w", options=options) as file:
        streams = {s.index: file.add_stream_from_template(s) for s in source.streams}
        file.metadata.update({"title": "Anna", "location": "+52.5+013.4/", "com.apple.quicktime.make": "Phone"})
        file.set_chapters(
            [{"id": 1, "start": 0, "end": 100, "time_base": Fraction(1, 1000), "metadata": {"title": "Anna"}}]
        )
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                file.mux(packet)
    return Clip.open(path)


@pytest.mark.parametrize("method", ["mask", "pixelate", "blur"])
def test_no_face_is_found_by_two_detectors_where_one_was(talking, tmp_path, not_measured_again, method):
    clip, surveyed = talking
    out = tmp_path / "out.mp4"
    told = deidentify(clip, out, method, surveyed=surveyed)
    assert all(one.before >= PICTURES - 1 and one.after == 0 for one in told.coverage)
    with checking() as check:
        assert not any(check(frame).boxes for frame in Clip.open(out).frames())


def test_a_planted_picture_without_detection_is_covered(talking, tmp_path, not_measured_again):
    clip, surveyed = talking
    assert not surveyed.looks[PLANTED].cascade
    deidentify(clip, tmp_path / "out.mp4", "mask", surveyed=surveyed)
    before, after = (list(islice(Clip.open(p).frames(), PICTURES)) for p in (clip.path, tmp_path / "out.mp4"))
    face = surveyed.looks[PLANTED - 1].mediapipe[0]
    rows, columns = slice(int(face.top), int(face.bottom)), slice(int(face.left), int(face.right))
    covered = np.abs(after[PLANTED].rgb[rows, columns].astype(int) - FILL)
    assert covered.mean() < 3
    assert np.abs(before[PLANTED].rgb[rows, columns].astype(int) - FILL).mean() > 30


def test_an_avatar_moves_its_face_as_the_person_did():
    actions = (Action("jaw_drop", 0.2, 0.9, 0.2, 0.2), Action("eyes_closed", 1.0, 1.7, 0.2, 0.2))
    script = Script(seconds=1.8, fps=15, size=360, actions=actions, pulse_bpm=None)
    frames = [Frame(n, n / 15, 1 / 15, rgb) for n, rgb in enumerate(pictures(script))]
    clip = Clip.model_construct(duration_s=1.8, n_frames=len(frames), width=360, height=360)

    def tracked(seen):
        return faces(engine="face_mesh", max_faces=1)(clip, frames=iter(seen)).value

    was = tracked(frames)
    now = tracked(list(drawn([(f.time_s, f.duration_s) for f in frames], (360, 360), was, [])))
    assert len(now) == 1
    assert len(now[0].times_s) == len(frames)

    def mouth(track):
        return np.hypot(*(track.landmarks[:, 13, :2] - track.landmarks[:, 14, :2]).T) / track.eye_distance_px

    assert np.corrcoef(mouth(was[0]), mouth(now[0]))[0, 1] > 0.95
    assert np.corrcoef(was[0].eye_openness.mean(axis=1), now[0].eye_openness.mean(axis=1))[0, 1] > 0.95


def test_the_hands_of_an_avatar_are_found_again(shared):
    clip = Clip.open(shared / "clips" / "man_talking_640x360.mp4")
    size = np.array([clip.width, clip.height, clip.width])
    found = 0
    with hands() as find, hands() as find_again:
        for frame in clip.frames_at(np.arange(70, 111, 4) / clip.fps + 0.001):
            canvas = np.full_like(frame.rgb, 150)
            was = find(frame.rgb)
            for hand in was:
                draw_hand(canvas, hand.points * size)
            now = find_again(canvas)
            if was and now:
                apart = np.hypot(*((now[0].points - was[0].points) * size)[:, :2].T).mean()
                found += apart < np.hypot(*((was[0].points[9] - was[0].points[0]) * size)[:2])
    assert found >= 9  # of 11; without creases 6


def test_an_avatar_takes_no_pixel_of_the_clip(small, tmp_path):
    deidentify(small, tmp_path / "out.mp4", "avatar")
    shown = np.stack([f.rgb[:30] for f in Clip.open(tmp_path / "out.mp4").frames()])  # above the tag
    assert shown.std() < 3


def test_a_clip_without_a_face_is_covered_whole_and_said_to_be(small, tmp_path):
    told = deidentify(small, tmp_path / "out.mp4", "blur")
    assert told.pictures_covered == {"whole": small.n_frames}
    assert all(np.abs(f.rgb[:30].astype(int) - FILL).max() < 6 for f in Clip.open(tmp_path / "out.mp4").frames())


def test_tags_places_chapters_and_sound_are_gone_and_times_are_kept(small, tmp_path):
    assert b"Anna" in small.path.read_bytes()
    deidentify(small, tmp_path / "out.mp4", "mask")
    content = (tmp_path / "out.mp4").read_bytes()
    assert not [word for word in (b"Anna", b"+52.5", b"Phone", b"Lavf") if word in content]
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert [s.type for s in file.streams] == ["video"]
        assert not file.chapters()
    before, after = (list(c.frames()) for c in (small, Clip.open(tmp_path / "out.mp4")))
    assert [f.time_s for f in after] == pytest.approx([f.time_s for f in before], abs=2e-5)
    assert after[-1].duration_s == pytest.approx(before[-1].duration_s, abs=2e-5)


def test_a_shifted_voice_is_lower_and_as_long(make_clip, tmp_path):
    at_s = np.arange(2 * 16_000) / 16_000
    tone = 0.3 * np.sin(2 * np.pi * 440 * at_s) * ((at_s > 1) & (at_s < 1.5))
    clip = Clip.open(make_clip("tone.mp4", frames=48, rate=24, sound=tone))
    told = deidentify(clip, tmp_path / "out.mp4", "mask", audio="pitch")
    sound = Clip.open(tmp_path / "out.mp4").audio(RATE_HZ)
    on = np.flatnonzero(np.abs(sound) > 0.1)
    assert on[[0, -1]] / RATE_HZ == pytest.approx([1.0, 1.5], abs=0.05)
    heard = sound[on[0] + 2000 : on[-1] - 2000]
    peak_hz = np.fft.rfftfreq(len(heard), 1 / RATE_HZ)[np.abs(np.fft.rfft(heard)).argmax()]
    assert peak_hz == pytest.approx(440 * 2 ** (SEMITONES / 12), rel=0.02)
    assert told.audio == "pitch shifted"


def looks_that_find(times):
    """A detector that finds a face on the third picture so many times."""
    left = iter([True] * times)

    class Checking:
        def __enter__(self):
            return lambda f: Look(
                f.time_s, f.duration_s, 0, (Box(0, 0, 640, 360),) if f.index == 2 and next(left, 0) else (), ()
            )

        def __exit__(self, *raised):
            pass

    return Checking


@pytest.mark.parametrize("times", [1, 3])
def test_a_face_still_found_in_the_output_has_more_covered(talking, tmp_path, monkeypatch, not_measured_again, times):
    clip, surveyed = talking
    monkeypatch.setattr(export, "checking", looks_that_find(times))
    told = deidentify(clip, tmp_path / "out.mp4", "blur", surveyed=surveyed)
    assert told.pictures_covered.get("whole", 0) == (times > 1)
    assert told.solid_places == 1
    assert told.pictures_solid == PICTURES - (times > 1)
    third = list(islice(Clip.open(tmp_path / "out.mp4").frames(), 3))[2]
    face = surveyed.looks[2].mediapipe[0]
    assert (
        np.abs(third.rgb[int(face.top) : int(face.bottom), int(face.left) : int(face.right)] - np.array(FILL)).mean()
        < 3
    )


def test_what_can_not_be_hidden_is_not_written(small, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "checking", looks_that_find(99))
    with pytest.raises(DeidentifyError, match=r"still found at 0\.08 s"):
        deidentify(small, tmp_path / "out.mp4", "mask")
    assert {p.name for p in tmp_path.iterdir()} == {"plain.mp4", "tagged.mp4"}


def test_killed_half_way_leaves_no_output(small, tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from perception.clip import Clip
from perception.deidentify.export import deidentify
def die(stage, time_s):
    if stage == "writing" and time_s > 0.1:
        os.kill(os.getpid(), signal.SIGKILL)
deidentify(Clip.open({str(small.path)!r}), Path({str(tmp_path / "out.mp4")!r}), "mask", on_progress=die)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=os.getcwd())
    assert done.returncode == -9, done.stderr
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("name", "why"), [("out.avi", "mp4"), ("none/out.mp4", "no folder"), ("link.mp4", "the clip itself")]
)
def test_an_output_that_can_not_be_is_refused_before_anything_is_done(small, tmp_path, name, why):
    (tmp_path / "link.mp4").symlink_to(small.path)
    before = small.path.read_bytes()
    with pytest.raises(DeidentifyError, match=why):
        deidentify(small, tmp_path / name, "mask")
    assert small.path.read_bytes() == before


def test_embeddings_are_compared_when_an_encoder_is_given(talking, tmp_path, not_measured_again):
    clip, surveyed = talking

    def encoder(crops):
        assert crops.shape[1:] == (112, 112, 3)
        flat = crops[:, ::8, ::8].reshape(len(crops), -1).astype(float)
        return flat - flat.mean(axis=1, keepdims=True)

    told = deidentify(clip, tmp_path / "out.mp4", "mask", surveyed=surveyed, encoder=encoder)
    assert told.likeness.before_and_after < 0.5 < 0.9 < told.likeness.before_and_before
    with pytest.raises(DeidentifyError, match="one_embedding"):
        load_encoder("numpy:one_embedding")
    with pytest.raises(DeidentifyError, match="is asked for"):
        deidentify(clip, tmp_path / "no.mp4", "mask", surveyed=surveyed, encoder=lambda crops: np.zeros(3))
    assert not (tmp_path / "no.mp4").exists()


def test_the_command_says_what_is_left_and_promises_nothing(small, tmp_path):
    out, report = tmp_path / "out.mp4", tmp_path / "utility.json"
    done = CliRunner().invoke(
        app, ["deidentify", str(small.path), "--method", "mask", "--out", str(out), "--report", str(report)]
    )
    assert done.exit_code == 0, done.output
    told = UtilityReport.model_validate_json(report.read_text())
    assert told.pictures_covered == {"whole": small.n_frames}
    assert "identify people" in done.output
    lines = done.output.splitlines()
    assert all(f"note {warning}" in lines for warning in told.warnings)  # none is broken in its middle
    assert "anonym" not in (done.output + report.read_text()).lower()
    assert small.sha256 not in report.read_text()


def test_places_that_were_covered_solid_afterwards_are_told_on_the_terminal(small, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "checking", looks_that_find(1))
    box = (Box(10, 10, 60, 60),)
    faces_all_along = [Look(f.time_s, f.duration_s, 0, box, (), box) for f in small.frames()]
    monkeypatch.setattr(export, "survey", lambda clip, tell: export.Survey(measure(clip), faces_all_along))
    done = CliRunner().invoke(
        app, ["deidentify", str(small.path), "--method", "blur", "--out", str(tmp_path / "o.mp4")]
    )
    assert done.exit_code == 0, done.output
    assert f"1 place on {small.n_frames} pictures" in " ".join(done.output.split())
