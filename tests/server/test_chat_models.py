"""What a client may choose from can be chosen."""

from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from unstarted_app import app_in, client_of

from graphs.state import STRATEGIES
from perception.errors import MentalisError

WITHOUT_MODEL = ("cascade", "cascade+critic")


def check(options):
    if options.strategy not in WITHOUT_MODEL:
        raise MentalisError(f"strategy {options.strategy} needs a model")


@pytest.fixture
async def client(tmp_path):
    async with client_of(app_in(tmp_path, SimpleNamespace(check=check))) as opened:
        yield opened


async def test_strategies_that_need_a_model_are_not_offered_without_one(client):
    listed = (await client.get("/v1/models")).json()["data"]
    assert [model["id"] for model in listed] == ["mentalis", *(f"mentalis/{name}" for name in WITHOUT_MODEL)]
    for model in listed:
        assert (await client.get(f"/v1/models/{model['id']}")).json() == model


async def test_with_a_model_all_are_offered(tmp_path):
    async with client_of(app_in(tmp_path)) as client:
        listed = (await client.get("/v1/models")).json()["data"]
    assert [model["id"] for model in listed] == ["mentalis", *(f"mentalis/{name}" for name in STRATEGIES)]


async def test_who_asks_for_one_that_needs_a_model_is_told_so(client):
    answer = await client.get("/v1/models/mentalis/debate")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "strategy debate needs a model"
