"""The JSON schema of an answer, in the form that vLLM's grammar backends honour."""

from typing import Any

from pydantic import BaseModel

DROPPED = ("title", "default", "description")  # say nothing to a grammar


def server_schema(output: type[BaseModel]) -> dict[str, Any]:
    """A model's schema without references, each object closed and all of its fields required.

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
