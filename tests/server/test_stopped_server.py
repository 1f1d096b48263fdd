"""A server that is stopped says so to who waits, logs no error, and goes on when it is started again."""

import threading

import httpx
import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from server_running import ended, running


def test_who_waits_hears_that_the_server_stops_and_the_analysis_goes_on_at_the_next_start(demo, tmp_path):
    with running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        name = client.post("/v1/analyses", content=demo.clip.read_bytes(), params={"tools": "bodies"}).json()["id"]
        told, answers, begun = [], [], threading.Event()

        def follow():
            with client.stream("GET", f"/v1/analyses/{name}/events") as answer:
                for line in answer.iter_lines():
                    told.append(line)
                    begun.set()

        def ask():
            part = {"type": "video_url", "video_url": {"url": f"analysis:{name}"}}
            asked = {"messages": [{"role": "user", "content": [part]}]}
            answers.append(client.post("/v1/chat/completions", json=asked))

        waiting = [threading.Thread(target=work) for work in (follow, ask)]
        for thread in waiting:
            thread.start()
        assert begun.wait(60)
        server.stop()
        for thread in waiting:
            thread.join(10)
        assert not any("event: report" in line or "event: failed" in line for line in told)
        (answer,) = answers
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
        assert "retry-after" in answer.headers
        assert "Traceback" not in server.log()
        assert "ERROR" not in server.log()
        assert "analyses that go on at the next start: 1" in server.log()
        server.start()
        assert ended(client, name)["status"] == "done"
