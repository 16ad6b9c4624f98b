"""Executions added up, as plain values by the names of the sources' queries, for the API and exports."""

from __future__ import annotations

from typing import Any, Final

from routing.executions.days import DaySums, Sums, SystemSums

_COLUMNS: Final = (
    "total_executions", "successful_executions", "failed", "partial", "timed_out", "governance_blocked", "success_rate",
    "avg_confidence", "avg_cost_usd", "cost_usd", "avg_execution_time_ms", "median_ms", "p95_ms", "max_ms",
    "avg_user_satisfaction", "rated",
)  # fmt: skip
DAY_COLUMNS: Final = ("day", "system", *_COLUMNS)
SYSTEM_COLUMNS: Final = ("system", "status", *_COLUMNS)


def day_record(one: DaySums, *, system: str = "") -> dict[str, Any]:
    """A day's; `system` is the only one that was counted."""
    return {"day": one.day.isoformat(), "system": system or None, "status": None, **_sums(one.sums)}


def system_record(one: SystemSums) -> dict[str, Any]:
    return {"day": None, "system": one.name, "status": one.status or None, **_sums(one.sums)}


def _sums(sums: Sums) -> dict[str, Any]:
    values = (
        sums.total, sums.succeeded, sums.failed, sums.partial, sums.timed_out, sums.blocked, _text(sums.success_rate),
        _text(sums.confidence), _text(sums.cost), _text(sums.cost_sum if sums.cost is not None else None), sums.avg_ms,
        sums.median_ms, sums.p95_ms, sums.max_ms, _text(sums.stars), sums.rated,
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
