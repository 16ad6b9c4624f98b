"""The list of routing rules as a file that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from routing.router import queries
from routing.router.api import record
from routing.router.queries import RuleFilter

COLUMNS: Final = (
    "id",
    "pattern",
    "system",
    "alternatives",
    "action",
    "confidence",
    "is_active",
    "is_learned",
    "based_on_executions",
    "success_rate",
    "avg_cost_usd",
    "avg_duration_ms",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)
_PARAMETERS: Final = {"text": "q", "system": "system", "state": "state", "origin": "origin"}


def filter_of(parameters: Mapping[str, Any]) -> RuleFilter:
    """What an address asks the list for."""
    found = {field: str(parameters.get(name, "")).replace("\x00", "").strip() for field, name in _PARAMETERS.items()}
    return RuleFilter(**found)


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    filter = filter_of(parameters)
    said = {name: value for field, name in _PARAMETERS.items() if (value := getattr(filter, field))}
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=said, words=words or "every routing rule", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(queries.rules(scope=scope, filter=filter_of(payload))[:most].count())


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    rows = queries.rules(scope=scope, filter=filter_of(payload)).order_by("id")
    found = list((rows.filter(id__gt=UUID(cursor)) if cursor else rows)[:CHUNK])
    lines = [record(line) for line in queries.lines_of(scope=scope, rows=found)]
    return [Row({name: one[name] for name in COLUMNS}) for one in lines], str(found[-1].id) if found else None


SOURCE = Source(
    kind="routing_rules",
    title="Routing rules",
    columns=tuple(map(Column, COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)
