"""Anyone's predictions are scored from files as a run's own are, and what does not fit together is told."""

import json

import pytest
from sklearn.metrics import f1_score
from typer.testing import CliRunner

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from evals.errors import DatasetError
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
    scores = {score.metric: score for score in score_files(benchmark("meld"), *files)}
    labels = [label for _, label, _ in GOLD]
    expected = f1_score(labels, ["joy", "joy", "joy", "-"], average="weighted", zero_division=0)
    assert scores["weighted_f1"].value == pytest.approx(expected)
    assert (scores["accuracy"].value, scores["accuracy"].n, scores["accuracy"].coverage) == (0.5, 4, 0.75)
    assert scores["accuracy"].interval.clusters == 3


def test_gold_may_be_the_data_themselves(shared, tmp_path):
    from evals.tasks import mustard

    folder = shared / "data" / "mustard"
    rows = [json.dumps({"id": item.id, "value": item.gold[0]}) for item in mustard.read(folder)]
    (tmp_path / "predictions.jsonl").write_text("\n".join(rows))
    scores = {s.metric: s.value for s in score_files(benchmark("mustard"), folder, tmp_path / "predictions.jsonl")}
    assert scores == {"weighted_f1": 1.0, "macro_f1": 1.0, "accuracy": 1.0}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id,label\na,joy\n", "no column value"),
        ("id,value\na,joy\na,joy\n", "column id: a is there twice"),
        ("id,value\nz,joy\n", "id z has no gold"),
    ],
)
def test_what_does_not_fit_together_is_told(content, says, files, tmp_path):
    (tmp_path / "wrong.csv").write_text(content)
    with pytest.raises(DatasetError, match=says):
        score_files(benchmark("meld"), files[0], tmp_path / "wrong.csv")


def test_the_command_prints_json(files):
    gold, predictions = files
    told = CliRunner().invoke(
        app, ["eval", "score", "meld", "--gold", str(gold), "--predictions", str(predictions), "--json"]
    )
    assert told.exit_code == 0, told.output
    assert json.loads(told.output)["accuracy"]["value"] == 0.5
