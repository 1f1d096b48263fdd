"""A real server on loopback, used by httpx and by the unmodified openai client."""

import base64
import json
import threading
import time

import httpx
import pytest

import mentalis
from agents.report import Report

uvicorn = pytest.importorskip("uvicorn", reason="the server extra is not installed")
pytest.importorskip("fastapi", reason="the server extra is not installed")
MOST_BYTES = 5_000_000
QUICK = {"params": {"tools": "blinks,speech"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def url(folder):
    from server.app import create_app

    def analyse(path, **options):
        return mentalis.stream(path, **{"tools": ("blinks", "speech"), **options}, data=folder / "data")

    app = create_app(analyse, folder / "jobs", MOST_BYTES)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(url):
    with httpx.Client(base_url=url, timeout=60) as opened:
        yield opened


def finished(client, name):
    for _ in range(600):
        job = client.get(f"/v1/analyses/{name}").json()
        if job["status"] in ("done", "failed"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"{name} is not finished after a minute")


def events_of(text):
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]


@pytest.fixture(scope="module")
def done(url, demo):
    with httpx.Client(base_url=url, timeout=60) as client:
        answer = client.post("/v1/analyses", content=demo.clip.read_bytes(), **QUICK)
        assert answer.status_code == 202
        return finished(client, answer.json()["id"])


def test_a_clip_that_is_sent_becomes_a_report(done):
    assert done["status"] == "done", done["error"]
    report = Report.model_validate(done["report"])
    assert {run.tool for run in report.evidence.tools} == {"faces", "blinks", "speech"}
    assert len(report.evidence.of("blink")) == 3


def test_events_are_replayed_and_go_on_where_a_client_stopped(client, done):
    path = f"/v1/analyses/{done['id']}/events"
    events = events_of(client.get(path).text)
    assert [event["id"] for event in events] == [str(n) for n in range(1, len(events) + 1)]
    assert events[0]["event"] == "tool_started"
    assert events[-1]["event"] == "report"
    assert events_of(client.get(path, headers={"Last-Event-ID": "2"}).text) == events[2:]


def test_the_page_shows_the_report(client, done):
    answer = client.get(f"/v1/analyses/{done['id']}/report.html")
    assert answer.headers["content-type"].startswith("text/html")
    assert done["report"]["claims"][0]["id"] in answer.text


def test_a_finished_analysis_outlives_the_server(done, folder):
    from server.jobs import Jobs

    kept = Jobs(None, folder / "jobs").get(done["id"])
    assert kept.report == Report.model_validate(done["report"])


def test_delete_leaves_nothing(client, demo, folder):
    name = client.post("/v1/analyses", content=demo.clip.read_bytes(), **QUICK).json()["id"]
    assert (folder / "jobs" / name / "clip").exists()
    assert client.delete(f"/v1/analyses/{name}").status_code == 204
    assert not (folder / "jobs" / name).exists()
    assert client.get(f"/v1/analyses/{name}").status_code == 404


@pytest.mark.parametrize(
    ("content", "params", "status", "says"),
    [
        (b"", {}, 400, "empty"),
        (b"x" * (MOST_BYTES + 1), {}, 413, "longer than 5 MB"),
        (b"clip", {"codebook": "/etc/passwd"}, 400, "no codebook"),
    ],
)
def test_a_bad_request_is_refused_and_leaves_nothing(client, folder, content, params, status, says):
    before = set((folder / "jobs").iterdir())
    answer = client.post("/v1/analyses", content=content, params=params)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
    assert set((folder / "jobs").iterdir()) == before


def test_what_is_no_video_fails_in_one_line_without_a_path(client, folder):
    name = client.post("/v1/analyses", content=b"Dear diary, " * 99).json()["id"]
    job = finished(client, name)
    assert job["status"] == "failed"
    assert "text" in job["error"]
    assert str(folder) not in job["error"]


@pytest.mark.parametrize("name", ["nobody", "../data", "an_" + "0" * 32])
def test_an_unknown_analysis_is_404(client, name):
    answer = client.get(f"/v1/analyses/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.fixture
def chat(url):
    from openai import OpenAI

    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def asked(demo, link=None):
    link = link or "data:video/mp4;base64," + base64.b64encode(demo.clip.read_bytes()).decode()
    parts = [{"type": "video_url", "video_url": {"url": link}}, {"type": "text", "text": "What happens?"}]
    return [{"role": "user", "content": parts}]


def test_the_openai_client_gets_an_answer_that_names_its_evidence(chat, demo):
    assert [model.id for model in chat.models.list()] == ["mentalis"]
    answer = chat.chat.completions.create(model="mentalis", messages=asked(demo))
    claims = answer.model_extra["mentalis"]["citations"]
    assert answer.choices[0].finish_reason == "stop"
    assert all(cited in answer.choices[0].message.content for ids in claims.values() for cited in ids)


def test_a_second_turn_on_the_same_clip_needs_no_upload_and_can_give_the_report(chat, done):
    answer = chat.chat.completions.create(
        model="mentalis",
        messages=asked(None, f"analysis:{done['id']}"),
        response_format={"type": "json_object"},
    )
    assert json.loads(answer.choices[0].message.content) == done["report"]


def test_a_stream_tells_progress_and_then_the_answer(chat, demo):
    chunks = list(chat.chat.completions.create(model="mentalis", messages=asked(demo), stream=True))
    thoughts = "".join(getattr(c.choices[0].delta, "reasoning_content", None) or "" for c in chunks)
    assert "blinks is done" in thoughts
    assert "P1" in "".join(c.choices[0].delta.content or "" for c in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("link", ["http://example.org/clip.mp4", "file:///etc/passwd", "data:video/mp4;base64,!!!"])
def test_no_link_is_fetched(chat, link):
    from openai import BadRequestError

    with pytest.raises(BadRequestError, match="video_url"):
        chat.chat.completions.create(model="mentalis", messages=asked(None, link))
