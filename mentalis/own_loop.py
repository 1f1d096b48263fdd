"""An event loop in a thread of its own: what thinks does not keep waiting what serves."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
END = object()


class OwnLoop:
    """Runs coroutines for callers on another loop. Who stops waiting stops the work, and waits until it has ended."""

    def __init__(self, name: str) -> None:
        """Start the thread, by a name that tools show."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns or raises."""
        here, ended = asyncio.get_running_loop(), asyncio.Event()
        begun: list[asyncio.Task[T]] = []

        def begin() -> None:
            begun.append(task := self._loop.create_task(work))
            task.add_done_callback(lambda _: here.call_soon_threadsafe(ended.set))

        self._loop.call_soon_threadsafe(begin)
        try:
            await ended.wait()
        except asyncio.CancelledError:
            self._loop.call_soon_threadsafe(lambda: begun[0].cancel())
            await ended.wait()
            raise
        return begun[0].result()

    async def stream(self, work: Callable[[Callable[[T], None]], Coroutine[Any, Any, object]]) -> AsyncIterator[T]:
        """What the work tells, as soon as it is told: it is called with the function that tells."""
        here, told = asyncio.get_running_loop(), asyncio.Queue[Any]()
        done = asyncio.create_task(self.run(work(lambda item: _put(here, told, item))))
        done.add_done_callback(lambda _: told.put_nowait(END))
        try:
            while (item := await told.get()) is not END:
                yield item
            await done
        finally:
            done.cancel()
            await asyncio.gather(done, return_exceptions=True)

    async def close(self) -> None:
        """Cancel what still runs and end the thread; nothing can be run any more."""
        await self.run(_end_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _put(loop: asyncio.AbstractEventLoop, told: asyncio.Queue[Any], item: Any) -> None:
    loop.call_soon_threadsafe(told.put_nowait, item)


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
