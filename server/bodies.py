"""Bodies of JSON that are read once it is known who sends them, and what they look like in the API's description."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from server.errors import ApiError

LARGE_BYTES = 1_000_000
LARGE_AT_ONCE = 4  # bodies that are held in memory together, each twice over while it is read
LARGE_S = 300.0  # for which one is waited that others wait for

Body = TypeVar("Body", bound=BaseModel)


async def read_json(request: Request, kind: type[Body]) -> Body:
    """The body of a request.

    Raises:
        ApiError: 415, it is not sent as JSON; 422, it is not what is wanted; 408, it does not come.
    """
    if not is_json(request):
        raise ApiError(415, "send JSON, with the header Content-Type: application/json", "content_type")
    try:
        async with asyncio.timeout(LARGE_S):
            content = b"".join([chunk async for chunk in request.stream()])  # request.body() would keep it
        return kind.model_validate_json(content)
    except TimeoutError:
        raise ApiError(408, f"the body takes longer than {LARGE_S:g} s; send less of it", "too_slow") from None
    except ValidationError as error:
        raise refused(error) from error


@asynccontextmanager
async def large(request: Request, few: asyncio.Semaphore) -> AsyncIterator[None]:
    """Wait until a body may be read and held: few long ones at once, short ones at any time."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) <= LARGE_BYTES:
        yield
        return
    async with few:
        yield


def is_json(request: Request) -> bool:
    """Whether a body is sent as JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def refused(error: ValidationError) -> ApiError:
    """What to tell of values that are not as they should be."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"])) or "body"
    return ApiError(422, f"{where}: {first['msg']}", "invalid_request", param=where)


def described(kind: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body, whole in itself."""
    schema = kind.model_json_schema()
    whole: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return whole


def _inlined(schema: Any, named: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(part, named) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(named[schema["$ref"].rpartition("/")[2]], named)
    return {name: _inlined(part, named) for name, part in schema.items()}
