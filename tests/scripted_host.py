"""A host that answers as a test says, at an address of loopback that a test may allow or not."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

HERE, FORBIDDEN = "127.0.0.2", "127.0.0.1"  # of one machine; rules of tests allow the first alone
ALLOWED = (ipaddress.ip_network(f"{HERE}/32"),)
Answer = Callable[[str, asyncio.StreamWriter], Any]  # writes what is sent for a request's path


class Host:
    """Where it listens, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[bytes] = []  # heads and bodies of requests

    def heads(self) -> list[dict[str, str]]:
        """The headers of each request, in lower case."""
        return [
            dict(line.lower().split(": ", 1) for line in asked.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:])
            for asked in self.asked
        ]


@asynccontextmanager
async def host(answer: Answer, address: str = HERE, port: int = 0, ssl: Any = None) -> AsyncIterator[Host]:
    """Listen until the test is over."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-l")), 0)
            listening.asked.append(head + await reader.readexactly(length))
            await answer(head.split(b" ")[1].decode(), writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = Host(0)
    server = await asyncio.start_server(serve, address, port, ssl=ssl)
    listening.port = server.sockets[0].getsockname()[1]
    try:
        yield listening
    finally:
        server.close()


def says(status: int = 200, body: bytes = b"clip", **headers: str) -> Answer:
    """An answer that is the same for each path."""

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        given = {"content-length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
        lines = [f"HTTP/1.1 {status} -", *(f"{name}: {text}" for name, text in given.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return answer


def names(**addresses: str | list[str]) -> Callable[[str, int], Any]:
    """A resolver: names without their ending `.example` to addresses; each look-up is noted in its `asked`."""

    async def resolve(name: str, _: int) -> list[str]:
        resolve.asked.append(name)  # type: ignore[attr-defined]
        found = addresses.get(name.removesuffix(".example"), name)
        return found if isinstance(found, list) else [found]

    resolve.asked = []  # type: ignore[attr-defined]
    return resolve
