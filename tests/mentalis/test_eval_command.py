"""Options of a benchmark's own are read as what they are, and those that have a place of their own are told."""

import pytest
from typer.testing import CliRunner

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from evals.errors import DatasetError
from mentalis.commands.eval import app


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"a clip")
    (tmp_path / "gestures.csv").write_text("file,label,subject,start_s,end_s\na.mp4,1,s1,0.5,1.5\n")
    return tmp_path


def called(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_a_number_of_the_benchmarks_own_is_read_as_one(folder):
    assert called("check", "micro_gesture", folder, "-T", "first=1").output.endswith(
        "1 sample of micro_gesture, all there\n"
    )
    wrong = called("check", "micro_gesture", folder, "-T", "first=one")
    assert isinstance(wrong.exception, DatasetError)
    assert str(wrong.exception).startswith("option first can't be 'one'")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("frames=4", "-T frames: give --frames instead"),
        ("base_url=http://h/v1", "-T base_url: give --base-url instead"),
        ("concurrency=2", "-T concurrency: give --at-once instead"),
        ("folder=x", "-T folder: give the folder of its data instead"),
    ],
)
def test_what_has_an_option_is_told_which(typed, says, folder):
    done = called("run", "micro_gesture", folder, "-T", typed)
    assert isinstance(done.exception, DatasetError)
    assert str(done.exception) == says


def test_a_benchmark_tells_its_own_options():
    assert "-T first=0" in called("list", "micro_gesture").output
    assert "-T" not in called("list", "meld").output
