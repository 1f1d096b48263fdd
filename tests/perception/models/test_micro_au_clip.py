"""Action units are learnt from pairs of pictures by their regions and texts, and told by presence alone."""

import csv

import numpy as np
import pytest
import yaml
from PIL import Image

from mentalis.cli import main
from mentalis.testing.synthetic_clip import Action, Script, pictures, render
from perception.action_units import action_units
from perception.au_intensity import catalogue
from perception.clip import Clip
from perception.errors import OptionError, TrainingDataError
from perception.micro_expressions import micro_expressions
from perception.models.face_crops import held, in_crop, patches, regions
from perception.models.micro_au_table import Pair, View, face_in, pair_of, read_coded
from perception.scheduler import perceive
from perception.tool import make_tool
from perception.weights import WeightError

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from mentalis.testing.tiny_clip import write_tiny_clip  # noqa: E402
from perception.models.fitting import Fitting  # noqa: E402
from perception.models.micro_au_clip import (  # noqa: E402
    MicroAUClip,
    as_input,
    from_backbone,
    from_settings,
    settings_of,
    texts,
    train_only_last,
)
from perception.models.micro_au_losses import correlation, gd_loss, miaucl, statistics, total  # noqa: E402
from perception.models.micro_au_reader import Reader  # noqa: E402
from perception.models.training_micro_au import Training, probabilities_of, train, train_micro_au  # noqa: E402

UNITS, PX, GRID = (1, 4, 12), 32, 8
CD6ME = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17}


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return str(write_tiny_clip(tmp_path_factory.mktemp("clip")))


@pytest.fixture
def network(backbone):
    torch.manual_seed(0)
    return from_backbone(backbone, UNITS).eval()


@pytest.fixture(scope="module")
def mesh():
    from mentalis.testing import face_track

    return face_track(seconds=0.1, noise_px=0).landmarks[0]


def boxes(count):
    """Regions that are quarters of the picture, one for each unit."""
    shares = np.zeros((count, GRID, GRID), dtype=np.float32)
    half = GRID // 2
    for at, (row, column) in enumerate([(0, 0), (0, half), (half, 0), (half, half)][:count]):
        shares[at, row : row + half, column : column + half] = 1
    return shares.reshape(count, -1)


