"""Executions are added up by day and system, in the task worker: `execution_days`.

An execution is counted with its receipt. Receipts are anchored under ledger entries, whose numbers grow in the order of their
commits, because the chain's head is locked until then: where an entry can be seen, so can everything before it, in whatever order
requests began or ended. The mark is the last entry that was counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance import sql
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.figures import marks
from routing.figures.histogram import NONE_SQL, bucket_sql, counted_sql

ANCHORED: Final = "executions"
RATED: Final = "ratings"
BATCH: Final = 20_000
"""Receipts that one transaction counts; a single batch of the ledger is never parted."""
NEW: Final = "HOT"
"""Every execution is written in this state. Where it went since was counted when it moved (`ExecutionAge`)."""
MOST_BATCHES: Final = 25
"""In one run for one tenant: the others wait no longer than that."""

COUNTS: Final = ("total", "succeeded", "failed", "partial", "timed_out", "blocked")
SUMS: Final = (
    *COUNTS,
    "confidence_sum",
    "confidence_count",
    "cost_sum",
    "cost_count",
    "ms_sum",
    "ms_count",
    "durations",
)
"""What is added when two rollups are; `ms_max` is the greater."""

AS_ROWS: Final = f"""(started_at AT TIME ZONE 'UTC')::date AS day, system_id, status, routing_confidence, cost_usd, duration_ms,
  {bucket_sql("duration_ms")} AS bucket"""
ADDED: Final = f"""count(*) AS total,
  count(*) FILTER (WHERE status = 'success') AS succeeded, count(*) FILTER (WHERE status = 'failed') AS failed,
  count(*) FILTER (WHERE status = 'partial') AS partial, count(*) FILTER (WHERE status = 'timeout') AS timed_out,
  count(*) FILTER (WHERE status = 'governance_blocked') AS blocked,
  coalesce(sum(routing_confidence), 0) AS confidence_sum, count(routing_confidence) AS confidence_count,
  coalesce(sum(cost_usd), 0) AS cost_sum, count(cost_usd) AS cost_count,
  coalesce(sum(duration_ms), 0) AS ms_sum, count(duration_ms) AS ms_count, coalesce(max(duration_ms), 0) AS ms_max,
  {counted_sql("bucket")} AS durations"""
COLUMNS: Final = (*SUMS[:-1], "ms_max", "durations")

# HAZARD: another worker may read stars anew meanwhile; rows that both take are taken in one order, `_read_stars`'s
_BATCH: Final = f"""
WITH batch AS MATERIALIZED (
  SELECT {AS_ROWS} FROM executions e WHERE e.tenant_id = %(tenant)s AND e.id IN (
    SELECT r.execution_id FROM receipts r
    WHERE r.tenant_id = %(tenant)s AND r.sealed_in > %(after)s AND r.sealed_in <= %(upto)s)),
new AS (
  INSERT INTO execution_ages AS a (id, tenant_id, system_id, state, total)
  SELECT gen_random_uuid(), %(tenant)s, system_id, '{NEW}', count(*) FROM batch GROUP BY system_id ORDER BY system_id
  ON CONFLICT (tenant_id, system_id, state) DO UPDATE SET total = a.total + EXCLUDED.total)
INSERT INTO execution_days AS d (id, tenant_id, day, system_id, {", ".join(COLUMNS)})
SELECT gen_random_uuid(), %(tenant)s, day, system_id, {", ".join(COLUMNS)}
FROM (SELECT day, system_id, {ADDED} FROM batch GROUP BY day, system_id) g
ORDER BY day, system_id
ON CONFLICT (tenant_id, day, system_id) DO UPDATE SET
  {", ".join(f"{name} = d.{name} + EXCLUDED.{name}" for name in SUMS)}, ms_max = greatest(d.ms_max, EXCLUDED.ms_max)
"""  # noqa: S608

_UPTO: Final = """
SELECT count(*), min(sealed_in), max(sealed_in) FROM (
  SELECT sealed_in FROM receipts WHERE tenant_id = %s AND sealed_in > %s ORDER BY sealed_in LIMIT %s) r
"""

_RATED_IN_BATCH: Final = """
SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date, system_id FROM executions e
WHERE e.tenant_id = %(tenant)s AND user_satisfaction IS NOT NULL AND system_id IS NOT NULL AND e.id IN (
  SELECT r.execution_id FROM receipts r
  WHERE r.tenant_id = %(tenant)s AND r.sealed_in > %(after)s AND r.sealed_in <= %(upto)s)
