"""Two servers on one PostgreSQL and one folder: one queue, and what a dead one was at the other brings to its end."""

import time
from collections import Counter
from contextlib import ExitStack

import httpx
import pytest

pytest.importorskip("psycopg", reason="the server extra is not installed")
pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
import psycopg
from killed_server import Gate, Model, environment, events_of, wait_for
from postgres_running import postgres
from server_running import Server, ended

TAKEN_OVER_S = 60
AWAY_S = 5


@pytest.fixture(scope="module")
def model():
    made = Model(Gate())
    yield made
    made.gate.open()


@pytest.fixture(scope="module")
def database():
    with postgres() as running:
        yield running.url


@pytest.fixture(scope="module")
def two(model, database, tmp_path_factory):
    """Two servers that start at the same time."""
    data = tmp_path_factory.mktemp("shared")
    with model.serving() as endpoint, ExitStack() as over:
        servers = [Server(data, "--database-url", database, **environment(endpoint)) for _ in range(2)]
        for server in servers:
            server.begin()
            over.callback(server.kill)
        for server in servers:
            server.wait()
        yield servers


@pytest.fixture
def clients(two):
    with ExitStack() as over:
        yield [over.enter_context(httpx.Client(base_url=server.url, timeout=120)) for server in two]


def sent(client, content):
    answer = client.post("/v1/analyses", content=content, params={"tools": "blinks"})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def checkpoints(database, name):
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT count(*) FROM checkpoints WHERE thread_id = %s", [name]).fetchone()[0]


def test_an_analysis_made_at_one_is_followed_at_the_other_and_its_checkpoints_are_shared(clients, database, demo):
    here, there = clients
    name = sent(here, demo.clip.read_bytes())
    events = events_of(there, name)
    assert events[-1][1]["kind"] == "report"
    assert events == events_of(here, name)
    assert there.get(f"/v1/analyses/{name}").json() == here.get(f"/v1/analyses/{name}").json()
    assert ended(there, name)["report"]["provenance"]["model"] == "tiny"
    assert checkpoints(database, name) > 0
    assert there.delete(f"/v1/analyses/{name}").status_code == 204
    assert checkpoints(database, name) == 0


def test_a_text_that_the_database_can_not_keep_is_refused(clients):
    answer = clients[0].get("/v1/analyses", params={"search": "a\0b"})
    assert answer.status_code == 400, answer.text
    assert "NUL" in answer.json()["error"]["message"]


def test_what_a_dead_server_was_at_the_other_ends_within_a_minute(two, clients, model, demo):
    """Last, as one is dead then. Four jobs, two at a time each: the one that is killed has some of them."""
    model.gate.shut("emotion")
    names = [sent(clients[n % 2], demo.clip.read_bytes() + bytes(n + 1)) for n in range(4)]
    for name in names:
        wait_for(clients[1], name, "agent_finished")
    two[0].kill()
    model.gate.open()
    killed_at = time.monotonic()
    for name in names:
        assert ended(clients[1], name)["status"] == "done"
    assert time.monotonic() - killed_at < TAKEN_OVER_S
    for name in names:
        events = events_of(clients[1], name)
        assert [number for number, _ in events] == list(range(1, len(events) + 1))
        assert Counter(event["kind"] for _, event in events)["report"] == 1
        assert sorted(e["tool"] for _, e in events if e["kind"] == "tool_finished") == ["blinks", "faces"]
    while "took over from 1 server" not in two[1].log() and time.monotonic() - killed_at < TAKEN_OVER_S:
        time.sleep(0.2)  # it is written down once all is queued again
    assert "took over from 1 server" in two[1].log()
    assert "Traceback" not in two[1].log()
    assert model.repeated() == []


def test_a_database_that_is_away_for_a_while_stops_nothing(model, demo, tmp_path):
    model.gate.shut("emotion")
    with postgres() as database, model.serving() as endpoint, ExitStack() as over:
        server = Server(tmp_path, "--database-url", database.url, **environment(endpoint))
        server.start()
        over.callback(server.kill)
        client = over.enter_context(httpx.Client(base_url=server.url, timeout=120))
        name = sent(client, demo.clip.read_bytes())
        wait_for(client, name, "agent_finished")
        with client.stream("GET", f"/v1/analyses/{name}/events") as followed:
            database.stop()
            refused = client.get("/v1/analyses")
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "database")
            assert "retry-after" in refused.headers
            model.gate.open()
            time.sleep(AWAY_S)
            database.start()
            assert any("event: report" in line for line in followed.iter_lines())
        assert ended(client, name)["status"] == "done"
    assert "the database does not answer" in server.log()
    assert "Traceback" not in server.log()
