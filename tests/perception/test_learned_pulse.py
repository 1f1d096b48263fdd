"""A network's waves are made frame by frame, fused with those of the skin's colour, and never had without weights."""

import sys
from dataclasses import replace
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest

from mentalis.testing.synthetic_clip import Script, render
from perception.cache import key_of
from perception.clip import Clip
from perception.errors import OptionError, ToolError
from perception.face_crops import BoxRule, EvenCrops, FollowingBox
from perception.learned_waves import WaveReel
from perception.pulse import in_band
from perception.pulse_networks import Kind, Source, load
from perception.pulse_reading import chosen, read_pulse
from perception.scheduler import perceive
from perception.skin_traces import EvenTrace, Learned
from perception.tool import make_tool
from perception.views import add_view

ALL = BoxRule("mesh", "larger side", 1.0, stays_s=0.0)
FACE = np.zeros((478, 3))
FACE[:, :2] = np.random.default_rng(0).uniform((30, 20), (70, 60), (478, 2))
FACE[:2, :2] = (30, 20), (70, 60)  # 40 pixels wide and high


class MeanGreen:
    """A network that gives the green of the picture's upper and lower half, upside down."""

    name, batch = "mean-green", 1
    kind = Kind(8, 160, ALL, ("upper half", "lower half"), None)

    def __init__(self, batch=1):
        self.batch = batch

    def waves(self, chunks):
        green = chunks[..., 1].astype(float)
        return -np.stack([green[:, :, :4].mean((2, 3)), green[:, :, 4:].mean((2, 3))], axis=1)


def shown(reel, bpm=72.0, seconds=20.0, fps=30.0, hole_s=(0.0, 0.0), noise=0.3):
    """Show a face that brightens with every beat."""
    rng = np.random.default_rng(1)
    for time_s in np.arange(0, seconds, 1 / fps):
        if not hole_s[0] <= time_s < hole_s[1]:
            rgb = 120 + 8 * np.sin(2 * np.pi * bpm / 60 * time_s) + rng.normal(0, noise, (100, 100, 3))
            reel.add(float(time_s), np.rint(rgb).astype(np.uint8), FACE)
    return reel


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_wave_of_chunks_is_one_wave_at_any_frame_rate(fps, batch):
    grid_s = np.arange(1.0, 18.0, 1 / 30)
    true = in_band(-np.sin(2 * np.pi * 1.2 * grid_s))
    for wave in shown(WaveReel(MeanGreen(batch)), fps=fps).on(grid_s):
        assert np.corrcoef(wave, true)[0, 1] > 0.99


def test_only_a_chunk_of_pictures_is_held():
    reel = WaveReel(MeanGreen())
    for seconds in (10.0, 20.0):
        shown(reel, seconds=seconds)
        assert len(reel._crops) < 2 * MeanGreen.kind.frames


def test_a_face_that_was_lost_begins_a_new_wave():
    reel = shown(WaveReel(MeanGreen()), hole_s=(7.0, 9.0))
    assert reel.on(np.arange(1.0, 6.0, 1 / 30)) is not None
    assert reel.on(np.arange(9.5, 19.0, 1 / 30)) is not None
    assert reel.on(np.arange(5.0, 12.0, 1 / 30)) is None


def test_a_view_that_is_shorter_than_a_chunk_has_no_wave():
    assert shown(WaveReel(MeanGreen()), seconds=5.0).on(np.arange(0, 4.9, 1 / 30)) is None


def test_a_square_about_the_face_goes_beyond_the_picture_by_its_edge():
    rgb = np.zeros((64, 100, 3), dtype=np.uint8)
    rgb[:, 50:] = 200
    twice = FollowingBox(BoxRule("mesh", "larger side", 2.0, stays_s=0.0)).crop(rgb, FACE, 0.0, 80)
    assert twice.shape == (80, 80, 3)
    assert (twice[:, :38] < 10).all()
    assert (twice[:, 42:] > 190).all()


