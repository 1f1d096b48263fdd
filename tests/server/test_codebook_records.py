"""Codebooks of an owner's own: what is none is refused in words that tell why."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from server.codebook_records import Codebooks
from server.database import open_database
from server.errors import ApiError


@pytest.fixture
def codebooks(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    yield Codebooks(database)
    database.dispose()


@pytest.mark.parametrize("text", ["x", "", "- a", "42", "id: mine\nname: Mine\nsource: me\nneutral: calm\n"])
def test_what_is_no_mapping_is_refused_as_that(codebooks, text):
    with pytest.raises(ApiError, match="are mappings") as refused:
        codebooks.add(text, "me")
    assert refused.value.status == 400


def test_a_codebook_that_is_replaced_is_read_as_it_is_now(codebooks):
    for name in ("Mine", "Mine again"):
        codebooks.add(f"id: mine\nname: {name}\nsource: a test\n", "me")
        assert codebooks.get("mine", "me").name == name
    with pytest.raises(ApiError, match="no codebook is called"):
        codebooks.get("mine", "someone else")
