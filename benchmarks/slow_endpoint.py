"""An OpenAI-compatible endpoint that answers the smallest thing that keeps to the schema, after so many seconds.

    python -m benchmarks.slow_endpoint PORT SECONDS

It takes any number of calls at once, and tells at /counts how many it was asked and how many it answered.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
COUNTS = {"asked": 0, "answered": 0}


def smallest(schema: dict[str, Any]) -> Any:
    """The smallest value of a schema, with one item in each array."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return smallest(schema["anyOf"][0])
    kind = str(schema.get("type"))
    if kind == "object":
        return {name: smallest(child) for name, child in schema["properties"].items()}
    if kind == "array":
        return [smallest(schema["items"])]
    return {"string": "the words suggest little", "integer": schema.get("minimum", 0), "boolean": False}.get(kind)


async def serve(port: int, seconds: float) -> None:
    """Serve on loopback until cancelled."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                length = next((int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length:")), 0)
                body = await reader.readexactly(length)
                content = json.dumps(await answer(lines[0], body, seconds)).encode()
                reply = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
                writer.write(reply.encode() + content)
                await writer.drain()
                COUNTS["answered"] += lines[0].startswith("POST") and b'"name":"answer"' in body.replace(b" ", b"")
        except (asyncio.IncompleteReadError, ConnectionError):  # the client is gone
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(client, "127.0.0.1", port) as server:
        print("ready", flush=True)
        await server.serve_forever()


async def answer(request: str, body: bytes, seconds: float) -> dict[str, Any]:
    """What is answered to a request; trials of what the endpoint takes are answered at once."""
    if "/counts" in request:
        return dict(COUNTS)
    if request.startswith("GET"):
        return {"object": "list", "data": [{"id": "slow", "object": "model", "created": 0, "owned_by": "benchmark",
                                            "max_model_len": 32_768}]}  # fmt: skip
    form = json.loads(body).get("response_format", {}).get("json_schema", {})
    said = "ok"
    if form.get("name") == "answer":
        COUNTS["asked"] += 1
        await asyncio.sleep(seconds)
        said = json.dumps(smallest(form["schema"]))
    message = {"role": "assistant", "content": said}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "slow", "choices": choices, "usage": USAGE}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def endpoint(seconds: float) -> Iterator[tuple[str, Callable[[], int]]]:
    """One in a process of its own: its base URL, and how many questions it has answered."""
    import httpx

    port = free_port()
    command = [sys.executable, "-m", "benchmarks.slow_endpoint", str(port), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            root = f"http://127.0.0.1:{port}"
            yield f"{root}/v1", lambda: int(httpx.get(f"{root}/counts").json()["answered"])
        finally:
            server.kill()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
