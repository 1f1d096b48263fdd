"""Labelled clips are scored through the graph by Inspect; a folder that lacks something is told what."""

import shutil

import pytest
from measured_once import knowing
from task_running import outcome_of

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
QUICK = "action_units,blinks,head_gestures,speech"


@pytest.fixture
def folder(demo, shared, tmp_path):
    """The demo, on which the nod is the surest behaviour, and a clip without a face."""
    shutil.copy(demo.clip, tmp_path / "demo.mp4")
    shutil.copy(demo.transcript, tmp_path / "demo.srt")
    shutil.copy(shared / "clips" / "no_face.mp4", tmp_path / "nobody.mp4")
    (tmp_path / "labels.csv").write_text(
        "file,label,transcript\ndemo.mp4,nodding,demo.srt\nnobody.mp4,nodding,\n", encoding="utf-8"
    )
    return tmp_path


def test_the_graph_is_scored_and_an_abstention_is_wrong(folder):
    from inspect_ai import eval as inspect_eval

    from evals.tasks.labelled_clips import labelled_clips

    task = labelled_clips(str(folder), level="behaviour", tools=QUICK, data=str(knowing(folder / "data")))
    (log,) = inspect_eval(task, model="none/none", log_dir=str(folder / "logs"), display="none", max_samples=1)
    assert log.status == "success", log.error
    scores = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    assert scores["n"] == 2
    assert scores["coverage"] == 0.5
    assert scores["uar"] == 0.5
    assert scores["macro_f1"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (None, "there is no labels.csv"),
        ("file\na.mp4\n", "no column label"),
        ("file,label\nnowhere.mp4,nodding\n", "nowhere.mp4 is not there"),
        ("file,label\ndemo.mp4,guilt\n", "'guilt' is no behaviour label"),
    ],
)
def test_a_folder_is_told_exactly_what_it_lacks(folder, table, says):
    from evals.errors import DatasetError
    from evals.tasks.labelled_clips import clips_labelled

    (folder / "labels.csv").unlink()
    if table is not None:
        (folder / "labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(DatasetError, match=says):
        clips_labelled("behaviour").read(folder)


def test_an_empty_clip_and_a_folder_that_is_not_there_are_told_before_anything_runs(folder):
    from evals.errors import DatasetError
    from evals.tasks.labelled_clips import clips_labelled

    behaviour = clips_labelled("behaviour")

    (folder / "nobody.mp4").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"nobody\.mp4 is empty; get it again"):
        behaviour.items(folder)
    with pytest.raises(DatasetError, match="nowhere: there is no such folder"):
        behaviour.items(folder / "nowhere")


def test_a_clip_that_can_not_be_read_is_wrong_and_says_how_it_is_read_once_mended(folder):
    from inspect_ai import eval as inspect_eval

    from evals.tasks.labelled_clips import labelled_clips

    (folder / "nobody.mp4").write_bytes(b"no clip")
    (folder / "labels.csv").write_text("file,label\nnobody.mp4,nodding\n", encoding="utf-8")
    task = labelled_clips(str(folder), level="behaviour", tools=QUICK, data=str(folder / "data"))
    (log,) = inspect_eval(task, model="none/none", log_dir=str(folder / "logs"), display="none")
    (failure,) = outcome_of(log.samples[0])["failures"]
    assert failure.endswith("(scored as wrong: once it is mended, name another folder of logs to have it read)")
