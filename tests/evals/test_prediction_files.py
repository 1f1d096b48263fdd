"""Anyone's predictions are scored from files as a run's own are, and what does not fit together is told."""

import csv
import json
import re
import time

import numpy as np
import pytest
from sklearn.metrics import f1_score
from typer.testing import CliRunner

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from evals.au_scoring import UNITS
from evals.errors import DatasetError
from evals.expressions import classes
from evals.prediction_files import score_files
from evals.registry import benchmark
from mentalis.cli import app

GOLD = [("a", "joy", "1"), ("b", "anger", "1"), ("c", "joy", "2"), ("d", "fear", "3")]
ANSWERS = {"a": "joy", "b": "joy", "c": "joy"}


@pytest.fixture
def files(tmp_path):
    gold, predictions = tmp_path / "gold.csv", tmp_path / "predictions.jsonl"
    gold.write_text("id,value,group\n" + "".join(f"{id_},{label},{group}\n" for id_, label, group in GOLD))
    predictions.write_text("\n".join(json.dumps({"id": id_, "value": label}) for id_, label in ANSWERS.items()))
    return gold, predictions


def test_what_is_not_predicted_is_wrong_and_lowers_coverage(files):
    scores = {score.metric: score for score in score_files(benchmark("meld"), *files).scores}
    labels = [label for _, label, _ in GOLD]
    expected = f1_score(labels, ["joy", "joy", "joy", "-"], average="weighted", zero_division=0)
    assert scores["weighted_f1"].value == pytest.approx(expected)
    assert (scores["accuracy"].value, scores["accuracy"].n, scores["accuracy"].coverage) == (0.5, 4, 0.75)
    assert scores["accuracy"].interval.clusters == 3


def test_gold_may_be_the_data_themselves(shared, tmp_path):
    from evals.tasks import mustard

    folder = shared / "data" / "mustard"
    rows = [json.dumps({"id": item.id, "value": item.gold[0]}) for item in reversed(mustard.read(folder))]
    (tmp_path / "predictions.jsonl").write_text("\n".join(rows))
    scores = {
        s.metric: s.value for s in score_files(benchmark("mustard"), folder, tmp_path / "predictions.jsonl").scores
    }
    assert scores == {"weighted_f1": 1.0, "macro_f1": 1.0, "accuracy": 1.0}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id,label\na,joy\n", "no column value"),
        ("id,value\na,joy\na,joy\n", "column id: a is there twice"),
        ("id,value\nz,joy\n", "id z has no gold"),
        ("id,value\na,joy,oops\n", r"line 2: the row goes on after the last column \('oops'\)"),
        ("id,value,value\na,joy,anger\n", "column value comes twice; keep one"),
        ("id,label\n" + "a" * 3000 + ",x\n", r"^.{1,200}$"),
        ("id,value\na#1,joy\n", "id a#1 has no gold; it is called a there"),
    ],
)
def test_what_does_not_fit_together_is_told(content, says, files, tmp_path):
    (tmp_path / "wrong.csv").write_text(content)
    with pytest.raises(DatasetError, match=says):
        score_files(benchmark("meld"), files[0], tmp_path / "wrong.csv")


def test_long_values_are_told_in_short_and_a_missing_file_as_such(files, tmp_path):
    (tmp_path / "gold.csv").write_text("id,value\na,60\n")
    (tmp_path / "long.csv").write_text(f"id,value\na,{'x' * 3000}\n")
    with pytest.raises(DatasetError, match=r"'x{70,80}\.\.\. is not a rate"):
        score_files(benchmark("ubfc"), tmp_path / "gold.csv", tmp_path / "long.csv")
    for name in ("none.csv", "none.jsonl", "none.json"):
        with pytest.raises(DatasetError, match=f"{name}: there is no such file$"):
            score_files(benchmark("meld"), files[0], tmp_path / name)


