"""Clips within JSON are held in memory: they are limited, and few are read at once."""

import asyncio

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from fastapi import Request
from pydantic import BaseModel

from server.bodies import LARGE_AT_ONCE, LARGE_BYTES, large, read_json
from server.body_limits import CHAT, BodyLimits
from server.errors import ApiError

JSON = (b"content-type", b"application/json")


class Word(BaseModel):
    """A body."""

    word: str


def request(receive, length=None, path=CHAT):
    told = [] if length is None else [(b"content-length", str(length).encode())]
    return Request({"type": "http", "method": "POST", "path": path, "headers": [JSON, *told]}, receive)


def comes(content):
    async def receive():
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


@pytest.mark.parametrize(("file_bytes", "length", "refused"), [
    (512_000_000, 134_000_000, False), (512_000_000, 135_000_000, True),
    (30_000_000, 40_000_000, False), (30_000_000, 42_000_000, True),
])  # fmt: skip
async def test_a_clip_in_a_chat_is_no_longer_than_may_be_held_and_the_other_way_is_told(file_bytes, length, refused):
    async def app(scope, receive, send):
        reached.append(scope["path"])

    async def send(message):
        sent.append(message)

    reached, sent = [], []
    await BodyLimits(app, file_bytes)(request(None, length).scope, None, send)
    assert bool(reached) != refused
    if refused:
        assert sent[0]["status"] == 413
        assert b"/v1/files" in sent[1]["body"]


@pytest.mark.parametrize(("length", "most"), [(LARGE_BYTES + 1, LARGE_AT_ONCE), (None, LARGE_AT_ONCE), (100, 12)])
async def test_few_long_bodies_are_read_at_once_and_short_ones_do_not_wait(length, most):
    async def receive():
        reading.append(len(reading))
        await free.wait()
        return {"type": "http.request", "body": b'{"word": "x"}', "more_body": False}

    async def read():
        async with large(request(receive, length), few):
            return await read_json(request(receive, length), Word)

    reading, free, few = [], asyncio.Event(), asyncio.Semaphore(LARGE_AT_ONCE)
    tasks = [asyncio.create_task(read()) for _ in range(12)]
    await asyncio.sleep(0.05)
    assert len(reading) == most
    free.set()
    assert [one.word for one in await asyncio.gather(*tasks)] == ["x"] * 12


async def test_a_body_that_does_not_come_ends_and_lets_the_next_in(monkeypatch):
    async def receive():
        await asyncio.sleep(60)

    monkeypatch.setattr("server.bodies.LARGE_S", 0.05)
    few = asyncio.Semaphore(1)
    with pytest.raises(ApiError) as late:
        async with large(request(receive), few):
            await read_json(request(receive), Word)
    assert late.value.status == 408
    assert not few.locked()


async def test_a_body_that_was_read_is_not_kept():
    asked = request(comes(b'{"word": "x"}'))
    await read_json(asked, Word)
    assert not any(isinstance(value, bytes) for value in vars(asked).values())
