"""Gestures are ranked and spotted by the classes that they stand for, and scored."""

import pytest
from benchmark_running import scores_of
from measured_once import knowing
from task_running import outcome_of

from evals.errors import DatasetError
from evals.tasks.micro_gesture import (
    RECOGNITION,
    SPOTTING,
    micro_gesture,
    micro_gesture_online,
    ranking,
    recognition,
    spotted,
    spotting,
)
from perception.evidence import Findings, ToolRun, merge

HEADER = "file,label,subject,start_s,end_s\n"


@pytest.fixture
def folder(tmp_path, make_clip):
    make_clip("a.mp4", frames=48)
    (tmp_path / "gestures.csv").write_text(HEADER + "a.mp4,Folding arms,s1,0.5,1.5\na.mp4,22,s1,1.6,1.9\n")
    return tmp_path


@pytest.fixture
def evidence():
    """Arms are folded for two seconds; hands are held for one, which stands for two classes of iMiGUE."""
    found = Findings()
    for kind, start_s, end_s, sure in (("fold_arms", 1.0, 3.0, 0.6), ("hold_hands", 4.0, 5.0, 0.4)):
        found.event("P1", kind, start_s, end_s, text=kind, confidence=sure, quality=1.0)
    run = ToolRun(tool="micro_gestures", version="1", status="ok")
    return merge("0" * 64, 10.0, [run], [("micro_gestures", found.seal("micro_gestures"))])


def test_rows_are_gestures_or_recordings(folder):
    items = RECOGNITION.read(folder)
    assert [(item.gold[0], item.group) for item in items] == [
        ("Folding arms", "s1"),
        ("Rubbing or holding hands", "s1"),
    ]
    assert recognition("imigue", first=1).read(folder)[1].gold == ("Scratching or touching arms",)
    (recording,) = SPOTTING.read(folder)
    assert recording.gold == ([["Folding arms", 0.5, 1.5], ["Rubbing or holding hands", 1.6, 1.9]],)


def test_classes_are_ranked_by_time_and_sureness(evidence):
    both = ["Folding arms", "Rubbing or holding hands", "Crossing fingers"]
    assert ranking(evidence, "imigue", None, None) == both
    assert ranking(evidence, "imigue", 3.5, 10.0) == both[1:]
    assert ranking(evidence, "smg", 3.5, 10.0) == ["Rubbing hands and crossing fingers"]


def test_recordings_are_scored_by_label_and_overlap(evidence):
    found = spotted(evidence, "imigue")
    assert found == [["Folding arms", 1.0, 3.0], ["Rubbing or holding hands", 4.0, 5.0]]
    gold = [[["Folding arms", 1.2, 3.0], ["Rubbing eyes", 4.0, 5.0]], [["Turtle neck", 0.0, 1.0]]]
    scores = {name: float(metric(gold, [found, None])) for name, metric in SPOTTING.metrics.items()}
    assert scores == pytest.approx({"precision": 1 / 2, "recall": 1 / 3, "f1": 2 / 5})


def test_where_nobody_is_seen_nothing_is_told_and_that_is_wrong(folder):
    _, scores = scores_of(micro_gesture(str(folder), data=str(knowing(folder / "data"))), folder)
    assert (scores["n"], scores["coverage"], scores["top_1"], scores["top_5"]) == (2, 0, 0, 0)
    assert RECOGNITION.metrics["top_5"](["b"], [["a", "b"]]).value == 1
    assert RECOGNITION.metrics["top_1"](["b"], [["a", "b"]]).value == 0


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a.mp4,Waving,s1,0,1", r"gestures\.csv, line 2, column label: 'Waving' is none of Turtle neck"),
        ("a.mp4,32,s1,0,1", r"line 2, column label: 32 is no class; they go from 0 to 31 \(option first\)"),
        ("b.mp4,1,s1,0,1", r"gestures\.csv: b\.mp4 is not there"),
        ("a.mp4,1,s1,2,1", "line 2, columns start_s and end_s: 2 to 1 is no stretch of time"),
        ("a.mp4,1,s1,2,inf", "line 2, columns start_s and end_s: 2 to inf is no stretch of time"),
        ("a.mp4,1, ,0,1", "line 2, column subject: is empty; say who is in the video"),
        ("a.mp4,1,s1,2,", "line 2, columns start_s and end_s: '2' and '' are no two numbers"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder, row, says):
    (folder / "gestures.csv").write_text(HEADER + row + "\n")
    with pytest.raises(DatasetError, match=says):
        RECOGNITION.read(folder)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("a.mp4,1,s1,0,1\na.mp4,2,s2,1,2\n", r"line 3, column subject: a\.mp4 has two, s2 here, s1 in a row before"),
        ("a.mp4,1,s1,0,1\na.mp4,1,s1,0,1\n", r"line 3: the same gesture of a\.mp4 stands in a row before; keep one"),
    ],
)
def test_a_recording_has_one_subject_and_each_gesture_once(folder, rows, says):
    (folder / "gestures.csv").write_text(HEADER + rows)
    with pytest.raises(DatasetError, match=says):
        SPOTTING.read(folder)


@pytest.mark.parametrize("asked", [micro_gesture, micro_gesture_online])
def test_a_gesture_after_the_end_of_its_video_is_told(asked, folder):
    (folder / "gestures.csv").write_text(HEADER + "a.mp4,1,s1,30,31\n")
    log, scores = scores_of(asked(str(folder), data=str(folder / "data")), folder)
    (failure,) = outcome_of(log.samples[0])["failures"]
    assert "a.mp4: a gesture begins at 30 s and the video ends at" in failure
    assert scores["coverage"] == 0


def test_times_under_other_names_are_not_passed_over(folder):
    (folder / "gestures.csv").write_text("file,label,subject,start,end,camera\na.mp4,1,s1,0,1,left\n")
    with pytest.raises(
        DatasetError, match=r"gestures\.csv: column start is not known; rename it to start_s, or remove"
    ):
        RECOGNITION.read(folder)


def test_spotting_needs_times_and_a_list_of_classes(folder):
    (folder / "gestures.csv").write_text("file,label,subject\na.mp4,1,s1\n")
    assert RECOGNITION.read(folder)[0].gold == ("Bulging face, deep breath",)
    with pytest.raises(DatasetError, match="line 2, columns start_s and end_s: give both"):
        SPOTTING.read(folder)
    with pytest.raises(DatasetError, match="classes 'dance' are none of imigue, smg"):
        spotting("dance")
