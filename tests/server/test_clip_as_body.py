"""A clip that is the body of a request: what JSON can say can be said of it, and it has the name that it is given."""

import time

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from as_video import CLIP
from unstarted_app import app_in, client_of

HOOK = "https://hooks.example/ended"
TOLD = {"webhook_hosts": ("hooks.example", "127.0.0.1", "::1"), "webhook_secret": "s" * 16}
SAID = {"name": "interview_7.mp4", "purpose": "a study", "consent": "P1, in writing", "derived_only": True,
        "webhook": HOOK}  # fmt: skip
OPTIONS = {"strategy": "cascade", "media": "text", "frames": 3, "samples": 2, "check_gestures": False, "seed": 7}


@pytest.fixture
async def client(tmp_path, monkeypatch):
    async def start(jobs, analysis):
        """It stays queued."""

    monkeypatch.setattr("server.jobs.Jobs.start", start)
    async with client_of(app_in(tmp_path, **TOLD)) as opened:
        yield opened


async def sent(client, status=202, content=CLIP, **params):
    answer = await client.post("/v1/analyses", content=content, params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_what_json_can_say_of_an_analysis_the_query_says_of_a_clip_that_is_the_body(client):
    made = await sent(client, **SAID, **OPTIONS, tools="blinks, speech", priority="high", expires_after=3600)
    assert {name: made[name] for name in SAID} == SAID
    assert made["options"] == {**OPTIONS, "tools": ["blinks", "speech"]}
    assert made["expires_at"] == pytest.approx(made["created_at"] + 3600, abs=5)
    assert (made["priority"], made["webhook_status"]) == ("high", "pending")
    assert (await sent(client, tools=["blinks", "speech"]))["options"] == {"tools": ["blinks", "speech"]}
    assert (await sent(client))["options"] == {}


@pytest.mark.parametrize(
    ("params", "status", "words"),
    [
        ({"stratgy": "single"}, 422, "stratgy"),
        ({"file": "file-1"}, 422, "file"),
        ({"derived_only": "perhaps"}, 422, "derived_only"),
        ({"seed": "-1"}, 422, "seed"),
        ({"priority": "now"}, 422, "priority"),
        ({"webhook": "https://elsewhere.example/"}, 400, "WEBHOOK_HOSTS"),
        ({"webhook": "http://127.0.0.1/x"}, 400, "not at a public address"),
        ({"webhook": "http://[::1]/x"}, 400, "not at a public address"),
    ],
)
async def test_a_query_that_is_not_understood_is_refused_before_anything_is_kept(client, params, status, words):
    assert words in (await sent(client, status, **params))["error"]["message"]
    assert (await client.get("/v1/files")).json()["data"] == []


async def test_a_query_beside_json_is_refused_and_so_is_a_word_of_no_meaning_with_a_file(client):
    answer = await client.post("/v1/analyses", json={"demo": True}, params={"derived_only": True})
    assert (answer.status_code, "derived_only" in answer.json()["error"]["message"]) == (400, True)
    assert (await client.post("/v1/files", content=CLIP, params={"nmae": "a.mp4"})).status_code == 422


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("1\n00:00:99,000 --> garbage\nHello", "transcript, line 2"),
        ("WEBVTT\n\n00:05.000 --> 00:01.000\nHello", "ends (1 s) before it begins"),
        ('[{"text": "Hello"}]', "transcript"),
        ("{", "transcript"),
    ],
)
async def test_a_transcript_that_cannot_be_read_is_refused_at_once_saying_where(client, words, why):
    file = (await client.post("/v1/files", content=CLIP)).json()["id"]
    answer = await client.post("/v1/analyses", json={"file": file, "transcript": words})
    told = answer.json()["error"]
    assert (answer.status_code, told["code"]) == (400, "transcript"), told
    assert told["message"].startswith("transcript")
    assert why in told["message"]


@pytest.mark.parametrize("words", ["Hello there", "1\n00:00:01,000 --> 00:00:02,000\nHello", "WEBVTT\n", "[]"])
async def test_a_transcript_that_can_be_read_is_taken(client, words):
    file = (await client.post("/v1/files", content=CLIP)).json()["id"]
    answer = await client.post("/v1/analyses", json={"file": file, "transcript": words})
    assert answer.status_code == 202, answer.text


async def found(client, words):
    return [one["name"] for one in (await client.get("/v1/analyses", params={"search": words})).json()["data"]]


async def test_a_clip_is_called_as_it_is_called_now_though_its_bytes_are_known(client):
    await client.post("/v1/files", content=CLIP, params={"name": "before.mp4"})
    assert (await sent(client))["name"] == "before.mp4"
    assert (await sent(client, name="../interview_7.mp4"))["name"] == "interview_7.mp4"
    assert await found(client, "interview") == ["interview_7.mp4"]
    assert (await sent(client))["name"] == "interview_7.mp4"


async def test_a_file_is_named_by_who_names_it_and_keeps_its_name_where_nobody_does(client):
    async def stored(**params):
        file = (await client.post("/v1/files", content=CLIP, params=params)).json()
        return file["filename"], file["purpose"]

    assert await stored() == ("clip", "user_data")
    assert await stored(name="../../x.mp4", purpose="evals") == ("x.mp4", "evals")
    assert await stored() == ("x.mp4", "evals")
    form = {"files": {"file": ("y.mp4", CLIP)}, "data": {"purpose": "vision"}}
    again = (await client.post("/v1/files", **form)).json()
    assert (again["filename"], again["purpose"]) == ("y.mp4", "vision")


async def test_a_file_stays_as_long_as_was_said_last_and_where_nothing_is_said_no_shorter_than_before(client):
    async def stays_s(**params):
        answer = (await client.post("/v1/files", content=CLIP, params=params)).json()
        assert (await client.get(f"/v1/files/{answer['id']}")).json()["expires_at"] == answer["expires_at"]
        return answer["expires_at"] - time.time()

    week, month = 7 * 86_400, 30 * 86_400
    assert await stays_s() == pytest.approx(week, abs=9)
    assert await stays_s(expires_after=3600) == pytest.approx(3600, abs=9)
    assert await stays_s() == pytest.approx(week, abs=9)
    assert await stays_s(expires_after=month) == pytest.approx(month, abs=9)
    assert await stays_s() == pytest.approx(month, abs=9)
