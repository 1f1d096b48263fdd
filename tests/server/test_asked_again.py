"""What is asked again is not made again, unless nothing came of it."""

import base64
import os
import time

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from as_video import CLIP, as_video
from jobs_running import client_of, files_of, jobs_running, sent, until

from agents.codebook import load_codebook
from agents.report import Failure
from server.access import LOCAL
from server.sweeping import sweep

AWAY = Failure(stage="agent emotion", what="the endpoint does not answer")


@pytest.fixture
async def jobs(tmp_path):
    async with jobs_running(tmp_path) as running:
        yield running


class Fetched(list):
    """The links that were fetched."""

    async def __call__(self, url):
        self.append(url)
        yield as_video(f"the clip at {url}".encode())


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


async def analysed(client, status=202, **asked):
    answer = await client.post("/v1/analyses", json=asked, headers={"Idempotency-Key": "once"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_request_that_comes_again_is_known_though_its_media_are_deleted(jobs, client):
    asked = {"file": await sent(jobs, owner=LOCAL), "derived_only": True}
    first = await analysed(client, **asked)
    await until(lambda: not files_of(jobs).media(asked["file"]).exists())
    assert (await analysed(client, **asked))["id"] == first["id"]
    files_of(jobs).delete(asked["file"])
    assert (await analysed(client, **asked))["id"] == first["id"]
    await analysed(client, 409, file=asked["file"])


async def derived(jobs, client, content=b"a clip"):
    """The file of an analysis that is done, whose media are gone as they are not to be kept."""
    file = await sent(jobs, content, owner=LOCAL)
    await analysed(client, file=file, derived_only=True, options={"seed": 1})
    await until(lambda: not files_of(jobs).media(file).exists())
    return file


async def test_media_that_are_not_to_be_kept_go_again_when_a_later_turn_of_a_chat_brings_them(jobs, client):
    file, link = await derived(jobs, client), f"data:video/mp4;base64,{base64.b64encode(CLIP).decode()}"
    first = await chatted(client, link)
    await until(lambda: not files_of(jobs).media(file).exists())
    again = await chatted(client, link)
    assert not files_of(jobs).media(file).exists()
    assert (again["file"], again["analysis"]) == (file, first["analysis"])


async def test_media_that_are_not_to_be_kept_go_again_when_a_request_that_is_known_brings_them(jobs, client):
    key = {"Idempotency-Key": "twice"}
    first = (await client.post("/v1/analyses", content=CLIP, headers=key)).json()
    await until(lambda: jobs.analyses.status(first["id"]) == "done")
    await derived(jobs, client)
    assert (await client.post("/v1/analyses", content=CLIP, headers=key)).json()["id"] == first["id"]
    assert not files_of(jobs).media(first["file"]).exists()


async def test_media_that_are_not_to_be_kept_wait_a_minute_for_an_analysis_when_they_are_sent_again(jobs, client):
    file = await derived(jobs, client)
    assert await sent(jobs, owner=LOCAL) == file
    media, other = files_of(jobs).media(file), files_of(jobs).media(await sent(jobs, b"to be kept", owner=LOCAL))
    await sweep(jobs, files_of(jobs))
    assert media.exists(), "an analysis of it may be asked for"
    for path in (media, other):
        os.utime(path, (time.time() - 61,) * 2)
    await sweep(jobs, files_of(jobs))
    assert not media.exists()
    assert other.exists()


async def test_a_clip_is_not_fetched_again_when_its_request_comes_again(client, fetched):
    asked = {"url": "https://clips.example/one.mp4"}
    first = await analysed(client, **asked)
    assert (await analysed(client, **asked))["id"] == first["id"]
    assert fetched == [asked["url"]]
    await analysed(client, 409, url="https://clips.example/two.mp4")
    assert fetched == [asked["url"]]


async def test_a_clip_that_comes_again_as_the_body_is_the_same_request(jobs, client):
    key = {"Idempotency-Key": "once"}
    first = (await client.post("/v1/analyses", content=CLIP, headers=key)).json()
    files_of(jobs).delete(first["file"])
    assert (await client.post("/v1/analyses", content=CLIP, headers=key)).json()["id"] == first["id"]
    assert (await client.post("/v1/analyses", content=as_video(b"another"), headers=key)).status_code == 409


BOOK = "id: mine\nname: {name}\nsource: a test\n"


async def test_an_analysis_keeps_its_codebook_though_that_is_replaced_or_deleted(jobs, client):
    jobs.engine.held.add("debate")
    first = jobs.codebooks.add(BOOK.format(name="first"), LOCAL)
    asked = {"file": await sent(jobs, owner=LOCAL), "options": {"codebook": first["id"], "strategy": "debate"}}
    answer = (await client.post("/v1/analyses", json=asked)).json()
    second = jobs.codebooks.add(BOOK.format(name="second"), LOCAL)
    jobs.codebooks.delete(second["id"], LOCAL)
    jobs.engine.held.clear()
    analysis = jobs.analyses.get(answer["id"], LOCAL)
    await until(lambda: jobs.analyses.status(analysis.id) == "done")
    assert {load_codebook(path).name for path in (*jobs.engine.codebooks, jobs.codebook_of(analysis))} == {"first"}
    assert (await client.post("/v1/analyses", json=asked)).status_code == 400
    await jobs.delete(analysis)
    assert not list(jobs.folder(analysis.id).parent.parent.rglob("*.yaml"))
