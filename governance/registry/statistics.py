"""What a system has done, in numbers: counts and averages that move with every batch of ended work, and people's stars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.registry.models import Lifecycle, System


@dataclass(frozen=True, slots=True)
class Ended:
    """One piece of work that ended. None is unknown, and moves no average."""

    system_id: UUID
    is_success: bool
    cost_usd: Decimal | None
    duration_ms: int | None
    at: datetime | None = None


# An average moves by the known values' share of all: unknown ones count as what was usual before.
_FOLD: Final = """
UPDATE systems SET
  total_executions = total_executions + %(total)s,
  successful_executions = successful_executions + %(successes)s,
  avg_cost_usd = CASE WHEN %(costs)s = 0 THEN avg_cost_usd
    ELSE (avg_cost_usd * (total_executions + %(total)s - %(costs)s) + %(cost)s) / (total_executions + %(total)s) END,
  avg_execution_time_ms = CASE WHEN %(times)s = 0 THEN avg_execution_time_ms
    ELSE (avg_execution_time_ms::numeric * (total_executions + %(total)s - %(times)s) + %(time)s)
      / (total_executions + %(total)s) END,
  access_count = access_count + %(total)s,
  last_accessed_at = greatest(last_accessed_at, %(last)s),
  lifecycle_state = 'HOT', archived_at = NULL
WHERE tenant_id = %(tenant)s AND id = %(system)s AND lifecycle_state <> 'PRUNED'
"""


def fold_within(*, tenant_id: UUID, ended: Iterable[Ended]) -> None:
    """Move the numbers of the systems, inside the caller's transaction; one statement for each system, by ascending id."""
    by_system: dict[UUID, list[Ended]] = defaultdict(list)
    for one in ended:
        by_system[one.system_id].append(one)
    with connection.cursor() as cursor:
        for system_id in sorted(by_system):
            cursor.execute(_FOLD, _numbers(by_system[system_id]) | {"tenant": tenant_id, "system": system_id})


def keep_stars_within(*, tenant_id: UUID, stars: Mapping[UUID, Decimal]) -> int:
    """Make these the systems' average stars, inside the caller's transaction; returns for how many they moved."""
    moved = 0
    for system_id in sorted(stars):
        rows = System.objects.filter(tenant_id=tenant_id, id=system_id).exclude(lifecycle_state=Lifecycle.PRUNED)
        moved += rows.exclude(avg_user_satisfaction=stars[system_id]).update(avg_user_satisfaction=stars[system_id])
    return moved


def _numbers(rows: list[Ended]) -> dict[str, Any]:
    costs = [one.cost_usd for one in rows if one.cost_usd is not None]
    times = [one.duration_ms for one in rows if one.duration_ms is not None]
    return {
        "total": len(rows),
        "successes": sum(one.is_success for one in rows),
        "costs": len(costs),
        "cost": sum(costs, Decimal(0)),
        "times": len(times),
        "time": sum(times),
        "last": max((one.at for one in rows if one.at is not None), default=None),
    }