def test_a_square_stays_as_long_as_its_rule_says_and_then_follows():
    rgb = np.tile(np.arange(100, dtype=np.uint8)[None, :, None], (100, 1, 3))
    box, moved = FollowingBox(replace(ALL, stays_s=1.0)), FACE + np.array([10, 0, 0])
    places = [float(box.crop(rgb, face, t, 40).mean()) for face, t in ((FACE, 0.0), (moved, 0.5), (moved, 1.0))]
    assert places == pytest.approx([49.5, 49.5, 59.5])


def test_frames_at_another_rate_are_mixed():
    crops = EvenCrops(ALL, 2)
    made = [crop for n in range(25) for crop in crops.add(n / 24, np.full((100, 100, 3), 8 * n, dtype=np.uint8), FACE)]
    assert [int(crop[0, 0, 0]) for crop in made[:6]] == pytest.approx([0, 6.4, 12.8, 19.2, 25.6, 32], abs=0.5)
    assert len(made) == 31


def even(wave, learned):
    """A trace of two places whose green carries the wave, and what networks found beside it."""
    rng = np.random.default_rng(2)
    colours = np.array([150.0, 110.0, 90.0])[:, None] * (1 + 0.004 * np.array([0.4, 1, 0.6])[:, None] * wave)
    places = np.stack([colours + rng.normal(0, 0.05, colours.shape) for _ in range(2)])
    grid_s = np.arange(len(wave)) / 30
    return EvenTrace(grid_s, places, ("nose", "chin"), np.ones(2), 0.0, np.zeros((2, len(wave))), learned)


def test_a_network_that_gives_the_pulse_upside_down_is_turned_over_and_counts():
    wave = np.sin(2 * np.pi * 1.2 * np.arange(600) / 30)
    noise = np.random.default_rng(3).normal(0, 1, (2, 600))
    halves = ("left half", "right half")
    trace = even(wave, {"physnet": Learned(halves, -np.stack([wave, wave])), "physformer:x": Learned(halves, noise)})
    alone, both = read_pulse([trace], "fused"), read_pulse([trace], "fused+physnet+physformer:x")
    assert np.corrcoef(both.wave, alone.wave)[0, 1] > 0.99
    assert both.methods["physnet"] > 0.3 > 0.05 > both.methods["physformer:x"]
    assert sum(both.methods.values()) == pytest.approx(1)
    assert {"nose", "left half by physnet"} <= set(both.weights)


def test_networks_alone_are_read_from_every_camera():
    wave = np.sin(2 * np.pi * 1.2 * np.arange(600) / 30)
    learned = {"physnet": Learned(("left half",), wave[None])}
    reading = read_pulse([even(0 * wave, learned), even(0 * wave, learned)], "physnet")
    assert reading.rate.bpm == pytest.approx(72, abs=0.5)
    assert list(reading.weights) == ["left half by physnet", "view 2 left half by physnet"]
    assert reading.methods == {"physnet": pytest.approx(1)}


def test_what_was_shown_to_no_network_has_no_reading():
    assert read_pulse([even(np.zeros(600), {})], "physnet") is None


def test_an_engine_that_is_unknown_is_told_which_there_are():
    assert chosen("pos+chrom").methods.keys() == {"pos", "chrom"}
    with pytest.raises(OptionError, match=r"'fuzed' is none of fused, pos, .*, physnet, .*open-rppg"):
        make_tool("rppg", engine="fuzed+physnet")
    with pytest.raises(OptionError, match="a part is empty"):
        make_tool("rppg", engine="fused+")


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("MENTALIS_DATA", str(tmp_path))
    monkeypatch.delenv("MENTALIS_MODELS", raising=False)


