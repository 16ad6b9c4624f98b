"""One call of a tool as one request to the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from tarsweb.client import Tars
from tarsweb.client.errors import Problem
from tarsweb.mcp.catalogue import Entry
from tarsweb.mcp.schemas import KEY

_PLACES: Final = frozenset({".", "..", ""})


def call(tars: Tars, entry: Entry, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The API's answer. Raises `Problem` for a refusal, `Unreachable` when no answer came."""
    _demand_json(arguments)
    left = dict(arguments)
    path = _path(entry, left)
    if entry.is_reading:
        return _object(tars.get(path, query=entry.fixed | {name: _text(name, value) for name, value in left.items()}))
    key = left.pop(KEY, "")
    if not isinstance(key, str) or not key.isascii():
        raise _refused(KEY, "is text of plain letters, digits and signs")
    return _object(tars.post(path, body=left, idempotency_key=key))


def as_json(problem: Problem) -> dict[str, Any]:
    """The problem as the API said it (RFC 9457), without what only HTTP needs."""
    said = {
        "code": problem.code,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [{"pointer": pointer, "detail": sentence} for pointer, sentence in problem.errors],
        "request_id": problem.request_id,
    }
    return said | ({"link": problem.link} if problem.link else {})


def _path(entry: Entry, arguments: dict[str, Any]) -> str:
    """The path with its parameters taken out of `arguments`. A value cannot leave its place in the address."""
    parts = []
    for part in entry.path.split("/"):
        if part.startswith("{"):
            name = entry.named.get(part[1:-1], part[1:-1])
            given = arguments.pop(name, None)
            if not isinstance(given, str) or _PLACES & set(given.split("/")):
                raise _refused(name, "is missing or is no name")
            part = quote(given, safe="")
        parts.append(part)
    return "/".join(parts)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise _refused(name, "is text, a number, true or false")


def _demand_json(arguments: Mapping[str, Any]) -> None:
    try:
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise _refused(
            "", "holds a number or a character that JSON has no place for, or is nested too deeply"
        ) from None


def _object(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.body or {}
    return found


def _refused(name: str, why: str) -> Problem:
    detail = f"{name or 'An argument'} {why}."
    return Problem(status=422, code="invalid", detail=detail, errors=((f"/{name}" if name else "", why),))
