"""Gestures are learnt from skeletons, saved and recognised again; tables that don't fit are told with their line."""

import csv

import numpy as np
import pytest
import yaml

from mentalis.cli import main
from mentalis.testing import body_track
from perception.errors import TrainingDataError
from perception.evidence import Findings
from perception.gesture_network import kinds, other_words
from perception.micro_gestures import gestures, micro_gestures
from perception.models.gesture_table import DATA, class_names, read_gestures, splits
from perception.models.skeletons import LAYOUTS, adjacency, layout, of_body, sample
from perception.weights import WeightError

torch = pytest.importorskip("torch", reason="torch is not installed")

from perception.models.fitting import Fitting  # noqa: E402
from perception.models.gesture_gcn import GestureGCN  # noqa: E402
from perception.models.gesture_recogniser import Recogniser  # noqa: E402
from perception.models.gesture_table import Samples  # noqa: E402
from perception.models.trained import load_trained, save_trained  # noqa: E402
from perception.models.training_micro_gesture import (  # noqa: E402
    Training,
    recognise,
    train,
    train_micro_gesture,
)

TINY = {"widths": (8, 16), "strides": (2, 2)}
SHAPES = {"imigue": (90, 22, 32), "smg": (60, 25, 17), "pose": (36, 27, 17), "pose_hands": (36, 69, 17)}


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_is_one_tree_without_self_loops(name):
    skeleton = layout(name)
    joints = len(skeleton.joints)
    assert all(a != b for a, b in skeleton.bones)
    assert len({frozenset(bone) for bone in skeleton.bones}) == len(skeleton.bones) == joints - 1
    reached = {skeleton.centre}
    for _ in skeleton.bones:
        reached |= {joint for bone in skeleton.bones if reached & {*bone} for joint in bone}
    assert reached == set(range(joints))


def test_left_hangs_on_left():
    """The public graph of iMiGUE hangs the left hand on the right shoulder."""
    for name in LAYOUTS:
        skeleton = layout(name)
        for a, b in skeleton.bones:
            sides = {side for joint in (a, b) for side in ("Left", "Right") if side in skeleton.joints[joint]}
            assert len(sides) <= 1, (skeleton.joints[a], skeleton.joints[b])
    imigue = layout("imigue")
    named = {frozenset((imigue.joints[a], imigue.joints[b])) for a, b in imigue.bones}
    assert {frozenset(("ElbowLeft", "HandLeft")), frozenset(("HandLeft", "FingerLeft3"))} <= named


@pytest.mark.parametrize("name", LAYOUTS)
def test_neighbours_are_shared_out_by_the_way_to_the_centre(name):
    skeleton = layout(name)
    itself, inwards, outwards = adjacency(skeleton)
    assert np.array_equal(itself, np.eye(len(skeleton.joints)))
    assert not (inwards[:, skeleton.centre]).any()  # nothing is nearer to the centre than itself
    assert set(inwards.sum(axis=0).round(6)) <= {0, 1}
    assert np.array_equal((inwards > 0) | (outwards > 0), ((inwards > 0) | (outwards > 0)).T)


@pytest.mark.parametrize("name", LAYOUTS)
def test_shapes_are_those_of_the_data_sets(name):
    frames, joints, classes = SHAPES[name]
    network = GestureGCN(layout(name), classes, **TINY).eval()
    assert network(torch.zeros(2, 3, frames, joints, 1)).shape == (2, classes)


def test_the_last_frames_of_a_long_gesture_are_kept_and_a_short_one_is_padded():
    skeleton = layout("imigue")
    points = np.ones((200, 22, 3), dtype=np.float32)
    points[:, :, 0] = np.arange(200)[:, None] + np.arange(22)
    points[:110, :, 2] = 0.5
    kept = sample(points, skeleton)
    assert (kept[2] == 1).all()
    apart = 3  # of the joints of the shoulders, 2 and 5
    assert kept[0, :, 4] == pytest.approx((np.arange(110, 200) + 4 - (154.5 + 1)) / apart, abs=1e-4)
    short = sample(points[:10], skeleton)
    assert not short[:, 10:].any()
    assert short[2, :10].all()


