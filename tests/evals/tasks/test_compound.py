"""Compound expressions are scored frame by frame, by the classes that a file names."""

import pytest
from benchmark_running import always, scores_of
from measured_once import knowing
from scripted_endpoint import scripted_endpoint

from evals.errors import DatasetError
from evals.tasks.compound import COMPOUND, LABELS, compound
from mentalis.testing.synthetic_clip import Script, render

HEADER = (
    "Fearfully Surprised,Happily Surprised,Sadly Surprised,Disgustedly Surprised,Angrily Surprised,Sadly Fearful,"
    "Sadly Angry"
)


@pytest.fixture
def folder(tmp_path):
    """A second of a face, of whose ten frames eight are annotated: half of them happily surprised."""
    (tmp_path / "videos").mkdir()
    (tmp_path / "annotations").mkdir()
    render(Script(seconds=1.0, fps=10, size=240), tmp_path / "videos" / "a.mp4")
    numbers = [-1, 1, 1, 1, 1, 6, 6, 6, 6, -1]
    (tmp_path / "annotations" / "a.txt").write_text("\n".join([HEADER, *map(str, numbers)]) + "\n")
    return tmp_path


def test_annotated_frames_are_scored_over_seven_classes(folder):
    with scripted_endpoint(always("happily_surprised")) as endpoint:
        task = compound(
            str(folder), model="sanguine", base_url=endpoint.url, strategy="cascade", tools="faces",
            data=str(knowing(folder / "data")),
        )  # fmt: skip
        _, scores = scores_of(task, folder)
    assert scores["n"] == 8
    # the claim holds for the first half second: frames 1 to 5, of which 4 are right
    precision, recall = 4 / 5, 4 / 4
    assert scores["macro_f1"] == pytest.approx(2 * precision * recall / (precision + recall) / len(LABELS))
    assert scores["coverage"] == pytest.approx(5 / 8)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Fearfully Surprised,Joy\n0\n", r"a\.txt, line 1: 'Joy' is none of"),
        (f"{HEADER}\n0\n7\n", r"a\.txt, line 3: '7' is no class; they go from 0 to 6"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder, text, says):
    (folder / "annotations" / "a.txt").write_text(text)
    with pytest.raises(DatasetError, match=says):
        COMPOUND.read(folder)


def test_a_missing_video_is_named(folder):
    (folder / "videos" / "a.mp4").unlink()
    with pytest.raises(DatasetError, match=r"videos: there is no video a\.mp4"):
        COMPOUND.read(folder)