def test_a_json_list_is_read_and_another_json_refused(files, tmp_path):
    rows = [{"id": id_, "value": label} for id_, label, _ in GOLD]
    (tmp_path / "all.json").write_text(json.dumps(rows))
    assert score_files(benchmark("meld"), files[0], tmp_path / "all.json").scores[0].value == 1
    (tmp_path / "other.json").write_text(json.dumps(ANSWERS))
    with pytest.raises(DatasetError, match="is no list of objects with id and value"):
        score_files(benchmark("meld"), files[0], tmp_path / "other.json")


def write(path, gold, answers):
    """A CSV of gold and one of answers, each row with the number of its place."""
    for name, values in (("gold", gold), ("answers", answers)):
        with (path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("id", "value"), *enumerate(values)])
    return path / "gold.csv", path / "answers.csv"


@pytest.mark.parametrize("told", [("True", "False", "False"), ("yes", "no", "no"), ("1", "0", "0")])
def test_yes_and_no_in_any_usual_spelling(told, tmp_path):
    scores, notes, _ = score_files(benchmark("mustard"), *write(tmp_path, ("true", "false", "true"), told))
    assert {s.metric: s.value for s in scores}["accuracy"] == pytest.approx(2 / 3)
    assert notes == []


def test_an_answer_that_says_neither_yes_nor_no_is_wrong_and_told(tmp_path):
    gold, said = ("true", "false", "true"), ("Yes, she smiles.", "maybe", "")
    scores, notes, answers = score_files(benchmark("mustard"), *write(tmp_path, gold, said))
    found = {s.metric: s for s in scores}["accuracy"]
    assert (found.value, found.coverage) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert notes == ["1 answer, such as 'maybe' of id 1, can't be read as yes or no: unparsed, counted as wrong"]
    assert answers._asdict() == {"asked": 3, "answered": 1, "abstained": 1, "unparsed": 1, "missing": 0}


def test_a_label_that_gold_does_not_have_is_told(tmp_path):
    files = write(tmp_path, ("happiness", "anger"), ("glee", "anger"))
    scores, notes, _ = score_files(benchmark("meld"), *files)
    assert scores[1].value == 0.5
    assert notes == ["1 prediction, such as 'glee', is no label of gold and counts as wrong; gold has anger, happiness"]
    told = CliRunner().invoke(app, ["eval", "score", "meld", "--gold", str(files[0]), "--predictions", str(files[1])])
    assert "such as 'glee', is no label of gold" in told.stderr


def test_a_label_stays_as_it_stands_even_in_quotation_marks(tmp_path):
    said = ('"Well done," he says.', '"Never"', "[nothing]")
    scores, _, _ = score_files(benchmark("emobench_ea"), *write(tmp_path, said, said))
    assert scores[0].value == 1


def test_a_rate_is_a_number_and_words_are_a_list_in_any_form(tmp_path):
    scores, _, _ = score_files(benchmark("ubfc"), *write(tmp_path, ('{"bpm": 60}', '{"bpm": 80}'), ("62", "80.0")))
    assert scores[0].value == 1
    with pytest.raises(DatasetError, match=r"id 0: 'fast' is not a rate in beats a minute"):
        score_files(benchmark("ubfc"), *write(tmp_path, ('{"bpm": 60}',), ("fast",)))
    gold = json.dumps({"labels": ["happy", "calm"], "groups": []})
    for told in ("['Happy', 'calm']", '["happy", "calm"]', "happy, calm"):
        scores, _, _ = score_files(benchmark("mer_ov"), *write(tmp_path, (gold, gold), (told, told)))
        assert [s.value for s in scores] == [1, 1, 1], told


@pytest.mark.parametrize("name", ["ubfc", "pure", "mvrd"])
def test_gold_rates_are_plain_numbers_too(name, tmp_path):
    (tmp_path / "gold.csv").write_text("id,value,group\na,60,s1\nb,80,s2\n")
    (tmp_path / "answers.jsonl").write_text('{"id": "a", "value": 62}\n{"id": "b", "value": "80"}\n')
    scores, _, _ = score_files(benchmark(name), tmp_path / "gold.csv", tmp_path / "answers.jsonl")
    assert (scores[0].metric, scores[0].value) == ("mae_bpm", 1)
    with pytest.raises(DatasetError, match=r"gold\.csv, id 0: 0 is not a rate in beats a minute"):
        score_files(benchmark(name), *write(tmp_path, ("0",), ("60",)))