def pairs_and_labels(count=8, seed=0):
    """Where a unit is shown, its quarter of the picture gets brighter from onset to apex."""
    random = np.random.default_rng(seed)
    labels = np.array([[n >> bit & 1 for bit in range(len(UNITS))] for n in range(count)])
    places, made = boxes(len(UNITS)), []
    for row in labels:
        onset = random.integers(60, 120, (PX, PX, 3))
        shown = (row[:, None] * places).sum(axis=0).reshape(GRID, GRID)
        apex = onset + 100 * np.kron(shown, np.ones((PX // GRID, PX // GRID)))[..., None]
        onset, apex = (np.clip(p, 0, 255).astype(np.uint8) for p in (onset, apex))
        made.append(Pair(onset, apex, apex, places))
    return made, torch.tensor(labels)


def test_every_unit_of_cd6me_has_a_region_texts_and_words():
    assert CD6ME <= set(regions().units) == set(texts())
    assert set(texts()) <= {unit.au for unit in catalogue()}
    assert {area for areas in regions().units.values() for area in areas} == set(regions().areas)
    assert len({told for both in texts().values() for told in (both.shown, both.absent)}) == 2 * len(texts())


def test_shapes(network):
    told = network(torch.zeros(2, 3, PX, PX), torch.zeros(2, 3, PX, PX), torch.ones(2, 3, GRID * GRID))
    assert told.logits.shape == (2, 3)
    assert told.visual.shape == (2, 3, 16)
    assert torch.allclose(told.visual.norm(dim=2), torch.ones(2, 3))
    assert told.attention.shape == (2, 3, GRID * GRID)


def test_attention_has_no_weight_outside_of_its_region_and_nothing_there_counts(network):
    torch.manual_seed(1)
    onset, apex = torch.randn(2, 2, 3, PX, PX).unbind()
    places = torch.from_numpy(boxes(3)).expand(2, -1, -1)
    told = network(onset, apex, places)
    assert not told.attention[places == 0].any()
    assert torch.allclose(told.attention.sum(dim=2), torch.ones(2, 3))
    tokens = torch.randn(2, GRID * GRID, 64)
    features, _ = network.region_attention(tokens, places)
    tokens[:, places[0, 0] == 0] += 5.0  # everywhere but in the first unit's region
    changed, _ = network.region_attention(tokens, places)
    assert torch.allclose(features[:, 0], changed[:, 0], atol=1e-5)
    assert not torch.allclose(features[:, 1], changed[:, 1], atol=1e-2)


def test_regions_lie_on_the_part_of_the_face_that_the_unit_moves(mesh):
    size = 224
    points = in_crop(mesh, held(mesh, size))
    shares = patches(points, sorted(CD6ME), size, 14).reshape(-1, 14, 14)
    assert ((shares >= 0) & (shares <= 1)).all()
    middle = {
        unit: np.average(np.arange(14), weights=share.sum(axis=1))
        for unit, share in zip(sorted(CD6ME), shares, strict=True)
    }
    assert middle[2] < middle[7] < middle[9] < middle[10] < middle[17]
    brows = shares[sorted(CD6ME).index(1)]
    assert not brows[8:].any()
    left, right = (shares[sorted(CD6ME).index(12)].sum(axis=0)[half].sum() for half in (np.s_[:7], np.s_[7:]))
    assert left == pytest.approx(right, rel=0.1)


def test_a_face_beyond_the_picture_has_a_patch_for_every_unit_still(mesh):
    points = in_crop(mesh, held(mesh, PX)) + 1000
    assert (patches(points, UNITS, PX, GRID).sum(axis=1) == 1).all()


def test_the_prior_draws_attention_to_units_that_come_together(backbone):
    torch.manual_seed(0)
    alone = from_backbone(backbone, UNITS).eval()
    prior = torch.zeros(3, 3)
    prior[0, 1] = prior[1, 0] = 3.0
    torch.manual_seed(0)
    together = from_backbone(backbone, UNITS, prior).eval()
    features = torch.randn(1, 3, 256)
    changed = [
        (a(features, a_net.prior) - features).detach() for a_net in (alone, together) for a in a_net.dependencies
    ]
    assert not torch.allclose(changed[0][:, 0], changed[1][:, 0])
    assert torch.allclose(changed[0][:, 2], changed[1][:, 2])  # its row of the prior is as it was


def test_statistics_are_those_of_the_labels():
    labels = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]])
    known = statistics(labels)
    assert known.weight.tolist() == pytest.approx([1, 1, 3])
    assert known.correlation[0, 1] == pytest.approx(1, abs=1e-4)
    assert known.correlation[0, 2] == pytest.approx(-1 / np.sqrt(3), abs=1e-4)
    assert known.prior[0, 1] > 0 > known.prior[0, 2]
    assert not correlation(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))[0].any()  # a constant column


def test_dependency_loss_is_least_when_units_come_together_as_they_should():
    labels = torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    wanted = correlation(labels)
    assert gd_loss(labels, wanted) == pytest.approx(0, abs=2e-3)
    assert gd_loss(labels * torch.tensor([1.0, -1.0]), wanted) > 1


def test_contrast_is_least_where_features_are_their_own_texts():
    told = torch.nn.functional.normalize(torch.eye(6)[:, None].reshape(3, 2, 6), dim=-1)
    y = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    right = torch.stack([torch.stack([told[k, 1 - int(y[n, k])] for k in range(3)]) for n in range(2)])
    wrong = torch.stack([torch.stack([told[k, int(y[n, k])] for k in range(3)]) for n in range(2)])
    scale = torch.tensor(20.0)
    assert miaucl(right, told, y, scale) < 1e-3 < 1 < miaucl(wrong, told, y, scale)


def test_a_tiny_set_is_learnt_by_heart_and_saved_weights_tell_the_same(network):
    pairs, labels = pairs_and_labels()
    known = statistics(labels)

    def loss():
        places = torch.from_numpy(np.stack([p.regions for p in pairs]))
        onset, apex = (as_input(torch.from_numpy(np.stack([p[at] for p in pairs]))) for at in (0, 1))
        with torch.inference_mode():
            return float(total(network, network(onset, apex, places), labels, known))

    def right():
        return ((probabilities_of(network, pairs) > 0.5) == labels.numpy()).mean()

    before, guessed = loss(), right()
    train_only_last(network, 2)
    train(network, pairs, labels, Fitting(epochs=60, batch=8, rate=3e-3, decay=0.0))
    assert loss() < before / 10
    assert right() == 1 > guessed
    again = from_settings(settings_of(network))
    again.load_state_dict(network.state_dict())
    assert np.array_equal(probabilities_of(again, pairs), probabilities_of(network, pairs))


