"""Each benchmark's answers are told as that benchmark has them: their levels, labels, marks and calibration."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from evals.benchmark import Outcome, Prediction
from evals.metrics.regression import mse
from evals.registry import benchmark
from evals.reporting.costs import calibrated
from evals.reporting.labels import by_label
from evals.reporting.logs import Answered, Logged, names
from evals.reporting.page import page, section
from evals.reporting.samples import sample_rows
from evals.reporting.scoring import differences, scored
from evals.reporting.tables import csv_text, latex
from evals.tasks.au import AU
from evals.tasks.micro_gesture import RECOGNITION
from evals.tasks.motor_bench import MOTOR

TRIAD = ("behaviour: mixed", "cognition: mixed", "emotion: mixed")


def run_of(known, *pairs, confidence=None, **conditions):
    """A run of a benchmark: the gold values of each sample, and what was answered to them."""
    source = "sample_agreement" if confidence else None
    samples = [
        Answered(
            id=str(number), asked="?", gold=gold, group=str(number), strata={}, seconds=None,
            outcome=Outcome(predictions=tuple(
                Prediction(value=value, confidence=confidence, confidence_from=source) for value in values
            )),
        )
        for number, (gold, values) in enumerate(pairs)
    ]  # fmt: skip
    return Logged(
        path=Path("a.eval"), task_id="a", benchmark=known, strategy="single", conditions=conditions,
        created="2020-01-01T00:00:00", status="success", samples=tuple(samples), errors={}, planned=len(pairs),
        in_folder=len(pairs),
    )  # fmt: skip


def one_each(known, *pairs):
    return run_of(known, *(((gold,), (value,)) for gold, value in pairs))


def marks(run):
    return [row["runs"][0]["predictions"][0]["right"] for row in sample_rows([run], {})]


def test_each_score_has_the_n_and_the_coverage_of_its_own_level():
    run = run_of(MOTOR, *[(TRIAD, (*TRIAD[:2], None))] * 5, *[(TRIAD, (TRIAD[0], None, None))] * 3)
    found = scored(run, resamples=9)
    assert (found.asked, found.answered) == (24, 13 / 24)
    assert found.unparsed == 11 / 24, "counted, not what is left of a sum of floats"
    measures = {score.metric: score.found for score in found.scores}
    assert (measures["mean_macro_f1"].n, measures["mean_macro_f1"].coverage) == (8, 13 / 24)
    levels = {level: measures[f"{level}_macro_f1"] for level in MOTOR.levels}
    assert {level: (m.n, m.coverage) for level, m in levels.items()} == {
        "behaviour": (8, 1.0), "cognition": (8, 0.625), "emotion": (8, 0.0),
    }  # fmt: skip
    rows = {row["metric"]: row for row in csv.DictReader(io.StringIO(csv_text([("motor", found)])))}
    row = rows["cognition_macro_f1"]
    assert (row["n"], row["coverage"], row["answers"]) == ("8", "0.625", "24")
    assert re.search(r"cognition\\_macro\\_f1 & .* & 8 & 0\.625 \\\\", latex([("motor", found)]))
    told = page([section([run], resamples=9)], {})
    assert "n 8 · coverage 0.625" in told
    assert re.search(r"<th>score</th><th[^>]*>single, no model</th></tr>.*<tr><th>emotion accuracy</th>", told, re.S), (
        "metrics are rows: with a column for each the last would be hidden behind a scroll bar"
    )


def test_action_units_are_labels_and_nothing_else_of_gold_is():
    gold = {"id": "a", "dataset": "x", "subject": "s", "units": [1, 2, 12], "active": [2, 12]}
    (table,) = by_label(one_each(AU, (gold, {"active": [2]}), (gold, {"active": [2, 12]}), (gold, None)))
    told = [(label.name, label.recall) for label in table.labels]
    assert told == [("AU2", pytest.approx(2 / 3)), ("AU12", pytest.approx(1 / 3))]
    assert (table.part, table.confusion) == ("", None)


def test_a_field_that_no_prediction_has_is_no_part_of_the_answers():
    gold = {"answer": "yes", "source": "x"}
    tables = by_label(one_each(replace(MOTOR, levels=()), *[(gold, {"answer": "yes"})] * 4))
    assert [table.part for table in tables] == ["answer"]


def test_the_first_of_a_ranking_is_the_label_and_is_marked_as_the_benchmark_marks_it():
    run = one_each(RECOGNITION, ("a", ["a", "b"]), ("a", ["b", "a"]), ("b", None), ("b", ["b"]))
    (table,) = by_label(run)
    assert table.confusion.counts.tolist() == [[1, 1, 0, 0], [0, 1, 0, 1]]
    assert marks(run) == [True, False, False, True]
    assert marks(one_each(benchmark("ubfc"), ({"bpm": 60}, {"bpm": 62}), ({"bpm": 60}, {"bpm": 80}))) == [True, False]
    valence = replace(MOTOR, metrics={"mse": mse}, levels=())
    assert marks(one_each(valence, (0.5, 0.25))) == [None], "more or less right"


def test_reliability_is_told_by_level_and_a_fit_on_the_same_benchmark_is_warned_of():
    two = replace(MOTOR, levels=("behaviour", "emotion"), metrics={"n": lambda gold, _: len(gold)})
    answers = [(("a", "b"), ("a", "c"))] * 8
    elsewhere, here = (
        run_of(two, *answers, confidence=0.75, scaled_by=f"emotion by x: temperature 2 of 99 answers of {name}")
        for name in ("motor_bench_2", "motor_bench")
    )
    behaviour, emotion = calibrated(here)
    assert (behaviour.level, behaviour.n, behaviour.ece) == ("behaviour", 8, 0.25), "all of them are right"
    assert (emotion.level, emotion.n, emotion.ece) == ("emotion", 8, 0.75), "none of them is"
    assert elsewhere.notes == ()
    assert here.notes[0].startswith("in-sample confidences: they are scaled by what was fitted on motor_bench itself")
    told = page([section([here], resamples=9)], {})
    assert len(re.findall(r'class="warning">[^<]*in-sample confidences', told)) == 2, "by the run and by its diagrams"
    assert "reliability of single, no model, emotion" in told


def test_runs_that_differ_by_calibration_are_called_by_it():
    runs = [
        replace(run_of(MOTOR, (TRIAD, TRIAD), scaled_by=by), path=Path(f"{n}.eval"))
        for n, by in enumerate(("", "emotion by logprobs: temperature 2 of 99 answers of mer"))
    ]
    assert list(names(runs).values()) == ["single, no model, uncalibrated", "single, no model, calibrated"]


def test_a_difference_of_action_units_is_that_of_their_scores():
    gold = [{"active": [1], "units": [1, 2]}, {"active": [2], "units": [1, 2]}, {"active": [], "units": [1, 2]}] * 4
    right = [{"active": answer["active"]} for answer in gold]
    wrong = [{"active": [2]} if n % 3 == 0 else answer for n, answer in enumerate(right)]
    first, second = (one_each(AU, *zip(gold, told, strict=True)) for told in (right, wrong))
    (difference,) = differences([first, second], resamples=99)
    ours = [scored(run, resamples=0).scores[0].value for run in (first, second)]
    assert difference.note == ""
    assert difference.comparison.difference == pytest.approx(ours[0] - ours[1])
    assert difference.interval.low <= ours[0] - ours[1] <= difference.interval.high


def test_what_the_checks_withheld_is_told_among_the_abstained():
    run = run_of(MOTOR, (TRIAD, TRIAD))
    told = (Prediction(value=TRIAD[0]), Prediction(abstained=True), Prediction(abstained=True, withheld=True))
    (sample,) = run.samples
    run = replace(run, samples=(replace(sample, outcome=Outcome(predictions=told)),))
    found = scored(run, resamples=9)
    assert (found.answered, found.abstained, found.withheld, found.unparsed) == (1 / 3, 2 / 3, 1 / 3, 0)
    (row, *_) = csv.DictReader(io.StringIO(csv_text([("motor", found)])))
    assert float(row["withheld"]) == pytest.approx(1 / 3)
