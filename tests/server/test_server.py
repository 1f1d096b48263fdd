"""A real server on loopback, used by httpx, the unmodified openai client and LangChain's."""

import base64
import http.client
import json
import time
from io import BytesIO

import httpx
import numpy as np
import pytest
from scipy.io import wavfile

from agents.report import Report
from perception.clip import Clip

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from as_video import as_video
from server_running import ended, running

MOST_BYTES = 5_000_000
QUICK = {"params": {"tools": "blinks,speech", "name": "clip.mp4"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("server")
    with running(data, MENTALIS_SERVER_FILE_BYTES=str(MOST_BYTES), MENTALIS_SERVER_REQUESTS_PER_MINUTE="100000") as up:
        yield up


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def done(server, demo):
    with httpx.Client(base_url=server.url, timeout=60) as client:
        answer = client.post("/v1/analyses", content=demo.clip.read_bytes(), **QUICK)
        assert answer.status_code == 202, answer.text
        return ended(client, answer.json()["id"])


def events_of(text):
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_a_clip_that_is_sent_becomes_a_report(done):
    assert done["status"] == "done", done["error"]
    report = Report.model_validate(done["report"])
    assert report.clip.name == "clip.mp4"
    assert {run.tool for run in report.evidence.tools} == {"faces", "blinks", "speech"}
    assert len(report.evidence.of("blink")) == 3


def test_what_is_kept_is_for_nobody_else_on_this_machine(server, done):
    kept = [path for path in (server.data / "server").rglob("*") if path.is_file()]
    assert {"media", "report.json"} <= {path.name for path in kept}
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


def test_events_are_replayed_and_go_on_where_a_client_stopped(client, done):
    path = f"/v1/analyses/{done['id']}/events"
    events = events_of(client.get(path).text)
    assert [event["id"] for event in events] == [str(n) for n in range(1, len(events) + 1)]
    assert [event["event"] for event in events[:2]] == ["stage_started", "tool_started"]
    assert [event["event"] for event in events].count("agent_finished") == 4
    assert events[-1]["event"] == "report"
    assert events_of(client.get(path, headers={"Last-Event-ID": "2"}).text) == events[2:]


def test_each_tool_is_told_once_though_the_graph_looks_again(client, done):
    told = [json.loads(e["data"]) for e in events_of(client.get(f"/v1/analyses/{done['id']}/events").text)]
    finished = [event["tool"] for event in told if event["kind"] == "tool_finished"]
    assert sorted(finished) == ["blinks", "faces", "speech"]


def test_a_connection_that_was_idle_for_as_long_as_clients_keep_one_still_answers(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for idle_s in (5.5, 0):  # httpx and OpenAI's client keep connections for 5 s
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b'{"status":"ok"}'
        time.sleep(idle_s)
    connection.close()


def test_analyses_are_listed_newest_first_and_found_by_name(client, done, demo):
    second = client.post(
        "/v1/analyses", json={"file": done["file"], "name": "another.mp4", "options": {"tools": ["blinks"]}}
    ).json()
    listed = client.get("/v1/analyses", params={"limit": 1}).json()
    assert [job["id"] for job in listed["data"]] == [second["id"]]
    assert listed["has_more"]
    rest = client.get("/v1/analyses", params={"after": listed["last_id"]}).json()
    assert done["id"] in [job["id"] for job in rest["data"]]
    assert second["id"] not in [job["id"] for job in rest["data"]]
    assert [j["id"] for j in client.get("/v1/analyses", params={"search": "ANOTHER"}).json()["data"]] == [second["id"]]
    assert ended(client, second["id"])["status"] == "done"


def test_the_same_bytes_are_kept_once(client, done, demo):
    sent = client.post("/v1/files", files={"file": ("again.mp4", demo.clip.read_bytes(), "video/mp4")})
    assert sent.json()["id"] == done["file"]


def test_a_request_that_is_sent_again_with_its_key_makes_nothing_new(client, done):
    asked = {"json": {"file": done["file"], "options": {"tools": ["blinks"]}}, "headers": {"Idempotency-Key": "one"}}
    first, again = client.post("/v1/analyses", **asked), client.post("/v1/analyses", **asked)
    assert first.json()["id"] == again.json()["id"]
    other = client.post("/v1/analyses", json={"file": done["file"]}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 409
    assert "another request" in other.json()["error"]["message"]


@pytest.mark.parametrize("format", ["json", "csv", "openface", "elan", "srt", "vtt", "html", "parquet"])
def test_a_report_is_exported(client, done, format):
    answer = client.get(f"/v1/analyses/{done['id']}/export", params={"format": format})
    assert answer.status_code == 200
    assert 'attachment; filename="clip.' in answer.headers["content-disposition"]
    assert len(answer.content) > 10


def test_where_faces_are_is_told_for_an_overlay(client, done):
    (person,) = client.get(f"/v1/analyses/{done['id']}/tracks").json()["people"]
    assert set(person["regions"]) == {"forehead", "right cheek", "left cheek", "nose", "chin"}
    assert len(person["regions"]["chin"]) == len(person["times_s"])
    assert person["person"] == "P1"
    assert len(person["times_s"]) == len(person["boxes"]) == len(person["contours"]["lips"])
    x, y, width, height = person["boxes"][0]
    assert 0 < x < x + width < done["report"]["clip"]["width"]
    assert 0 < y < y + height < done["report"]["clip"]["height"]


def test_the_media_are_sent_in_ranges(client, done, demo):
    answer = client.get(f"/v1/files/{done['file']}/content", headers={"Range": "bytes=10-19"})
    assert answer.status_code == 206
    assert answer.content == demo.clip.read_bytes()[10:20]
    assert answer.headers["content-type"] == "video/mp4"


def test_claims_are_corrected_beside_the_report(client, done):
    path = f"/v1/analyses/{done['id']}/corrections"
    kept, changed = [claim for claim in done["report"]["claims"] if not claim["abstained"]][:2]
    first, second = kept["id"], changed["id"]
    before = client.get(path).json()
    assert before["agreement"] is None
    other = next(one["id"] for one in before["labels"][changed["level"]] if one["id"] != changed["label"])
    client.post(path, json={"claim": first, "verdict": "accept"})
    both = client.post(path, json={"claim": second, "verdict": "relabel", "label": other, "note": "eyes"}).json()
    assert both["n"] == 2
    assert both["agreement"] == 0.5
    assert sum(level["n"] for level in both["by_level"].values()) == 2
    assert {row["claim"]: row["verdict"] for row in both["data"]} == {first: "accept", second: "relabel"}
    assert client.get(f"/v1/analyses/{done['id']}").json()["report"] == done["report"]
    assert client.delete(f"{path}/{second}").json()["n"] == 1
    assert client.post(path, json={"claim": "nobody", "verdict": "accept"}).status_code == 404
    assert client.post(path, json={"claim": first, "verdict": "relabel"}).status_code == 400


def test_questions_are_answered_turn_by_turn(client, done):
    path = f"/v1/analyses/{done['id']}/chat"
    first = client.post(path, json={"question": "Does P1 blink?"}).json()
    assert "blink-1" in [source["id"] for source in first["citations"]]
    then = client.post(path, json={"question": "And smile?", "history": first["history"]}).json()
    assert "smile" in then["text"]


def test_delete_leaves_nothing(client, server, demo):
    name = client.post("/v1/analyses", content=demo.clip.read_bytes() + b"\0", **QUICK).json()["id"]
    job = ended(client, name)
    assert (server.data / "server" / "analyses" / name / "report.json").exists()
    assert client.delete(f"/v1/analyses/{name}").status_code == 204
    assert client.delete(f"/v1/files/{job['file']}").json()["deleted"]
    assert not list((server.data / "server").glob(f"*/{name}*"))
    assert not list((server.data / "server").glob(f"*/{job['file']}*"))
    assert client.get(f"/v1/analyses/{name}").status_code == 404
    assert client.get(f"/v1/analyses/{name}/events").status_code == 404


def test_a_running_analysis_is_cancelled_within_two_seconds(client, shared):
    clip = (shared / "clips" / "man_talking_640x360.mp4").read_bytes()
    name = client.post("/v1/analyses", content=clip).json()["id"]
    while client.get(f"/v1/analyses/{name}").json()["status"] != "measuring":
        time.sleep(0.05)
    time.sleep(1.0)
    started = time.monotonic()
    assert client.post(f"/v1/analyses/{name}/cancel").json()["status"] == "cancelled"
    quick = client.post("/v1/analyses", content=as_video(b"no clip")).json()["id"]
    ended(client, quick)
    events = events_of(client.get(f"/v1/analyses/{name}/events").text)
    assert events[-1]["event"] == "cancelled"
    assert time.monotonic() - started < 20
    assert client.get(f"/v1/analyses/{name}").json()["status"] == "cancelled"


def test_media_are_deleted_once_measured_where_only_what_is_derived_is_kept(client, server, demo):
    sent = client.post("/v1/files", content=demo.clip.read_bytes() + b"\0\0", params={"name": "gone.mp4"}).json()
    asked = {"file": sent["id"], "derived_only": True, "options": {"tools": ["blinks"]}, "consent": "by P1, in writing"}
    job = ended(client, client.post("/v1/analyses", json=asked).json()["id"])
    assert job["status"] == "done"
    assert job["consent"] == "by P1, in writing"
    over_at = time.monotonic() + 20  # they are deleted right after it has ended
    while client.get(f"/v1/analyses/{job['id']}").json()["has_media"] and time.monotonic() < over_at:
        time.sleep(0.05)
    assert not client.get(f"/v1/analyses/{job['id']}").json()["has_media"]
    assert client.get(f"/v1/files/{sent['id']}/content").status_code == 404
    assert not (server.data / "server" / "files" / sent["id"] / "media").exists()
    chat = client.post(f"/v1/analyses/{job['id']}/chat", json={"question": "Does P1 blink?"})
    assert "blink" in chat.json()["text"]


def test_a_transcript_comes_with_a_clip(client, done):
    words = "WEBVTT\n\n00:00.500 --> 00:02.000\nI am so happy to be here today.\n"
    asked = {"file": done["file"], "transcript": words, "options": {"tools": ["speech"]}}
    job = ended(client, client.post("/v1/analyses", json=asked).json()["id"])
    assert [u["text"] for u in job["report"]["clip"]["transcript"]] == ["I am so happy to be here today."]


def test_an_uploaded_codebook_is_checked_and_used(client, done):
    assert client.post("/v1/codebooks", content="emotion: 3").status_code == 400
    book = """
id: mine
name: Mine
source: a test
emotion:
  - {id: glad, name: glad, definition: a smile}
  - {id: plain, name: plain, definition: nothing else}
neutral: {emotion: plain}
"""
    made = client.post("/v1/codebooks", content=book)
    assert made.status_code == 201, made.text
    asked = {"file": done["file"], "options": {"codebook": "mine", "tools": ["blinks"]}}
    job = ended(client, client.post("/v1/analyses", json=asked).json()["id"])
    assert job["report"]["provenance"]["codebook"] == "mine"
    assert client.post(f"/v1/analyses/{job['id']}/chat", json={"question": "Does P1 blink?"}).status_code == 200
    assert client.delete(f"/v1/codebooks/{made.json()['id']}").status_code == 204


@pytest.mark.parametrize("name", ["nobody", "../data", "an_" + "0" * 32])
def test_an_unknown_analysis_is_404(client, name):
    answer = client.get(f"/v1/analyses/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_what_cannot_be_decoded_fails_in_one_line_without_a_path(client, server):
    name = client.post("/v1/analyses", content=as_video(b"Dear diary, " * 99), params={"name": "diary.gif"}).json()[
        "id"
    ]
    job = ended(client, name)
    assert job["status"] == "failed"
    assert job["error"].startswith("diary.gif: ")
    assert "\n" not in job["error"]
    assert str(server.data) not in job["error"]


def test_figures_and_readiness(client, done):
    assert client.get("/readyz").json()["checks"] == {"model": "ok", "database": "ok", "disk": "ok"}
    figures = client.get("/metrics").text
    assert 'mentalis_analyses{status="done"}' in figures
    assert 'mentalis_tools_total{cached="false",status="ok",tool="blinks"}' in figures
    assert 'mentalis_stage_seconds_count{stage="measure"}' in figures


@pytest.fixture
def chat(server):
    from openai import OpenAI

    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def data_url(demo):
    return "data:video/mp4;base64," + base64.b64encode(demo.clip.read_bytes()).decode()


def asked(link, *texts):
    messages = [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": link}}]}]
    for text in texts[:1]:
        messages[0]["content"].append({"type": "text", "text": text})
    for text in texts[1:]:
        messages += [{"role": "assistant", "content": "..."}, {"role": "user", "content": text}]
    return messages


def test_the_openai_client_gets_an_answer_that_names_its_evidence(chat, done):
    assert "mentalis/cascade" in [model.id for model in chat.models.list()]
    answer = chat.chat.completions.create(model="mentalis", messages=asked(f"analysis:{done['id']}"))
    claims = answer.model_extra["mentalis"]["citations"]
    assert answer.choices[0].finish_reason == "stop"
    assert all(cited in answer.choices[0].message.content for ids in claims.values() for cited in ids)


def test_a_clip_that_comes_again_is_not_analysed_again_and_later_turns_go_on(chat, demo):
    first = chat.chat.completions.create(model="mentalis", messages=asked(data_url(demo), "Does P1 nod?"))
    then = chat.chat.completions.create(
        model="mentalis", messages=asked(data_url(demo), "Does P1 nod?", "and does P1 blink?")
    )
    assert "nod" in first.choices[0].message.content
    assert "blink-1" in then.choices[0].message.content
    assert first.model_extra["mentalis"]["analysis"] == then.model_extra["mentalis"]["analysis"]
    assert "blink-1" in [source["id"] for source in then.model_extra["mentalis"]["sources"]]


@pytest.fixture(scope="module")
def photograph(demo):
    from PIL import Image

    kept = BytesIO()
    Image.fromarray(next(iter(Clip.open(demo.clip).frames())).rgb).save(kept, "PNG")
    return base64.b64encode(kept.getvalue()).decode()


@pytest.fixture(scope="module")
def tone():
    kept = BytesIO()
    wavfile.write(kept, 16_000, (np.sin(np.arange(48_000) / 16_000 * 2 * np.pi * 200) * 8000).astype(np.int16))
    return base64.b64encode(kept.getvalue()).decode()


def test_pictures_with_a_sound_are_a_clip_that_shows_them_while_it_lasts(chat, client, photograph, tone):
    parts = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{photograph}"}},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{photograph}"}},
        {"type": "input_audio", "input_audio": {"data": tone, "format": "wav"}},
    ]
    answers = [
        chat.chat.completions.create(
            model="mentalis", messages=[{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]
        ).model_extra["mentalis"]
        for text in ("Who is seen?", "Is there a voice?")
    ]
    assert answers[0]["analysis"] == answers[1]["analysis"], "what was made of the same parts is the same clip"
    report = Report.model_validate(client.get(f"/v1/analyses/{answers[0]['analysis']}").json()["report"])
    assert report.clip.duration_s == pytest.approx(3.0, abs=0.3)
    assert report.clip.has_audio
    assert [person.id for person in report.people] == ["P1"]


def test_a_sound_alone_is_heard(chat, client, tone):
    parts = [{"type": "input_audio", "input_audio": {"data": tone, "format": "wav"}}]
    answer = chat.chat.completions.create(model="mentalis", messages=[{"role": "user", "content": parts}])
    report = client.get(f"/v1/analyses/{answer.model_extra['mentalis']['analysis']}").json()["report"]
    assert report["clip"]["has_audio"]
    assert report["people"] == []


REPORTS = {"name": "report", "strict": True, "schema": Report.model_json_schema(mode="serialization")}
FORMS = {"json_object": {}, "json_schema": {"json_schema": REPORTS}}


@pytest.mark.parametrize("form", FORMS)
def test_the_report_is_the_answer_where_json_is_asked_for(chat, done, form):
    answer = chat.chat.completions.create(
        model="mentalis",
        messages=asked(f"analysis:{done['id']}"),
        response_format={"type": form, **FORMS[form]},
        tool_choice="auto",
        n=1,
    )
    assert json.loads(answer.choices[0].message.content) == done["report"]


def test_an_uploaded_file_is_asked_about_by_its_id_and_a_stream_tells_progress(chat, demo):
    file = chat.files.create(file=("demo.mp4", demo.clip.read_bytes()), purpose="user_data")
    chunks = list(chat.chat.completions.create(
        model="mentalis", messages=asked(file.id, "Does P1 nod?"), stream=True, stream_options={"include_usage": True},
        seed=7,  # judged anew, so that there is something to tell
    ))  # fmt: skip
    told = [c for c in chunks if c.choices]
    thoughts = "".join(getattr(c.choices[0].delta, "reasoning_content", None) or "" for c in told)
    assert "blinks is done" in thoughts
    assert "nod" in "".join(c.choices[0].delta.content or "" for c in told)
    assert told[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


def test_langchains_client_is_served(server, done):
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="mentalis", base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    assert "P1" in model.invoke(asked(f"analysis:{done['id']}", "Does P1 blink?")).content


def test_an_unknown_model_is_told_with_those_that_there_are(chat, done):
    from openai import NotFoundError

    with pytest.raises(NotFoundError, match="mentalis/cascade"):
        chat.chat.completions.create(model="gpt-9", messages=asked(f"analysis:{done['id']}"))


@pytest.mark.parametrize("link", ["http://example.org/clip.mp4", "file:///etc/passwd", "data:video/mp4;base64,!!!"])
def test_no_link_is_fetched(chat, link):
    from openai import BadRequestError

    with pytest.raises(BadRequestError, match=r"video_url|FETCH_HOSTS|data: URL"):
        chat.chat.completions.create(model="mentalis", messages=asked(link))
