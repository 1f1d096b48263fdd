"""Who is asking, and whether they may: by an API key, by the page's session, or from this machine while it is open."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine

from server.api_keys import SCOPES, Key, Scope, allows, any_made, found
from server.errors import ApiError
from server.rate_limits import Buckets
from server.session_records import key_of

LOCAL = "local"  # owns what is made while no key is needed
COOKIE = "mentalis_session"
SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")  # a proxy passed the request on: it may be from anywhere

_bearer = HTTPBearer(auto_error=False, description="an API key of this server: mk_...")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="the same, where Authorization can't be set")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="of the page, begun by POST /v1/session")


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    owner: str  # of what is made: a key's id, or "local"
    name: str  # of the key
    scopes: tuple[Scope, ...]
    per_minute: int  # requests


@dataclass(frozen=True)
class Access:
    """What access is decided by; the app has it as `app.state.access`."""

    engine: Engine
    loopback: bool  # only this machine can connect, so that no key is needed until one was made
    per_minute: int  # requests while no key is needed
    buckets: Buckets = field(default_factory=Buckets)


def caller(needs: Scope) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A dependency: who asks, if they may do what needs this scope. `Annotated[Caller, Depends(caller("read"))]`.

    It raises ApiError: 401, no key or an unknown one; 403, without the scope or from another site's page;
    429, too many requests.
    """

    async def known(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        header: Annotated[str | None, Depends(_header)],
        cookie: Annotated[str | None, Depends(_cookie)],
    ) -> Caller:
        access: Access = request.app.state.access
        text = bearer.credentials if bearer else header
        who = await asyncio.to_thread(_known, access, request, text, cookie)
        access.buckets.take(who.name, who.per_minute)
        if not allows(who.scopes, needs):
            raise ApiError(
                403,
                f"the key {who.name!r} may not do this: it needs the scope {needs}, and has {', '.join(who.scopes)}",
                "insufficient_scope",
                {"WWW-Authenticate": f'Bearer realm="mentalis", error="insufficient_scope", scope="{needs}"'},
            )
        return who

    return known


def key_from(access: Access, text: str) -> Key:
    """The key with this text.

    Raises:
        ApiError: 401, there is none.
    """
    key = found(access.engine, text)
    if key is None:
        raise _unknown("the API key is unknown or revoked; ask for a new one", ', error="invalid_token"')
    return key


def check_origin(request: Request, needed: bool) -> None:
    """Refuse a request by which another site's page would act for who uses this browser.

    Browsers say which page asks, and no page can make them say another. Programs don't: theirs is not `needed`
    where no cookie speaks for them.

    Raises:
        ApiError: 403, from another site, or without an Origin where one is needed.
    """
    origin = request.headers.get("origin")
    if request.method in SAFE or (origin is None and not needed):
        return
    if origin is None or origin.partition("://")[2] != request.headers.get("host"):
        raise ApiError(403, "another site's page can't do this; use this server's own page or an API key", "origin")


def is_open(access: Access, request: Request) -> bool:
    """Whether a request needs no key: from this machine, and no key was ever made."""
    forwarded = any(name in request.headers for name in FORWARDED)
    return access.loopback and not forwarded and not any_made(access.engine)


def _known(access: Access, request: Request, text: str | None, cookie: str | None) -> Caller:
    if is_open(access, request):  # OpenAI's clients send a key in any case; here it is not read
        check_origin(request, needed=False)
        return Caller(LOCAL, LOCAL, SCOPES, access.per_minute)
    if text is not None:
        return _as_caller(key_from(access, text))
    key = key_of(access.engine, cookie) if cookie else None
    if key is None:
        raise _unknown("an API key is needed: send it as Authorization: Bearer mk_...")
    check_origin(request, needed=True)
    return _as_caller(key)


def _as_caller(key: Key) -> Caller:
    return Caller(key.owner, key.name, key.scopes, key.per_minute)


def _unknown(message: str, detail: str = "") -> ApiError:
    return ApiError(401, message, "invalid_api_key", {"WWW-Authenticate": f'Bearer realm="mentalis"{detail}'})


async def _perhaps(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Caller | None:
    try:
        text = bearer.credentials if bearer else header
        return await asyncio.to_thread(_known, request.app.state.access, request, text, cookie)
    except ApiError:
        return None


Perhaps = Annotated[Caller | None, Depends(_perhaps)]  # none: a key is needed, and none or an unknown one came
Reads = Annotated[Caller, Depends(caller("read"))]
Writes = Annotated[Caller, Depends(caller("write"))]
Oversees = Annotated[Caller, Depends(caller("admin"))]
