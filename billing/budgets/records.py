"""Budgets, holds, systems and top-ups as rows of a file and as records of the API."""

from __future__ import annotations

from typing import Any, Final

from billing.budgets.amounts import text
from billing.budgets.board import AlertLine, Meter
from billing.budgets.forecast import Forecast
from billing.budgets.held import HoldLine
from billing.budgets.systems import SystemLine
from billing.budgets.wishes import Wish

HOLD_COLUMNS: Final = (
    "id", "key", "system", "purpose", "subject_kind", "subject_id", "state", "amounts", "actual", "overshoot", "is_priced",
    "held_by", "held_at", "expires_at", "closed_at", "closed_by", "closed_because",
)  # fmt: skip
METER_COLUMNS: Final = (
    "id", "resource_type", "window_type", "window_start", "window_end", "total_budget", "used", "reserved", "available",
    "alert_threshold", "is_limit", "system",
)  # fmt: skip
SYSTEM_COLUMNS: Final = ("system", "taken", "open_holds", "fullest_quota")
WISH_COLUMNS: Final = (
    "number", "resource_id", "budget", "amount", "reason", "state", "asked_by", "asked_at", "closed_at", "closed_by",
    "closed_because",
)  # fmt: skip


def hold_record(line: HoldLine) -> dict[str, Any]:
    found = {name: getattr(line, name) for name in HOLD_COLUMNS}
    return {**found, "id": str(line.id), "subject_id": None if line.subject_id is None else str(line.subject_id)}


def meter_record(meter: Meter) -> dict[str, Any]:
    return {
        "id": str(meter.id),
        "resource_type": meter.type,
        "window_type": meter.window,
        "window_start": meter.starts_at,
        "window_end": meter.ends_at,
        "total_budget": text(meter.total),
        "used": text(meter.used),
        "reserved": text(meter.reserved),
        "available": text(meter.free),
        "alert_threshold": text(meter.alert_threshold),
        "is_limit": meter.is_limit,
        "system": meter.system,
    }


def forecast_record(seen: Forecast | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {"exhausted_at": seen.exhausted_at, "earliest": seen.earliest, "latest": seen.latest}


def alert_record(line: AlertLine) -> dict[str, Any]:
    return {
        "resource_id": str(line.resource_id),
        "budget": line.name,
        "level": line.level,
        "committed": line.committed,
        "exhausted_at": line.exhausted_at,
        "at": line.at,
    }


def system_record(line: SystemLine) -> dict[str, Any]:
    return {
        "system": line.name,
        "taken": dict(line.taken),
        "open_holds": line.open_holds,
        "fullest_quota": meter_record(line.fullest) if line.fullest else None,
    }


def wish_record(wish: Wish) -> dict[str, Any]:
    found = {name: getattr(wish, name) for name in WISH_COLUMNS if name != "budget"}
    return {**found, "resource_id": str(wish.resource_id), "budget": wish.name}