@pytest.mark.parametrize("told", ["NaN", "nan", '{"bpm": NaN}'])
def test_a_rate_that_is_no_number_is_an_abstention(told, tmp_path):
    scores, _, _ = score_files(benchmark("ubfc"), *write(tmp_path, ("60", "80"), ("61", told)))
    assert (scores[0].value, scores[0].n, scores[0].coverage) == (1, 2, 0.5)


def test_each_score_has_the_n_and_the_coverage_of_its_own(tmp_path):
    told = [{"id": n, "value": {"bpm": 61, **({"snr_db": 3} if n < 2 else {})}} for n in range(8)]
    gold, _ = write(tmp_path, ("60",) * 8, ())
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, told)))
    files = gold, tmp_path / "answers.jsonl"
    scores = {s.metric: s for s in score_files(benchmark("ubfc"), *files).scores}
    assert (scores["mae_bpm"].n, scores["mae_bpm"].coverage) == (8, 1)
    assert (scores["snr_db"].value, scores["snr_db"].n, scores["snr_db"].coverage) == (3, 8, 0.25)
    assert (scores["upper_limit_bpm"].n, scores["upper_limit_bpm"].coverage) == (8, 1), "a plain number is of all"
    assert scores["macc"] == ("macc", None, None, None, None, None), "what is not defined rests on nothing"
    asked = ["eval", "score", "ubfc", "--gold", str(files[0]), "--predictions", str(files[1])]
    told = CliRunner().invoke(app, asked).stdout
    assert re.search(r"^macc +not defined +- +- +- +-", told, re.M)
    assert re.search(r"^snr_db .* 8 +0\.25", told, re.M)


GESTURES = ("Covering face", "Bulging face, deep breath", "Folding arms", "Turtle neck")


@pytest.mark.parametrize(
    "told",
    [
        GESTURES,
        [json.dumps([g, "Dustoff clothes"]) for g in GESTURES],
        [repr([g, "Dustoff clothes"]) for g in GESTURES],
    ],
    ids=["label", "json", "python"],
)
def test_gestures_are_one_class_or_a_ranking(told, tmp_path):
    scores, notes, _ = score_files(benchmark("micro_gesture"), *write(tmp_path, GESTURES, told))
    assert {s.metric: s.value for s in scores} == {"top_1": 1, "top_5": 1, "mean_class_top_1": 1}
    assert notes == []
    lines = [json.dumps({"id": str(n), "value": [*GESTURES[:2], *GESTURES[2:]]}) for n in range(4)]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines))
    scores, _, _ = score_files(benchmark("micro_gesture"), tmp_path / "gold.csv", tmp_path / "answers.jsonl")
    assert [s.value for s in scores] == [0.25, 1, 0.25]


def test_gestures_of_a_recording_are_class_start_and_end(tmp_path):
    gold = json.dumps([["Folding arms", 1, 3], ["Turtle neck", 4.0, 5.0]])
    scores, _, _ = score_files(
        benchmark("micro_gesture_online"), *write(tmp_path, (gold,), ('[["Folding arms", 1, 3]]',))
    )
    assert {s.metric: s.value for s in scores} == pytest.approx({"f1": 2 / 3, "precision": 1, "recall": 0.5})
    says = r"gold\.csv, id 0: 'Folding arms' is not a list of gestures, each \[class of imigue, start, end\] in seconds"
    with pytest.raises(DatasetError, match=says):
        score_files(benchmark("micro_gesture_online"), *write(tmp_path, ("Folding arms",), (gold,)))
    with pytest.raises(DatasetError, match=r"answers\.csv, id 0: '\[\[1, 3, 2\]\]' is not a list of gestures"):
        score_files(benchmark("micro_gesture_online"), *write(tmp_path, (gold,), ("[[1, 3, 2]]",)))


