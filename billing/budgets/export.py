"""Holds, windows, systems and top-ups as files that can be taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from billing.budgets import held, records, wishes
from billing.budgets.board import Meter, running_meters
from billing.budgets.forms import HoldFilterForm, TopUpFilterForm, hold_query
from billing.budgets.history import windows
from billing.budgets.models import ResourceType, WindowType
from billing.budgets.systems import by_system
from governance.errors import Invalid
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now

MOST_WINDOWS: Final = 10_000


def asked_holds(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The page's filters. Raises `Invalid` for one that cannot be read."""
    form = HoldFilterForm(parameters)
    filter = form.filter()
    if form.errors:
        raise Invalid(form.unread[0], problems=tuple((f"/{name}", form.unread[0]) for name in form.errors))
    return _asked({**hold_query(filter), "at": now().isoformat()})


def count_holds(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return held.holds_of(scope=scope, filter=_filter(payload), at=_at(payload))[:most].count()


def chunk_holds(scope: Scope, payload: dict[str, Any], after: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    cursor = UUID(after) if after else None
    found = held.holds(scope=scope, filter=_filter(payload), at=_at(payload), after=cursor, limit=CHUNK)
    rows = [_row(records.hold_record(line)) for line in found]
    return rows, str(found[-1].id) if len(found) == CHUNK else None


def asked_windows(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """One kind of budget. Raises `Invalid`."""
    kind = {"type": str(parameters.get("type", "")), "window": str(parameters.get("window", ""))}
    if kind["type"] not in ResourceType.values or kind["window"] not in WindowType.values:
        raise Invalid(
            "Say of which type and window: type=usd_budget&window=monthly.", problems=(("/type", "is unknown"),)
        )
    return _asked({**kind, "at": now().isoformat()})


def count_windows(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(_windows(scope, payload, most))


def chunk_windows(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, the newest first."""
    return [_row(records.meter_record(one.meter)) for one in _windows(scope, payload, MOST_WINDOWS)], None


def asked_running(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    return _asked({"at": now().isoformat()})


def count_running(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(_running(scope, payload)[:most])


def chunk_running(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, the fullest first."""
    return [_row({**records.meter_record(one), **_use_of(one)}) for one in _running(scope, payload)], None


def asked_systems(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    return _asked({"at": now().isoformat()})


def count_systems(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(by_system(scope=scope, at=_at(payload))[:most])


def chunk_systems(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, the dearest first."""
    return [_row(records.system_record(line)) for line in by_system(scope=scope, at=_at(payload))], None


def asked_wishes(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The page's filter. Raises `Invalid`."""
    form = TopUpFilterForm(parameters)
    if not form.is_valid():
        raise Invalid("A top-up is in no such state.", problems=(("/state", "is unknown"),))
    return _asked({"state": form.asked} if form.asked else {})


def count_wishes(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return wishes.wishes(scope=scope, state=payload.get("state", ""))[:most].count()


def chunk_wishes(scope: Scope, payload: dict[str, Any], after: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    found = wishes.wishes(scope=scope, state=payload.get("state", ""))
    lines = [wishes.wish_of(row) for row in (found.filter(number__lt=after) if after else found)[:CHUNK]]
    return [_row(records.wish_record(line)) for line in lines], lines[-1].number if len(lines) == CHUNK else None


def _asked(said: dict[str, str]) -> Asked:
    words = ", ".join(f"{name} {value}" for name, value in said.items() if value and name != "at")
    return Asked(payload=dict(said), words=words or "all of them", query=urlencode(said))


def _at(payload: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(payload["at"])


def _filter(payload: Mapping[str, Any]) -> held.HoldFilter:
    return HoldFilterForm(payload).filter()


def _windows(scope: Scope, payload: Mapping[str, Any], most: int) -> Any:
    return windows(scope=scope, type=payload["type"], window=payload["window"], at=_at(payload), limit=most)


def _running(scope: Scope, payload: Mapping[str, Any]) -> list[Meter]:
    return sorted(running_meters(scope=scope, at=_at(payload))[0], key=lambda one: -one.part)


def _use_of(one: Meter) -> dict[str, Any]:
    share = (100 * one.committed / one.total).quantize(Decimal("0.01")) if one.total else None
    return {"usage_percent": share, "is_near": one.is_near}


def _row(record: dict[str, Any]) -> Row:
    """A file's row: what a cell cannot hold is JSON in it."""
    cells = {
        name: json.dumps(value, default=str) if isinstance(value, dict) else value for name, value in record.items()
    }
    return Row(cells, record)


def _source(kind: str, title: str, columns: tuple[str, ...], asked: Any, count: Any, chunk: Any) -> Source:
    return Source(kind, title, tuple(map(Column, columns)), ("csv", "json"), asked, count, chunk)


SOURCES: Final = (
    _source("holds", "Holds", records.HOLD_COLUMNS, asked_holds, count_holds, chunk_holds),
    _source(
        "budget-windows", "Windows of a budget", records.METER_COLUMNS, asked_windows, count_windows, chunk_windows
    ),
    _source(
        "budgets",
        "Running budgets",
        (*records.METER_COLUMNS, "usage_percent", "is_near"),
        asked_running,
        count_running,
        chunk_running,
    ),
    _source("budget-systems", "Budgets by system", records.SYSTEM_COLUMNS, asked_systems, count_systems, chunk_systems),
    _source("top-ups", "Top-ups", records.WISH_COLUMNS, asked_wishes, count_wishes, chunk_wishes),
)
