"""Weights are saved with a card and read back the same, and what is no weights is refused and never run."""

import os
import pickle

import pytest

from mentalis.cli import main
from perception.models.trained import ModelCard, load_trained, read_checkpoint, save_trained
from perception.weights import WeightError

torch = pytest.importorskip("torch", reason="torch is not installed")

CARD = ModelCard(
    network="physnet",
    settings={"frames": 128, "units": [1, 2]},
    source="a test",
    licence="none",
    trained_on="nothing",
    metric="not evaluated",
    limits="all",
)


def test_what_is_saved_is_read_back_with_its_card(tmp_path):
    tensors = {"a.weight": torch.randn(3, 4).T, "b": torch.arange(3)}
    save_trained(tmp_path / "w", CARD, tensors)
    card, read = load_trained(tmp_path / "w", "physnet")
    assert card == CARD
    assert all(torch.equal(tensors[name], read[name]) for name in tensors)
    assert sorted(p.name for p in (tmp_path / "w").iterdir()) == ["card.yaml", "model.safetensors"]


def test_weights_of_another_network_are_refused(tmp_path):
    save_trained(tmp_path, CARD, {"a": torch.zeros(1)})
    with pytest.raises(WeightError, match="of physnet, not of micro-au"):
        load_trained(tmp_path, "micro-au")


def test_a_folder_that_was_left_half_written_is_no_folder_of_weights(tmp_path):
    save_trained(tmp_path, CARD, {"a": torch.zeros(1)})
    (tmp_path / "card.yaml").unlink()
    with pytest.raises(WeightError, match=r"holds no card\.yaml"):
        load_trained(tmp_path, "physnet")


def test_tensors_that_are_cut_off_are_told(tmp_path):
    save_trained(tmp_path, CARD, {"a": torch.zeros(100)})
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:-10])
    with pytest.raises(WeightError, match="can't be read"):
        load_trained(tmp_path, "physnet")


class Harm:
    def __reduce__(self):
        return os.mkdir, ("harmed",)


@pytest.mark.parametrize("content", [pickle.dumps(Harm(), protocol=2), b"not weights at all", b""])
def test_nothing_is_unpickled(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(WeightError, match=r"w\.pth"):
        read_checkpoint(tmp_path / "w.pth")
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("content", [b"not weights at all", b""])
def test_a_broken_file_of_safetensors_is_told(tmp_path, content):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(WeightError, match=r"w\.safetensors is no file of weights"):
        read_checkpoint(tmp_path / "w.safetensors")


def test_the_name_of_data_parallel_training_is_taken_off(tmp_path):
    torch.save({"module.conv.weight": torch.ones(2)}, tmp_path / "w.pth")
    assert list(read_checkpoint(tmp_path / "w.pth")) == ["conv.weight"]


def test_more_than_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "w.pth")
    with pytest.raises(WeightError, match="something else than"):
        read_checkpoint(tmp_path / "w.pth")


def test_the_card_is_shown(tmp_path, capsys):
    save_trained(tmp_path, CARD, {"a": torch.zeros(1)})
    with pytest.raises(SystemExit, match="0"):
        main(["weights", "card", str(tmp_path)])
    assert "trained_on: nothing" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["weights", "card", "face_landmarker_v2_with_blendshapes"])
    assert "Apache-2.0" in capsys.readouterr().out
