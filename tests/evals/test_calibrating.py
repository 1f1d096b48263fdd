"""A model that is surer than it is right is scaled down by what a benchmark's log shows, and says so."""

import csv
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from inspect_ai import eval as inspect_eval
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint
from typer.testing import CliRunner

import mentalis
from agents.checking.calibration import CalibrationError
from agents.claims import LEVELS
from evals import calibrating, running
from evals.calibrating import calibrate
from evals.errors import RunError
from evals.reporting.logs import read_log
from evals.tasks.labelled_clips import labelled_clips
from mentalis.cli import app

CLIPS, RIGHT = 24, 16


def always_happy(request):
    """A model that finds happiness in every clip, in every sample."""
    if (schema := schema_of(request)) is None:
        return 200, "ok", "stop"
    drafts = schema["properties"].get("claims")
    labels = drafts and drafts["items"]["properties"]["label"]["enum"]
    if not labels or "happiness" not in labels:
        return 200, json.dumps({"claims": []} if drafts else sample(schema)), "stop"
    claim = {
        "label": "happiness", "text": "The lip corners are pulled up.", "start_ms": 8700, "end_ms": 10900,
        "confidence_percent": 60, "second_label": None, "second_percent": 0, "evidence": ["au12-1"], "abstained": False,
    }  # fmt: skip
    return 200, json.dumps({"claims": [claim]}), "stop"


@pytest.fixture(scope="module")
def run(demo, tmp_path_factory):
    """The log of a run on copies of one clip, two thirds of them labelled as the model labels them."""
    folder = tmp_path_factory.mktemp("clips")
    with (folder / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "label"])
        for number in range(CLIPS):
            shutil.copy(demo.clip, folder / f"{number}.mp4")
            rows.writerow([f"{number}.mp4", "happiness" if number < RIGHT else "sadness"])
    with scripted_endpoint(always_happy) as endpoint:
        task = labelled_clips(
            str(folder), tools="action_units", model="sanguine", base_url=endpoint.url, strategy="cascade", samples=3,
            data=str(knowing(folder / "data")),
        )  # fmt: skip
        (log,) = inspect_eval(task, model="none/none", log_dir=str(folder / "logs"), max_samples=1, display="none")
    assert log.status == "success"
    return folder / "data", Path(log.location)


def test_a_temperature_is_fitted_kept_and_used(run, demo):
    data, log = run
    (fitted,), file, left_out = calibrate(log, data / "calibrations")
    assert (file, left_out) == (data / "calibrations" / "basic.calibration.json", ())
    assert (fitted.model, fitted.level, fitted.source, fitted.n) == ("sanguine", "emotion", "sample_agreement", CLIPS)
    assert fitted.temperature > 2, "it was sure of all and right in two thirds"
    assert fitted.ece_after < fitted.ece_before, "or it would not be kept"
    assert fitted.ece_before == pytest.approx(1 - RIGHT / CLIPS, abs=1e-6)
    with scripted_endpoint(always_happy) as endpoint:
        report = mentalis.analyze(
            demo.clip, tools=("action_units",), data=data, model="sanguine", base_url=endpoint.url, strategy="cascade"
        )  # fmt: skip
    (claim,) = [c for c in report.claims if c.level == "emotion"]
    assert claim.confidence < 0.9
    assert report.provenance.calibrations == (fitted,)


def test_a_run_does_not_go_on_under_another_calibration_and_the_report_has_it(run, tmp_path):
    data, log = run
    given = {
        "tools": "action_units", "model": "sanguine", "samples": 3, "data": str(data), "limit": 1,
    }  # fmt: skip
    with scripted_endpoint(always_happy) as endpoint:
        arguments = ("labelled_clips", data.parent, ["cascade"], tmp_path / "logs")
        for kept in data.glob("calibrations/*.json"):
            kept.unlink()
        running.run(*arguments, base_url=endpoint.url, **given)
        calibrate(log, data / "calibrations")
        with pytest.raises(
            RunError, match=r"by nothing, not emotion by sample agreement: temperature.*calibrated=false"
        ):
            running.run(*arguments, base_url=endpoint.url, **given)
        (same,) = running.run(*arguments, base_url=endpoint.url, **given, calibrated="false")
        assert len(list((tmp_path / "logs").glob("*.eval"))) == 1, "as the message says, it goes on"
        assert same.eval.metadata["scaled_by"] == []
        (other,) = running.run(*arguments[:3], tmp_path / "other", base_url=endpoint.url, **given)
    told = read_log(Path(other.location)).conditions["scaled_by"]
    assert told.endswith(f"of {CLIPS} answers of labelled_clips")


