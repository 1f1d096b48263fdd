"""A stream tells what happens while it happens, and once."""

import asyncio
import json

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from jobs_running import client_of, jobs_running, sent, until

from graphs.events import AgentFinished, AgentStarted, ToolFinished, ToolProgress, ToolStarted
from server.access import LOCAL


@pytest.fixture
async def jobs(tmp_path):
    async with jobs_running(tmp_path) as running:
        yield running


@pytest.fixture
async def client(jobs):
    async with client_of(jobs, fetch=str) as opened:
        yield opened


def about(file, **more):
    """A request for the report on a file."""
    messages = [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": file}}]}]
    return {"messages": messages, "response_format": {"type": "json_object"}, **more}


async def streamed(client, file, model="mentalis"):
    """The reasoning's lines, whether the report came, and the ids of the chunks."""
    answer = await client.post("/v1/chat/completions", json=about(file, model=model, stream=True))
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
    judged = [AgentStarted(agent="emotion", person="P1"), AgentFinished(agent="emotion", person="P1")]
    jobs.engine.tells = [ToolStarted(tool="faces"), *through, done, *judged]
    lines, reported, _ = await streamed(client, await sent(jobs, owner=LOCAL))
    assert reported
    assert lines == [
        "waiting for its turn",
        "measuring begins",
        "faces begins",
        "faces has seen 25% of the clip",
        "faces has seen 75% of the clip",
        "faces is done",
        "emotion about P1 begins",
        "emotion about P1 is done",
        "reasoning begins",
    ]


async def test_of_an_analysis_that_has_ended_nothing_is_told_again(jobs, client):
    file = await sent(jobs, owner=LOCAL)
    await streamed(client, file)
    assert (await streamed(client, file))[:2] == ([], True)


async def test_of_an_analysis_that_is_under_way_what_happened_before_is_not_told_again(jobs, client):
    jobs.engine.held.add("debate")
    file = await sent(jobs, owner=LOCAL)
    jobs.engine.tells = [ToolStarted(tool="blinks"), joined := asyncio.Event(), ToolStarted(tool="gaze")]
    first = asyncio.create_task(streamed(client, file, "mentalis/debate"))
    await until(lambda: any(2 in jobs.log.last_numbers([one.id]).values() for one in jobs.analyses.of_file(file)))
    second = asyncio.create_task(streamed(client, file, "mentalis/debate"))
    (analysis,) = jobs.analyses.of_file(file)
    await until(lambda: len(jobs.log._waiting[analysis.id]) == 2)
    joined.set()
    jobs.engine.held.clear()
    assert (await first)[0][-3:] == ["blinks begins", "gaze begins", "reasoning begins"]
    assert (await second)[:2] == (["gaze begins", "reasoning begins"], True)
    assert len(jobs.analyses.of_file(file)) == 1


async def test_each_answer_has_an_id_of_its_own(jobs, client):
    file = await sent(jobs, owner=LOCAL)
    ids = [(await streamed(client, file))[2] for _ in range(2)]
    assert [len(of_one) for of_one in ids] == [1, 1]
    assert ids[0] != ids[1]


@pytest.mark.parametrize("said", [{"stream": True}, {}])
async def test_who_waits_for_an_analysis_that_is_deleted_is_told_so(said, jobs, client):
    jobs.engine.held.add("debate")
    file = await sent(jobs, owner=LOCAL)
    asked = about(file, model="mentalis/debate", **said)
    waiting = asyncio.create_task(client.post("/v1/chat/completions", json=asked))
    await until(lambda: jobs.log._waiting)
    (analysis,) = jobs.analyses.of_file(file)
    await jobs.delete(analysis)
    async with asyncio.timeout(10):
        answer = await waiting
    gone = "there is no analysis" in answer.text
    assert gone or "the analysis was cancelled" in answer.text  # who looks between its end and its deletion reads this
    assert answer.status_code == (200 if said else 404 if gone else 422)
    assert not jobs.log._waiting


async def test_the_events_of_an_analysis_that_is_deleted_end_with_that_it_was_cancelled(jobs, client):
    jobs.engine.held.add("debate")
    file = await sent(jobs, owner=LOCAL)
    made = (await client.post("/v1/analyses", json={"file": file, "options": {"strategy": "debate"}})).json()["id"]
    following = asyncio.create_task(client.get(f"/v1/analyses/{made}/events"))
    await until(lambda: jobs.log._waiting)
    await jobs.delete(jobs.analyses.get(made, LOCAL))
    async with asyncio.timeout(10):
        answer = await following
    assert answer.text.rstrip().endswith('{"kind": "cancelled"}')


async def test_what_clients_say_without_meaning_it_is_taken(jobs, client):
    file = await sent(jobs, owner=LOCAL)
    asked = about(file, stream=None, seed=-1, tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto"}})
    answer = await client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200, answer.text
    (choice,) = answer.json()["choices"]
    assert (choice["logprobs"], choice["message"]["refusal"]) == (None, None)
    assert jobs.analyses.of_file(file)[0].options.seed == 2**31 - 1


async def test_chunks_have_no_usage_before_the_last_where_one_is_asked_for(jobs, client):
    asked = about(await sent(jobs, owner=LOCAL), stream=True, stream_options={"include_usage": True})
    answer = await client.post("/v1/chat/completions", json=asked)
    blocks = [block.removeprefix("data: ") for block in answer.text.split("\n\n") if block.startswith("data: {")]
    *before, last = [json.loads(block)["usage"] for block in blocks]
    assert set(before) == {None}
    assert last["total_tokens"] == 0


async def test_a_stream_that_breaks_off_says_so_without_what_may_be_secret(jobs, client, monkeypatch):
    def report_of(analysis):
        raise RuntimeError("a secret")

    file = await sent(jobs, owner=LOCAL)
    monkeypatch.setattr(jobs, "report_of", report_of)
    answer = await client.post("/v1/chat/completions", json=about(file, stream=True))
    assert json.loads(answer.text.rstrip().rpartition("data: ")[2])["error"]["code"] == "RuntimeError"
    assert "a secret" not in answer.text
