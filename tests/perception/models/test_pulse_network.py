"""The pulse networks have the published state dictionaries' names and shapes, and find a pulse that was put there."""

from pathlib import Path

import numpy as np
import pytest

from perception import pulse
from perception.pulse_networks import KINDS, Source, load, mirrored_halves
from perception.weights import WeightError

torch = pytest.importorskip("torch", reason="torch is not installed")

from perception.models.factorizephys import FactorizePhys, _rank_one  # noqa: E402
from perception.models.physformer import PhysFormer, normalised  # noqa: E402
from perception.models.physnet import PhysNet  # noqa: E402
from perception.models.pulse_network import PulseNetwork  # noqa: E402
from perception.models.trained import ModelCard, read_checkpoint, save_trained  # noqa: E402

SKIN, BLOOD = np.array([150.0, 110.0, 90.0]), np.array([0.4, 1.0, 0.6])
FILES = {"physnet": "contrast_phys_physnet.pt", "factorizephys": "PURE_FactorizePhys_FSAM_Res.pth"}


def skin(bpm=90.0, side=72, frames=160, share=0.01):
    """Chunks (1, frames, side, side, 3) of grainy skin that all changes with a pulse."""
    rng = np.random.default_rng(0)
    beat = share * np.sin(2 * np.pi * bpm / 60 * np.arange(frames) / 30)
    shade = rng.uniform(0.7, 1.3, (side, side, 1))
    shown = shade * SKIN * (1 + beat[:, None, None, None] * BLOOD) + rng.normal(0, 1, (frames, side, side, 3))
    return np.clip(shown, 0, 255).astype(np.uint8)[None]


def published(shared, network):
    path = shared / "models" / FILES[network]
    return Source(network, network, path, "")


@pytest.mark.parametrize(("network", "side"), [("physnet", 32), ("factorizephys", 72)])
def test_the_published_weights_load_and_find_the_pulse_in_every_place(shared, network, side):
    loaded = load(published(shared, network))
    waves = loaded.waves(skin(90, side))
    assert waves.shape == (1, len(KINDS[network].places), 160)
    for wave in waves[0]:
        assert pulse.heart_rate(pulse.in_band(wave)).bpm == pytest.approx(90, abs=2)


