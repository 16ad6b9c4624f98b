"""The list of connectors as a file that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from governance.exports.sources import Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now
from routing.connectors import queries, records


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The filters of the page."""
    said = {
        name: value for name in ("q", "state") if (value := str(parameters.get(name, "")).strip().replace("\x00", ""))
    }
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=said, words=words or "every connector", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(_lines(scope, payload)[:most])


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once: a tenant has at most one for each system."""
    return [Row(records.line_record(line)) for line in _lines(scope, payload)], None


def _lines(scope: Scope, payload: dict[str, Any]) -> list[queries.Line]:
    return queries.lines(scope=scope, at=now(), text=payload.get("q", ""), state=payload.get("state", ""))


SOURCE: Final = Source(
    kind="connectors",
    title="Connectors",
    columns=tuple(map(Column, records.COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)
