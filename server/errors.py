"""Errors in OpenAI's shape: what any OpenAI client shows its user."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from perception.errors import MentalisError
from server.patience import AWAY, why

logger = logging.getLogger(__name__)


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorAnswer(BaseModel):
    """An error, as OpenAI's clients read it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "message": "there is no file 'file-1'",
                        "type": "invalid_request_error",
                        "param": None,
                        "code": "not_found",
                    }
                }
            ]
        }
    )

    error: ErrorDetail


TOLD = {
    400: "What was asked can't be done; the message says why",
    401: "No API key, or an unknown one",
    403: "The key may not do this, or another site's page asked",
    404: "There is no such thing",
    405: "The path takes other methods",
    408: "The body does not come",
    409: "It does not fit what is there: no report yet, or an Idempotency-Key of another request",
    413: "Too long, or more than may be kept",
    415: "Not sent as JSON",
    421: "The server has another name",
    422: "A value is missing or not as it must be",
    429: "Too many requests; Retry-After says when to try again",
    503: "The server is being stopped, or its database is away; Retry-After says when to try again",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": what} for status, what in TOLD.items()
}
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
FAILED = "the server failed; its log says more"  # of errors that nobody foresaw, whose words may tell what is secret
DATABASE_AWAY = "the database does not answer; try again in a moment"
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class ApiError(Exception):
    """A request that can't be served: HTTP status, one line, a code for programs, and headers if need be."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str,
        headers: dict[str, str] | None = None,
        *,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.headers = status, message, code, param, headers


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error as {"error": {"message", "type", "param", "code"}}."""

    @app.exception_handler(ApiError)
    async def _api(_: Request, error: ApiError) -> JSONResponse:
        return JSONResponse(body(error.status, error.message, error.code, error.param), error.status, error.headers)

    @app.exception_handler(MentalisError)
    async def _input(_: Request, error: MentalisError) -> JSONResponse:
        return shaped(400, str(error), type(error).__name__)

    @app.exception_handler(RequestValidationError)
    async def _form(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        return JSONResponse(body(422, f"{where}: {first['msg']}", "invalid_request", where), 422)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = CODES.get(error.status_code, "http_error")
        return JSONResponse(body(error.status_code, str(error.detail), code), error.status_code, error.headers)

    async def _away(_: Request, error: Exception) -> JSONResponse:
        logger.warning("the database does not answer (%s)", why(error))
        return JSONResponse(body(503, DATABASE_AWAY, "database"), 503, {"Retry-After": "5"})

    for kind in AWAY:
        app.add_exception_handler(kind, _away)

    @app.exception_handler(DataError)
    async def _text(_: Request, error: DataError) -> JSONResponse:
        return shaped(400, "a text has characters that can't be kept, such as NUL; leave them out", "characters")

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, error: ClientDisconnect) -> JSONResponse:
        return shaped(400, "the body broke off", "broken_off")  # nobody hears it; the log is spared

    @app.exception_handler(Exception)
    async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
        return shaped(500, FAILED, type(error).__name__)


def shaped(status: int, message: str, code: str) -> JSONResponse:
    """An error answer."""
    return JSONResponse(body(status, message, code), status)


def body(status: int, message: str, code: str, param: str | None = None) -> dict[str, Any]:
    """An error as JSON."""
    kind = KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
