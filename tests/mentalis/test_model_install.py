"""`mentalis model install` replaces an earlier environment, and never anything else."""

import sys
from pathlib import Path

import pytest

from mentalis import vllm_environment
from mentalis.vllm_environment import VllmError, install


@pytest.fixture(autouse=True)
def without_pip(monkeypatch):
    """Environments are made bare: pip would fetch gigabytes."""
    create = vllm_environment.venv.create
    monkeypatch.setattr(vllm_environment.venv, "create", lambda folder, **options: create(folder, clear=True))
    monkeypatch.setattr(vllm_environment, "_pip", lambda *arguments: None)


def test_a_folder_that_holds_anything_else_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(VllmError, match="is not empty and no environment of Python: name a new or empty folder"):
        install(tmp_path, cpu=False)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_file_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "notes"
    file.write_text("notes")
    with pytest.raises(VllmError, match="is a file: name a new or empty folder"):
        install(file, cpu=False)
    with pytest.raises(VllmError, match="can't be made: Not a directory; choose another folder"):
        install(file / "vllm", cpu=False)
    assert file.read_text() == "notes"


def test_the_environment_that_runs_it_is_refused(monkeypatch, tmp_path):
    (tmp_path / "pyvenv.cfg").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(VllmError, match="is the environment that Mentalis runs in"):
        install(tmp_path, cpu=False)


@pytest.mark.parametrize("there", [None, [], ["pyvenv.cfg", "left_over"]])
def test_a_new_folder_an_empty_one_and_an_earlier_environment_are_taken(there, tmp_path):
    folder: Path = tmp_path / "vllm"
    if there is not None:
        folder.mkdir()
        for name in there:
            (folder / name).touch()
    assert install(folder, cpu=False) == folder
    assert (folder / "bin" / "python").exists()
    assert not (folder / "left_over").exists()
