"""Action units are found by the tools, scored by clip, and written for anyone to score."""

import json
import shutil

import pytest
from benchmark_running import scores_of
from task_running import outcome_of
from typer.testing import CliRunner

from evals.au_export import au_export
from evals.au_files import read_coded
from evals.errors import DatasetError
from evals.tasks.au import AU, UNITS, au
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
    log, scores = scores_of(au(str(folder), data=str(folder / "data")), tmp_path)
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
    monkeypatch.setenv("MENTALIS_DATA", str(folder / "data"))
    ours = tmp_path / "ours.csv"
    assert CliRunner().invoke(app, ["eval", "au-export", str(folder), "--out", str(ours)]).exit_code == 0
    predicted, units = read_coded(ours)
    assert units == tuple(sorted(UNITS))
    active = {clip.id: clip.active for clip in predicted}
    assert 12 in active["smile"]
    assert active["nobody"] is None
    (tmp_path / "gold.csv").write_text("id,dataset,subject,AU12,AU1\nsmile,one,s1,1,0\nnobody,two,s1,1,0\n")
    files = ["--gold", str(tmp_path / "gold.csv"), "--predictions", str(ours)]
    scored = CliRunner().invoke(app, ["eval", "score", "au", *files, "--json"])
    found = json.loads(scored.stdout)
    assert found["binary_f1_AU12"]["value"] == pytest.approx(2 / 3)
    assert found["binary_f1_AU12"]["coverage"] == 0.5


def test_a_clip_too_short_for_a_neutral_face_is_coded_by_its_micro_movements(shared, tmp_path):
    shutil.copy(shared / "clips" / "single_face_2s.mp4", tmp_path / "short.mp4")
    assert au_export(tmp_path, tmp_path / "ours.csv", tmp_path / "data") == 1
    ((short,), _) = read_coded(tmp_path / "ours.csv")
    assert short.active is not None


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("id,clip,dataset\n", "no column subject"),
        ("id,clip,dataset,subject\na,smile.mp4,x,y\n", r"aus\.csv: no column of an action unit; give columns AU1"),
        (HEADER + "a,gone.mp4,x,y,,,0,0,0\n", r"aus\.csv: gone\.mp4 is not there"),
        (HEADER + "a,smile.mp4,x,y,,,0,2,0\n", r"line 2, column AU2: '2' is neither 0 nor 1"),
        (HEADER + "a,smile.mp4,x,y,start,,0,0,0\n", r"line 2, column onset: 'start' is no number"),
        (HEADER + "a,smile.mp4,x,y,,,,,\n", "line 2: no action unit is coded; leave such clips out"),
        (HEADER + "a,smile.mp4,x,y,,,0,0,0\n" * 2, "a is there twice; give each clip once"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder, tmp_path, table, says):
    (tmp_path / "smile.mp4").touch()
    (tmp_path / "aus.csv").write_text(table)
    with pytest.raises(DatasetError, match=says):
        AU.read(tmp_path)