def test_only_the_last_layers_of_the_vision_tower_are_trained(network):
    train_only_last(network, 1)
    learnt = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert not any(name.startswith(("vision.embeddings", "vision.encoder.layers.0")) for name in learnt)
    assert any(name.startswith("vision.encoder.layers.1") for name in learnt)
    assert {"region_attention.questions", "to_text.weight", "log_scale"} <= learnt


def test_what_is_no_clip_is_told_in_one_line(tmp_path):
    with pytest.raises(WeightError, match="is no CLIP with its tokenizer") as raised:
        from_backbone(str(tmp_path), UNITS)
    assert "\n" not in str(raised.value)


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """Four clips of one face: in two of each data set the brows go up, in the others the mouth's corners go down."""
    folder, rows = tmp_path_factory.mktemp("coded"), []
    for n, kind in enumerate(("brow_raise", "frown")):
        seen = list(pictures(Script(seconds=1, fps=6, size=160, actions=(Action(kind, 0.1, 1.2, 0.3, 0.3),), seed=n)))
        for dataset in ("casme2", "samm"):
            name = f"{dataset}-{kind}"
            (folder / name).mkdir()
            for at, rgb in enumerate(seen):
                Image.fromarray(rgb).save(folder / name / f"img{at + 8}.png")
            rows.append(
                (f"{n}{dataset}", name, dataset, f"s{n}", int(kind == "brow_raise"), int(kind == "frown"), 0, 5, 3)
            )
    write(folder, rows)
    return folder


def write(folder, rows, mode="w"):
    with (folder / "aus.csv").open(mode, newline="") as file:
        out = csv.writer(file)
        if mode == "w":
            out.writerow(("id", "clip", "dataset", "subject", "AU1", "AU15", "onset", "offset", "apex"))
        out.writerows(rows)


def test_pictures_are_taken_in_the_order_of_their_numbers_and_the_apex_is_found(coded):
    sample = read_coded(coded)[0]
    pair = pair_of(sample, View((1, 15), 64, 8))
    first = pair_of(sample._replace(apex=1), View((1, 15), 64, 8))
    moved = [np.abs(p.apex.astype(int) - p.onset).mean() for p in (pair, first)]
    assert moved[0] > moved[1]  # the first picture hardly differs from the onset
    assert np.array_equal(first.found_apex, pair.found_apex)
    assert not np.array_equal(first.apex, first.found_apex)
    assert pair.regions.shape == (2, 64)


@pytest.fixture(scope="module")
def swaying(tmp_path_factory):
    """One face at rest in two pictures, between which the head moves by 12 and 8 px."""
    import cv2

    folder = tmp_path_factory.mktemp("swaying")
    (folder / "clip").mkdir()
    still = next(iter(pictures(Script(seconds=1, fps=6, size=240, noise_sd=0.0, pulse_bpm=None))))
    seen = [still, cv2.warpAffine(still, np.float32([[1, 0, 12], [0, 1, 8]]), (240, 240))]
    for at, rgb in enumerate(seen):
        Image.fromarray(rgb).save(folder / "clip" / f"img{at}.png")
    write(folder, [("a", "clip", "casme2", "s", 1, 0, 0, 1, "")])
    return read_coded(folder)[0], seen


def test_what_the_head_moves_is_no_movement_of_the_face(swaying):
    sample, _ = swaying
    pair = pair_of(sample, View((1, 15), 64, 8))
    moved = np.abs(pair.apex[8:-8, 8:-8].astype(int) - pair.onset[8:-8, 8:-8]).mean()
    assert moved < 4  # 2.8; held by the landmarks of the onset alone: 47


def test_training_and_engines_see_the_same_of_two_pictures(swaying, trained):
    sample, (onset, apex) = swaying
    reader = Reader(trained)
    learnt = pair_of(sample, reader.view)
    used = reader.pair(onset, face_in(onset), apex, face_in(apex))
    assert all(np.array_equal(a, b) for a, b in zip(learnt, used, strict=True))


