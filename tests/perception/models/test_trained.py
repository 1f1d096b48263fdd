"""Weights are saved with a card and read back the same, and what is no weights is refused and never run."""

import contextlib
import os
import pickle

import pytest

from mentalis.cli import main
from perception.models.engine_weights import described
from perception.models.trained import (
    GOLD,
    PREDICTIONS,
    ModelCard,
    check_file,
    load_trained,
    read_checkpoint,
    save_trained,
)
from perception.models.training_tables import Table
from perception.weights import WeightError

torch = pytest.importorskip("torch", reason="torch is not installed")
safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
load_file, save_file = safetensors.load_file, safetensors.save_file

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


def table(told):
    return {PREDICTIONS: Table(("id", "value"), [("a", told)]), GOLD: Table(("id", "value"), [("a", told)])}


def test_tables_of_a_test_are_written_beside_the_weights_and_other_files_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    save_trained(tmp_path, CARD, {"a": torch.zeros(1)}, table("joy"))
    assert (tmp_path / PREDICTIONS).read_text().splitlines() == ["id,value", "a,joy"]
    assert (tmp_path / "notes.txt").read_text() == "mine"
    save_trained(tmp_path, CARD, {"a": torch.ones(1)})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["card.yaml", "model.safetensors", "notes.txt"]


@pytest.mark.parametrize("name", ["unlink", "replace"])
@pytest.mark.parametrize("at", range(5))
def test_a_training_that_is_cut_off_leaves_nothing_new_beside_anything_old(tmp_path, monkeypatch, name, at):
    save_trained(tmp_path, CARD, {"a": torch.zeros(1)}, table("old"))
    own, calls = getattr(os, name), []

    def killed(*given, **how):
        calls.append(given)
        if len(calls) > at:
            raise KeyboardInterrupt
        return own(*given, **how)

    monkeypatch.setattr(os, name, killed)
    with contextlib.suppress(KeyboardInterrupt):
        save_trained(tmp_path, CARD.model_copy(update={"source": "new"}), {"a": torch.ones(1)}, table("new"))
    monkeypatch.undo()
    there = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    new = [b"new" in there[name] for name in (PREDICTIONS, GOLD, "card.yaml") if name in there]
    weights = [load_file(tmp_path / "model.safetensors")["a"].item() == 1] if "model.safetensors" in there else []
    assert len({*new, *weights}) <= 1
    assert "card.yaml" not in there or len(there) == 4
    save_trained(tmp_path, CARD, {"a": torch.ones(1)})
    assert load_trained(tmp_path, "physnet")[1]["a"].item() == 1


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


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_a_file_that_is_cut_short_is_told_before_anything_is_done(tmp_path, name):
    path, tensors = tmp_path / name, {"a": torch.zeros(1000)}
    save_file(tensors, path) if name.endswith("safetensors") else torch.save(tensors, path)
    check_file(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightError, match="cut short") as told:
        check_file(path)
    assert "\n" not in str(told.value)
    with pytest.raises(WeightError, match="is not there"):
        check_file(tmp_path / f"other {name}")


def test_why_more_than_tensors_is_not_read_is_told_without_advice_to_run_it(tmp_path):
    (tmp_path / "w.pth").write_bytes(pickle.dumps(Harm(), protocol=2))
    with pytest.raises(WeightError, match="save its state_dict alone") as told:
        read_checkpoint(tmp_path / "w.pth")
    assert "weights_only" not in str(told.value)


def test_a_report_tells_weights_by_their_hash_and_card(tmp_path):
    save_trained(tmp_path, CARD, {"a": torch.zeros(1)})
    first = described(tmp_path)
    assert first.startswith("physnet, sha256 ")
    assert first.endswith("trained on nothing; not evaluated")
    save_trained(tmp_path, CARD, {"a": torch.ones(2)})
    assert described(tmp_path) != first


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
