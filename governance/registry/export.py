"""The list of systems, and one system with its whole history, as files that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from governance.exports.sources import Asked, Source
from governance.exports.table import Column, Row
from governance.registry import queries
from governance.registry.queries import MOST_SYSTEMS, SystemFilter, SystemLine
from governance.scope import Scope

COLUMNS: Final = (
    "name",
    "type",
    "status",
    "lifecycle",
    "version",
    "constitution_version",
    "capabilities",
    "last_amended_at",
    "open_proposals",
    "total_executions",
    "successful_executions",
    "avg_cost_usd",
    "avg_execution_time_ms",
    "avg_user_satisfaction",
    "description",
)
_PARAMETERS: Final = {
    "text": "q",
    "type": "type",
    "status": "status",
    "lifecycle": "lifecycle",
    "capability": "capability",
}


def filter_of(parameters: Mapping[str, Any]) -> SystemFilter:
    """What an address asks the list for."""
    return SystemFilter(**{field: str(parameters.get(name, "")).strip() for field, name in _PARAMETERS.items()})


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    filter = filter_of(parameters)
    said = {name: value for field, name in _PARAMETERS.items() if (value := getattr(filter, field))}
    words = ", ".join(f"{name} {value}" for name, value in said.items()).replace("q ", "with the words ", 1)
    return Asked(payload=said, words=words or "every system", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(queries.systems(scope=scope, filter=filter_of(payload))[:most].count())


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once: a tenant has at most some thousand systems."""
    rows = queries.systems(scope=scope, filter=filter_of(payload))[:MOST_SYSTEMS]
    return [Row(record(queries.line_of(row))) for row in rows], None


def record(line: SystemLine) -> dict[str, Any]:
    """One system as plain values; what was not measured is None."""
    return {
        **{column: getattr(line, column) for column in COLUMNS if hasattr(line, column)},
        "total_executions": line.health.total,
        "successful_executions": line.health.successful,
        "avg_cost_usd": line.health.avg_cost_usd,
        "avg_execution_time_ms": line.health.avg_execution_time_ms,
        "avg_user_satisfaction": line.health.avg_user_satisfaction,
    }


SOURCE = Source(
    kind="systems",
    title="Systems",
    columns=tuple(map(Column, COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)


def asked_system(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """One system by its name. Raises `NotFound`."""
    found = queries.system(scope=scope, name=parameters.get("system", ""))
    return Asked(
        payload={"system": found.name}, words=f"{found.name} with its history", query=urlencode({"system": found.name})
    )


def count_versions(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(queries.version_count(scope=scope, system=queries.system(scope=scope, name=payload["system"])))


def versions_chunk(scope: Scope, payload: dict[str, Any], after: Any) -> tuple[list[Row], Any]:
    """Versions, oldest first, each with its constitution and the amendment that made it."""
    system = queries.system(scope=scope, name=payload["system"])
    found = queries.whole_versions(scope=scope, system=system, after=after or 0)
    return [Row(one) for one in found], found[-1]["version"] if found else None


SYSTEM = Source(
    kind="system",
    title="System",
    columns=(),
    formats=("json", "jsonl"),
    asked=asked_system,
    count=count_versions,
    chunk=versions_chunk,
    is_packed=True,
)
