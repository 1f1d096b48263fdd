"""Work on a loop of its own: answers and errors come back, a busy loop keeps nobody waiting, and a stop stops."""

import asyncio
import threading
import time

import pytest

from mentalis.own_loop import OwnLoop


@pytest.fixture
async def loop():
    made = OwnLoop("thinking")
    yield made
    await made.close()


async def test_what_is_run_elsewhere_is_returned_or_raised_here(loop):
    async def work(fails):
        if fails:
            raise ValueError("no")
        return threading.current_thread().name

    assert await loop.run(work(fails=False)) == "thinking"
    with pytest.raises(ValueError, match="no"):
        await loop.run(work(fails=True))


async def test_a_busy_loop_keeps_this_one_free(loop):
    async def busy():
        time.sleep(0.5)

    work, turns = asyncio.create_task(loop.run(busy())), 0
    while not work.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5, "this loop went on while the other one was held up"


async def test_what_is_told_comes_in_order_and_before_the_end(loop):
    async def work(tell):
        for number in range(100):
            tell(number)

    assert [item async for item in loop.stream(work)] == list(range(100))


async def test_an_error_comes_after_what_was_told_before_it(loop):
    async def work(tell):
        tell("one")
        raise ValueError("broken off")

    told = loop.stream(work)
    assert await anext(told) == "one"
    with pytest.raises(ValueError, match="broken off"):
        await anext(told)


@pytest.mark.parametrize("streams", [False, True])
async def test_who_stops_waiting_stops_the_work_and_waits_for_its_end(loop, streams):
    went, begun = [], asyncio.Event()
    here = asyncio.get_running_loop()

    async def work(tell=None):
        here.call_soon_threadsafe(begun.set)
        try:
            await asyncio.sleep(5)
            went.append("done")
        finally:
            await asyncio.sleep(0.1)
            went.append("tidied up")

    async def follow():
        if not streams:
            return await loop.run(work())
        async for _ in loop.stream(work):
            pass

    waiting = asyncio.create_task(follow())
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert went == ["tidied up"]


async def test_closing_ends_what_still_runs():
    loop, went, begun = OwnLoop("closing"), [], asyncio.Event()
    here = asyncio.get_running_loop()

    async def work():
        here.call_soon_threadsafe(begun.set)
        try:
            await asyncio.sleep(60)
        finally:
            went.append("ended")

    waiting = asyncio.create_task(loop.run(work()))
    await begun.wait()
    await loop.close()
    assert went == ["ended"]
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert "closing" not in {thread.name for thread in threading.enumerate()}