@pytest.fixture(scope="module")
def trained(coded, backbone, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    with pytest.raises(SystemExit, match="0"):
        main(
            [
                "train",
                "micro-au",
                str(coded),
                "--out",
                str(out),
                "--backbone",
                backbone,
                "--epochs",
                "2",
                "--batch",
                "2",
            ]
        )
    return out


def test_the_command_tests_each_data_set_by_the_others(trained, coded, capsys):
    card = yaml.safe_load((trained / "card.yaml").read_text())
    assert "CD6ME protocol" in card["metric"]
    assert card["trained_on"] == "4 of 4 samples of 4 subjects in casme2, samm"
    assert (card["settings"]["units"], card["settings"]["seed"]) == ([1, 15], 45)
    predicted = list(csv.DictReader((trained / "predictions.csv").read_text().splitlines()))
    assert [row["id"] for row in predicted] == ["0casme2", "0samm", "1casme2", "1samm"]
    assert {row["AU1"] for row in predicted} <= {"0", "1"}
    pytest.importorskip("inspect_ai")
    with pytest.raises(SystemExit, match="0"):
        main(["eval", "score", "au", "--predictions", str(trained / "predictions.csv"), "--gold", str(coded)])
    assert "binary_f1_by_dataset" in capsys.readouterr().out


def test_a_data_set_is_predicted_by_networks_that_never_saw_it(coded, backbone, tmp_path, monkeypatch):
    from perception.models import training_micro_au as module

    seen = []
    own = module.trained

    def watched(chosen, found, units, training, tell):
        seen.append([s.dataset for s, wanted in zip(found.samples, chosen, strict=True) if wanted])
        return own(chosen, found, units, training, tell)

    monkeypatch.setattr(module, "trained", watched)
    how = Training(backbone=backbone, fitting=Fitting(epochs=1, batch=4, rate=1e-3, decay=0.0))
    train_micro_au(coded, tmp_path, how, lambda gold, predicted, units: "scored")
    assert seen == [["samm"] * 2, ["casme2"] * 2, ["casme2", "samm"] * 2]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("0samm", "samm-frown", "samm", "s", 1, 0, 0, 5, 3), "line 3, column id: 0samm is there 2 times"),
        (("x", "gone", "samm", "s", 1, 0, 0, 5, 3), "line 6, column clip: gone is not in the folder"),
        (("x", "samm-frown", "samm", "s", 2, 0, 0, 5, 3), "line 6, column AU1: '2' is neither 0 nor 1"),
        (("x", "samm-frown", "samm", "", 1, 0, 0, 5, 3), "line 6, column subject: is empty"),
        (("x", "samm-frown", "samm", "s", 1, 0, 4, 5, 3), "line 6, columns onset, apex, offset"),
        (("x", "samm-frown", "samm", "s", 1, 0, "two", 5, 3), "line 6, column onset: 'two' is no number"),
    ],
)
def test_bad_rows_are_told_with_file_and_line(coded, tmp_path, row, told):
    (tmp_path / "aus.csv").write_bytes((coded / "aus.csv").read_bytes())
    for name in ("casme2-brow_raise", "casme2-frown", "samm-brow_raise", "samm-frown"):
        (tmp_path / name).mkdir()
    write(tmp_path, [row], "a")
    with pytest.raises(TrainingDataError, match=rf"aus\.csv, {told}"):
        read_coded(tmp_path)


def test_pictures_that_are_not_there_are_told_with_the_line(coded):
    with pytest.raises(TrainingDataError, match=r"aus\.csv, line 2, column onset: .* has no picture 60"):
        pair_of(read_coded(coded)[0]._replace(onset=60, offset=None, apex=None), View((1,), 32, 8))
    with pytest.raises(TrainingDataError, match=r"too few pictures for its onset, apex and offset; its last one is 5"):
        pair_of(read_coded(coded)[0]._replace(offset=70), View((1,), 32, 8))


def test_one_data_set_alone_can_not_be_left_out(coded, backbone, tmp_path):
    (tmp_path / "casme2-brow_raise").mkdir()
    write(tmp_path, [("x", "casme2-brow_raise", "casme2", "s", 1, 0, 0, 5, 3)])
    with pytest.raises(TrainingDataError, match="casme2 is its only data set"):
        train_micro_au(tmp_path, tmp_path / "out", Training(backbone=backbone), lambda *told: "")


