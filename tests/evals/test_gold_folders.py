"""A folder of gold alone is scored: neither clips nor words have to be there."""

import csv

import numpy as np
import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from evals.errors import DatasetError
from evals.prediction_files import score_files
from evals.registry import benchmark, benchmark_under

TABLES = {  # of each benchmark: its tables, and the answers that are right
    "mer_six": ({"labels.csv": "name,discrete\na1,happy\na2,sad\n"}, {"a1": "happy", "a2": "sad"}),
    "mer_cross": ({"labels.csv": "name,discrete\na1,happy\na2,sad\n"}, {"a1": "happy", "a2": "sad"}),
    "mer_prefer": (
        {"preferences.csv": "name,a1,a2,preference\nc,glad,sad,a1\nc,one,two,a2\n"},
        {"c-2": "a1", "c-3": "a2"},
    ),
    "micro_gesture": (
        {"gestures.csv": "file,label,subject\na.mp4,Turtle neck,s1\na.mp4,Folding arms,s1\n"},
        {"1:a.mp4": "Turtle neck", "2:a.mp4": "Folding arms"},
    ),
    "micro_gesture_online": (
        {"gestures.csv": "file,label,subject,start_s,end_s\na.mp4,Turtle neck,s1,1,2\n"},
        {"a.mp4": '[["Turtle neck", 1, 2]]'},
    ),
    "labelled_clips": ({"labels.csv": "file,label\na.mp4,anger\nb.mp4,fear\n"}, {"a.mp4": "anger", "b.mp4": "fear"}),
    "motor_bench": (
        {"motor.csv": "id,behaviour,cognition,emotion,clip\nm,monitoring,positive,neutral,m.mp4\n"},
        {"m#1": "behaviour: monitoring", "m#2": "cognition: positive", "m#3": "emotion: neutral"},
    ),
    "raf_db": ({"list_patition_label.txt": "test_0001.jpg 4\n"}, {"original/test_0001.jpg": "happiness"}),
    "affectnet": ({"labels.csv": "file,label\n1.jpg,1\n"}, {"1.jpg": "happiness"}),
    "dfew": ({"DFEW_set_1_test.txt": "/data/00001 16 0\n"}, {"1:/data/00001": "happiness"}),
}  # fmt: skip


