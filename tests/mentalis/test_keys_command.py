"""`mentalis keys`: who may use the server, as its admin says."""

import pytest
from typer.testing import CliRunner

pytest.importorskip("sqlalchemy", reason="the server extra is not installed")
from mentalis.commands.keys import app


@pytest.fixture
def keys(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(app, [*arguments, "--data-dir", str(tmp_path)])

    return run


def test_a_key_is_printed_once_and_listed_with_what_it_may(keys):
    made = keys("add", "lab")
    assert made.stdout.strip().startswith("mk_")
    assert keys("add", "viewer", "--scope", "read", "--of", "lab").stderr == ""
    told = keys("list").stdout
    assert "lab: write, 120 requests a minute, made" in told
    assert "viewer: read, 120 requests a minute, shares what lab has, made" in told
    assert made.stdout.strip() not in told


def test_a_key_that_could_see_nothing_is_told(keys):
    assert "lonely sees nothing" in keys("add", "lonely", "--scope", "read").stderr
