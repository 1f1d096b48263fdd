"""Action units are found by the tools, scored by clip, and written for anyone to score."""

import json
import shutil

import numpy as np
import pytest
from benchmark_running import scores_of
from measured_once import knowing
from task_running import outcome_of
from typer.testing import CliRunner

from evals.au_export import au_export
from evals.au_scoring import UNITS
from evals.errors import DatasetError
from evals.reading import csv_rows
from evals.tasks.au import AU, au
from mentalis.cli import app
from mentalis.testing.synthetic_clip import Action, Script, render

HEADER = "id,clip,dataset,subject,onset,offset,AU1,AU2,AU12\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Somebody smiles at 4 to 5.5 s; the same clip is coded before and during the smile, and once nobody is seen."""
    folder = tmp_path_factory.mktemp("au")
    smile = Action("smile", 4.0, 5.5)
    render(Script(seconds=6.0, fps=20, size=320, actions=(smile,), pulse_bpm=None), folder / "smile.mp4")
    render(Script(seconds=1.0, fps=20, size=320, absent=((0.0, 1.0),)), folder / "nobody.mp4")
    (folder / "aus.csv").write_text(
        HEADER
        + "before,smile.mp4,one,s1,0,60,0,0,0\nduring,smile.mp4,one,s2,80,110,0,0,1\nnobody,nobody.mp4,two,s1,,,0,0,1\n"
    )
    return folder


def test_units_are_scored_in_their_time_by_set_and_pooled(folder, tmp_path):
    log, scores = scores_of(au(str(folder), data=str(knowing(folder / "data"))), tmp_path)
    answers = {s.id: outcome_of(s)["predictions"][0]["value"] for s in log.samples}
    assert 12 in answers["during"]["active"]
    assert 12 not in answers["before"]["active"]
    assert answers["nobody"] is None
    assert scores["coverage"] == pytest.approx(2 / 3)
    assert scores["binary_f1_AU12"] == pytest.approx(2 / 3), "one of two smiles was seen, and no other claimed"
    assert scores["binary_f1_AU1"] == 0
    gold = [s.scores["au"].metadata["gold"][0] for s in log.samples]
    twice = [gold[1], gold[1]], [answers["during"]] * 2
    assert float(AU.metrics["binary_f1_AU12"](*twice)) == 1, "a clip that an interval draws twice counts twice"


