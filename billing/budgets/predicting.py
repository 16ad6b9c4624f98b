"""What a system's next call will use, and when a budget runs out, from what was settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from billing.budgets.forecast import SLICES, Forecast, forecast
from billing.budgets.models import Resource
from governance.scope import Scope

RECENT = 200
LEAST = 3
"""Settled holds before a prediction is made."""

_RECENT = """
SELECT used.key, percentile_disc(0.5) WITHIN GROUP (ORDER BY used.value::numeric),
  percentile_disc(0.9) WITHIN GROUP (ORDER BY used.value::numeric), count(*)
FROM (SELECT h.actual FROM reservations h WHERE h.tenant_id = %s AND h.system_id = %s AND h.state = 'settled' AND h.held_at <= %s
  ORDER BY h.held_at DESC LIMIT %s) recent, jsonb_each_text(recent.actual) used
GROUP BY used.key
"""
_SLICES = """
SELECT least(width_bucket(extract(epoch FROM h.closed_at), %(start)s, %(end)s, %(slices)s), %(slices)s), sum(l.settled)
FROM reservation_lines l JOIN reservations h ON h.tenant_id = l.tenant_id AND h.id = l.reservation_id
WHERE l.tenant_id = %(tenant)s AND l.resource_id = %(resource)s AND l.settled > 0 GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Prediction:
    """By type: half of the recent calls used at most `median`, nine of ten at most `high`. `calls`: how many were looked at."""

    median: Mapping[str, Decimal]
    high: Mapping[str, Decimal]
    calls: int


def prediction(*, scope: Scope, system_id: UUID, at: datetime) -> Prediction | None:
    """What a call of this system uses, from its last 200 settled holds; None without enough history."""
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [scope.tenant_id, system_id, at, RECENT])
        rows = cursor.fetchall()
    calls = max((row[3] for row in rows), default=0)
    if calls < LEAST:
        return None
    return Prediction({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}, calls)


def predicted(*, scope: Scope, system_id: UUID, at: datetime) -> dict[str, Decimal] | None:
    """The median of `prediction`; None without history."""
    found = prediction(scope=scope, system_id=system_id, at=at)
    return dict(found.median) if found else None


def forecast_of(row: Resource, *, at: datetime) -> Forecast | None:
    """When this budget runs out. Inside the tenant's transaction; one query, over the budget's own lines."""
    if not row.is_limit or row.used == 0 or not row.window_start < at < row.window_end:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            _SLICES,
            {
                "start": row.window_start.timestamp(),
                "end": at.timestamp(),
                "slices": SLICES,
                "tenant": row.tenant_id,
                "resource": row.id,
            },
        )
        found = dict(cursor.fetchall())
    return forecast(
        total=row.total_budget,
        committed=row.used + row.reserved,
        spent=[found.get(number, Decimal(0)) for number in range(1, SLICES + 1)],
        starts_at=row.window_start,
        ends_at=row.window_end,
        at=at,
    )
