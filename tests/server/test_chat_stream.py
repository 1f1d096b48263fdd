"""A stream tells what happens while it happens, and once."""

import asyncio
import json

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from jobs_running import client_of, jobs_running, sent, until

from graphs.events import ToolFinished, ToolProgress, ToolStarted
from server.access import LOCAL


@pytest.fixture
async def jobs(tmp_path):
    async with jobs_running(tmp_path) as running:
        yield running


@pytest.fixture
async def client(jobs):
    async with client_of(jobs, fetch=str) as opened:
        yield opened


async def streamed(client, file, model="mentalis"):
    """The reasoning's lines, whether the report came, and the ids of the chunks."""
    messages = [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": file}}]}]
    asked = {"model": model, "messages": messages, "stream": True, "response_format": {"type": "json_object"}}
    answer = await client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200, answer.text
    blocks = [block.removeprefix("data: ") for block in answer.text.split("\n\n") if block.startswith("data: {")]
    chunks = [json.loads(block) for block in blocks]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    lines = [delta["reasoning_content"].rstrip("\n") for delta in deltas if "reasoning_content" in delta]
    content = "".join(delta.get("content", "") for delta in deltas)
    return lines, bool(json.loads(content)["claims"]), {chunk["id"] for chunk in chunks}


async def test_what_begins_and_how_far_it_is_is_told_as_well_as_what_has_ended(jobs, client):
    through = [ToolProgress(tool="faces", time_s=time_s, duration_s=8.0) for time_s in (0.5, 2.0, 2.5, 6.1, 8.0)]
    done = ToolFinished(tool="faces", status="ok", seconds=1.0)
    jobs.engine.tells = [ToolStarted(tool="faces"), *through, done]
    lines, reported, _ = await streamed(client, await sent(jobs, owner=LOCAL))
    assert reported
    assert lines == [
        "waiting for its turn",
        "faces begins",
        "faces has seen 25% of the clip",
        "faces has seen 75% of the clip",
        "faces is done",
    ]


async def test_of_an_analysis_that_has_ended_nothing_is_told_again(jobs, client):
    file = await sent(jobs, owner=LOCAL)
    await streamed(client, file)
    assert (await streamed(client, file))[:2] == ([], True)


async def test_of_an_analysis_that_is_under_way_what_happened_before_is_not_told_again(jobs, client):
    jobs.engine.held.add("debate")
    file = await sent(jobs, owner=LOCAL)
    first = asyncio.create_task(streamed(client, file, "mentalis/debate"))
    await until(lambda: any(jobs.log.last_numbers([analysis.id]) for analysis in jobs.analyses.of_file(file)))
    second = asyncio.create_task(streamed(client, file, "mentalis/debate"))
    await asyncio.sleep(0.3)
    jobs.engine.held.clear()
    assert "blinks begins" in (await first)[0]
    assert (await second)[:2] == ([], True)
    assert len(jobs.analyses.of_file(file)) == 1


async def test_each_answer_has_an_id_of_its_own(jobs, client):
    file = await sent(jobs, owner=LOCAL)
    ids = [(await streamed(client, file))[2] for _ in range(2)]
    assert [len(of_one) for of_one in ids] == [1, 1]
    assert ids[0] != ids[1]