def test_what_is_exported_can_be_scored(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MENTALIS_DATA", str(knowing(folder / "data")))
    ours = tmp_path / "ours.csv"
    assert CliRunner().invoke(app, ["eval", "au-export", str(folder), "--out", str(ours)]).exit_code == 0
    coded = {row["id"]: row for row in csv_rows(ours, ("id", *(f"AU{unit}" for unit in UNITS)))}
    assert coded["smile"]["AU12"] == "1"
    assert coded["nobody"]["AU12"] == ""
    shutil.copy(folder / "nobody.mp4", tmp_path / "nobody.mp4")
    shutil.copy(folder / "nobody.mp4", tmp_path / "nobody.mov")
    twice = CliRunner().invoke(app, ["eval", "au-export", str(tmp_path), "--out", str(tmp_path / "twice.csv")])
    assert "two clips are called nobody; rename one" in str(twice.exception)
    (tmp_path / "gold.csv").write_text("id,dataset,subject,AU12,AU1\nsmile,one,s1,1,0\nnobody,two,s1,1,0\n")
    files = ["--gold", str(tmp_path / "gold.csv"), "--predictions", str(ours)]
    scored = CliRunner().invoke(app, ["eval", "score", "au", *files, "--json"])
    found = json.loads(scored.stdout)["scores"]
    assert found["binary_f1_AU12"]["value"] == pytest.approx(2 / 3)
    assert found["binary_f1_AU12"]["coverage"] == 0.5


def test_an_onset_after_the_last_picture_is_told(folder, tmp_path):
    (tmp_path / "aus.csv").write_text(HEADER + f"late,{folder / 'nobody.mp4'},one,s1,500,510,0,0,1\n")
    log, _ = scores_of(au(str(tmp_path), data=str(tmp_path / "data")), tmp_path)
    (failure,) = outcome_of(log.samples[0])["failures"]
    assert "nobody.mp4: onset is picture 500 and there are 20; correct it or get them all" in failure


def test_a_clip_too_short_for_a_neutral_face_is_coded_by_its_micro_movements(shared, tmp_path):
    shutil.copy(shared / "clips" / "single_face_2s.mp4", tmp_path / "short.mp4")
    assert au_export(tmp_path, tmp_path / "ours.csv", tmp_path / "data") == 1
    (short,) = csv_rows(tmp_path / "ours.csv", ("AU12",))
    assert short["AU12"] in ("0", "1")


def test_units_without_a_column_are_told_and_not_scored(tmp_path, caplog):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "aus.csv").write_text(HEADER + "a,a.mp4,x,y,,,1,0,0\nb,a.mp4,x,z,,,1,0,1\n")
    caplog.set_level("WARNING", logger="evals.tasks.au")  # a run of Inspect in this process raises that of all
    gold = [item.gold[0] for item in AU.read(tmp_path)]
    assert "no column AU4, AU5, AU6, AU7, AU9, AU10, AU14, AU15, AU17; such units" in caplog.text
    answers = [{"active": [1]}, {"active": [1, 4]}]
    assert float(AU.metrics["macro_f1"](gold, answers)) == pytest.approx((1 + 1 + 1 / 3) / 3), "of AU1, AU2, AU12"
    assert float(AU.metrics["macro_f1_by_subject"](gold, answers)) == pytest.approx((1 + (1 + 1 + 0) / 3) / 2)
    assert AU.right(gold[0], answers[0])
    assert AU.right({**gold[0], "active": [1]}, answers[1]), "AU4 is not asked for"
    with pytest.raises(ValueError, match="gold has no column AU4"):
        AU.metrics["macro_f1_AU4"](gold, answers)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("id,clip,dataset\n", "no column subject"),
        ("id,clip,dataset,subject\na,smile.mp4,x,y\n", r"aus\.csv: no column of an action unit; give columns AU1"),
        (HEADER + "a,gone.mp4,x,y,,,0,0,0\n", r"aus\.csv: line 2, column clip: gone\.mp4 is not there"),
        (HEADER + "a,,x,y,,,0,0,0\n", r"aus\.csv: line 2, column clip: is empty; name a video"),
        (HEADER + "a,smile.mp4,x,y,9,4,0,0,0\n", r"aus\.csv, line 2, columns onset and offset: 9 comes after 4"),
        (HEADER + "a,smile.mp4,x,y,,,0,2,0\n", r"line 2, column AU2: '2' is neither 0 nor 1"),
        (HEADER + "a,smile.mp4,x,y,start,,0,0,0\n", r"line 2, column onset: 'start' is no number"),
        (HEADER + "a,smile.mp4,x,y,,,,,\n", "line 2: no action unit is coded; leave such clips out"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder, tmp_path, table, says):
    (tmp_path / "smile.mp4").touch()
    (tmp_path / "aus.csv").write_text(table)
    with pytest.raises(DatasetError, match=says):
        AU.read(tmp_path)


def test_a_folder_of_pictures_is_exported_under_its_own_name(tmp_path):
    write = pytest.importorskip("cv2").imwrite
    (tmp_path / "clips" / "007").mkdir(parents=True)
    for number in range(10):
        assert write(str(tmp_path / "clips" / "007" / f"{number}.png"), np.full((120, 120, 3), 90, np.uint8))
    assert au_export(tmp_path / "clips", tmp_path / "ours.csv", knowing(tmp_path / "data")) == 1
    (row,) = csv_rows(tmp_path / "ours.csv", ("id",))
    assert (row["id"], row["AU12"]) == ("007", "")