def answered(folder, answers):
    with (folder / "answers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "value"), *answers.items()])
    return folder / "answers.csv"


@pytest.mark.parametrize("name", TABLES)
def test_gold_is_read_without_clips_and_words(name, tmp_path):
    tables, right = TABLES[name]
    (tmp_path / "data").mkdir()
    for file, text in tables.items():
        (tmp_path / "data" / file).write_text(text)
    one, data = benchmark(name), tmp_path / "data"
    scores, notes, _ = score_files(one, data, answered(tmp_path, right))
    assert (scores[0].value, notes) == (1, [])
    with pytest.raises(DatasetError):
        one.items(data)  # a run needs what is judged


def test_frames_of_videos_that_are_not_here_are_scored(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "v.txt").write_text("Fearfully Surprised,Sadly Angry\n0\n-1\n1\n")
    answers = answered(tmp_path, {"v#1": "Fearfully Surprised", "v#2": "Sadly Angry"})
    scores = {s.metric: s.value for s in score_files(benchmark("compound"), tmp_path, answers).scores}
    assert scores["accuracy"] == 1


def test_units_of_clips_that_are_not_here_are_scored(tmp_path):
    (tmp_path / "aus.csv").write_text("id,clip,dataset,subject,AU1\na,a.mp4,x,s1,1\nb,b.mp4,x,s2,0\n")
    (tmp_path / "answers.csv").write_text("id,AU1\na,1\nb,0\n")
    assert score_files(benchmark("au"), tmp_path, tmp_path / "answers.csv").scores[0].value == 1


def test_utterances_of_an_npz_are_scored_without_words(tmp_path):
    labels = {"Ses01F_impro01_F000": {"emo": 0, "val": -10}, "Ses02F_impro01_F000": {"emo": 1, "val": -10}}
    np.savez_compressed(tmp_path / "label_4way.npz", whole_corpus=np.array(labels, dtype=object))
    answers = answered(tmp_path, dict(zip(labels, ("hap", "sad"), strict=True)))
    assert score_files(benchmark("iemocap4"), tmp_path, answers).scores[0].value == 1


def test_official_files_give_the_official_scores_from_the_folder_as_it_comes(shared, mer2024_ov, tmp_path):
    folder = shared / "data" / "mer2024_ov"
    with (folder / "predict-openset.csv").open(encoding="utf-8-sig", newline="") as file:
        answers = {row["name"]: row["openset"] for row in csv.DictReader(file)}
    asked = {item.id for item in benchmark("mer_ov").gold_items(folder)}
    given = {id_: told for id_, told in answers.items() if id_ in asked}
    scores = {s.metric: s.value for s in score_files(benchmark("mer_ov"), folder, answered(tmp_path, given)).scores}
    assert scores == pytest.approx(
        {"average": 0.5397841365461847, "accuracy": 0.581777108433735, "recall": 0.4977911646586345}, abs=1e-12
    )


def scored(tmp_path, name, gold, answer, **options):
    rows = [("id", "value"), ("a", gold)]
    with (tmp_path / "gold.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    one = benchmark_under(name, **options)
    return score_files(one, tmp_path / "gold.csv", answered(tmp_path, {"a": answer}))[:2]


@pytest.mark.parametrize("gold", ["['happy', 'calm']", '["happy", "calm"]', '{"labels": ["happy", "calm"]}'])
def test_gold_words_need_no_groups_and_their_lack_is_told(gold, tmp_path):
    scores, notes = scored(tmp_path, "mer_ov", gold, "calm, happy")
    assert scores[0].value == 1
    assert notes == ["gold has no groups of synonyms for 1 of 1 clips: their words are compared as they stand"]
    grouped = '{"labels": ["happy"], "groups": [["glad", "happy"]]}'
    scores, notes = scored(tmp_path, "mer_ov", grouped, "glad")
    assert (scores[0].value, notes) == (1, [])


def test_gold_words_on_wheels_want_the_file_of_wheels(tmp_path):
    wheel = {level: {"happy": "joy"} for level in ("level1", "level2")}
    arrays = {
        "format_mapping": {"happy": ["happy"]},
        "raw_mapping": {"happy": ["happy"]},
        "wheel_map_whole": {f"wheel{n}": wheel for n in range(1, 6)},
    }
    wheels = tmp_path / "wheel_mapping.npz"
    np.savez_compressed(wheels, **{name: np.array(held, dtype=object) for name, held in arrays.items()})
    scores, _ = scored(tmp_path, "mer_fg", "['happy']", "happy", wheels=str(wheels))
    assert scores[0].value == 1
    with pytest.raises(DatasetError, match=r"name their file \(-T wheels="):
        scored(tmp_path, "mer_fg", "['happy']", "happy")


def test_emotion_and_valence_are_read_under_either_name(tmp_path):
    scores, _ = scored(
        tmp_path, "mer_multi", '{"emotion":"happiness","valence":1.5}', '{"discrete":"happy","valence":0.5}'
    )
    assert {s.metric: s.value for s in scores} == {"combined": 0.75, "weighted_f1": 1, "valence_mse": 1}


@pytest.mark.parametrize(
    ("name", "gold", "answer", "says"),
    [
        ("mer_multi", '{"emotion": "happy"}', "{}", r"gold\.csv, id a: .* is not an object such as"),
        ("mer_multi", '{"emotion":"happy","valence":1}', '{"valence":1}', r"answers\.csv, id a: .* is not an object"),
        ("mer_ov", "[]", "happy", r"gold\.csv, id a: \[\] is not a list of words, or an object with labels"),
        ("reccon", "[1]", "[1]", r'gold\.csv, id a: .* is not an object such as \{"turns": \[1, 3\], "of": 4\}'),
        ("reccon", '{"turns": [1], "of": 2}', "1", r"answers\.csv, id a: '1' is not a list of turns"),
        ("mer_unibench", '{"label": "x"}', "['happy']", r"mer_unibench can't score values such as .* dataset, kind"),
        ("micro_gesture_online", '[["A", 1, 2]]', '[["A", 1, 2]]', "is not a list of gestures, each .class of imigue,"),
        ("report_audit", "1", "1", "report_audit is not scored from files: reports are audited without gold"),
    ],
)
def test_values_of_another_shape_are_refused_in_a_line(name, gold, answer, says, tmp_path):
    with pytest.raises(DatasetError, match=says):
        scored(tmp_path, name, gold, answer)


def test_resamples_without_any_gesture_are_left_out_of_the_interval(tmp_path):
    gold = {"a": '[["Turtle neck", 1, 2]]', "b": "[]"}
    with (tmp_path / "gold.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "value"), *gold.items()])
    scores, _, _ = score_files(benchmark("micro_gesture_online"), tmp_path / "gold.csv", answered(tmp_path, gold))
    assert (scores[0].value, scores[0].interval.low, scores[0].interval.high) == (1, 1, 1)
    assert scores[0].interval.undefined > 0