def test_size_place_and_missing_joints_do_not_matter():
    skeleton = layout("imigue")
    points = np.random.default_rng(0).normal(size=(90, 22, 3)).astype(np.float32)
    points[..., 2] = 0.9
    points[20:, 7] = 0  # a hand that is not found
    moved = points.copy()
    moved[..., :2] = np.where(points[..., 2:] > 0, points[..., :2] * 250 + 400, 0)
    assert sample(moved, skeleton) == pytest.approx(sample(points, skeleton), abs=1e-3)
    assert not sample(moved, skeleton)[:, 20:, 7].any()


def test_hands_that_are_not_found_score_nothing():
    body = body_track(seconds=3, hands_seen=False)
    skeleton = layout("pose_hands")
    _, points = of_body(body, skeleton)
    palm, wrist = (skeleton.joints.index(joint) for joint in ("PalmLeft", "WristLeft"))
    assert not points[:, palm].any()
    assert points[:, wrist, 2].all()


def test_a_hole_in_a_track_is_not_bridged():
    times_s, points = of_body(body_track(seconds=6, gaps_s=[(2.0, 4.5)]), layout("pose"))
    inside = (times_s > 2.6) & (times_s < 3.9)
    assert not points[inside].any()
    assert points[~inside][:20, 0, 2].all()


def test_mirrored_twice_is_as_before():
    for name in LAYOUTS:
        other = layout(name).mirrored()
        assert [other[n] for n in other] == list(range(len(other)))
    joints = layout("imigue").joints
    assert joints[layout("imigue").mirrored()[joints.index("FingerLeft2")]] == "FingerRight2"


def test_every_class_has_a_kind_that_can_be_told():
    for taxonomy, told in kinds().items():
        assert len(told) == len(class_names(taxonomy))
        assert set(told) <= set(gestures()) | set(other_words())


def test_splits_are_those_of_the_protocols():
    imigue, smg = splits("imigue"), splits("smg")
    assert [list(imigue.values()).count(part) for part in ("train", "test")] == [37, 35]
    assert sorted(int(s) for s, part in smg.items() if part == "test") == [36, 37, 38, 39, 40]
    content = yaml.safe_load((DATA / "gesture_splits.yaml").read_text())
    assert not any(set(two["train"]) & set(two["test"]) for two in content.values())


def moving(name, count=24, classes=3, seed=0):
    """Of each class another joint of the right arm swings."""
    skeleton, random = layout(name), np.random.default_rng(seed)
    joints = [skeleton.joints.index(j) for j in ("ElbowRight", "HandRight", "ShoulderLeft")]
    time = np.arange(skeleton.frames)
    movements, labels = [], []
    for n in range(count):
        points = (
            random.normal(0, 0.02, (skeleton.frames, len(skeleton.joints), 3))
            + np.linspace(0, 1, len(skeleton.joints))[:, None]
        )
        points[:, joints[n % classes], 1] += np.sin(time / 4 + random.uniform(0, 6))
        movements.append(sample(points.astype(np.float32), skeleton))
        labels.append(n % classes)
    return Samples(np.stack(movements)[..., None], np.array(labels), tuple(map(str, labels)), ("1",) * count)


def test_a_tiny_set_is_learnt_by_heart_and_saved_weights_tell_the_same(tmp_path):
    learnt, how = moving("smg"), Fitting(epochs=40, batch=12, rate=0.03, decay=0.0, seed=1)
    torch.manual_seed(0)
    network = GestureGCN(layout("smg"), 3, **TINY, dropout=0.0)
    before = (recognise(network, learnt.movements).argmax(1) == learnt.labels).mean()
    losses = train(network, learnt, Training(skeleton="smg", classes="smg", fitting=how))
    after = recognise(network, learnt.movements)
    assert losses[-1] < losses[0] / 10
    assert (after.argmax(1) == learnt.labels).mean() == 1 > before
    again = GestureGCN(layout("smg"), 3, **TINY)
    again.load_state_dict(network.state_dict())
    assert np.array_equal(recognise(again, learnt.movements), after)


def test_the_same_seed_gives_the_same_weights():
    learnt, how = moving("smg", 8), Fitting(epochs=2, batch=4, rate=0.01, decay=0.0, seed=3)
    told = []
    for _ in range(2):
        torch.manual_seed(5)
        network = GestureGCN(layout("smg"), 3, **TINY)
        told.append(train(network, learnt, Training(skeleton="smg", classes="smg", fitting=how)))
    assert told[0] == told[1]


