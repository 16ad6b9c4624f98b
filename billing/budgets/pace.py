"""How fast a budget was used: what was charged in each 120th of its window, kept ready so that a forecast reads a few rows.

`budget_paces` holds what the ledger has sealed: `seal_due` takes each settled movement exactly once and calls `keep_within` in
the same transaction. What is signed and not sealed yet, a minute's worth, is added when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from billing.budgets.forecast import SLICES, SLOTS, Forecast, forecast, slices
from billing.budgets.kinds import STORAGE
from billing.budgets.models import Resource

_SLOT = f"""least(greatest(floor(extract(epoch FROM m.at - r.window_start) * {SLOTS}
  / extract(epoch FROM r.window_end - r.window_start)), 0), {SLOTS} - 1)::int"""
_CHARGED = """
SELECT l.resource_id, {slot} AS slot, sum(l.settled) AS settled
FROM {moves} m
JOIN reservation_lines l ON l.tenant_id = m.tenant_id AND l.reservation_id = m.reservation_id
JOIN resources r ON r.tenant_id = m.tenant_id AND r.id = l.resource_id
WHERE m.tenant_id = %(tenant)s AND m.kind = 'settle' AND l.settled > 0
"""
_MOST_UNSEALED: Final = 20_000
"""A backlog of sealing beyond this is not looked at: the forecast is then too hopeful, and the stuck task stands on a page."""
_NEWEST = f"""(SELECT u.tenant_id, u.reservation_id, u.kind, u.at, u.id FROM budget_moves u
  WHERE u.tenant_id = %(tenant)s AND u.sealed_in IS NULL ORDER BY u.id DESC LIMIT {_MOST_UNSEALED})"""  # noqa: S608
_KEEP = f"""
INSERT INTO budget_paces (id, tenant_id, resource_id, slot, settled)
SELECT uuidv7(), %(tenant)s, found.resource_id, found.slot, found.settled
FROM ({_CHARGED.format(moves="budget_moves", slot=_SLOT)} AND m.id = ANY(%(moves)s) GROUP BY 1, 2 ORDER BY 1, 2) found
ON CONFLICT (tenant_id, resource_id, slot) DO UPDATE SET settled = budget_paces.settled + EXCLUDED.settled
"""  # noqa: S608 -- only names of this module are put in
_READ = f"""
SELECT resource_id, slot, sum(settled) FROM (
  SELECT p.resource_id, p.slot, p.settled FROM budget_paces p
    WHERE p.tenant_id = %(tenant)s AND p.resource_id = ANY(%(resources)s)
  UNION ALL
  ({_CHARGED.format(moves=_NEWEST, slot=_SLOT)} AND l.resource_id = ANY(%(resources)s) GROUP BY 1, 2)
) both_parts GROUP BY 1, 2
"""  # noqa: S608 -- only names of this module are put in
Slots = Mapping[int, Decimal]


def keep_within(*, tenant_id: UUID, moves: Sequence[UUID]) -> None:
    """Add what these movements charged. Inside the transaction that seals them, which takes each only once."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"tenant": tenant_id, "moves": list(moves)})


def paces(*, tenant_id: UUID, resource_ids: Iterable[UUID]) -> dict[UUID, dict[int, Decimal]]:
    """What was charged to each budget, by slot of its window. Inside the tenant's transaction; one query for all."""
    found: dict[UUID, dict[int, Decimal]] = {id: {} for id in resource_ids}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"tenant": tenant_id, "resources": list(found)})
        for id, slot, settled in cursor.fetchall():
            found[id][slot] = settled
    return found


def forecasts(rows: Iterable[Resource], *, tenant_id: UUID, at: datetime) -> dict[UUID, Forecast | None]:
    """When each of these budgets runs out; one query for all. None: nothing can be said."""
    telling = [row for row in rows if _can_tell(row, at=at)]
    found = paces(tenant_id=tenant_id, resource_ids=[row.id for row in telling])
    return {row.id: _forecast(row, found[row.id], at=at) for row in telling}


def _can_tell(row: Resource, *, at: datetime) -> bool:
    # Storage is a level that is measured, not something that is used up in steps.
    is_spent = row.is_limit and row.used > 0 and row.resource_type != STORAGE
    return is_spent and row.window_start < at < row.window_end


def _forecast(row: Resource, slots: Slots, *, at: datetime) -> Forecast | None:
    return forecast(
        total=row.total_budget,
        committed=row.used + row.reserved,
        spent=slices(slots, part=(at - row.window_start) / (row.window_end - row.window_start), count=SLICES),
        starts_at=row.window_start,
        ends_at=row.window_end,
        at=at,
    )
