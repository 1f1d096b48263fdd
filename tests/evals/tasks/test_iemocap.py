"""IEMOCAP is read from MERBench's labels or from dialogues of one's own, and drawn by session."""

import numpy as np
import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from task_running import outcome_of, run

from evals.errors import DatasetError
from evals.tasks.iemocap import IEMOCAP4, IEMOCAP6, iemocap4

WORDS = "name,chinese,english\nSes01F_impro01_F000,,I love this wonderful day\nSes05M_script01_1_M003,,I hate this\n"
LABELS = {"Ses01F_impro01_F000": {"emo": 0, "val": -10}, "Ses05M_script01_1_M003": {"emo": 3, "val": -10}}
TABLE = (
    "name,dialogue,turn,speaker,text,label\n"
    "Ses02F_impro01_F001,Ses02F_impro01,2,F,I love it,excited\n"
    "Ses02F_impro01_M000,Ses02F_impro01,1,M,Look at this,other\n"
    "Ses02F_impro01_M002,Ses02F_impro01,3,M,Again nothing works,frustrated\n"
)


@pytest.fixture
def merbench(tmp_path):
    np.savez_compressed(tmp_path / "label_4way.npz", whole_corpus=np.array(LABELS, dtype=object))
    (tmp_path / "transcription-engchi-polish.csv").write_text(WORDS, encoding="utf-8")
    return tmp_path


def test_merbenchs_utterances_are_judged_by_their_words(merbench):
    items = IEMOCAP4.read(merbench)
    assert [(item.gold, item.group) for item in items] == [(("happy",), "Ses01"), (("angry",), "Ses05")]
    metrics, samples = run(iemocap4, merbench)
    predicted = [outcome_of(sample)["predictions"][0]["value"] for sample in samples]
    assert predicted[0] == "happy", "the only one of the four labels that is pleasant"
    assert metrics["n"] == 2


def test_six_classes_are_merged_to_four_and_the_rest_is_context(tmp_path):
    (tmp_path / "iemocap.csv").write_text(TABLE, encoding="utf-8")
    (four,), (six,) = IEMOCAP4.read(tmp_path), IEMOCAP6.read(tmp_path)
    assert [u.speaker for u in four.words] == ["M", "F", "M"], "in the order of turns"
    assert (four.gold, four.given["asked"]) == (("happy",), [2])
    assert (six.gold, six.given["asked"]) == (("excited", "frustrated"), [2, 3])
    metrics, _ = run(iemocap4, tmp_path)
    assert metrics["accuracy"] == 1


def test_a_dialogue_is_not_given_to_a_strategy_for_clips(tmp_path):
    (tmp_path / "iemocap.csv").write_text(TABLE, encoding="utf-8")
    _, (sample,) = run(iemocap4, tmp_path, strategy="single")
    assert "judged by the strategy conversation alone" in outcome_of(sample)["failures"][0]


def test_wrong_folders_are_told_what_is_wrong(merbench, tmp_path):
    with pytest.raises(DatasetError, match=r"neither iemocap.csv \(name, dialogue, .*\) nor label_6way.npz"):
        IEMOCAP6.read(tmp_path)
    strange = {"Ses01F_impro01_F000": {"emo": 9, "val": -10}}
    np.savez_compressed(tmp_path / "label_4way.npz", whole_corpus=np.array(strange, dtype=object))
    with pytest.raises(DatasetError, match=r"label_4way.npz: Ses01F_impro01_F000, emo: 9 is none of happy, sad"):
        IEMOCAP4.read(tmp_path)
    np.savez_compressed(tmp_path / "label_4way.npz", train=np.array(LABELS, dtype=object))
    with pytest.raises(DatasetError, match=r"label_4way.npz: can't be read as MERBench's labels with whole_corpus"):
        IEMOCAP4.read(tmp_path)
    (tmp_path / "iemocap.csv").write_text(TABLE.replace(",2,F", ",two,F"), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"iemocap.csv, line 2, column turn: 'two' is no whole number"):
        IEMOCAP4.read(tmp_path)
    (tmp_path / "iemocap.csv").write_text(TABLE.replace("frustrated", "annoyed"), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"line 4, column label: 'annoyed' is none of"):
        IEMOCAP4.read(tmp_path)


def test_labels_that_could_run_code_are_refused(merbench):
    class Harmful:
        def __reduce__(self):
            return print, ("called",)

    np.savez_compressed(merbench / "label_4way.npz", whole_corpus=np.array({"a": Harmful()}, dtype=object))
    with pytest.raises(DatasetError, match=r"it asks for builtins.print"):
        IEMOCAP4.read(merbench)
