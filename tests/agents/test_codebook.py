"""What the documentation says a codebook is can be loaded as one, and so can the API's example."""

from pathlib import Path

import pytest

from agents.codebook import load_codebook

DOCS = Path(__file__).parents[2] / "docs" / "codebooks.md"


def test_the_codebook_of_the_documentation_can_be_loaded(tmp_path):
    path = tmp_path / "meeting.yaml"
    path.write_text(DOCS.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    book = load_codebook(str(path))
    assert book.ids("behaviour") == ("holding_the_floor", "listening")
    assert book.ids("emotion") == load_codebook("basic").ids("emotion")


def test_the_codebook_of_the_api_can_be_loaded(tmp_path):
    catalogue = pytest.importorskip("server.catalogue", reason="the server extra is not installed")
    path = tmp_path / "smiles.yaml"
    path.write_text(catalogue.EXAMPLE, encoding="utf-8")
    assert load_codebook(str(path)).ids("emotion") == ("happiness", "neutral")