@pytest.mark.parametrize(
    ("engine", "line"),
    [
        (
            "physnet",
            r"weights download contrast_phys_physnet \(from raw\.githubusercontent\.com, 3\.5 MB; licence: MIT",
        ),
        ("fused+factorizephys", "weights download PURE_FactorizePhys_FSAM_Res .*Responsible AI"),
        ("physformer", r"from https://github.com/ubicomplab/rPPG-Toolbox.* name the file, as in physformer:FILE"),
        ("physformer-standard", "github.com/ZitongYu/PhysFormer"),
    ],
)
def test_without_weights_it_says_in_one_line_what_to_get_and_from_where(no_weights, engine, line):
    with pytest.raises(ToolError, match=line) as refused:
        make_tool("rppg", engine=engine)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("engine", ["physnet:none.pt", "nowhere/trained"])
def test_weights_that_are_not_there_are_told(engine):
    with pytest.raises(OptionError, match="there is no"):
        make_tool("rppg", engine=engine)


def test_a_result_depends_on_the_weights(make_clip, tmp_path):
    clip, keys = Clip.open(make_clip()), []
    for content in (b"one", b"two"):
        (tmp_path / "w.pth").write_bytes(b"\x80" + content)  # as a pickle begins
        keys.append(key_of(make_tool("rppg", engine=f"physformer:{tmp_path / 'w.pth'}"), clip, {}))
    assert keys[0] != keys[1]


def test_open_rppg_is_asked_for_in_one_line_where_it_is_not_installed():
    if "open-rppg" in {d.name for d in metadata.distributions()}:
        pytest.skip("open-rppg is installed")
    with pytest.raises(ToolError, match="pip install open-rppg"):
        make_tool("rppg", engine="open-rppg")


def test_open_rppg_is_given_the_halves_of_the_face_at_30_frames_a_second(monkeypatch):
    class Model:
        def __init__(self, name):
            self.name = name

        def process_faces_tensor(self, faces, fps):
            assert (faces.dtype, fps, self.name) == (np.uint8, 30.0, "ME-chunk.rlap")
            self.green = faces[..., 1].mean((1, 2))

        def bvp(self, raw):
            return list(self.green), np.arange(len(self.green)) / 30

    stand_in = SimpleNamespace(Model=Model, supported_models=["ME-chunk.rlap"])
    monkeypatch.setitem(sys.modules, "rppg", stand_in)
    network = load(Source("open-rppg:ME-chunk.rlap", "open-rppg", None, ""))
    faces = np.zeros((1, 40, 8, 8, 3), dtype=np.uint8)
    faces[:, :, :, 4:] = 2 * np.arange(40)[None, :, None, None, None]
    left, right = network.waves(faces)[0]
    assert (left.tolist(), right.tolist()) == ([0] * 40, list(range(0, 80, 2)))
    with pytest.raises(OptionError, match=r"no model 'X'; it has: ME-chunk\.rlap"):
        load(Source("open-rppg:X", "open-rppg", None, ""))


def test_a_photographed_face_with_a_pulse_is_measured_from_two_cameras(shared, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    render(Script(seconds=8.0, size=320, wall=0.25, pulse_share=0.01), tmp_path / "clip.mp4")
    clip = add_view(Clip.open(tmp_path / "clip.mp4"), tmp_path / "clip.mp4", 0.0)
    evidence = perceive(clip, [make_tool("rppg", engine="fused+factorizephys")])
    (rate,) = evidence.of("heart_rate")
    assert rate.value == pytest.approx(72, abs=1.5)
    (run,) = [run for run in evidence.tools if run.tool == "rppg"]
    assert "view 2 left half by factorizephys" in run.notes["P1"]
    assert run.notes["weights"].startswith("factorizephys, sha256 ")
    assert "PURE" in run.notes["weights"]


def test_a_real_clip_that_is_too_short_is_abstained_from(shared, monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    evidence = perceive(Clip.open(shared / "clips" / "single_face_2s.mp4"), [make_tool("rppg", engine="factorizephys")])
    assert not evidence.of("heart_rate")
    (reason,) = [a.reason for a in evidence.abstentions if a.tool == "rppg"]
    assert "s at a stretch; a pulse needs 6" in reason
