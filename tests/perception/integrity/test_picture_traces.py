"""Copies, frozen stretches, beating light and moire are found where they were put, and not in what is genuine."""

import av
import numpy as np
import pytest
from conftest import write_clip

from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame
from perception.integrity.container import read_coding
from perception.integrity.frames import Changes
from perception.integrity.loops import Loops
from perception.integrity.screens import Light, Pattern, pattern

RATE_HZ = 30


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return Clip.open(write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", frames=240, rate=RATE_HZ))


def told(looker, pictures, clip, rate_hz=RATE_HZ):
    for n, picture in enumerate(pictures):
        looker.add(Frame(n, n / rate_hz, 1 / rate_hz, picture))
    found = Findings()
    looker.tell(clip, found)
    return found


def moving(count, size=(200, 320), noise=1.5, seed=0):
    """A textured scene that drifts, as natural pictures fall off towards fine detail, with a camera's noise."""
    rng = np.random.default_rng(seed)
    plane = np.cumsum(np.cumsum(rng.normal(0, 1, (size[0] + 40, size[1] + 40)), axis=0), axis=1)
    plane = 128 + 60 * (plane - plane.mean()) / np.abs(plane - plane.mean()).max()
    plane += rng.normal(0, 2, plane.shape)
    for n in range(count):
        x, y = round(20 + 18 * np.sin(n / 7)), round(20 + 15 * np.cos(n / 9))
        grey = plane[y : y + size[0], x : x + size[1]] + rng.normal(0, noise, size)
        yield np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(("keep", "repeat", "share"), [(5, 6, 1 / 6), (1, 2, 1 / 2)])
def test_pictures_that_were_repeated_to_raise_the_rate_are_counted(clip, keep, repeat, share):
    pictures = list(moving(240 * keep // repeat))
    shown = [pictures[n * keep // repeat] for n in range(240)]
    (trace,) = told(Changes(), shown, clip).events("repeated_pictures")
    assert trace.value == pytest.approx(share, abs=0.03)


def test_a_recording_has_no_copies_and_does_not_stand_still(clip):
    assert not told(Changes(), moving(240), clip).observations


def test_a_stretch_without_any_change_is_frozen_and_a_short_one_is_not(clip):
    pictures = list(moving(240))
    pictures[60:105] = [pictures[60]] * 45
    pictures[150:165] = [pictures[150]] * 15
    (trace,) = told(Changes(), pictures, clip).events("frozen")
    assert trace.start_s == pytest.approx(2.0, abs=0.1)
    assert trace.value == pytest.approx(1.5, abs=0.1)


def test_one_picture_throughout_is_called_a_still_picture(clip):
    found = told(Changes(), list(moving(1)) * 240, clip)
    assert [o.kind for o in found.observations] == ["still_picture"]


def coded(path, pictures, **options):
    """Pictures coded by x264 and decoded again, as a clip shows them."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE_HZ, options={"threads": "1", **options})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return Clip.open(path)


def seen_in(clip, looker, *args):
    for frame in clip.frames():
        looker.add(frame)
    found = Findings()
    looker.tell(clip, found, *args)
    return found


@pytest.mark.parametrize("crf", ["23", "35"])
def test_a_stretch_that_stands_still_is_found_through_coding_and_over_its_key_frames(tmp_path, crf):
    pictures = list(moving(150))
    pictures[45:105] = [pictures[45]] * 60
    clip = coded(tmp_path / "a.mp4", pictures, crf=crf, g="20", sc_threshold="0")
    found = seen_in(clip, Changes(), read_coding(clip).key)
    (trace,) = found.events("frozen")
    assert trace.value == pytest.approx(2.0, abs=0.2)


def test_a_photograph_is_a_still_picture_through_coding(tmp_path):
    clip = coded(tmp_path / "a.mp4", list(moving(1)) * 90, crf="23", g="30")
    found = seen_in(clip, Changes(), read_coding(clip).key)
    assert [o.kind for o in found.observations] == ["still_picture"]


def test_a_small_part_that_moves_in_a_picture_that_does_not_is_no_still_picture(clip):
    (still,) = moving(1)
    pictures = []
    for mouth in moving(120, size=(24, 48)):
        pictures.append(still.copy())
        pictures[-1][120:144, 150:198] = mouth
    assert not told(Changes(), pictures, clip).observations


def test_pictures_that_are_repeated_at_no_beat_are_counted_through_coding(tmp_path):
    again = np.random.default_rng(3).random(150) < 0.15
    shown = [p for p, twice in zip(moving(150), again, strict=True) for p in [p] * (1 + twice)]
    clip = coded(tmp_path / "a.mp4", shown, crf="23")
    (trace,) = seen_in(clip, Changes(), read_coding(clip).key).events("repeated_pictures")
    assert trace.value == pytest.approx(again.sum() / len(shown), abs=0.05)
    assert "at no beat" in trace.text


def test_a_stretch_that_is_shown_again_is_found_through_coding(tmp_path):
    pictures = list(moving(130))
    clip = coded(tmp_path / "a.mp4", pictures[:120] + pictures[20:80] + pictures[120:], crf="28")
    (trace,) = seen_in(clip, Loops()).events("looped")
    assert trace.start_s == pytest.approx(4.0, abs=0.3)
    assert trace.value == pytest.approx(2.0, abs=0.4)
    assert "from 0.7 s on" in trace.text


def test_a_scene_that_goes_on_or_stands_still_is_no_loop(clip):
    assert not told(Loops(), moving(240), clip).observations
    assert not told(Loops(), list(moving(1)) * 240, clip).observations


def beating(hz, share, bands=False):
    for n, picture in enumerate(moving(240)):
        phase = np.linspace(0, 6, len(picture))[:, None, None] if bands else 0.0
        factor = 1 + share * np.sin(2 * np.pi * hz * n / RATE_HZ + phase)
        yield np.clip(picture * factor, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("bands", [False, True])
def test_light_that_beats_over_the_whole_picture_is_found(clip, bands):
    (trace,) = told(Light(), beating(5.0, 0.04, bands), clip).events("light_flicker")
    assert trace.value == pytest.approx(5.0, abs=0.2)


def test_light_that_is_steady_does_not_beat(clip):
    assert not told(Light(), moving(240), clip).observations


def test_a_short_clip_abstains_from_flicker(clip):
    found = told(Light(), moving(60), clip)
    assert "flicker needs 4 s" in found.abstentions[0].reason


def patterned(picture, share=0.06, columns=slice(None)):
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    wave = 1 + share * np.sin(2 * np.pi * (0.21 * x + 0.13 * y))
    shown = picture.astype(float)
    shown[:, columns] *= wave[:, columns, None]
    return np.clip(shown, 0, 255).astype(np.uint8)


def test_a_pattern_over_the_whole_picture_is_moire(clip):
    pictures = [patterned(p) for p in moving(3, size=(360, 480))]
    (trace,) = told(Pattern(), pictures, clip, rate_hz=0.5).events("moire")
    assert trace.value == pytest.approx(1 / np.hypot(0.21, 0.13), abs=0.2)


def test_a_pattern_in_a_part_of_the_picture_is_none(clip):
    pictures = [patterned(p, columns=slice(0, 160)) for p in moving(3, size=(360, 480))]
    assert not told(Pattern(), pictures, clip, rate_hz=0.5).observations


def test_photographs_show_no_moire():
    data = pytest.importorskip("skimage.data")
    for name in ("astronaut", "coffee", "camera", "cat", "rocket"):
        picture = getattr(data, name)()
        assert pattern(picture if picture.ndim == 2 else np.ascontiguousarray(picture[..., 1])) is None, name
