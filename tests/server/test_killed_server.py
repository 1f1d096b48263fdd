"""kill -9 at any moment: the job ends once, no tool is counted and no answered question is put twice, all is told."""

import itertools
import json
import os
import random
import time
from collections import Counter

import httpx
import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from as_video import as_video
from killed_server import AGENTS, SECRET, Gate, Model, Receiver, environment, events_of, wait_for
from server_running import ended, running

from server.analysis_records import Analyses, new_id
from server.database import open_database
from server.strays import sweep_strays
from server.webhooks import verify

KILLS = int(os.environ.get("KILLS", "1"))  # at random moments; 20 in the long tier
TOOLS = ["blinks", "speech"]
LOST_S = 1.0  # an answer that came so shortly before the kill may not have been written down


@pytest.fixture
def gate():
    shut = Gate()
    yield shut
    shut.open()


def client_of(server):
    return httpx.Client(base_url=server.url, timeout=60)


def sent(client, content, receiver):
    file = client.post("/v1/files", content=content, params={"name": "clip.mp4"}).json()
    asked = {"file": file["id"], "options": {"tools": TOOLS}, "webhook": receiver.url}
    answer = client.post("/v1/analyses", json=asked, headers={"Idempotency-Key": file["id"]})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def restarted(server):
    server.kill()
    server.start()


def broken_off(server, content):
    """A body whose sender sees the server die half way."""
    yield content[: len(content) // 2]
    time.sleep(0.5)
    server.kill()
    yield content[len(content) // 2 :]


def assert_ended_once(client, name, receiver):
    job = ended(client, name)
    assert job["status"] == "done", job["error"]
    events = events_of(client, name)
    assert [number for number, _ in events] == list(range(1, len(events) + 1))
    kinds = Counter(event["kind"] for _, event in events)
    assert kinds["report"] == 1
    assert events[-1][1]["kind"] == "report"
    assert [event["stage"] for _, event in events if event["kind"] == "stage_started"] == ["measuring", "reasoning"]
    for kind in ("tool_started", "tool_finished"):
        tools = Counter(event["tool"] for _, event in events if event["kind"] == kind)
        assert tools == dict.fromkeys(["faces", *TOOLS], 1)
    assert sorted(run["tool"] for run in job["report"]["evidence"]["tools"]) == ["blinks", "faces", "speech"]
    agents = {event["agent"] for _, event in events if event["kind"] == "agent_finished"}
    assert agents == {*AGENTS[:-1], "critic", "self_audit"}
    assert_told(receiver, name)


def told_of(receiver, name, times=1):
    """What the receiver was told of an analysis, once it was told so many times."""
    over_at = time.monotonic() + 60
    while time.monotonic() < over_at:
        told = [part for part in receiver.told if name.encode() in part[0]]
        if len(told) >= times:
            return told
        time.sleep(0.1)
    raise AssertionError(f"{name} was not told {times} time(s)")


def assert_told(receiver, name):
    told = told_of(receiver, name)
    assert {headers["Mentalis-Delivery"] for _, headers in told} == {name}
    assert all(verify(body, headers["Mentalis-Signature"], SECRET.encode()) for body, headers in told)


def test_a_job_that_is_killed_in_every_stage_ends_once(demo, gate, tmp_path):
    model, receiver, content = Model(gate), Receiver(gate), demo.clip.read_bytes()
    with (
        model.serving() as endpoint,
        receiver.serving(),
        running(tmp_path, module="telling_loopback", **environment(endpoint)) as server,
        client_of(server) as client,
    ):
        with pytest.raises(httpx.TransportError):
            client.post("/v1/files", content=broken_off(server, content))
        server.start()
        assert client.get("/v1/files").json()["data"] == []

        gate.shut(AGENTS[0])
        name = sent(client, content, receiver)
        wait_for(client, name, "tool_started")
        restarted(server)
        for agent, following in itertools.pairwise((*AGENTS, "webhook")):
            gate.wait()
            server.kill()
            gate.shut(following)
            server.start()
            assert client.get(f"/v1/analyses/{name}").json()["status"] in ("measuring", "reasoning"), agent
        report = tmp_path / "server" / "analyses" / name / "report.json"
        while not report.exists():
            time.sleep(0.001)
        restarted(server)
        gate.wait()
        restarted(server)
        gate.open()
        told_of(receiver, name, times=2)  # it was killed before the receiver had answered
        assert_ended_once(client, name, receiver)
    assert model.repeated() == []


def test_what_ends_without_a_report_is_told_too_and_what_was_never_queued_is_run(demo, gate, tmp_path):
    receiver, none = Receiver(gate), Model(gate)
    with (
        none.serving() as endpoint,
        receiver.serving(),
        running(tmp_path, module="telling_loopback", **environment(endpoint)) as server,
        client_of(server) as client,
    ):
        failed = sent(client, as_video(b"Dear diary"), receiver)
        assert told_type(receiver, failed) == "analysis.failed"
        cancelled = sent(client, demo.clip.read_bytes(), receiver)
        client.post(f"/v1/analyses/{cancelled}/cancel")
        assert told_type(receiver, cancelled) == "analysis.cancelled"

        file = client.get(f"/v1/analyses/{failed}").json()["file"]
        server.kill()
        lost = never_queued(tmp_path, file)
        server.start()
        assert ended(client, lost)["status"] == "failed"


def told_type(receiver, name):
    (body, _), *_ = told_of(receiver, name)
    return json.loads(body)["type"]


def never_queued(data, file):
    """An analysis whose server died when it had written its row."""
    database = open_database(f"sqlite:///{data / 'server' / 'server.sqlite'}")
    new, _ = Analyses(database).add(new_id(), None, "", owner="local", file=file, name="clip", options={})
    database.dispose()
    return new.id


@pytest.mark.slow
def test_jobs_end_once_whenever_the_server_is_killed(demo, gate, tmp_path):
    model, receiver, moments = Model(gate, wait_s=0.1), Receiver(gate), random.Random(0)
    names, killed_at = [], []
    with (
        model.serving() as endpoint,
        receiver.serving(),
        running(tmp_path, module="telling_loopback", **environment(endpoint)) as server,
        client_of(server) as client,
    ):
        for n in range(KILLS):
            names.append(sent(client, demo.clip.read_bytes() + bytes(n), receiver))
            time.sleep(moments.uniform(0, 8))
            killed_at.append(time.time())
            restarted(server)
        for name in names:
            assert_ended_once(client, name, receiver)
    assert all(any(0 < at - first < LOST_S for at in killed_at) for first in model.repeated())


def test_what_a_killed_server_left_of_an_upload_is_deleted_once_nobody_writes_it(tmp_path):
    known, written, left = (tmp_path / name for name in ("known", "written", "left"))
    for folder in (known, written, left):
        folder.mkdir()
        (folder / "media").write_bytes(b"half a clip")
    for path in (known, known / "media", left, left / "media"):
        os.utime(path, (0, 0))
    sweep_strays(tmp_path, lambda: {"known"}, time.time())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["known", "written"]
