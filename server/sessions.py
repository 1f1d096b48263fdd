"""The page's session: a key is sent once, and a cookie that no script can read stands for it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from server.access import COOKIE, LOCAL, Access, Caller, caller, check_origin, key_from
from server.answers import Session
from server.session_records import LASTS_S, begun, ended


class KeySent(BaseModel):
    """The body of POST /v1/session."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"key": "mk_..."}]})

    key: str = Field(min_length=1, max_length=200, description="an API key of this server: mk_...")


def routes() -> APIRouter:
    """The endpoints under /v1/session; the app has its `Access` as `app.state.access`."""
    router = APIRouter(prefix="/v1/session", tags=["session"])

    @router.get("")
    async def get(who: Annotated[Caller, Depends(caller("read"))]) -> Session:
        """Who asks; 401 where a key is needed first."""
        return Session(object="session", name=who.name, scopes=who.scopes, open=who.owner == LOCAL)

    @router.post("", status_code=201, response_model=Session)
    async def begin(sent: KeySent, request: Request) -> JSONResponse:
        """Begin a session: the answer sets its cookie, which lasts 12 hours and ends when its key is revoked."""
        access: Access = request.app.state.access
        check_origin(request, needed=False)
        key = await asyncio.to_thread(key_from, access, sent.key)
        token = await asyncio.to_thread(begun, access.engine, key)
        begun_now = Session(object="session", name=key.name, scopes=key.scopes, open=False)
        answer = JSONResponse(begun_now.model_dump(mode="json"), 201)
        answer.set_cookie(COOKIE, token, max_age=LASTS_S, **_cookie_rules(request))
        return answer

    @router.delete("", status_code=204)
    async def end(request: Request, token: Annotated[str | None, Cookie(alias=COOKIE)] = None) -> Response:
        """End the session."""
        check_origin(request, needed=False)
        if token is not None:
            await asyncio.to_thread(ended, request.app.state.access.engine, token)
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, **_cookie_rules(request))
        return answer

    return router


def _cookie_rules(request: Request) -> dict[str, Any]:
    """No script reads it, no other site's request carries it, and where there is TLS nothing else does."""
    return {"path": "/", "httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}
