"""What a tool takes and gives, read off the API's OpenAPI document (3.1, whose schemas are JSON Schema)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tarsweb.mcp.catalogue import Entry

KEY: Final = "idempotency_key"
_REF: Final = "#/components/schemas/"
_JSON: Final = "application/json"
_KEY_SCHEMA: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "description": "Choose one and repeat it with the same call: it then happens once, however often you ask.",
}


def operation(document: dict[str, Any], entry: Entry) -> dict[str, Any] | None:
    """The API's operation behind a tool; None where this server has no such address."""
    found: dict[str, Any] | None = document.get("paths", {}).get(f"/api/v1/{entry.path}", {}).get(entry.method.lower())
    return found


def input_schema(document: dict[str, Any], entry: Entry, said: dict[str, Any]) -> dict[str, Any]:
    """Path, query and body members side by side; a writing tool takes an idempotency key as well."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for one in said.get("parameters", ()):
        if one["in"] not in {"path", "query"} or one["name"] in entry.fixed:
            continue
        name = entry.named.get(one["name"], one["name"])
        described = {"description": one["description"]} if one.get("description") else {}
        properties[name] = one["schema"] | described
        required += [name] if one.get("required") else []
    body = _body(document, said)
    properties |= body.get("properties", {})
    required += body.get("required", [])
    if not entry.is_reading:
        properties[KEY] = _KEY_SCHEMA
    whole = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return _closed(document, whole)


def output_schema(document: dict[str, Any], said: dict[str, Any]) -> dict[str, Any] | None:
    """What the tool's structured content is when it succeeds."""
    for status, answer in said["responses"].items():
        schema = answer.get("content", {}).get(_JSON, {}).get("schema")
        if status.startswith("2") and schema:
            return _closed(document, _followed(document, schema))
    return None


def _body(document: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    content = said.get("requestBody", {}).get("content", {})
    return _followed(document, content[_JSON]["schema"]) if _JSON in content else {}


def _followed(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    if not reference:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][reference.removeprefix(_REF)]
    return found


def _closed(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with all it refers to, so that it can be read alone."""
    definitions: dict[str, Any] = {}
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            found = document["components"]["schemas"][name]
            definitions[name] = _moved(found)
            waiting += _references(found)
    moved: dict[str, Any] = _moved(schema)
    return moved | ({"$defs": definitions} if definitions else {})


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix(_REF)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _moved(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: f"#/$defs/{value.removeprefix(_REF)}" if name == "$ref" and isinstance(value, str) else _moved(value)
            for name, value in schema.items()
        }
    return [_moved(value) for value in schema] if isinstance(schema, list) else schema


def as_text(found: dict[str, Any]) -> str:
    """An answer for who reads no structured content."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
