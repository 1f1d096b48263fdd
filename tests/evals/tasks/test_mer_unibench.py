"""MER-UniBench runs the data sets that are there, each by its own metric."""

import numpy as np
import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from task_running import outcome_of, run

from evals.errors import DatasetError
from evals.tasks.mer_unibench import MER_UNIBENCH, SETS, mer_unibench, read

FORMS = {"glad": ["happy"], "joy": ["happy"], "sad": ["sad"]}  # label: base forms
SYNONYMS = {"happy": ["happy"], "sad": ["sad"]}  # base form: words of the wheels
LEVELS = {"level1": {"happy": "happy", "sad": "sad"}, "level2": {"happy": "happy", "sad": "sad"}}


@pytest.fixture
def folder(tmp_path):
    """Two data sets of the nine, and wheels with two words."""
    wheels = {f"wheel{n}": LEVELS for n in range(1, 6)}
    held = {"format_mapping": FORMS, "raw_mapping": SYNONYMS, "wheel_map_whole": wheels}
    np.savez(tmp_path / "wheel_mapping.npz", **{k: np.array(v, dtype=object) for k, v in held.items()})
    labels = {
        "meld-process": {"test_dia0_utt0": {"emo": 1, "val": -10}, "test_dia0_utt1": {"emo": 3, "val": -10}},
        "cmumosi-process": {"x_1": {"emo": 0, "val": np.float64(1.5)}, "x_2": {"emo": 0, "val": np.float64(0.0)}},
    }
    for name, of in labels.items():
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "label.npz", test_corpus=np.array(of, dtype=object))
        words = "".join(f"{clip},,I love this wonderful day\n" for clip in of)
        table = tmp_path / name / "transcription-engchi-polish.csv"
        table.write_text("name,chinese,english\n" + words, encoding="utf-8")
    return tmp_path


def test_each_data_set_is_scored_by_its_own_metric(folder):
    items = read(folder)
    gold = [item.gold[0] for item in items]
    assert [g["kind"] for g in gold] == ["hit_rate", "hit_rate", "sentiment", "sentiment"]
    predicted = [["glad", "sad"], ["sad"], -0.5, 0.5]
    scores = {name: float(m(gold, predicted)) for name, m in MER_UNIBENCH.metrics.items() if name != "ew_f1"}
    assert scores == {"mean": 0.5, "hit_rate": 1.0, "sentiment_f1": 0.0, "datasets_of_nine": 2}


def test_it_runs_on_words_alone(folder):
    metrics, samples = run(mer_unibench, folder)
    assert metrics["n"] == 4
    values = {s.id: outcome_of(s)["predictions"][0]["value"] for s in samples}
    assert isinstance(values["MELD-test_dia0_utt0"], list)
    assert values["CMU-MOSI-x_1"] > 0, "the words are pleasant"
    assert metrics["sentiment_f1"] == 1, "a gold of 0 is left out"


def test_nine_sets_are_known():
    kinds = [data.kind for data in SETS.values()]
    assert (kinds.count("hit_rate"), kinds.count("sentiment"), kinds.count("ew_f1")) == (4, 4, 1)


def test_wrong_folders_are_told_what_is_wrong(folder, tmp_path_factory):
    with pytest.raises(DatasetError, match=r"there is none of mer2023-dataset-process, .*; lay out at least one"):
        read(tmp_path_factory.mktemp("empty"))
    (folder / "wheel_mapping.npz").unlink()
    with pytest.raises(DatasetError, match=r"there is no wheel_mapping.npz"):
        read(folder)
    (folder / "meld-process").rename(folder / "elsewhere")
    assert len(read(folder)) == 2, "sentiment needs no wheels"
    (folder / "cmumosi-process" / "label.npz").unlink()
    with pytest.raises(DatasetError, match=r"label.npz: can't be read as MERBench's labels with test_corpus"):
        read(folder)