@pytest.mark.parametrize("tool", [action_units, micro_expressions])
def test_missing_weights_are_one_line_that_says_how_to_train(tool, tmp_path, monkeypatch):
    monkeypatch.setenv("MENTALIS_MODELS", str(tmp_path))
    with pytest.raises(WeightError, match=r"none are public; train them with `mentalis train micro-au") as raised:
        tool(engine="micro_au_clip")
    assert f"{tmp_path / 'micro-au-clip'}" in str(raised.value)
    assert f"{tool.__name__}.weights=FOLDER" in str(raised.value)
    with pytest.raises(WeightError, match=r"holds no card\.yaml"):
        tool(engine="micro_au_clip", weights=str(tmp_path))


@pytest.fixture(scope="module")
def sure(trained, tmp_path_factory):
    """The trained weights, made to tell AU1 always and AU15 never."""
    from perception.models.trained import load_trained, save_trained

    card, tensors = load_trained(trained, "micro-au-clip")
    tensors["to_text.weight"] *= 0
    shown, absent = tensors["told"].unbind(1)
    tensors["to_text.bias"] = shown[0] - absent[0] - (shown[1] - absent[1])
    folder = tmp_path_factory.mktemp("sure")
    save_trained(folder, card, tensors)
    return folder


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    path = tmp_path_factory.mktemp("moving") / "clip.mp4"
    brief = Action("brow_raise", 1.5, 1.9, 0.12, 0.12, 0.8)
    render(Script(seconds=4, fps=30, size=256, actions=(brief,), crf=16, pulse_bpm=None), path)
    return Clip.open(path)


@pytest.fixture(scope="module")
def seen(moving, sure):
    tools = [f(engine="micro_au_clip", weights=str(sure)) for f in (action_units, micro_expressions)]
    return perceive(moving, tools)


def test_action_units_are_told_by_presence_and_never_by_intensity(seen):
    assert [run.status for run in seen.tools if run.tool == "action_units"] == ["ok"]
    (event, *_) = seen.of("au1")
    assert event.value is None
    assert "probability" in event.text
    assert "intensity not measured" in event.text
    assert not seen.of("au15")
    told = {signal.name: signal for signal in seen.signals if signal.tool == "action_units"}
    assert {signal.unit for signal in told.values()} == {"probability"}
    assert set(told) == {"AU1_probability", "AU15_probability"}
    assert min(told["AU1_probability"].values) > 0.5 > max(told["AU15_probability"].values)


def test_a_micro_expression_names_the_units_that_the_network_tells(seen):
    (event,) = seen.of("micro_expression")
    assert event.apex_s == pytest.approx(1.7, abs=0.12)
    assert "AU1 0." in event.text
    assert "AU15" not in event.text
    assert "objective class V" in event.text  # of AU1 alone
    (run,) = (run for run in seen.tools if run.tool == "micro_expressions")
    assert run.notes["engine"] == "micro_au_clip"


def test_a_micro_expressions_pictures_are_held_each_by_its_own_landmarks(moving, sure, monkeypatch):
    import perception.micro_expressions as module

    held_by = []

    class Watched(Reader):
        def pair(self, onset, onset_at, apex, apex_at):
            held_by.append((onset_at, apex_at))
            return super().pair(onset, onset_at, apex, apex_at)

    monkeypatch.setattr(module, "Reader", Watched)
    perceive(moving, [micro_expressions(engine="micro_au_clip", weights=str(sure))])
    ((onset_at, apex_at),) = held_by
    assert not np.array_equal(onset_at, apex_at)


def test_a_short_face_has_no_usual_face_to_compare_with(moving, sure):
    from mentalis.testing import face_track

    found = action_units(engine="micro_au_clip", weights=str(sure))(moving, faces=[face_track(seconds=1)])
    assert not found.observations
    assert "no usual face" in found.abstentions[0].reason


def test_weights_that_do_not_fit_their_card_are_told(trained, tmp_path):
    from perception.models.trained import load_trained, save_trained

    card, tensors = load_trained(trained, "micro-au-clip")
    del tensors["to_text.bias"]
    save_trained(tmp_path, card, tensors)
    with pytest.raises(WeightError, match="do not fit the card"):
        Reader(tmp_path)
    assert isinstance(Reader(trained).network, MicroAUClip)


@pytest.mark.parametrize("name", ["action_units", "micro_expressions", "micro_gestures"])
def test_weights_for_an_engine_that_takes_none_are_not_ignored(name, tmp_path):
    with pytest.raises(OptionError, match=rf"{name}\.weights=.* needs {name}\.engine="):
        make_tool(name, weights=str(tmp_path))
