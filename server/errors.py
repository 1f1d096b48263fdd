"""Errors in OpenAI's shape: what any OpenAI client shows its user."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from perception.errors import MentalisError


class ApiError(Exception):
    """A request that can't be served: HTTP status, one line, a code for programs, headers of the answer."""

    def __init__(self, status: int, message: str, code: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error as {"error": {"message", "type", "code"}}."""

    @app.exception_handler(ApiError)
    async def _api(_: Request, error: ApiError) -> JSONResponse:
        return shaped(error.status, error.message, error.code, error.headers)

    @app.exception_handler(MentalisError)
    async def _input(_: Request, error: MentalisError) -> JSONResponse:
        return shaped(400, str(error), type(error).__name__)

    @app.exception_handler(RequestValidationError)
    async def _form(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return shaped(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "invalid_request")

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return shaped(error.status_code, str(error.detail), "not_found" if error.status_code == 404 else "http_error")


def shaped(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error answer."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "code": code}}, status, headers)
