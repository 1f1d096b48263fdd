"""Pictures come in order, upright, at their own times and in step with the sound, whichever decoder reads them."""

import shutil
import threading

import numpy as np
import pytest
from conftest import shown_index

from perception import decode
from perception.clip import Clip
from perception.errors import ClipError, TruncatedClipError

RATE_HZ = 16_000
CONTAINERS = ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi", "a.gif"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_picture_comes_once_and_in_order(make_clip, name):
    frames = list(Clip.open(make_clip(name, frames=30)).frames())
    assert [f.index for f in frames] == list(range(30))
    assert [shown_index(f.rgb) for f in frames] == list(range(30))


@pytest.mark.parametrize("name", CONTAINERS)
def test_single_pictures_are_those_on_screen_then(make_clip, name):
    clip = Clip.open(make_clip(name, frames=30))
    frames = list(clip.frames())
    times_s = [-1.0, 0.0, frames[7].time_s, frames[7].time_s + 0.01, frames[20].time_s, 99.0]
    found = list(clip.frames_at(times_s))
    assert [f.index for f in found] == [0, 0, 7, 7, 20, 29]
    assert all((f.time_s, f.duration_s) == (frames[f.index].time_s, frames[f.index].duration_s) for f in found)
    assert [shown_index(f.rgb) for f in found] == [0, 0, 7, 7, 20, 29]


def test_decord_finds_single_pictures_without_reading_the_rest(make_clip, monkeypatch):
    clip = Clip.open(make_clip("a.mp4"))
    monkeypatch.setattr(decode, "_in_order", lambda *_: pytest.fail("the clip was read from its beginning"))
    assert [shown_index(f.rgb) for f in clip.frames_at([0.9])] == [21]


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.webm"])
def test_times_are_the_timestamps(make_clip, name):
    times_s = [0.0, 0.04, 0.1, 0.5, 0.52, 0.8]
    clip = Clip.open(make_clip(name, frames=6, times_s=times_s))
    frames = list(clip.frames())
    assert [f.time_s for f in frames] == pytest.approx(times_s, abs=0.001)
    assert [f.duration_s for f in frames[:-1]] == pytest.approx(np.diff(times_s), abs=0.001)
    assert frames[-1].time_s + frames[-1].duration_s == clip.duration_s
    assert clip.variable_frame_rate


@pytest.mark.parametrize("name", ["r.mp4", "r.mov", "r.mkv"])
@pytest.mark.parametrize(
    ("turned", "corner"), [(0, "top left"), (90, "bottom left"), (180, "bottom right"), (270, "top right")]
)
def test_pictures_are_turned_upright(make_clip, name, turned, corner):
    clip = Clip.open(make_clip(name, frames=4, turned=turned))
    rgb = next(clip.frames()).rgb
    rows, columns = (
        (slice(0, 8) if "top" in corner else slice(-8, None)),
        (slice(0, 8) if "left" in corner else slice(-8, None)),
    )
    red, green, _ = rgb[rows, columns].reshape(-1, 3).mean(axis=0)
    assert red > 200 > 60 > green
    assert rgb.shape == (clip.height, clip.width, 3) == ((48, 64, 3) if turned % 180 == 0 else (64, 48, 3))
    assert clip.rotation == -turned % 360  # clockwise


@pytest.mark.parametrize("size", [(63, 47), (2, 2), (16, 64), (333, 17)])
def test_odd_and_narrow_pictures_keep_their_shape(make_clip, size):
    clip = Clip.open(make_clip("odd.mkv", frames=3, size=size, codec="ffv1"))
    assert [f.rgb.shape for f in clip.frames()] == [(size[1], size[0], 3)] * 3


@pytest.mark.parametrize(
    "name", ["single_face_2s.mp4", "no_face.mp4", "face_then_none_vfr.mov", "man_talking_640x360.mp4"]
)
def test_both_decoders_give_the_same_pixels_and_times(shared, name):
    clip = Clip.open(shared / "clips" / name)
    in_order = {f.index: f for f in clip.frames() if f.index % 13 == 0}
    for frame in clip.frames_at([f.time_s + 0.001 for f in in_order.values()]):
        assert frame.time_s == in_order[frame.index].time_s
        assert np.array_equal(frame.rgb, in_order[frame.index].rgb)


