"""Expressions are named by an encoder of pictures and sentences, in a file that scores as anyone's do."""

import csv

import numpy as np
import pytest
from skimage.io import imsave

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

import evals.zero_shot
from evals.errors import DatasetError
from evals.expressions import classes
from evals.prediction_files import score_files
from evals.registry import benchmark
from evals.zero_shot import words, zero_shot
from mentalis.testing.tiny_clip import write_tiny_clip
from perception.errors import ToolError

RED, GREEN, BLUE = np.eye(3) * 200
COLOURS = {" happy": RED, " sad": GREEN, " angry": BLUE}


class ByColour:
    """An encoder that takes red for happy, green for sad and blue for angry, and knows nothing else."""

    name, logit_scale = "colours", 20.0

    def encode_image(self, faces):
        means = np.array([[*face.reshape(-1, 3).mean(axis=0), 0.0] for face in faces])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def encode_text(self, sentences):
        known = [[word in s for word in COLOURS] for s in sentences]
        return np.array([[*found, not any(found)] for found in known], dtype=float)


def paint(path, colour):
    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, np.full((48, 48, 3), colour, np.uint8), check_contrast=False)


@pytest.fixture
def photographs(tmp_path):
    for number, colour in enumerate((RED, GREEN, BLUE), 1):
        paint(tmp_path / f"original/test_000{number}.jpg", colour)
    rows = "test_0001.jpg 4\ntest_0002.jpg 5\ntest_0003.jpg 5\n"  # happiness, sadness, and again sadness
    (tmp_path / "list_patition_label.txt").write_text(rows)
    return tmp_path


def predicted(path):
    with path.open(newline="") as file:
        return {row["id"]: row["value"] for row in csv.DictReader(file)}


def test_each_photograph_gets_the_label_whose_words_fit_and_the_file_is_scored(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(evals.zero_shot, "face_encoder", lambda engine, model: ByColour())
    out = tmp_path / "out.csv"
    assert zero_shot("raf_db", photographs, out, "colours") == (3, [])
    told = predicted(out)
    assert [told[f"original/test_000{n}.jpg"] for n in (1, 2, 3)] == ["happiness", "sadness", "anger"]
    scores = {s.metric: s.value for s in score_files(benchmark("raf_db"), photographs, out).scores}
    assert (scores["war"], scores["uar"]) == (pytest.approx(2 / 3), pytest.approx((1 + 0.5) / 2))


def test_a_picture_that_can_not_be_read_is_told_and_the_others_are_named(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(evals.zero_shot, "face_encoder", lambda engine, model: ByColour())
    (photographs / "original/test_0002.jpg").write_bytes(b"no picture")
    count, unread = zero_shot("raf_db", photographs, tmp_path / "out.csv", "colours")
    assert (count, len(unread)) == (2, 1)
    assert unread[0].startswith("original/test_0002.jpg: ")
    assert list(predicted(tmp_path / "out.csv")) == ["original/test_0001.jpg", "original/test_0003.jpg"]


def test_a_target_that_can_not_be_written_is_told_before_anything_is_encoded(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(evals.zero_shot, "face_encoder", lambda engine, model: pytest.fail("the encoder was loaded"))
    with pytest.raises(DatasetError, match=r"none/out\.csv: can't be written: No such file or directory; name another"):
        zero_shot("raf_db", photographs, tmp_path / "none" / "out.csv", "colours")


def test_a_clip_is_judged_by_frames_from_all_over_it(tmp_path, monkeypatch):
    monkeypatch.setattr(evals.zero_shot, "face_encoder", lambda engine, model: ByColour())
    for number in range(60):
        paint(tmp_path / f"clips/1/{number}.png", RED if number < 20 else GREEN)
    (tmp_path / "DFEW_set_1_test.txt").write_text("clips/1 60 1\n")
    zero_shot("dfew", tmp_path, tmp_path / "out.csv", "colours")
    assert list(predicted(tmp_path / "out.csv").values()) == ["sadness"]


def test_any_checkpoint_of_transformers_names_labels_of_the_set(photographs, tmp_path):
    import transformers

    size = {"height": 32, "width": 32}
    checkpoint = write_tiny_clip(tmp_path / "tiny")
    transformers.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(checkpoint)
    zero_shot("raf_db", photographs, tmp_path / "out.csv", str(checkpoint), data=tmp_path / "kept")
    assert set(predicted(tmp_path / "out.csv").values()) <= set(classes()["raf_db"].labels)


def test_every_label_of_every_set_has_words():
    assert {label for of in classes().values() for label in of.labels} <= words().keys()


def test_what_can_not_be_is_told_in_a_line(photographs, tmp_path):
    with pytest.raises(DatasetError, match="meld is no set of facial expressions; there are dfew, "):
        zero_shot("meld", photographs, tmp_path / "out.csv", "x")
    with pytest.raises(ToolError, match="EmoCapCLIP's weights are not public"):
        zero_shot("raf_db", photographs, tmp_path / "out.csv", str(tmp_path), "emocapclip")
    with pytest.raises(DatasetError, match="no wording for engine 'siglip'; there are clip, emocapclip"):
        zero_shot("raf_db", photographs, tmp_path / "out.csv", "x", "siglip")
    assert not (tmp_path / "out.csv").exists()
