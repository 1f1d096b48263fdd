"""Codebooks of an owner's own: what is none is refused in words that tell why."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from sqlalchemy import insert

from server.codebook_records import Codebooks
from server.database import CODEBOOKS, open_database
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


def test_a_codebook_that_is_sent_again_goes_by_the_same_id_and_is_deleted_by_either(codebooks):
    first, second = (codebooks.add(f"id: mine\nname: {name}\nsource: a test\n", "me") for name in ("Mine", "Again"))
    assert (first["id"], second["name"]) == (second["id"], "Again")
    (own,) = [book for book in codebooks.names("me") if book["own"]]
    assert own == second
    codebooks.delete("mine", "me")
    assert not any(book["own"] for book in codebooks.names("me"))


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ("[{id: glad, name: Glad}]", r"codebook\.yaml: emotion\.0\.definition: Field required"),
        ("[{id: glad, name: Glad, definition: x, concepts: [hapiness]}]", "emotion glad: there is no concept hapiness"),
    ],
)
def test_what_is_wrong_with_a_label_is_told_with_its_place(codebooks, labels, why):
    with pytest.raises(ApiError, match=why):
        codebooks.add(f"id: mine\nname: Mine\nsource: a test\nemotion: {labels}\n", "me")


def test_one_that_an_earlier_version_took_hides_no_other_from_the_list(codebooks):
    bad = "id: old\nname: Old\nsource: a test\nemotion: [{id: a, name: A, definition: x, concepts: [nothing]}]\n"
    row = {"id": "cb_old", "owner": "me", "name": "old", "yaml": bad, "created_at": 0.0}
    with codebooks._engine.begin() as connection:
        connection.execute(insert(CODEBOOKS).values(row))
    codebooks.add("id: mine\nname: Mine\nsource: a test\n", "me")
    assert [book["name"] for book in codebooks.names("me") if book["own"]] == ["old", "Mine"]