def test_pictures_that_an_edit_list_cuts_off_are_not_shown(shared):
    frames = list(Clip.open(shared / "clips" / "no_face.mp4").frames())
    assert (len(frames), frames[0].time_s) == (95, 0.0)


def test_vp8_reference_pictures_are_not_counted(make_clip, tmp_path):
    import av

    path, shown = make_clip("a.webm", codec="libvpx", frames=12), tmp_path / "hidden.webm"
    with av.open(str(path)) as source, av.open(str(shown), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            if packet.dts is None:
                continue
            content = bytearray(bytes(packet))
            if number == 5:
                content[0] &= ~0x10  # clear show_frame
            copy = av.Packet(bytes(content))
            copy.pts, copy.dts, copy.time_base, copy.stream = packet.pts, packet.dts, packet.time_base, stream
            copy.is_keyframe = packet.is_keyframe
            target.mux(copy)
    clip = Clip.open(shown)
    assert clip.n_frames == len(list(clip.frames())) == 11


def test_several_threads_read_one_clip_at_once(make_clip):
    clip = Clip.open(make_clip("a.mp4", frames=200))
    seen: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: seen.append([shown_index(f.rgb) for f in clip.frames()])) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[i % 64 for i in range(200)]] * 3


def test_a_short_read_is_noticed(make_clip, tmp_path):
    path = make_clip("a.mp4", frames=24)
    clip = Clip.open(path)
    shutil.copy(make_clip("shorter.mp4", frames=10), path)
    with pytest.raises(TruncatedClipError, match="10 of its 24"):
        list(clip.frames())


def test_damaged_pictures_are_not_passed_off_as_whole(shared, tmp_path):
    path = tmp_path / "damaged.mp4"
    content = bytearray((shared / "clips" / "man_talking_640x360.mp4").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 100_000] = bytes(100_000)
    path.write_bytes(content)
    with pytest.raises(ClipError, match="damaged"):
        list(Clip.open(path).frames())


def beep(from_s, to_s, length_s):
    times_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    return np.where((times_s >= from_s) & (times_s < to_s), 0.5 * np.sin(2 * np.pi * 440 * times_s), 0)


def heard(sound):
    loud = np.flatnonzero(np.abs(sound) > 0.2) / RATE_HZ
    return loud[0], loud[-1]


@pytest.mark.parametrize("name", ["s.mp4", "s.mov", "s.mkv", "s.webm"])
@pytest.mark.parametrize("begins_s", [0.0, 0.4])
def test_sound_is_on_the_clock_of_the_pictures(make_clip, name, begins_s):
    clip = Clip.open(make_clip(name, frames=48, sound=beep(0.5, 1.0, 1.2), sound_from_s=begins_s))
    sound = clip.audio()
    assert (sound.dtype, len(sound)) == (np.float32, round(clip.duration_s * RATE_HZ))
    assert heard(sound) == (pytest.approx(0.5 + begins_s, abs=0.02), pytest.approx(1.0 + begins_s, abs=0.02))


def test_time_0_is_the_first_picture_for_pictures_and_sound(make_clip):
    late = [0.3 + i / 24 for i in range(36)]
    clip = Clip.open(make_clip("late.mkv", frames=36, times_s=late, sound=beep(0.8, 1.0, 1.5)))
    assert next(clip.frames()).time_s == 0
    assert heard(clip.audio())[0] == pytest.approx(0.5, abs=0.02)


def test_other_rates_and_no_sound(make_clip):
    clip = Clip.open(make_clip("s.mp4", sound=beep(0, 1, 1)))
    assert len(clip.audio(rate_hz=8000)) == round(clip.duration_s * 8000)
    assert Clip.open(make_clip("silent.mp4")).audio() is None
