"""Analyses of one clip are told apart by how they were judged, in lists as well."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from jobs_running import client_of, jobs_running, sent, until

from server.access import LOCAL


@pytest.fixture
async def jobs(tmp_path):
    async with jobs_running(tmp_path) as running:
        yield running


@pytest.fixture
async def client(jobs):
    async with client_of(jobs, fetch=str) as opened:
        yield opened


async def listed(client, **query):
    return (await client.get("/v1/analyses", params=query)).json()["data"]


async def test_lists_tell_how_an_analysis_was_judged_once_it_is_done(jobs, client):
    made = jobs.engine.report.provenance.model_copy(update={"strategy": "debate", "model": "qwen3-omni"})
    jobs.engine.report = jobs.engine.report.model_copy(update={"provenance": made})
    jobs.engine.held.add("vote")
    file = await sent(jobs, owner=LOCAL)
    for options in ({}, {"strategy": "vote"}):
        answer = await client.post("/v1/analyses", json={"file": file, "options": options})
        assert answer.json()["made_with"] is None
    await until(lambda: jobs.analyses.count().get("done") == 1 and jobs.analyses.count().get("measuring") == 1)
    told = [one["made_with"] for one in await listed(client)]
    assert told == [None, {"strategy": "debate", "model": "qwen3-omni", "codebook": "basic"}]
    jobs.engine.held.clear()


async def test_only_those_of_a_status_are_listed_where_one_is_asked_for(jobs, client):
    file = await sent(jobs, owner=LOCAL)
    await client.post("/v1/analyses", json={"file": file})
    await until(lambda: jobs.analyses.count().get("done") == 1)
    assert len(await listed(client, status="done")) == 1
    assert await listed(client, status="failed") == []
    answer = await client.get("/v1/analyses", params={"status": "over"})
    assert answer.status_code == 422
