"""The JSON schema of an answer, in the form that vLLM's grammar backends honour."""

import json
import re
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

KEPT = 256  # schemas: making one takes milliseconds, and agents ask in the same form again and again
CLASS = r"\[[^]]+\](?:\{\d+,(\d+)\})?"  # of characters in a pattern, and how often
DROPPED = ("title", "default", "description")  # say nothing to a grammar


@lru_cache(maxsize=KEPT)
def server_schema(output: type[BaseModel]) -> dict[str, Any]:
    """A model's schema without references, each object closed and all of its fields required; not to be changed.

    Keywords that some backends refuse or get wrong (`$ref`, `uniqueItems`, string lengths) do not occur: the
    answer types use patterns, bounded integers and bounded arrays instead.

    Raises:
        ValueError: the model has a string or a number without bounds, which a grammar could fill for ever.
    """
    schema = output.model_json_schema()
    inlined: dict[str, Any] = _inline(schema, schema.get("$defs", {}))
    _refuse_endless(inlined, output.__name__)
    return inlined


def _inline(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "const" in node:
        return {"enum": [node["const"]], **({"type": node["type"]} if "type" in node else {})}
    kept = {key: value for key, value in node.items() if key not in DROPPED and key != "$defs"}
    if "properties" in kept:
        properties = {name: _inline(value, definitions) for name, value in kept["properties"].items()}
        return {**kept, "properties": properties, "required": list(properties), "additionalProperties": False}
    return {key: _inline(value, definitions) for key, value in kept.items()}


def _refuse_endless(node: Any, path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _refuse_endless(item, path)
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    endless = (
        (kind == "string" and not {"enum", "pattern"} & set(node))
        or kind == "number"
        or (kind == "integer" and not {"minimum", "maximum"} <= set(node))
        or (kind == "array" and "maxItems" not in node)
    )
    if endless:
        raise ValueError(f"{path}: a {kind} without bounds; give it a pattern, limits or an enum")
    for name, child in node.get("properties", {}).items():
        _refuse_endless(child, f"{path}.{name}")
    for key in ("items", "anyOf"):
        _refuse_endless(node.get(key), f"{path}[]" if key == "items" else path)


def longest(schema: dict[str, Any]) -> int:
    """Characters of the longest JSON without blanks that keeps a server's schema.

    Raises:
        ValueError: a pattern does not say how long it gets.
    """
    return _longest_of(json.dumps(schema))


@lru_cache(maxsize=KEPT)
def _longest_of(schema: str) -> int:
    return _longest(json.loads(schema))


def _longest(schema: dict[str, Any]) -> int:
    if "enum" in schema:
        return max(len(json.dumps(value, ensure_ascii=False)) for value in schema["enum"])
    if "anyOf" in schema:
        return max(map(_longest, schema["anyOf"]))
    kind = schema.get("type")
    if kind == "object":
        return 1 + sum(len(json.dumps(name)) + 2 + _longest(child) for name, child in schema["properties"].items())
    if kind == "array":
        most: int = schema["maxItems"]
        return 2 + most * (_longest(schema["items"]) + 1)
    if kind == "string":
        return 2 + _longest_match(schema["pattern"])
    if kind == "integer":
        return max(len(str(schema["minimum"])), len(str(schema["maximum"])))
    return len("false")


def _longest_match(pattern: str) -> int:
    """Of a pattern that is classes of characters one after another, each once or so many times, as the answers' are."""
    if not re.fullmatch(rf"\^(?:{CLASS})+\$", pattern):
        raise ValueError(f"the pattern {pattern!r} is not of the form ^[...]{{least,most}}$ or ^[...][...]{{...}}$")
    return sum(int(most or 1) for most in re.findall(CLASS, pattern))
