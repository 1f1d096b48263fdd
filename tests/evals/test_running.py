"""A run's folder of logs belongs to one comparison, and whatever keeps a run from starting is told in a line."""

import json
import re

import pytest
from scripted_endpoint import sample, schema_of, scripted_endpoint
from typer.testing import CliRunner

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from agents.models.errors import ModelError
from evals.errors import DatasetError, RunError
from evals.running import run
from mentalis.cli import app

QUESTION = {
    "language": "en", "category": "Personal-Others", "question type": "Action", "scenario": "Ann lost a key.",
    "subject": "Ann", "choices": ["Look for it", "Give up"], "label": "Look for it",
}  # fmt: skip


@pytest.fixture
def asked(tmp_path):
    """What runs four questions without a model, under further options."""

    def run_(**options):
        return run("emobench_ea", tmp_path, [], tmp_path / "logs", data=str(tmp_path / "kept"), **options)

    write_questions(tmp_path, range(4))
    return run_


def write_questions(folder, ids, **changes):
    rows = [json.dumps({**QUESTION, "qid": str(n), **changes}) for n in ids]
    (folder / "EA.jsonl").write_text("\n".join(rows), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "table", "rows"),
    [
        ("motor_bench", "motor.csv", "id,behaviour,cognition,emotion,words\n" + "c1,mixed,mixed,mixed,Hm.\n" * 2),
        ("labelled_clips", "labels.csv", "file,label\n" + "c1,happiness\n" * 2),
        ("au", "aus.csv", "id,clip,dataset,subject,AU1\n" + "c1,c1,x,y,0\n" * 2),
    ],
)
def test_an_id_that_comes_twice_is_told_by_check_and_run(name, table, rows, tmp_path):
    (tmp_path / table).write_text(rows)
    (tmp_path / "c1").touch()
    says = f"{tmp_path}: id c1 comes twice; keep one of them"
    assert says in str(CliRunner().invoke(app, ["eval", "check", name, str(tmp_path)]).exception)
    with pytest.raises(DatasetError, match="id c1 comes twice"):
        run(name, tmp_path, [], tmp_path / "logs", data=str(tmp_path / "kept"))


def test_what_inspect_refuses_is_told_in_a_line(asked, monkeypatch):
    from inspect_ai._util.error import PrerequisiteError

    def refuse(*_, **__):
        raise PrerequisiteError("[bold]ERROR[/bold]: it is\n\nnot distinct")

    monkeypatch.setattr("evals.running.eval_set", refuse)
    with pytest.raises(RunError, match=r"^Inspect can't run this: it is not distinct$"):
        asked()


def test_a_log_of_other_data_is_refused_and_a_longer_run_of_the_same_goes_on(asked, tmp_path):
    asked(limit=1)
    (log,) = asked(limit=3)
    assert log.results.total_samples == 3
    write_questions(tmp_path, range(4), scenario="Ann found a key.")
    with pytest.raises(RunError, match=r"logs has a log of other data: name another folder with --log-dir$"):
        asked(limit=3)


def test_data_that_lie_elsewhere_are_told_without_an_option_of_inspects(asked, tmp_path):
    asked(limit=1)
    (tmp_path / "moved").mkdir()
    write_questions(tmp_path / "moved", range(4))
    with pytest.raises(RunError, match=r"a log of other data or other options: name another folder with --log-dir$"):
        run("emobench_ea", tmp_path / "moved", [], tmp_path / "logs", data=str(tmp_path / "kept"))


def test_another_order_is_another_run(asked):
    asked(limit=1)
    with pytest.raises(RunError, match="a log of shuffle None, not 3: name another folder"):
        asked(limit=1, shuffle=3)


def test_a_score_that_is_not_defined_is_told_as_such_by_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_questions(tmp_path, range(1))
    from evals.tasks.emobench import EA

    def undefined(gold, predicted):
        raise ValueError("one sample says nothing")

    monkeypatch.setitem(EA.metrics, "never", undefined)
    told = CliRunner().invoke(app, ["eval", "run", "emobench_ea", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "not defined" in told.stdout
    assert "nan" not in told.stdout
    assert re.search(r"^accuracy +0 \(n 1, coverage 0\)$", told.stdout, re.M), "each with what it rests on"
    assert re.search(r"^never +not defined: one sample says nothing$", told.stdout, re.M)
    assert re.search(r"^abstained +1 of 1$", told.stdout, re.M)


def test_a_run_that_is_given_again_prints_the_same(tmp_path, monkeypatch):
    folder = tmp_path / "my data"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_questions(folder, [1])
    glad = {**QUESTION, "qid": "2", "question type": "Response", "scenario": "Ann is glad.", "choices": ["Smile"],
            "label": "Smile"}  # fmt: skip
    with (folder / "EA.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(glad))
    first, again = (CliRunner().invoke(app, ["eval", "run", "emobench_ea", str(folder)]) for _ in range(2))
    assert first.exit_code == again.exit_code == 0, again.output
    assert again.stdout == first.stdout
    assert "of 2" in first.stdout, "answers are told as counts"


@pytest.mark.parametrize(
    ("served", "told"), [({"tiny": 8192}, "it serves: tiny"), (None, "no model endpoint answers")], ids=["nope", "away"]
)
def test_a_model_that_can_not_be_asked_is_told_before_any_sample_is_begun(served, told, asked, tmp_path):
    with scripted_endpoint(lambda request: (404, "The model `nope` does not exist.", ""), served) as endpoint:
        url = endpoint.url if served else "http://127.0.0.1:9/v1"
        with pytest.raises(ModelError, match=told):
            asked(model="nope", base_url=url, retries=0)
    assert not list(tmp_path.glob("logs/*"))


def test_samples_that_are_scored_already_need_no_endpoint_but_further_ones_do(asked):
    given = {"model": "tiny", "retries": 0}
    obliging = scripted_endpoint(lambda request: (200, json.dumps(sample(schema_of(request))), "stop"), {"tiny": 8192})
    with obliging as endpoint:
        asked(limit=2, base_url=endpoint.url, **given)
    (log,) = asked(limit=2, base_url=endpoint.url, **given)
    assert log.results.completed_samples == 2
    with pytest.raises(ModelError, match="no model endpoint answers"):
        asked(limit=3, base_url=endpoint.url, **given)
