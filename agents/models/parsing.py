"""A model's words as an answer of the wanted type, or what is wrong with them."""

import json
import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)
FENCED = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?```\s*$", re.DOTALL)
MOST_PROBLEMS = 3  # told to the model at once


class InvalidAnswer(ValueError):
    """The words are no answer of the type; the message says why without repeating them."""


def parse(words: str, output: type[T]) -> T:
    """Parse and validate.

    Raw control characters inside strings are taken, as xgrammar lets them through (mlc-ai/xgrammar#800).

    Raises:
        InvalidAnswer: not JSON, or not of the type.
    """
    fenced = FENCED.match(words)
    try:
        content = json.loads(fenced.group(1) if fenced else words, strict=False)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidAnswer(f"it is not valid JSON{where}") from error
    try:
        return output.model_validate(content)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        told = [f"{'.'.join(map(str, p['loc'])) or 'answer'}: {_short(p['msg'])}" for p in problems[:MOST_PROBLEMS]]
        raise InvalidAnswer("; ".join(told)) from error


def _short(message: str) -> str:
    return message if len(message) <= 160 else message[:157] + "..."
