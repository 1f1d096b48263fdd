"""The annotation files of DFEW, MAFW and FERV39k find their clips wherever they were unpacked."""

import pytest

from evals.errors import DatasetError
from evals.tasks.dynamic_expressions import DFEW, FERV39K, MAFW


@pytest.fixture
def folder(tmp_path):
    for number in ("00001", "00004"):
        (tmp_path / "DFEW_Frame_Face" / number).mkdir(parents=True)
    (tmp_path / "02522.mp4").touch()
    (tmp_path / "DFEW_set_1_test.txt").write_text(
        "/data/somebody/DFEW/DFEW_Frame_Face/00001 144 1\n/data/somebody/DFEW/DFEW_Frame_Face/00004 48 6\n"
    )
    (tmp_path / "DFEW_set_3_test.txt").write_text("/data/somebody/DFEW/DFEW_Frame_Face/02522 19 5\n")
    (tmp_path / "DFEW_set_1_train.txt").write_text("/data/nowhere 1 0\n")
    return tmp_path


def test_clips_are_found_by_the_end_of_their_paths_and_known_by_fold(folder):
    items = DFEW.read(folder)
    assert [(item.gold[0], item.strata["fold"]) for item in items] == [
        ("sadness", "1"), ("fear", "1"), ("disgust", "3"),
    ]  # fmt: skip
    assert [item.clip for item in items] == [
        folder / "DFEW_Frame_Face" / "00001", folder / "DFEW_Frame_Face" / "00004", folder / "02522.mp4",
    ]  # fmt: skip
    assert len({item.id for item in items}) == 3


def test_each_set_numbers_its_own_classes(tmp_path):
    (tmp_path / "0007").mkdir()
    (tmp_path / "MAFW_set_2_test.txt").write_text("x/0007 3 10\n")
    (tmp_path / "FERV39K_test.txt").write_text("Action/Happy/0007 3 0\n")
    assert MAFW.read(tmp_path)[0].gold == ("disappointment",)
    (item,) = FERV39K.read(tmp_path)
    assert (item.gold, item.strata) == (("happiness",), {})


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            "x/00001 144 7",
            r"DFEW_set_1_test.txt, line 1, column class \(the third\): '7' is no class; they go from 0 to 6",
        ),
        ("x/00001 144 1\nx/00001 144 2", r"DFEW_set_1_test.txt: x/00001 comes twice; keep one row"),
        (
            "x/DFEW_Frame_Face/00001 9 1\ny/DFEW_Frame_Face/00001 9 2",
            r"y/.*/00001 and x/.*/00001 are both found as .*00001; keep the folders that tell",
        ),
        ("x/00009 144 1", r"DFEW_set_1_test.txt: x/00009 is not there"),
        ("x/00001,1", r"line 1: 'x/00001,1' is no row of path, number of pictures and class; take it from"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder, row, says):
    (folder / "DFEW_set_1_test.txt").write_text(row + "\n")
    with pytest.raises(DatasetError, match=says):
        DFEW.read(folder)


def test_a_folder_without_annotations_is_told_where_they_are(tmp_path):
    with pytest.raises(
        DatasetError, match=r"there is no MAFW_set_1_test.txt to MAFW_set_5.*take it from the repository of DFER-CLIP"
    ):
        MAFW.read(tmp_path)
