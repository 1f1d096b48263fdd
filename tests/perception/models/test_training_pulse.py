"""Training brings a network's wave to the measured one, and what is saved is what was trained."""

import numpy as np
import pytest

from perception.errors import MentalisError
from perception.pulse_networks import Source

torch = pytest.importorskip("torch", reason="torch is not installed")

from mentalis.cli import main  # noqa: E402
from mentalis.testing.synthetic_clip import Script, render  # noqa: E402
from perception.models.fitting import Fitting  # noqa: E402
from perception.models.measuring_pulse import Stretch, measured, rates_of  # noqa: E402
from perception.models.pulse_losses import about_true_rate, at_true_rate, negative_pearson, spectrum  # noqa: E402
from perception.models.pulse_network import PulseNetwork, load_module, new_module  # noqa: E402
from perception.models.trained import ModelCard, read_card, save_trained  # noqa: E402
from perception.models.training_pulse import chunked, fit_pulse, pulse_loss  # noqa: E402

FRAMES, SIDE = 160, 16
TINY = {"physnet": {"parts": 1, "channels": [4, 6]}, "physformer": {"dim": 8, "ff_dim": 8, "heads": 2, "layers": 3}}


def sine(bpm, frames=FRAMES, phase=0.0):
    return np.sin(2 * np.pi * bpm / 60 * np.arange(frames) / 30 + phase)


def people(side=SIDE, rates=(55, 80, 105, 130)):
    """One person for each rate: grey skin that changes with the pulse, under light that drifts."""
    rng = np.random.default_rng(0)
    made = []
    for number, bpm in enumerate(rates):
        wave = sine(bpm, phase=rng.uniform(0, 6))
        light = 1 + 0.02 * sine(8, phase=rng.uniform(0, 6))
        shade = rng.uniform(90, 160, (1, side, side, 3))
        shown = shade * (light * (1 + 0.02 * wave))[:, None, None, None] + rng.normal(0, 1, (FRAMES, side, side, 3))
        made.append(Stretch(np.clip(shown, 0, 255).astype(np.uint8), wave, f"person {number}", f"recording {number}"))
    return made


def test_a_tiny_network_learns_the_pulse_and_reloads_to_the_same_waves(tmp_path):
    shown = people()
    torch.manual_seed(0)
    network = new_module("physnet", TINY["physnet"])
    before = np.nanmean(np.abs(np.subtract(*rates_of(network, shown, FRAMES))))
    losses = fit_pulse(
        network, "physnet", chunked(shown, FRAMES), Fitting(epochs=30, batch=2, rate=0.02, decay=0, seed=0)
    )
    after = np.abs(np.subtract(*rates_of(network, shown, FRAMES))).mean()
    assert losses[-1] < losses[0] / 10
    assert after < 1 < 10 < before

    card = ModelCard(
        network="physnet", settings=TINY["physnet"], source="a test", licence="none", trained_on="nothing", metric="-",
        limits="all",
    )  # fmt: skip
    save_trained(tmp_path, card, network.state_dict())
    again = load_module(Source(str(tmp_path), "physnet", tmp_path, "")).eval()
    faces = torch.rand(1, 3, 32, SIDE, SIDE)
    assert torch.equal(network(faces), again(faces))


class Known(torch.nn.Module):
    """Answers with the wave that the red of the pictures is, and with nothing where there is none."""

    def forward(self, pictures):
        red = pictures[:, 0].mean(dim=(-1, -2))[:, None]
        return torch.round(red - red.mean(), decimals=3)


def seen(bpm, recording, shown=None):
    """A stretch with a true rate, and what its pictures show."""
    told = 128 + 100 * sine(bpm if shown is None else shown) if shown != 0 else np.full(FRAMES, 128.0)
    crops = np.broadcast_to(told[:, None, None, None], (FRAMES, 4, 4, 3)).astype(np.uint8)
    return Stretch(crops, sine(bpm) if bpm else np.zeros(FRAMES), recording[0], recording)


def errors(true, found):
    return f"{np.abs(true - found).mean():.0f} of {len(true)}"


def test_a_recording_in_which_the_face_was_lost_counts_once():
    held = [seen(60, "a1"), seen(60, "a1", 90), seen(80, "b1")]
    true, found = rates_of(Known(), held, FRAMES)
    assert true == pytest.approx([60, 80], abs=1.5)
    assert found == pytest.approx([75, 80], abs=1.5)
    assert measured(Known(), held, ["a1", "b1"], FRAMES, errors).endswith("of 2; 2 recordings of 2 people held out")


def test_stretches_with_one_rate_alone_are_not_mixed_with_those_that_have_both():
    true, found = rates_of(Known(), [seen(60, "a1", 0), seen(120, "a1")], FRAMES)
    assert (true, found) == (pytest.approx([120], abs=1.5), pytest.approx([120], abs=1.5))


def test_recordings_without_a_true_or_a_found_rate_are_told_and_not_scored():
    held = [seen(60, "a1"), seen(0, "b1", 90), seen(80, "c1", 0)]
    told = measured(Known(), held, ["a1", "b1", "c1", "d1"], FRAMES, errors)
    assert told.startswith("0 of 1; 1 recording of 1 person held out; 1 more without a face for long enough")
    assert "1 more without a rate in the measured wave; 1 more without a rate by the network" in told


@pytest.mark.parametrize("held", [[], [seen(60, "a1", 0)], [seen(0, "a1", 60)]])
def test_a_training_is_not_lost_where_nothing_can_be_scored(held):
    told = measured(Known(), held, ["a1"], FRAMES, errors)
    assert told.startswith("not evaluated: none of 1 recording held out has a true and a found rate; 1 more without")


