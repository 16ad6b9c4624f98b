"""The smallest body that an operation of the API takes, read off its OpenAPI document."""

from __future__ import annotations

from typing import Any

from tarsweb.api import document

CHOSEN: dict[str, dict[str, Any]] = {
    "connectors.ApprovalBody": {"digests": ["sha256:" + "0" * 64]},
    "connectors.NewSecretBody": {"value": "long-enough-to-be-one"},
    "amendments.RevisionBody": {"patch": [], "evidence": {}, "base_version": 1},
    "inbox.SnoozeBody": {"for": "hour"},
}
"""What the members' types alone do not say."""

_FORMATS = {
    "decimal": "1.00",
    "date-time": "2030-01-01T00:00:00Z",
    "email": "person@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def smallest(path: str, method: str) -> Any:
    """A body that fits, or {} for an operation without one."""
    operation = document()["paths"].get(path, {}).get(method, {})
    content = operation.get("requestBody", {}).get("content", {})
    return _value(content["application/json"]["schema"]) if "application/json" in content else {}


def _value(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = CHOSEN.get(name)
        return found if found is not None else _value(document()["components"]["schemas"][name])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: _value(schema["properties"][name]) for name in schema.get("required", ())}
    if kind == "array":
        return [_value(schema["items"])] * schema.get("minItems", 0)
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), "a word")
    return schema.get("minimum", 1) if kind in {"integer", "number"} else True
