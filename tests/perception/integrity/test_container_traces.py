"""A file tells who wrote it, how often it was cut and coded; a file as it was first coded raises no alarm."""

import struct

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from perception.clip import Clip
from perception.evidence import Findings
from perception.integrity.container import Coding, earlier_period, edits, read_coding, tell_container


def rewritten(source, target, **options):
    """The pictures decoded and coded again."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.options = options
        for frame in old.decode(video=0):
            plain = frame.reformat(format="yuv420p")
            plain.pict_type = PictureType.NONE  # or the coder makes key frames of what were key frames
            new.mux(stream.encode(plain))
        new.mux(stream.encode(None))
    return target


def filmed(path, frames=240, gop=12):
    """A textured plane that drifts, with a camera's noise, in MPEG-4 with a key frame every so many pictures."""
    rng = np.random.default_rng(0)
    plane = np.kron(rng.integers(60, 200, (40, 60)), np.ones((8, 8)))
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.bit_rate, stream.codec_context.gop_size = 150_000, gop
        for n in range(frames):
            at = round(30 + 25 * np.sin(n / 17))
            grey = np.clip(plane[at : at + 64, at : at + 96] + rng.normal(0, 3, (64, 96)), 0, 255)
            picture = np.repeat(grey[..., None].astype(np.uint8), 3, axis=2)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return path


def found_in(path, changes=None):
    clip, found = Clip.open(path), Findings()
    tell_container(clip, read_coding(clip), np.ones(clip.n_frames - 1) if changes is None else changes, found)
    return found


def test_software_that_signed_the_file_is_named(make_clip):
    (trace,) = found_in(make_clip()).events("encoder_signature")
    assert "Lavf" in trace.text
    assert "x264 - core" in trace.text
    assert "for the first time or again" in trace.text


def test_a_coding_over_an_earlier_one_shows_its_key_frames(tmp_path):
    first = filmed(tmp_path / "first.avi")
    again = rewritten(first, tmp_path / "again.mp4", crf="18", g="250", bf="0", sc_threshold="0")
    (trace,) = found_in(again).events("coded_twice")
    assert trace.value == 12


def test_a_first_coding_shows_no_earlier_one(tmp_path):
    assert earlier_period(read_coding(Clip.open(filmed(tmp_path / "first.avi")))) is None


@pytest.mark.parametrize("seed", range(8))
def test_sizes_that_differ_by_chance_show_no_earlier_coding(seed):
    sizes = np.random.default_rng(seed).lognormal(8, 0.5, 900)
    key = np.arange(900) % 250 == 0
    assert earlier_period(Coding(np.arange(900) / 30, sizes, key, np.ones(900, bool), ())) is None


def elst(*entries):
    body = struct.pack(">B3xI", 0, len(entries)) + b"".join(struct.pack(">IiI", *e, 1 << 16) for e in entries)
    return boxed(b"moov", boxed(b"trak", boxed(b"edts", boxed(b"elst", body))))


def boxed(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


@pytest.mark.parametrize(
    ("entries", "joined"),
    [([(1000, 0)], 1), ([(80, -1), (1000, 512)], 1), ([(500, 0), (500, 4000)], 2), ([], 1)],
)
def test_stretches_that_an_edit_list_joins_are_counted(tmp_path, entries, joined):
    path = tmp_path / "a.mp4"
    path.write_bytes(boxed(b"ftyp", b"isom") + elst(*entries))
    assert max(edits(path), 1) == joined


def test_key_frames_out_of_turn_are_told_unless_the_picture_changes_there(make_clip):
    path = make_clip(frames=60, options={})
    clip = Clip.open(path)
    key = np.isin(np.arange(60), [0, 10, 20, 25, 30, 40, 50])
    coding = Coding(np.arange(60) / 24, np.ones(60), key, np.ones(60, bool), ())
    told = {}
    for name, change in (("still", 1.0), ("cut", 20.0)):
        changes, found = np.ones(59), Findings()
        changes[24] = change
        tell_container(clip, coding, changes, found)
        told[name] = [o.value for o in found.events("key_frames_out_of_turn")]
    assert told == {"still": [2], "cut": [1]}