def test_physformer_learns_with_its_label_distribution():
    shown = people(side=32, rates=(60, 120))
    torch.manual_seed(0)
    network = new_module("physformer", TINY["physformer"])
    losses = fit_pulse(network, "physformer", chunked(shown, FRAMES), Fitting(epochs=30, batch=2, rate=0.01, decay=0))
    true, found = rates_of(network, shown, FRAMES)
    assert losses[-1] < losses[0] / 3
    assert found == pytest.approx(true, abs=3)


def test_the_same_seed_trains_the_same():
    shown, states = people(rates=(60, 90)), []
    for _ in range(2):
        torch.manual_seed(1)
        network = new_module("physnet", TINY["physnet"])
        fit_pulse(network, "physnet", chunked(shown, FRAMES), Fitting(epochs=1, batch=1, rate=0.01, decay=0, seed=1))
        states.append(network.state_dict()["end.1.weight"])
    assert torch.equal(*states)


@pytest.mark.parametrize("network", ["physnet", "physformer"])
def test_the_true_wave_has_no_loss_and_another_rate_or_phase_has(network):
    true, bpm = torch.from_numpy(sine(72)[None]).float(), torch.tensor([72.0])
    assert pulse_loss(network, true, true, bpm, 0.5) == pytest.approx(0, abs=1e-6)
    assert pulse_loss(network, torch.from_numpy(sine(100)[None]).float(), true, bpm, 0.5) > 0.2
    assert negative_pearson(-true, true) == pytest.approx(2, abs=1e-5)


def test_the_spectrum_peaks_at_the_rate_and_the_losses_are_lowest_there():
    waves = torch.from_numpy(np.stack([sine(bpm, 300) for bpm in (60, 75, 120)])).float()
    assert (spectrum(waves).argmax(dim=-1) + 40).tolist() == [60, 75, 120]
    for loss in (at_true_rate, about_true_rate):
        assert loss(waves, torch.full((3,), 75.0)).argmin() == 1


def test_only_chunks_with_a_rate_are_trained_on():
    wave = np.concatenate([sine(72), np.zeros(FRAMES), sine(90)])
    cut = chunked([Stretch(np.zeros((len(wave), 2, 2, 3), dtype=np.uint8), wave, "p", "r")], FRAMES)
    assert cut.bpm == pytest.approx([72, 90], abs=2)


def test_a_recording_in_ubfc_s_layout_is_trained_on_and_the_engine_takes_the_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MENTALIS_DATA", str(tmp_path / "data"))
    for number, bpm in ((1, 66.0), (2, 90.0)):
        subject = tmp_path / "ubfc" / f"subject{number}"
        subject.mkdir(parents=True)
        render(Script(seconds=6.5, size=200, pulse_bpm=bpm), subject / "clip.mp4")
        (subject / "clip.mp4").rename(subject / "vid.avi")
        times_s = np.arange(0, 6.5, 1 / 60)
        rows = (np.sin(2 * np.pi * bpm / 60 * times_s), np.full(len(times_s), bpm), times_s)
        (subject / "ground_truth.txt").write_text("\n".join(" ".join(f"{x:.5f}" for x in row) for row in rows))
    out = tmp_path / "trained"
    given = ("--network", "factorizephys", "--held-out", "subject2", "--epochs", "1", "--batch", "1")
    with pytest.raises(SystemExit, match="0"):
        main(["train", "pulse", str(tmp_path / "ubfc"), "--out", str(out), *given])
    assert "1 recording of 1 person held out" in capsys.readouterr().out
    card = read_card(out)
    data = "recordings of the user in the layout of UBFC-rPPG"
    trained_on = f"{data}: 1 chunks of 160 frames of 1 people; held out: subject2"
    assert "1 epochs, batches of 1, rate 0.001" in card.source
    assert (card.network, card.trained_on) == ("factorizephys", trained_on)
    network = PulseNetwork(Source(str(out), "factorizephys", out, ""))
    assert network.waves(np.zeros((1, 20, 72, 72, 3), dtype=np.uint8)).shape == (1, 2, 20)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("--layout", "mine"), "--layout 'mine': it is ubfc or pure"),
        (("--network", "gcn"), "--network 'gcn': it is physnet"),
        (("--held-out", "subject9"), "nobody is called subject9; there are subject1"),
        (("--held-out", "subject1"), "all 1 are held out, and nobody is left to train on"),
        (("--out", __file__), f"--out {__file__}: Not a directory; name a folder"),
    ],
)
def test_options_of_training_that_mean_nothing_are_one_line(given, line, tmp_path, capsys):
    subject = tmp_path / "subject1"
    subject.mkdir()
    for name in ("vid.avi", "ground_truth.txt"):
        (subject / name).touch()
    with pytest.raises(SystemExit, match="2"):
        main(["train", "pulse", str(tmp_path), "--out", str(tmp_path / "out"), *given])
    assert line in capsys.readouterr().err


def test_nobody_to_train_on_is_said(tmp_path):
    from perception.models.training_pulse import Training, train_pulse

    training = Training(network="physnet", fitting=Fitting(epochs=1, batch=1, rate=1, decay=0), held_out=())
    with pytest.raises(MentalisError, match=r"none of 0 recordings shows a face for 5\.3 s"):
        train_pulse([], tmp_path, training, lambda true, found: "")