"""
_RATED_SINCE: Final = """
SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date, system_id FROM executions
WHERE tenant_id = %(tenant)s AND rated_at >= %(since)s AND rated_at < %(until)s AND system_id IS NOT NULL
"""
_STARS: Final = f"""
INSERT INTO execution_days AS d (id, tenant_id, day, system_id, durations, stars_sum, stars_count)
SELECT gen_random_uuid(), %(tenant)s, %(day)s, %(system)s, {NONE_SQL}, coalesce(sum(user_satisfaction), 0),
  count(user_satisfaction)
FROM executions WHERE tenant_id = %(tenant)s AND system_id = %(system)s AND user_satisfaction IS NOT NULL
  AND started_at >= %(day)s::timestamp AT TIME ZONE 'UTC' AND started_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
ON CONFLICT (tenant_id, day, system_id) DO UPDATE SET stars_sum = EXCLUDED.stars_sum, stars_count = EXCLUDED.stars_count
"""  # noqa: S608


_REACH: Final = """
SELECT max(sequence) FILTER (WHERE source = %(anchored)s), max(until) FILTER (WHERE source = %(rated)s)
FROM figure_marks WHERE tenant_id = %(tenant)s
"""
EVER: Final = datetime.fromtimestamp(0, tz=UTC)


@dataclass(frozen=True, slots=True)
class Reach:
    """The last entry of the ledger whose receipts are counted; since when ratings are read when a page asks."""

    sequence: int
    rated: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """A rollup whose stars are read anew."""

    day: date
    system_id: UUID


def fold(*, scope: Scope, at: datetime) -> int:
    """Count what is anchored and not counted yet, and the stars that were given; returns how many receipts it looked at."""
    looked = 0
    for _ in range(MOST_BATCHES):
        with in_tenant(scope.tenant_id, durable=True):
            found = _anchored(scope.tenant_id, at)
        looked += found
        if not found:
            break
    with in_tenant(scope.tenant_id, durable=True):
        _rated(scope.tenant_id, at)
    return looked


def _anchored(tenant_id: UUID, at: datetime) -> int:
    """One batch; 0 where there is none, or another worker is at it."""
    mark = marks.held(tenant_id=tenant_id, source=ANCHORED, at=at)
    if mark is None:
        return 0
    count, upto = _next(tenant_id, mark.sequence)
    if not count:
        return 0
    bounds: dict[str, Any] = {"tenant": tenant_id, "after": mark.sequence, "upto": upto}
    with connection.cursor() as cursor:
        # HAZARD: the planner prefers to read the whole table where it expects thousands of rows
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(_BATCH, bounds)
        cursor.execute(_RATED_IN_BATCH, bounds)
        rated = [Touched(*row) for row in cursor.fetchall()]
        cursor.execute("RESET enable_hashjoin; RESET enable_mergejoin")
    _read_stars(tenant_id, rated)
    mark.sequence, mark.folded_at = upto, at
    mark.save(update_fields=["sequence", "folded_at"])
    return count


def _next(tenant_id: UUID, after: int) -> tuple[int, int]:
    """How many receipts the next batch has, and the entry that it ends with."""
    with connection.cursor() as cursor:
        cursor.execute(_UPTO, [tenant_id, after, BATCH])
        count, first, last = cursor.fetchone()
    # the last entry's receipts may not all be among them
    return count, last if count < BATCH or first == last else last - 1


def _rated(tenant_id: UUID, at: datetime) -> None:
    """Read the stars anew of every day and system that was rated since the mark. Reading them twice changes nothing."""
    mark = marks.held(tenant_id=tenant_id, source=RATED, at=at)
    if mark is None:
        return
    until = marks.horizon(at=at)
    since = mark.until or EVER
    with connection.cursor() as cursor:
        cursor.execute(_RATED_SINCE, {"tenant": tenant_id, "since": since, "until": at})
        rated = [Touched(*row) for row in cursor.fetchall()]
    _read_stars(tenant_id, rated)
    mark.until, mark.folded_at = until, at
    mark.save(update_fields=["until", "folded_at"])


def _read_stars(tenant_id: UUID, touched: list[Touched]) -> None:
    with connection.cursor() as cursor:
        for one in sorted(touched, key=lambda one: (one.day, one.system_id)):
            cursor.execute(_STARS, {"tenant": tenant_id, "day": one.day, "system": one.system_id})


def reach(*, tenant_id: UUID) -> Reach:
    """Where both marks stand; one query."""
    ((sequence, rated),) = sql.rows(_REACH, {"tenant": tenant_id, "anchored": ANCHORED, "rated": RATED})
    return Reach(sequence or 0, rated or EVER)