def table(folder, rows, header=("file", "label", "subject")):
    with (folder / "gestures.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return folder


@pytest.fixture
def arrays(tmp_path):
    """Four gestures of SMG in one public tensor, and one as an array of its own; subject 36 tests."""
    learnt = moving("smg", 4)
    np.save(tmp_path / "all.npy", learnt.movements)
    np.save(tmp_path / "one.npy", np.moveaxis(learnt.movements[1, ..., 0], 0, 2))
    rows = [("all.npy", "Folding arms", 1, 0), ("all.npy", 5, 2, 1), ("one.npy", "5", "07", ""), ("all.npy", 9, 36, 3)]
    return table(tmp_path, rows, ("file", "label", "subject", "row"))


def test_the_command_trains_predicts_and_tells_the_metric(arrays, tmp_path, capsys):
    out = tmp_path / "out"
    with pytest.raises(SystemExit, match="0"):
        main(
            [
                "train",
                "micro-gesture",
                str(arrays),
                "--out",
                str(out),
                "--skeleton",
                "smg",
                "--classes",
                "smg",
                "--epochs",
                "1",
            ]
        )
    told = capsys.readouterr().out
    assert "top-1" in told
    card = yaml.safe_load((out / "card.yaml").read_text())
    assert "cross-subject" in card["metric"]
    assert card["trained_on"].startswith("3 gestures of 3 subjects")
    predicted, gold = (
        list(csv.DictReader((out / name).read_text().splitlines())) for name in ("predictions.csv", "gold.csv")
    )
    assert [row["id"] for row in predicted] == ["4:all.npy"] == [row["id"] for row in gold]
    assert gold[0]["value"] == "Crossing legs"
    pytest.importorskip("inspect_ai")
    with pytest.raises(SystemExit, match="0"):
        main(
            [
                "eval",
                "score",
                "micro_gesture",
                "--predictions",
                str(out / "predictions.csv"),
                "--gold",
                str(out / "gold.csv"),
                "-T",
                "classes=smg",
            ]
        )
    assert "top_5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("gone.npy", 3, 1, ""), "line 6, column file: gone.npy is not in the folder"),
        (("one.npy", 17, 1, ""), "line 6, column label: '17' is no class and no number from 0 to 16"),
        (("one.npy", "Waving", 1, ""), "line 6, column label: 'Waving' is no class"),
        (("one.npy", 3, 99, ""), "line 6, column subject: '99' is in neither part"),
        (("gestures.csv", 3, 1, ""), "line 6, column file: gestures.csv is not an array"),
    ],
)
def test_bad_rows_are_told_with_file_and_line(arrays, row, told):
    with (arrays / "gestures.csv").open("a", newline="") as file:
        csv.writer(file).writerow(row)
    with pytest.raises(TrainingDataError, match=rf"gestures\.csv, {told}".replace("'", ".")):
        read_gestures(arrays, "smg", layout("smg"))


