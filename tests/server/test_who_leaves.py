"""A client that leaves amid a long replay is noticed, and the log is spared."""

import asyncio
import logging
import socket
import struct
import time

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
import uvicorn
from unstarted_app import app_in

from server import analyses
from server.access import LOCAL
from server.analysis_records import Analyses, new_id
from server.event_log import EventLog

EVENTS = 300
AT_ONCE = struct.pack("ii", 1, 0)  # a connection that is closed is reset


def leave_amid_events(port, name):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        client.sendall(f"GET /v1/analyses/{name}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        while b"first" not in client.recv(1000):
            pass


async def test_a_client_that_leaves_amid_events_is_not_written_to_and_floods_no_log(tmp_path, monkeypatch, caplog):
    app, written = app_in(tmp_path), []
    database = app.state.access.engine
    name = Analyses(database).add(new_id(), None, "", owner=LOCAL, file="file-1", name="a", options={})[0].id
    EventLog(database).append(name, *[{"kind": "check", "n": n} for n in range(EVENTS)], {"kind": "report"})

    def as_sse(numbered):
        time.sleep(0.002)  # long enough for who leaves to have left
        written.append(numbered)
        return f"data: {'first' if len(written) == 1 else numbered}\n\n"

    monkeypatch.setattr(analyses, "as_sse", as_sse)
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
    with caplog.at_level(logging.WARNING):
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        await asyncio.to_thread(leave_amid_events, port, name)
        await asyncio.sleep(0.5 + 0.003 * EVENTS)
        server.should_exit = True
        await serving
    assert 0 < len(written) < EVENTS
    assert not [line for line in caplog.messages if "socket.send()" in line]