def test_gestures_without_end_are_refused_and_those_of_no_class_told(tmp_path):
    gold = json.dumps([["Folding arms", 1, 3]])
    for endless in ('[["Folding arms", 1, 1e400]]', '[["Folding arms", 1, true]]', "[" * 3000):
        with pytest.raises(DatasetError, match=r"answers\.csv, id 0: .* is not a list of gestures"):
            score_files(benchmark("micro_gesture_online"), *write(tmp_path, (gold,), (endless,)))
    strange = json.dumps([["Folding arms", 1, 3], ["zzz", 4, 5]])
    _, notes, _ = score_files(benchmark("micro_gesture_online"), *write(tmp_path, (gold,), (strange,)))
    assert notes == ["1 predicted gesture, such as 'zzz': of no class of imigue and counts as wrong"]


def test_another_list_of_classes_is_named_by_an_option(tmp_path):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "gestures.csv").write_text("file,label,subject\na.mp4,Rubbing hands and crossing fingers,s1\n")
    (tmp_path / "answers.csv").write_text("id,value\n1:a.mp4,Rubbing hands and crossing fingers\n")
    asked = ["--gold", str(tmp_path), "--predictions", str(tmp_path / "answers.csv"), "--json"]
    told = CliRunner().invoke(app, ["eval", "score", "micro_gesture", *asked, "-T", "classes=smg", "-T", "first=1"])
    assert json.loads(told.stdout)["scores"]["top_1"]["value"] == 1
    told = CliRunner().invoke(app, ["eval", "score", "meld", *asked, "-T", "classes=smg"])
    assert "meld has no option classes of its own; there is none" in str(told.exception)


@pytest.mark.parametrize(
    "told", [{"bpm": 61, "snr_db": "high"}, {"bpm": 61, "macc": [1]}, {"bpm": 61, "snr_db": 1e999}]
)
def test_what_a_wave_has_is_a_number_or_nothing(told, tmp_path):
    gold, _ = write(tmp_path, ("60",), ())
    (tmp_path / "answers.jsonl").write_text(json.dumps({"id": 0, "value": told}))
    with pytest.raises(DatasetError, match=r"answers\.jsonl, id 0: \{'bpm': 61.*\} is not a rate .* numbers snr_db"):
        score_files(benchmark("ubfc"), gold, tmp_path / "answers.jsonl")


@pytest.mark.parametrize(
    "told",
    [True, 0, -70, 1e9, {"bpm": 61, "macc": 5}, {"bpm": 61, "macc": -0.1}, {"bpm": True}, {"bpm": 61, "snr_db": True}],
)
def test_a_rate_that_no_heart_has_is_refused(told, tmp_path):
    gold, _ = write(tmp_path, ("60",), ())
    (tmp_path / "answers.jsonl").write_text(json.dumps({"id": 0, "value": told}))
    with pytest.raises(DatasetError, match=r"answers\.jsonl, id 0: .* is not a rate in beats a minute up to 300"):
        score_files(benchmark("ubfc"), gold, tmp_path / "answers.jsonl")


def test_rates_are_told_with_their_standard_errors(tmp_path):
    gold, answers = write(tmp_path, ("60", "80", "70"), ("61", "83", "72"))
    asked = ["eval", "score", "ubfc", "--gold", str(gold), "--predictions", str(answers)]
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)["scores"]
    assert told["mae_bpm"]["standard_error"] == pytest.approx((2 / 3) ** 0.5 / 3**0.5)
    assert told["upper_limit_bpm"]["standard_error"] is None
    assert "0.4714" in CliRunner().invoke(app, asked).stdout