def test_a_subject_to_test_who_is_not_in_the_table_is_refused_with_those_who_are(arrays, tmp_path, capsys):
    given = ["--skeleton", "smg", "--classes", "smg", "--test-subjects", "1,Nobody"]
    with pytest.raises(SystemExit, match="2"):
        main(["train", "micro-gesture", str(arrays), "--out", str(tmp_path / "out"), *given])
    told = capsys.readouterr().err
    assert "is called Nobody; there are " in told
    assert len(told.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_an_array_of_another_skeleton_is_told_with_its_line(arrays, tmp_path):
    with pytest.raises(TrainingDataError, match=r"line 2: all\.npy has shape .* skeleton imigue needs"):
        train_micro_gesture(
            arrays, tmp_path / "out", Training(skeleton="imigue", classes="smg"), lambda gold, ranked: ""
        )
    assert not (tmp_path / "out").exists()


def test_missing_weights_are_one_line_that_says_how_to_train(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MENTALIS_MODELS", str(tmp_path))
    with pytest.raises(WeightError, match=r"none are public; train them with `mentalis train micro-gesture"):
        micro_gestures(engine="gcn")
    with pytest.raises(SystemExit, match="2"):
        main(["analyze", "clip.mp4", "--option", "micro_gestures.engine=gcn"])
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert str(tmp_path / "gesture-gcn") in told[0]


def test_weights_for_another_skeleton_than_our_tracks_are_refused(arrays, tmp_path):
    out = tmp_path / "out"
    how = Training(skeleton="smg", classes="smg", fitting=Fitting(epochs=1, batch=4, rate=0.01, decay=0.0), **TINY)
    train_micro_gesture(arrays, out, how, lambda gold, ranked: "top-1 1.0")
    with pytest.raises(WeightError, match="skeleton smg, which our body tracks do not give"):
        micro_gestures(engine="gcn", weights=str(out))


def test_a_card_that_does_not_say_how_the_network_is_built_is_told(arrays, tmp_path):
    out = tmp_path / "out"
    how = Training(skeleton="smg", classes="smg", fitting=Fitting(epochs=1, batch=4, rate=0.01, decay=0.0), **TINY)
    card = train_micro_gesture(arrays, out, how, lambda gold, ranked: "top-1 1.0")
    without = {name: setting for name, setting in card.settings.items() if name != "widths"}
    save_trained(out, card.model_copy(update={"settings": without}), load_trained(out, card.network)[1])
    with pytest.raises(WeightError, match="the tensors do not fit the card: 'widths'"):
        Recogniser(out)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Weights learnt from made-up tracks in which one of two gestures is made, and what they were learnt from."""
    from unittest.mock import patch

    folder = tmp_path_factory.mktemp("tracks")
    rows, tracks = [], {}
    for n in range(8):
        kind, label = (("touch_face", 11), ("fold_arms", 2))[n % 2]
        (folder / f"{n}.mp4").write_bytes(b"followed by the test")
        tracks[folder / f"{n}.mp4"] = [body_track(seconds=9, gestures=[(kind, 3 + n / 8, 5 + n / 8)], seed=n)]
        rows.append((f"{n}.mp4", label, 1 if n < 6 else 36, 3 + n / 8, 5 + n / 8))
    table(folder, rows, ("file", "label", "subject", "start_s", "end_s"))
    how = Training(skeleton="pose", classes="smg", fitting=Fitting(epochs=10, batch=8, rate=0.02, decay=0.0), **TINY)
    with patch("perception.models.training_micro_gesture.followed", lambda file, cache: tracks[file]):
        card = train_micro_gesture(
            folder,
            folder / "out",
            how,
            lambda gold, ranked: str([g == r[0] for g, r in zip(gold, ranked, strict=True)]),
        )
    return folder / "out", card


def test_gestures_of_a_subject_who_was_not_learnt_from_are_recognised(trained):
    _, card = trained
    assert card.metric == "[True, True]"
    assert card.settings["knows_none"] is True


def test_the_engine_finds_gestures_in_a_track_when_they_are_made(trained):
    folder, _ = trained
    body = body_track(seconds=14, gestures=[("fold_arms", 3, 5), ("touch_face", 8.5, 10.5)], seed=77)
    found = micro_gestures(engine="gcn", weights=str(folder))(None, bodies=[body], faces=[], action_units=Findings())
    (arms,), (face,) = found.events("fold_arms"), found.events("touch_face")
    assert (arms.start_s, arms.end_s) == (pytest.approx(3, abs=0.6), pytest.approx(5, abs=0.6))
    assert (face.start_s, face.end_s) == (pytest.approx(8.5, abs=0.6), pytest.approx(10.5, abs=0.6))
    assert 0.5 <= arms.confidence <= 1
    assert found.notes["engine"] == "gcn"
    assert found.events("gesture_rate")


def test_a_cached_result_depends_on_the_weights(trained, tmp_path):
    folder, _ = trained
    tool = micro_gestures(engine="gcn", weights=str(folder))
    before = tool.run.depends_on(None)
    network = Recogniser(folder)
    assert network.classes == class_names("smg")
    assert before == micro_gestures(engine="gcn", weights=str(folder)).run.depends_on(None)
    (tmp_path / "card.yaml").write_bytes((folder / "card.yaml").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-1] + b"x")
    assert before != micro_gestures(engine="gcn", weights=str(tmp_path)).run.depends_on(None)
