"""Logs side by side: the scores are those of the logs, nothing missing is hidden, every sample can be opened."""

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from case_making import claim, face, make_case, saw

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log, write_eval_log

from agents.report import Person, Provenance, Report, TokenUse
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.metrics.classification import accuracy, macro_f1
from evals.metrics.measure import Measure
from evals.registry import benchmarks
from evals.reporting import logs as reading
from evals.reporting.labels import by_label, by_part
from evals.reporting.logs import names, read_logs
from evals.reporting.page import section, write
from evals.reporting.published import FILE, Published, published
from evals.reporting.scoring import by_stratum, differences, scored

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
EVIL = "</script><img src=x onerror=document.title=1>"  # words of a data set are anyone's
GOLD = ("joy", "joy", "anger", "anger", "joy", "anger", "joy", "joy")
SAID = {  # by strategy; the second never answers the last and abstains from the one before
    "single": ("joy", "joy", "anger", "anger", "joy", "anger", "joy", "guilt"),
    "vote": ("anger", "joy", "joy", "anger", "anger", "anger", None, None),
}


def a_report():
    case = make_case(face(), saw("au12"), claims=(claim("emotion", "happiness", "au12-1"),))
    unknown = {f"{name}_sha256": "-" for name in ("codebook", "prompts", "knowledge")}
    made = Provenance(
        mentalis_version="0", graph="g", strategy="s", reasoner="knowledge", codebook="basic", seed=0, **unknown
    )
    return Report(
        clip=case.clip, people=[Person(id="P1", first_seen_s=0, last_seen_s=9, visible_s=9)], claims=case.claims,
        narrative="-", caveats=("-",), conventions={}, evidence=case.evidence, provenance=made,
    )  # fmt: skip


def read(folder):
    words = [EVIL, *(f"sentence {n}" for n in range(1, len(GOLD)))]
    return [
        Item(id=f"s/{n}", gold=(gold,), group=f"speaker {n // 2}", strata={"language": "en" if n < 4 else "sv"},
             given={"question": words[n]})
        for n, gold in enumerate(GOLD)
    ]  # fmt: skip


async def solve(item, run):
    number, strategy = int(item.id.split("/")[1]), run.conditions.strategy
    if (run.conditions.data / "break").exists() and number == 3:
        raise RuntimeError("the endpoint is gone")
    value = SAID[strategy][number]
    prediction = Prediction(value=value, abstained=value is None and number == 6)
    if value is not None:
        prediction = prediction.model_copy(update={"confidence": 0.75, "confidence_from": "sample_agreement"})
    return Outcome(
        predictions=(prediction,),
        tokens=TokenUse(calls=2, prompt_tokens=100, cached_prompt_tokens=40, completion_tokens=7),
        failures=("an answer was no JSON",) if value is None else (),
        report=a_report().model_dump_json() if number == 1 else json.dumps({"reason": EVIL}),
    )


TOY = Benchmark(
    name="toy", about="which of two emotions", read=read, solve=solve,
    metrics={"accuracy": accuracy, "macro_f1": macro_f1}, strategies=("single", "vote"), layout="-", source="nowhere",
)  # fmt: skip


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr(reading, "benchmark", lambda name: {"toy": TOY}[name])