def test_units_that_gold_or_predictions_lack_are_not_scored_and_told(tmp_path):
    (tmp_path / "gold.csv").write_text("id,dataset,subject,AU1,AU2,AU12\na,x,s1,1,0,1\nb,x,s2,0,0,1\n")
    (tmp_path / "answers.csv").write_text("id,AU1,AU2,AU4\na,1.0,0.0,1\nb,0.0,1.0,1\n")
    scores, notes, _ = score_files(benchmark("au"), tmp_path / "gold.csv", tmp_path / "answers.csv")
    values = {s.metric: s.value for s in scores}
    assert (values["macro_f1_AU1"], values["macro_f1_AU2"]) == (1, pytest.approx(1 / 3))
    assert (values["macro_f1_AU4"], values["macro_f1_AU12"], values["binary_f1_AU12"]) == (None, None, None)
    assert values["macro_f1"] == pytest.approx((1 + 1 / 3) / 2)
    assert notes == ["the predictions have no column AU12: not scored, and means are over 2 of 3 units"]


def test_units_that_a_row_lacks_are_unanswered_there(tmp_path):
    (tmp_path / "gold.csv").write_text("id,dataset,subject,AU1,AU12\na,x,s1,1,1\nb,x,s2,1,1\n")
    rows = [{"id": "a", "AU1": 1.0, "AU12": 1}, {"id": "b", "AU1": 1}]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found, notes, _ = score_files(benchmark("au"), tmp_path / "gold.csv", tmp_path / "answers.jsonl")
    scores = {s.metric: s for s in found}
    assert (scores["binary_f1_AU1"].value, scores["binary_f1_AU1"].coverage) == (1, 1)
    assert (scores["binary_f1_AU12"].value, scores["binary_f1_AU12"].coverage) == (pytest.approx(2 / 3), 0.5)
    assert (scores["binary_f1"].coverage, notes) == (0.75, [])


def test_action_units_of_many_clips_are_scored_quickly(tmp_path, monkeypatch):
    monkeypatch.setattr("evals.prediction_files.RESAMPLES", 50)
    random = np.random.default_rng(0)
    for name in ("gold", "answers"):
        codes = [f"{n},x,s{n % 50}," + ",".join(map(str, random.integers(0, 2, 12))) for n in range(500)]
        header = "id,dataset,subject," + ",".join(f"AU{unit}" for unit in UNITS)
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *codes]))
    start_s = time.process_time()
    scores, _, _ = score_files(benchmark("au"), tmp_path / "gold.csv", tmp_path / "answers.csv")
    assert time.process_time() - start_s < 4, "30 metrics of 50 resamples: read clip by clip they take 10 s"
    assert all(s.interval.low < s.value < s.interval.high for s in scores if "subject" not in s.metric)


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("meld", "happiness", "joy"),
        ("iemocap4", "happy", "exc"),
        ("iemocap6", "excited", "exc"),
        ("mer_six", "happy", "Happiness"),
        ("dfew", "happiness", "Happy"),
        ("raf_db", "sadness", "Sad"),
        ("mafw", "helplessness", "helpless"),
        ("compound", "sadly_angry", "Sadly Angry"),
    ],
)
def test_labels_by_the_data_sets_own_names_are_right(name, ours, theirs, tmp_path):
    for gold, answer in ((ours, theirs), (theirs, ours)):
        scores, notes, _ = score_files(benchmark(name), *write(tmp_path, (gold, ours), (answer, f" {ours.upper()} ")))
        assert {s.metric: s.value for s in scores}["war" if name in classes() else "accuracy"] == 1, (gold, answer)
        assert notes == []


def test_sarcasm_may_be_called_by_its_name(tmp_path):
    files = write(tmp_path, ("true", "false"), ("Sarcastic", "Not sarcastic"))
    assert score_files(benchmark("mustard"), *files).scores[0].value == 1


def test_a_preference_is_read_as_the_challenge_does(tmp_path):
    files = write(tmp_path, ("a1", "A2", "a1", "a2"), ("A1", "a2 is better", "xyz", "a1"))
    scores, notes, _ = score_files(benchmark("mer_prefer"), *files)
    assert {s.metric: s.value for s in scores}["accuracy"] == 0.5
    assert notes == [
        "1 answer, such as 'xyz' of id 2, can't be read as one of a1, a2 and same: unparsed, counted as wrong"
    ]


