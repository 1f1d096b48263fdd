"""The page of the API: each endpoint with what it takes, written from the API's description; it needs no script."""

import json
from html import escape
from typing import Any

HEAD = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>API - Mentalis</title>
  <link rel="icon" type="image/svg+xml" href="/page/icon.svg">
  <link rel="stylesheet" href="/page/base.css">
</head>
<body>
  <header class="top"><a class="brand" href="/">Mentalis</a></header>
  <main class="api">
"""


def api_page(described: dict[str, Any]) -> str:
    """The page as HTML.

    Args:
        described: the API's description (OpenAPI 3.1).
    """
    by_tag: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            shown = _operation(f"{method.upper()} {path}", operation, described)
            by_tag.setdefault(operation.get("tags", ["other"])[0], []).append(shown)
    about = described["info"]
    head = (
        f"<h1>API</h1><p>{escape(about.get('summary', ''))} Version {escape(about['version'])}; "
        '<a href="/openapi.json">openapi.json</a> is its description for programs.</p>'
    )
    parts = [f"<section><h2>{escape(tag)}</h2>{''.join(shown)}</section>" for tag, shown in by_tag.items()]
    return f"{HEAD}{head}{''.join(parts)}{_errors(described)}</main></body></html>"


def _operation(name: str, operation: dict[str, Any], described: dict[str, Any]) -> str:
    parts = [_parameters(operation.get("parameters", []))]
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_body(f"Body: {kind}", _resolved(body.get("schema", {}), described)))
    for status, told in operation["responses"].items():
        if status < "400":
            parts += [_answer(status, kind, one, described) for kind, one in told.get("content", {"": {}}).items()]
    does = escape(operation.get("description", operation.get("summary", "")))
    return f"<details><summary><code>{escape(name)}</code> {does}</summary>{''.join(parts)}</details>"


def _errors(described: dict[str, Any]) -> str:
    """What any endpoint may answer, told once."""
    told = {
        status: answer["description"]
        for operations in described["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
    }
    rows = [f"<tr><td>{escape(status)}</td><td>{escape(told[status])}</td></tr>" for status in sorted(told)]
    head = "<tr><th>Status</th><th>Meaning</th></tr>"
    return f"<section><h2>errors</h2><table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table></section>"


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{_limits(one['schema'])}</td><td>{escape(one.get('description', ''))}</td></tr>"
        for one in parameters
    ]
    head = "<tr><th>Parameter</th><th>In</th><th>Value</th><th>Meaning</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""


def _answer(status: str, kind: str, told: dict[str, Any], described: dict[str, Any]) -> str:
    schema = _resolved(told.get("schema", {}), described)
    examples = [told["example"]] if "example" in told else schema.get("examples", [])
    return _body(f"Answer: {status} {kind}", {**schema, "required": [], "examples": examples})


def _body(title: str, schema: dict[str, Any]) -> str:
    """What is sent or answered: its fields, and an example where there is one."""
    needed = schema.get("required", ())
    rows = [
        f"<tr><td><code>{escape(name)}</code>{' (needed)' if name in needed else ''}</td>"
        f"<td>{_limits(field)}</td><td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    ]
    head = "<tr><th>Field</th><th>Value</th><th>Meaning</th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    examples = [
        f'<pre class="code" tabindex="0">{escape(one if isinstance(one, str) else _indented(one))}</pre>'
        for one in schema.get("examples", ())
    ]
    return f"<h3>{escape(title)}</h3>{table}{''.join(examples)}"


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _limits(schema: dict[str, Any]) -> str:
    """The kind of a value, and what it may be."""
    kinds = [one for one in schema.get("anyOf", (schema,)) if one.get("type") != "null"]
    told = []
    for one in kinds:
        allowed = one.get("enum", [one["const"]] if "const" in one else [])
        told.append(", ".join(map(str, allowed)) or str(one.get("type", "object")))
    usual = schema.get("default")
    return escape(" or ".join(told)) + (f"; usually {escape(json.dumps(usual))}" if usual is not None else "")


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described["components"]["schemas"][name] if name else schema
    return found
