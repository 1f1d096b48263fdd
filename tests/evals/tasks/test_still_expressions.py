"""Photographs are judged as clips of a second and scored by recall."""

import numpy as np
import pytest
from benchmark_running import always, scores_of
from scripted_endpoint import scripted_endpoint
from skimage.data import astronaut
from skimage.io import imsave

from evals.errors import DatasetError
from evals.tasks.still_expressions import AFFECTNET, RAF_DB, raf_db


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "aligned").mkdir()
    (tmp_path / "original").mkdir()
    imsave(tmp_path / "aligned" / "test_0001_aligned.jpg", astronaut()[:320, 60:380])
    imsave(tmp_path / "original" / "test_0002.jpg", astronaut()[:320, 60:380])
    (tmp_path / "list_patition_label.txt").write_text("train_00001.jpg 5\ntest_0001.jpg 4\ntest_0002.jpg 6\n")
    return tmp_path


def test_the_test_part_is_judged_and_scored(folder):
    with scripted_endpoint(always("happiness")) as endpoint:
        task = raf_db(
            str(folder), model="sanguine", base_url=endpoint.url, strategy="cascade", tools="faces",
            data=str(folder / "data"),
        )  # fmt: skip
        log, scores = scores_of(task, folder)
    assert [sample.id for sample in log.samples] == ["aligned/test_0001_aligned.jpg", "original/test_0002.jpg"]
    assert (scores["n"], scores["coverage"], scores["uar"], scores["war"]) == (2, 1, 0.5, 0.5)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 0) / 2), "happiness 2/3, anger 0"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (None, "there is no list_patition_label.txt, nor EmoLabel/.*; unpack RAF-DB"),
        ("test_0001.jpg 0\n", r"line 1, column class \(the second\): '0' is no class; they go from 1 to 7"),
        ("test_0009.jpg 1\n", r"original/test_0009\.jpg is not there"),
        ("train_00001.jpg 1\n", "no row begins with test_"),
        ("test_0001.jpg\n", "is no row of file and class"),
    ],
)
def test_a_folder_of_raf_db_is_told_what_it_lacks(folder, table, says):
    (folder / "list_patition_label.txt").unlink()
    if table is not None:
        (folder / "list_patition_label.txt").write_text(table)
    with pytest.raises(DatasetError, match=says):
        RAF_DB.read(folder)


@pytest.mark.parametrize("root", ["", "basic/"])
def test_the_sets_are_read_as_they_are_unpacked(root, tmp_path):
    for part in ("EmoLabel", "Image/aligned"):
        (tmp_path / root / part).mkdir(parents=True)
    (tmp_path / root / "EmoLabel" / "list_patition_label.txt").write_text("test_0001.jpg 4\n")
    (tmp_path / root / "Image" / "aligned" / "test_0001_aligned.jpg").touch()
    (face,) = RAF_DB.read(tmp_path)
    assert (face.id, face.gold) == (f"{root}Image/aligned/test_0001_aligned.jpg", ("happiness",))
    for part in ("images", "annotations"):
        (tmp_path / "val_set" / part).mkdir(parents=True)
    (tmp_path / "val_set" / "images" / "12.jpg").touch()
    np.save(tmp_path / "val_set" / "annotations" / "12_exp.npy", "1")
    np.save(tmp_path / "val_set" / "annotations" / "12_val.npy", "0.5")
    (face,) = AFFECTNET.read(tmp_path)
    assert (face.id, face.gold) == ("val_set/images/12.jpg", ("happiness",))
    (tmp_path / "val_set" / "annotations" / "13_exp.npy").write_bytes(b"no array")
    with pytest.raises(DatasetError, match=r"13_exp\.npy: can't be read as one expression's number"):
        AFFECTNET.read(tmp_path)


def test_affectnet_has_its_own_numbers(folder):
    (folder / "labels.csv").write_text("file,label\noriginal/test_0002.jpg,7\n")
    assert AFFECTNET.read(folder)[0].gold == ("contempt",)
    (folder / "labels.csv").write_text("file,label\noriginal/test_0002.jpg,8\n")
    with pytest.raises(DatasetError, match=r"labels\.csv, line 2, column label: '8' is no class"):
        AFFECTNET.read(folder)
