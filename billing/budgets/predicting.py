"""What a system's next call will use, from what was settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from billing.budgets.kinds import USD
from governance import sql
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


DOLLARS: Final = f"""
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY recent.usd) FROM (
  SELECT (h.actual ->> '{USD}')::numeric AS usd FROM reservations h
  WHERE h.tenant_id = s.tenant_id AND h.system_id = s.id AND h.state = 'settled' AND h.held_at <= %s
  ORDER BY h.held_at DESC LIMIT {RECENT}) recent
HAVING count(*) >= {LEAST}
"""  # noqa: S608
"""The dollars of `predicted` for a system `s` at a moment: for a statement that reads more than that."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """By type: half of the recent calls used at most `median`, nine of ten at most `high`. `calls`: how many were looked at."""

    median: Mapping[str, Decimal]
    high: Mapping[str, Decimal]
    calls: int


def prediction(*, scope: Scope, system_id: UUID, at: datetime) -> Prediction | None:
    """What a call of this system uses, from its last 200 settled holds; None without enough history."""
    rows = sql.rows(_RECENT, [scope.tenant_id, system_id, at, RECENT])
    calls = max((row[3] for row in rows), default=0)
    if calls < LEAST:
        return None
    return Prediction({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}, calls)


def predicted(*, scope: Scope, system_id: UUID, at: datetime) -> dict[str, Decimal] | None:
    """The median of `prediction`; None without history."""
    found = prediction(scope=scope, system_id=system_id, at=at)
    return dict(found.median) if found else None