def test_a_log_that_has_nothing_to_fit_is_said(run, tmp_path):
    (tmp_path / "no.eval").write_text("nothing")
    with pytest.raises(CalibrationError, match="can't be read as a log"):
        calibrate(tmp_path / "no.eval", tmp_path)


def predicted(*levels_right):
    """A log of samples with a prediction for each level, the first so many of them right."""
    samples = [
        SimpleNamespace(scores={"s": SimpleNamespace(metadata={
            "group": str(number),
            "gold": ["yes" for _ in levels_right],
            "outcome": {"predictions": [
                {"value": "yes" if number < right else "no", "confidence": 0.8, "confidence_from": "sample_agreement"}
                for right in levels_right
            ]},
        })})
        for number in range(CLIPS)
    ]  # fmt: skip
    conditions = {"model": "m", "codebook": "motor", "data": "-"}
    told = {"levels": LEVELS[: len(levels_right)], "conditions": conditions, "benchmark": "b", "strategy": "single"}
    return SimpleNamespace(samples=samples, eval=SimpleNamespace(metadata=told))


def of_group(group, right):
    """Ten samples of one subject, the first so many of them right."""
    found = predicted(right).samples[:10]
    for one in found:
        one.scores["s"].metadata["group"] = group
    return found


def test_a_level_that_can_not_be_fitted_is_named_and_the_others_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(calibrating, "_read", lambda log: predicted(0, RIGHT, CLIPS))
    found = calibrate(tmp_path / "l.eval", tmp_path)
    assert [c.level for c in found.fitted] == [LEVELS[1]]
    assert found.left_out == (
        f"{LEVELS[0]} by sample agreement: all {CLIPS} answers are wrong: no temperature fits",
        f"{LEVELS[2]} by sample agreement: all {CLIPS} answers are right: no temperature fits",
    )
    assert len(json.loads(found.file.read_text())["calibrations"]) == 1


def test_the_error_after_is_of_groups_that_the_temperature_was_not_fitted_on(tmp_path, monkeypatch):
    log = predicted(CLIPS)
    log.samples = [
        one for number in range(4) for one in of_group(f"subject {number}", right=10 * (number % 2))
    ]  # of two subjects the model is right in all, of two in nothing: what fits three is wrong for the fourth
    monkeypatch.setattr(calibrating, "_read", lambda _: log)
    with pytest.raises(CalibrationError, match="not fitted on it does not help") as told:
        calibrate(tmp_path / "l.eval", tmp_path)
    before, after = map(float, re.findall(r"(\d\.\d+) (?:before|after)", str(told.value)))
    assert before == pytest.approx(0.3)
    assert after > 0.5, "on what it was fitted on it would be 0"
    assert not list(tmp_path.iterdir()), "a temperature that makes it worse is not kept"


def test_the_errors_before_and_after_are_printed(tmp_path, monkeypatch):
    monkeypatch.setattr(calibrating, "_read", lambda _: predicted(RIGHT))
    told = CliRunner().invoke(
        app, ["eval", "calibrate", str(tmp_path / "l.eval")], env={"MENTALIS_DATA": str(tmp_path)}
    )
    assert re.search(r"calibration error 0\.\d+ before, 0\.\d+ after, on what it was not fitted on", told.stdout)


def test_what_can_not_be_told_to_help_is_not_kept(tmp_path, monkeypatch):
    log = predicted(RIGHT)
    log.samples = log.samples[RIGHT - 7 : RIGHT + 6]
    monkeypatch.setattr(calibrating, "_read", lambda _: log)
    with pytest.raises(CalibrationError, match="of 13 answers: they are too few to tell the error after"):
        calibrate(tmp_path / "l.eval", tmp_path)


def test_a_temperature_at_the_end_of_what_is_tried_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(calibrating, "_read", lambda _: predicted(5))  # surer than half, and right in a fifth
    with pytest.raises(CalibrationError, match=r"temperature (99|100)\.\d+ of 24 answers: it ran to the end"):
        calibrate(tmp_path / "l.eval", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_log(tmp_path):
    with pytest.raises(CalibrationError, match="is a folder: name one of the"):
        calibrate(tmp_path, tmp_path)


def test_where_no_level_can_be_fitted_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(calibrating, "_read", lambda log: predicted(0))
    with pytest.raises(
        CalibrationError, match=rf"l\.eval: {LEVELS[0]} by sample agreement: all {CLIPS} answers are wrong"
    ):
        calibrate(tmp_path / "l.eval", tmp_path)
    assert not list(tmp_path.iterdir())
