"""Tool calls as OpenTelemetry words them (`gen_ai.tool.*`, `mcp.*`), read as they are. Pure.

Taken are a span with `attributes`, as an object or as OTLP/JSON's list of `{key, value}`, and a whole OTLP/JSON export
(`resourceSpans`), of which the spans that are tool calls count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

TOOL: Final = "gen_ai.tool.name"
_SERVERS: Final = ("mcp.server.name", "gen_ai.tool.server", "server.address", "service.name")
_ARGUMENTS: Final = ("gen_ai.tool.call.arguments", "mcp.request.arguments")
_EXECUTION: Final = "tars.execution_id"
_ERROR: Final = (2, "STATUS_CODE_ERROR", "ERROR")


class NoToolCall(ValueError):
    """The span tells of no tool that ran; the text says what is missing."""


def spans_of(export: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The spans of an export that are tool calls, each with its resource's attributes below its own."""
    for resource in _list(export.get("resourceSpans")):
        shared = attributes_of(_map(_map(resource).get("resource")).get("attributes"))
        for part in _list(_map(resource).get("scopeSpans")):
            for span in _list(_map(part).get("spans")):
                found = attributes_of(_map(span).get("attributes"))
                if TOOL in found:
                    yield {**_map(span), "attributes": shared | found}


def call_of(span: Mapping[str, Any], *, server: str) -> dict[str, Any]:
    """A span as the members of a reported call; `server` is the one that a span without one is of. Raises `NoToolCall`."""
    found = attributes_of(span.get("attributes"))
    tool = found.get(TOOL)
    if not isinstance(tool, str) or not tool:
        raise NoToolCall(f"has no {TOOL}")
    status = _map(span.get("status"))
    error = str(found.get("error.type") or "")
    is_error = bool(error) or status.get("code") in _ERROR or found.get("mcp.tool.is_error") is True
    named = next((str(found[name]) for name in _SERVERS if found.get(name)), server)
    call: dict[str, Any] = {"server": named, "tool": tool, "success": not is_error}
    if is_error:
        call["error"] = str(status.get("message") or found.get("error.message") or error or "it failed")
    if (ms := _ms(span)) is not None:
        call["ms"] = ms
    if (arguments := next((found[name] for name in _ARGUMENTS if name in found), None)) is not None:
        call["input"] = _json(arguments)
    if found.get(_EXECUTION):
        call["execution_id"] = str(found[_EXECUTION])
    return call


def attributes_of(value: Any) -> dict[str, Any]:
    """Attributes as an object, from either form."""
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    pairs = [one for one in _list(value) if isinstance(one, Mapping) and isinstance(one.get("key"), str)]
    return {one["key"]: _plain(one.get("value")) for one in pairs}


def _plain(value: Any) -> Any:
    """An OTLP AnyValue; whole numbers come as text."""
    kinds = _map(value)
    for name in ("stringValue", "boolValue", "doubleValue"):
        if name in kinds:
            return kinds[name]
    if "intValue" in kinds:
        text = str(kinds["intValue"])
        return int(text) if text.lstrip("-").isdigit() and len(text) < 20 else text
    if "arrayValue" in kinds:
        return [_plain(one) for one in _list(_map(kinds["arrayValue"]).get("values"))]
    if "kvlistValue" in kinds:
        return attributes_of(_map(kinds["kvlistValue"]).get("values"))
    return None


def _ms(span: Mapping[str, Any]) -> float | None:
    given = span.get("duration_ms")
    if isinstance(given, int | float) and not isinstance(given, bool) and given >= 0:
        return float(given)
    ends = [span.get(name) for name in ("endTimeUnixNano", "end_time_unix_nano")]
    starts = [span.get(name) for name in ("startTimeUnixNano", "start_time_unix_nano")]
    end, start = (next((_whole(one) for one in found if one is not None), None) for found in (ends, starts))
    if end is None or start is None or end < start:
        return None
    return (end - start) / 1_000_000


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _json(value: Any) -> Any:
    """Arguments often come as JSON in a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
