"""What is asked again is not made again, unless nothing came of it."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from jobs_running import client_of, jobs_running, sent

from agents.report import Failure
from server.access import LOCAL

AWAY = Failure(stage="agent emotion", what="the endpoint does not answer")


@pytest.fixture
async def jobs(tmp_path):
    async with jobs_running(tmp_path) as running:
        yield running


class Fetched(list):
    """The links that were fetched."""

    async def __call__(self, url):
        self.append(url)
        yield f"the clip at {url}".encode()


@pytest.fixture
def fetched():
    return Fetched()


@pytest.fixture
async def client(jobs, fetched):
    async with client_of(jobs, fetched) as opened:
        yield opened


async def chatted(client, file):
    messages = [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": file}}]}]
    asked = {"messages": messages, "response_format": {"type": "json_object"}}
    answer = await client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["mentalis"]


async def test_a_clip_is_judged_again_where_the_model_had_failed_and_the_answer_says_so(jobs, client):
    file, report = await sent(jobs, owner=LOCAL), jobs.engine.report
    jobs.engine.report = report.model_copy(update={"claims": (), "failures": (AWAY,)})
    first = await chatted(client, file)
    assert first["failures"] == [AWAY.model_dump()]
    jobs.engine.report = report.model_copy(update={"failures": (AWAY,)})
    second = await chatted(client, file)
    assert second["analysis"] != first["analysis"]
    assert second["citations"]
    assert (await chatted(client, file))["analysis"] == second["analysis"]
