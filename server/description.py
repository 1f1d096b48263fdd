"""The API's description (OpenAPI 3.1): as FastAPI writes it, but with the nulls that it leaves out of examples."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from server.answers import Answer


def describe(app: FastAPI) -> None:
    """Give the application its description; written once, when it is first asked for."""
    written = app.openapi

    def openapi() -> dict[str, Any]:
        known = app.openapi_schema is not None
        described = written()
        if known:
            return described
        schemas = described["components"]["schemas"]
        for answer in _answers(Answer):
            extra = answer.model_config.get("json_schema_extra")
            if isinstance(extra, dict) and answer.__name__ in schemas:
                schemas[answer.__name__]["examples"] = extra["examples"]
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _answers(kind: type[Answer]) -> Iterator[type[Answer]]:
    for one in kind.__subclasses__():
        yield one
        yield from _answers(one)