def logged(folder: Path, strategy: str, **options) -> Path:
    task = as_task(TOY, str(folder), strategy=strategy, data=str(folder / "data"))
    (log,) = inspect_eval(
        task, model="none/none", log_dir=str(folder / "logs"), display="none", fail_on_error=False, **options
    )
    return Path(log.location)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of logs of two strategies."""
    folder = tmp_path_factory.mktemp("runs")
    for strategy in SAID:
        logged(folder, strategy)
    return folder / "logs"


def test_scores_differences_and_strata_are_those_of_the_answers(runs):
    (single, vote), _ = read_logs([runs])
    assert list(names([single, vote]).values()) == ["single, no model", "vote, no model"]
    found = scored(vote, resamples=50)
    shares = (found.asked, found.clusters, found.answered, found.abstained, found.unparsed)
    assert shares == (8, 4, 0.75, 0.125, 0.125)
    first = scored(single, resamples=50).scores[0]
    assert first.value == 7 / 8 == read_eval_log(str(single.path)).results.scores[0].metrics["accuracy"].value
    assert 0 < first.interval.low <= 7 / 8 <= first.interval.high <= 1
    (difference,) = differences([single, vote], resamples=50)
    assert difference.comparison.difference == pytest.approx(4 / 8)
    assert difference.comparison.p_value == 2 / 2**4, "of 16 exchanges of 4 speakers, only none and all are as large"
    *apart, mean = by_stratum(vote, 20)
    assert {s.stratum[1]: s.scores[0].value for s in apart} == {"en": 0.5, "sv": 0.25}
    assert (mean.stratum, mean.asked) == (("language", "mean of 2"), 8)
    assert mean.scores[0].found == Measure(0.375, 8, 0.75)
    shown = [s.stratum[1] for s in section([single, vote], 20).strata]
    assert shown == ["en", "en", "sv", "sv", "mean of 2", "mean of 2"]


def test_runs_stand_in_the_order_of_the_strategies(runs, monkeypatch):
    monkeypatch.setattr(reading, "benchmark", lambda name: replace(TOY, strategies=("vote", "single")))
    assert [run.strategy for run in read_logs([runs])[0]] == ["vote", "single"]


def test_logs_that_are_not_there_are_told(tmp_path):
    with pytest.raises(DatasetError, match="nowhere: there is no such file or folder"):
        read_logs([tmp_path / "nowhere"])


def test_a_difference_is_of_as_many_as_its_metric(runs):
    (single, vote), _ = read_logs([runs])

    def of_every_second(gold, predicted):
        return accuracy(gold[::2], predicted[::2])

    halved = replace(TOY, metrics={"of_every_second": of_every_second})
    pair = [replace(run, benchmark=halved) for run in (single, vote)]
    (difference,) = differences(pair, resamples=20)
    assert difference.n == 4 == scored(pair[0], resamples=0).scores[0].found.n


def test_the_labels_of_runs_stand_beside_each_other(runs):
    (part,) = by_part(read_logs([runs])[0])
    assert [(name, support, [label.recall for label in each]) for name, support, each in part.rows[:2]] == [
        ("anger", "3", [1, pytest.approx(2 / 3)]),
        ("joy", "5", [0.8, 0.2]),
    ]


def test_each_level_has_labels_of_its_own(runs):
    (single, _), _ = read_logs([runs])
    two = [
        replace(first, gold=(first.gold[0], second.gold[0]), outcome=first.outcome.model_copy(
            update={"predictions": (*first.outcome.predictions, *second.outcome.predictions)}
        ))
        for first, second in zip(single.samples[::2], single.samples[1::2], strict=True)
    ]  # fmt: skip
    run = replace(single, samples=tuple(two), benchmark=replace(TOY, levels=("behaviour", "emotion")))
    behaviour, emotion = by_label(run)
    assert (behaviour.part, emotion.part) == ("behaviour", "emotion")
    assert {label.name: label.support for label in behaviour.labels} == {"anger": 1, "joy": 3}
    assert {label.name: label.support for label in emotion.labels if label.support} == {"anger": 2, "joy": 2}


def test_labels_have_columns_for_other_answers_and_none(runs):
    (single, vote), _ = read_logs([runs])
    ((of_single,), (of_vote,)) = by_label(single), by_label(vote)
    assert of_single.confusion.columns == ("anger", "joy", "(other)", "(none)")
    assert of_single.confusion.counts.tolist() == [[3, 0, 0, 0], [0, 4, 1, 0]]
    assert of_vote.confusion.counts.tolist() == [[2, 1, 0, 0], [2, 1, 0, 2]]
    assert [(label.name, label.recall, label.support) for label in of_single.labels] == [
        ("anger", 1, 3),
        ("joy", 0.8, 5),
    ]


def test_what_is_missing_is_said(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "break").touch()
    log = logged(tmp_path, "single", limit=6)
    (run,), _ = read_logs([log])
    assert run.notes[0].startswith("incomplete: 5 of 6 samples are scored")
    assert run.notes[1] == "a part: 6 of 8 samples of the data were asked"
    write([log], tmp_path / "report.html", resamples=20)
    page = (tmp_path / "report.html").read_text()
    assert "incomplete: 5 of 6" in page
    assert "not scored: " in page
    assert "the endpoint is gone" in page


def test_of_a_resumed_run_the_last_try_counts(runs, tmp_path):
    log = next(runs.glob("*.eval"))
    short = read_eval_log(str(log))
    short.samples = short.samples[:3]
    short.status = "cancelled"
    write_eval_log(short, str(tmp_path / "a.eval"))
    (run,), left_out = read_logs([tmp_path / "a.eval", log])
    assert run.path == log
    assert left_out == [f"a.eval: an earlier try of {log.name}"]


def test_an_interval_without_a_defined_resample_is_said_not_invented(runs, monkeypatch):
    def only_with_anger(gold, predicted):
        if "anger" not in gold:
            raise ValueError("no anger")
        return accuracy(gold, predicted)

    (single, _), _ = read_logs([runs])
    known = {"with_anger": only_with_anger, "never": lambda gold, predicted: float("nan")}
    object.__setattr__(single, "benchmark", Benchmark(**{**vars(TOY), "metrics": known}))
    with_anger, never = scored(single, resamples=200).scores
    assert 0 < with_anger.interval.undefined < 200
    assert with_anger.note == f"not defined for {with_anger.interval.undefined} of 200 resamples, left out"
    assert (never.value, never.interval) == (None, None)


def test_tables_hold_every_score(runs, tmp_path):
    written = write([runs], tmp_path / "r.html", tmp_path / "r.tex", tmp_path / "t.csv", resamples=20)
    assert [path.name for path in written] == ["r.html", "r.tex", "t.csv"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text())))
    assert len(rows) == 2 * 2 * (1 + 2 + 1), "two runs, two metrics; all samples, two languages, their mean"
    (row,) = [r for r in rows if (r["strategy"], r["stratum"], r["metric"]) == ("vote", "", "accuracy")]
    assert (float(row["score"]), row["n"], row["coverage"], row["unparsed"]) == (3 / 8, "8", "0.75", "0.125")
    bare = {r["metric"]: r["note"] for r in rows if r["stratum"] and not r["low"]}
    assert all(note.startswith("no interval: within a stratum the first score alone") for note in bare.values())
    assert "macro_f1" in bare
    table = (tmp_path / "r.tex").read_text()
    assert r"macro\_f1" in table
    assert re.search(r"vote, no model & accuracy & 0\.375 \{\\scriptsize \[0\.\d{3}, 0\.\d{3}\]\} & 8 & 0\.750", table)


def test_only_the_table_that_is_asked_for_is_written(runs, tmp_path):
    write([runs], tmp_path / "one.html", csv_file=tmp_path / "one.csv", resamples=1)
    assert sorted(path.name for path in tmp_path.glob("one.*")) == ["one.csv", "one.html"]
    write([runs], tmp_path / "both.html", resamples=1)
    assert sorted(path.name for path in tmp_path.glob("both.*")) == ["both.csv", "both.html", "both.tex"]


def test_standard_errors_stand_beside_the_scores_that_have_one(runs, monkeypatch, tmp_path):
    metrics = {"with": lambda gold, _: Measure(1.5, len(gold), 1.0, 0.25), "without": accuracy}
    with_errors = Benchmark(**{**vars(TOY), "metrics": metrics})
    monkeypatch.setattr(reading, "benchmark", lambda name: with_errors)
    page, tex, table = write([runs], tmp_path / "r.html", tmp_path / "r.tex", tmp_path / "t.csv", resamples=20)
    rows = csv.DictReader(io.StringIO(table.read_text()))
    assert {r["metric"]: r["standard_error"] for r in rows if not r["stratum"]} == {"with": "0.25", "without": ""}
    assert "1.500 ± 0.250" in page.read_text()
    assert r"1.500 $\pm$ 0.250" in tex.read_text()


@pytest.mark.parametrize("log", ["nothing.eval", "folder"])
def test_a_log_that_can_not_be_used_is_named(tmp_path, log):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DatasetError, match=log):
        read_logs([tmp_path / log])


def test_published_numbers_have_a_source_and_stand_as_published():
    assert FILE.is_file()
    (full, *_) = published("emotion_hallucer")
    assert "2505.11405" in full.source
    for row in full.rows:  # d_y and r_fp follow from the first two, as the paper has them
        basic, hallucinated, _, yes_bias, false_positives = row.values
        assert yes_bias == pytest.approx((basic - hallucinated) / 200, abs=0.006)
        wrong = (100 - hallucinated) + (100 - basic)
        assert false_positives == pytest.approx((100 - hallucinated) / wrong, abs=0.006)
    (motor,) = published("motor_bench")
    for row in motor.rows:
        if row.values[0] is not None:
            assert row.values[3] == pytest.approx(sum(row.values[:3]) / 3, abs=0.011), row.system


def test_published_numbers_are_of_benchmarks_and_metrics_that_there_are():
    tables = [(name, table) for name in benchmarks() for table in published(name)]
    named = {name for table in yaml.safe_load(FILE.read_text(encoding="utf-8")) for name in table["benchmarks"]}
    assert named == {name for name, _ in tables}
    for name, table in tables:
        assert {column.ours for column in table.columns} <= {None, *benchmarks()[name].metrics}, table.title


def test_published_numbers_stand_beside_ours_in_their_unit(runs, tmp_path, monkeypatch):
    column = {"title": "Acc.", "ours": "accuracy", "times": 100}
    row = {"system": "a baseline", "values": [61.25]}
    about = {"title": "Toys", "benchmarks": ["toy"], "source": "Somebody 2020, table 3", "unit": "%"}
    table = Published.model_validate({**about, "columns": [column], "rows": [row]})
    monkeypatch.setattr("evals.reporting.page.published", lambda name: (table,))
    write([runs], tmp_path / "report.html", resamples=9)
    page = (tmp_path / "report.html").read_text()
    assert "Source: Somebody 2020, table 3" in page
    assert re.search(r"a baseline</td><td[^>]*>61\.25<", page)
    assert re.search(r"ours: single, no model</th><td[^>]*>87\.50<", page)


def test_the_command_writes_the_page(runs, tmp_path):
    from typer.testing import CliRunner

    from mentalis.cli import app

    done = CliRunner().invoke(app, ["eval", "report", str(runs), "--out", str(tmp_path / "p.html"), "--resamples", "9"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "p.html").is_file()
    assert (tmp_path / "p_samples").is_dir()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_samples_are_searched_filtered_and_opened_in_a_browser(runs, tmp_path):
    from playwright.sync_api import sync_playwright

    write([runs], tmp_path / "report.html", resamples=20)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 390, "height": 800})
        wrong, asked = [], []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"file://{tmp_path / 'report.html'}")
        rows = page.locator("tr.sample")
        assert rows.count() == 8
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_label("wrong only").check()
        assert rows.locator("th").all_inner_texts() == ["s/0", "s/2", "s/4", "s/6", "s/7"], "no answer is wrong, too"
        page.get_by_label("wrong only").uncheck()
        page.get_by_label("Search samples").fill("sentence 5")
        assert rows.count() == 1
        page.get_by_label("Search samples").fill("onerror")
        rows.first.click()
        page.locator("tr.detail summary").first.click()
        assert EVIL in page.locator("tr.detail pre").inner_text()
        assert page.title() != "1"
        page.get_by_label("Search samples").fill("s/1")
        rows.first.click()
        with page.expect_popup() as popup:
            page.locator("tr.detail a").first.click()
        opened = popup.value
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.wait_for_selector("#timeline .scatterlayer", state="attached")  # the library beside it is loaded
        assert wrong == []
        assert all(url.startswith("file://") for url in asked)
        browser.close()