def pairs(path, gold, answers):
    """A CSV of gold and one of answers to questions of pairs, each a list of ids with what is said."""
    for name, rows in (("gold", gold), ("answers", answers)):
        (path / f"{name}.csv").write_text("id,value\n" + "".join(f"{row}\n" for row in rows))
    return path / "gold.csv", path / "answers.csv"


def test_pairs_are_joined_by_id_whatever_the_order_of_rows(tmp_path):
    answers = ("p#1,yes", "p#2,no", "q#1,no", "q#2,Yes")
    for gold in (("p#1,yes", "q#2,no", "q#1,yes", "p#2,no"), ("p#2,no", "p#1,yes", "q#1,yes", "q#2,no")):
        found = score_files(benchmark("hallucination_pairs"), *pairs(tmp_path, gold, answers)).scores
        scores = {s.metric: s for s in found}
        assert scores["overall"].value == 0.5, "p is right, and q is wrong"
        assert scores["overall"].interval.clusters == 2, "a pair is drawn whole"


@pytest.mark.parametrize(
    ("gold", "says"),
    [
        (("p#1,yes", "q#1,yes", "q#2,no"), r"gold\.csv: pair p \(p#1\) lacks the question whose answer is no"),
        (("p#2,no",), r"pair p \(p#2\) lacks the question whose answer is yes"),
        (("p#1,yes", "p#2,yes"), "pair p: gold is to be yes of one of its questions and no of the other"),
        (("p#1,yes", "p#2,no", "p#3,no"), r"pair p .* has 3 questions; a pair has two"),
        (("0,yes", "1,no"), "id 0 is no question of a pair; call the two of a pair 0#1 and 0#2"),
    ],
)
def test_a_pair_that_lacks_a_side_is_named(gold, says, tmp_path):
    with pytest.raises(DatasetError, match=says):
        score_files(benchmark("emotion_hallucer"), *pairs(tmp_path, gold, ("p#1,yes",)))


def test_questions_that_are_not_answered_or_not_to_be_read_are_unparsed(tmp_path):
    gold = ("p#1,yes", "p#2,no", "q#1,yes", "q#2,no")
    answers = ('p#1,"Yes, she smiles."', "p#2,no", "q#1,unclear")
    found, notes, _ = score_files(benchmark("emotion_hallucer"), *pairs(tmp_path, gold, answers))
    scores = {s.metric: s.value for s in found}
    assert (scores["overall"], scores["basic"], scores["unparsed"]) == (0.5, 0.5, 0.5)
    assert len(notes) == 1
    assert "'unclear' of id q#1" in notes[0]


def test_the_command_prints_json(files):
    gold, predictions = files
    told = CliRunner().invoke(
        app, ["eval", "score", "meld", "--gold", str(gold), "--predictions", str(predictions), "--json"]
    )
    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    assert found["scores"]["accuracy"]["value"] == 0.5
    assert found["answers"] == {"asked": 4, "answered": 3, "abstained": 0, "unparsed": 0, "missing": 1}
    assert found["notes"] == []
    table = CliRunner().invoke(app, ["eval", "score", "meld", "--gold", str(gold), "--predictions", str(predictions)])
    assert [line.split() for line in table.stdout.splitlines() if line.startswith("missing")] == [
        ["missing", "1", "of", "4"]
    ]


NOTHING = {"a.csv": "id,value\n0,NaN\n1,\n", "a.json": '[{"id": 0, "value": NaN}, {"id": 1, "value": null}]',
           "a.jsonl": '{"id": 0, "value": NaN}\n{"id": 1, "value": " nan"}'}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize(
    ("of", "gold"), [("meld", "anger"), ("mustard", "true"), ("ubfc", "60"), ("mer_ov", '["sad"]')]
)
def test_nan_is_an_abstention_in_every_form_of_file(name, of, gold, tmp_path):
    (tmp_path / name).write_text(NOTHING[name])
    _, notes, answers = score_files(benchmark(of), write(tmp_path, (gold,) * 3, ())[0], tmp_path / name)
    assert answers._asdict() == {"asked": 3, "answered": 0, "abstained": 2, "unparsed": 0, "missing": 1}
    assert not [note for note in notes if "nan" in note.lower()]
