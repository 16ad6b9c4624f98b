"""Executions by day and by system as files that can be taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from governance.exports.sources import Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now
from routing.executions.days import by_day, by_system
from routing.executions.figure_records import DAY_COLUMNS, SYSTEM_COLUMNS, day_record, system_record
from routing.figures.span import Span, chosen, last_days


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The page's filters."""
    count, system = chosen(str(parameters.get("days", ""))), str(parameters.get("system", "")).strip()
    span = last_days(count, at=now())
    said = {"days": str(count), **({"system": system} if system else {})}
    payload = {"first": span.first.isoformat(), "last": span.last.isoformat(), "system": system}
    words = f"the {count} days up to {span.last}" + (f", system {system}" if system else "")
    return Asked(payload=payload, words=words, query=urlencode(said))


def _days(scope: Scope, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = by_day(scope=scope, span=_span(payload), system=payload["system"])
    return [day_record(one, system=payload["system"]) for one in found]


def _systems(scope: Scope, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [system_record(one) for one in by_system(scope=scope, span=_span(payload), system=payload["system"])]


def _span(payload: Mapping[str, Any]) -> Span:
    return Span(date.fromisoformat(payload["first"]), date.fromisoformat(payload["last"]))


def _source(
    kind: str, title: str, columns: tuple[str, ...], read: Callable[[Scope, Mapping[str, Any]], list[dict[str, Any]]]
) -> Source:
    return Source(
        kind=kind,
        title=title,
        columns=tuple(map(Column, columns)),
        formats=("csv", "json"),
        asked=asked,
        count=lambda scope, payload, most: len(read(scope, payload)[:most]),
        chunk=lambda scope, payload, cursor: ([Row(record) for record in read(scope, payload)], None),
    )


SOURCES: Final = (
    _source("execution-days", "Executions by day", DAY_COLUMNS, _days),
    _source("system-health", "System health", SYSTEM_COLUMNS, _systems),
)