@pytest.mark.parametrize("network", FILES)
def test_a_batch_is_what_each_of_it_is_alone(shared, network):
    loaded = load(published(shared, network))
    chunks = np.concatenate(
        [skin(bpm, KINDS[network].side_px // 2 if network == "physnet" else 72, 24) for bpm in (60, 100)]
    )
    together = loaded.waves(chunks)
    alone = np.concatenate([loaded.waves(chunk[None]) for chunk in chunks])
    assert together == pytest.approx(alone, abs=1e-4)


def test_weights_of_another_network_are_refused_in_one_line(shared):
    source = published(shared, "physnet")
    with pytest.raises(WeightError, match="does not hold weights of factorizephys") as refused:
        load(Source("factorizephys", "factorizephys", source.path, ""))
    assert "\n" not in str(refused.value)


def test_physnet_gives_as_many_samples_as_frames_even_and_odd():
    network = PhysNet(channels=(2, 3)).eval()
    for frames in (16, 17, 18, 19):
        assert network(torch.rand(1, 3, frames, 16, 16)).shape == (1, 4, frames)


def test_physformer_has_the_published_names_and_shapes():
    there = {name: tuple(tensor.shape) for name, tensor in PhysFormer().state_dict().items()}
    assert {name: shape for name, shape in there.items() if "num_batches" not in name} == physformer_shapes()
    assert sum(tensor.numel() for tensor in PhysFormer().parameters()) == 7_380_865


def physformer_shapes(dim=96, ff_dim=144):
    """As the classes of ZitongYu/PhysFormer and rPPG-Toolbox name them."""

    def normed(name, channels):
        return {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}

    shapes = {"patch_embedding.weight": (dim, dim, 4, 4, 4), "patch_embedding.bias": (dim,)}
    for n, (into, out, kernel) in enumerate([(3, 24, (1, 5, 5)), (24, 48, (3, 3, 3)), (48, 96, (3, 3, 3))]):
        shapes |= {f"Stem{n}.0.weight": (out, into, *kernel), f"Stem{n}.0.bias": (out,)} | normed(f"Stem{n}.1", out)
    for transformer in (1, 2, 3):
        for block in range(4):
            at = f"transformer{transformer}.blocks.{block}"
            for part in ("q", "k"):
                shapes |= {f"{at}.attn.proj_{part}.0.conv.weight": (dim, dim, 3, 3, 3)}
                shapes |= normed(f"{at}.attn.proj_{part}.1", dim)
            shapes |= {f"{at}.attn.proj_v.0.weight": (dim, dim, 1, 1, 1)}
            shapes |= {f"{at}.proj.weight": (dim, dim), f"{at}.proj.bias": (dim,)}
            shapes |= {f"{at}.norm{n}.{part}": (dim,) for n in (1, 2) for part in ("weight", "bias")}
            shapes |= {f"{at}.pwff.fc1.0.weight": (ff_dim, dim, 1, 1, 1)} | normed(f"{at}.pwff.fc1.1", ff_dim)
            shapes |= {f"{at}.pwff.STConv.0.weight": (ff_dim, 1, 3, 3, 3)} | normed(f"{at}.pwff.STConv.1", ff_dim)
            shapes |= {f"{at}.pwff.fc2.0.weight": (dim, ff_dim, 1, 1, 1)} | normed(f"{at}.pwff.fc2.1", dim)
    for name, out in (("upsample", dim), ("upsample2", dim // 2)):
        shapes |= {f"{name}.1.weight": (out, dim, 3, 1, 1), f"{name}.1.bias": (out,)} | normed(f"{name}.2", out)
    return shapes | {"ConvBlockLast.weight": (1, dim // 2, 1), "ConvBlockLast.bias": (1,)}


def test_physformer_gives_a_sample_for_each_frame():
    network = PhysFormer(dim=8, ff_dim=8, heads=2, layers=3).eval()
    assert network(255 * torch.rand(2, 3, 12, 128, 128)).shape == (2, 1, 12)


def test_pictures_are_normalised_as_the_authors_and_as_the_toolbox_do():
    faces = torch.full((1, 3, 3, 2, 2), 100.0)
    faces[:, :, 1] = 110.0
    assert normalised(faces, "standard")[0, 0, 1, 0, 0] == pytest.approx((110 - 127.5) / 128)
    changes = normalised(faces, "difference")
    assert changes.shape == faces.shape
    assert torch.all(changes[:, :, 2] == 0)
    assert changes[0, 0, 0, 0, 0] == -changes[0, 0, 1, 0, 0] > 0
    assert changes[:, :, :2].std() == pytest.approx(1, abs=1e-5)


def test_the_attention_keeps_what_one_wave_times_one_map_explains():
    wave, plan = torch.rand(1, 20, 1) + 0.1, torch.rand(1, 1, 30) + 0.1
    assert torch.allclose(_rank_one(wave @ plan), wave @ plan, rtol=1e-3)


def test_the_attention_matters_only_where_it_is_used(shared):
    state = read_checkpoint(shared / "models" / FILES["factorizephys"])
    faces = torch.from_numpy(skin(frames=16)).permute(0, 4, 1, 2, 3).float()
    waves = []
    for attends in (False, True):
        network = FactorizePhys(attends=attends).eval()
        network.load_state_dict(state)
        waves.append(network(faces))
    assert not torch.allclose(*waves)
    assert torch.corrcoef(torch.stack(waves).flatten(1))[0, 1] > 0.8


def test_half_a_face_is_completed_by_its_mirror_image():
    left, right = mirrored_halves(np.array([1, 2, 3, 4])[None, :, None] * np.ones(3, dtype=int))
    assert left[0, :, 0].tolist() == [1, 2, 2, 1]
    assert right[0, :, 0].tolist() == [4, 3, 3, 4]


def test_settings_that_no_network_has_are_told_with_the_folder(tmp_path):
    card = ModelCard(
        network="physnet", settings={"heads": 3}, source="", licence="", trained_on="", metric="", limits=""
    )
    save_trained(tmp_path, card, PhysNet(channels=(2, 3)).state_dict())
    with pytest.raises(WeightError, match=r"does not hold weights of physnet: .*heads") as told:
        PulseNetwork(Source(str(tmp_path), "physnet", Path(tmp_path), ""))
    assert "\n" not in str(told.value)


def test_a_folder_of_trained_weights_is_built_with_the_settings_of_its_card(tmp_path):
    network = PhysNet(channels=(2, 3)).eval()
    card = ModelCard(
        network="physnet",
        settings={"channels": [2, 3]},
        source="a test",
        licence="none",
        trained_on="nothing",
        metric="not evaluated",
        limits="all",
    )
    save_trained(tmp_path, card, network.state_dict())
    loaded = PulseNetwork(Source(str(tmp_path), "physnet", Path(tmp_path), ""))
    shown = skin(side=16, frames=20)
    with torch.inference_mode():
        expected = network(torch.from_numpy(shown).permute(0, 4, 1, 2, 3).float())
    assert np.array_equal(loaded.waves(shown), expected.numpy().astype(np.float64))
