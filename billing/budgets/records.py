"""Budgets, holds, systems and top-ups as rows of a file and as records of the API."""

from __future__ import annotations

from typing import Any, Final

from billing.budgets.amounts import text
from billing.budgets.board import Meter
from billing.budgets.forecast import Forecast
from billing.budgets.held import HoldLine
from billing.budgets.models import BudgetAlert
from billing.budgets.systems import ShareLine, SystemLine
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


def alert_record(one: BudgetAlert) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "resource_id": str(one.resource_id),
        "resource_type": one.resource.resource_type,
        "window_type": one.resource.window_type,
        "window_end": one.resource.window_end,
        "system": one.share.system.name if one.share else "",
        "level": one.level,
        "committed": text(one.committed),
        "exhausted_at": one.exhausted_at,
        "at": one.at,
    }


def share_record(share: ShareLine) -> dict[str, Any]:
    meter = share.meter
    return {
        "resource_id": str(meter.id),
        "resource_type": meter.type,
        "window_type": meter.window,
        "window_end": meter.ends_at,
        "used": text(meter.used),
        "reserved": text(meter.reserved),
        "quota": text(meter.total) if share.is_capped else None,
        "limited_by": share.source,
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
