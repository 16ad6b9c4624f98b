"""Tool calls are added up by day, in the task worker: `tool_days`.

Calls are stamped by the clock and never changed, and a stamp never lies before the moment that every transaction has passed
(`routing.figures.marks.horizon`): up to there they are counted, the rest is read when a page asks. Calls that are written with a
stamp of long ago (a demo's past) are told to `count_anew`; every night the last days are counted again.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.figures import marks
from routing.figures.histogram import bucket_sql, counted_sql
from routing.figures.span import last_days, midnight
from routing.telemetry.models import ToolCall, ToolDay

log = logging.getLogger(__name__)
CALLED: Final = "tool calls"
BATCH: Final = 50_000
MOST_BATCHES: Final = 25
CHECKED_DAYS: Final = 3

ADDED: Final = f"""count(*) AS calls, count(*) FILTER (WHERE success = false) AS errors,
  coalesce(sum(execution_time_ms) FILTER (WHERE success), 0) AS ms_sum,
  count(execution_time_ms) FILTER (WHERE success) AS ms_count,
  max(execution_time_ms) FILTER (WHERE success) AS ms_max, {counted_sql("bucket")} AS durations"""
AS_ROWS: Final = f"""(timestamp AT TIME ZONE 'UTC')::date AS day, server_name, tool_name, success, execution_time_ms,
  CASE WHEN success THEN {bucket_sql("execution_time_ms")} END AS bucket"""
SUMS: Final = ("calls", "errors", "ms_sum", "ms_count", "durations")
COLUMNS: Final = (*SUMS, "ms_max")
_PART: Final = f"""
SELECT day, server_name, tool_name, {ADDED} FROM (
  SELECT {AS_ROWS} FROM mcp_telemetry_log WHERE tenant_id = %(tenant)s AND timestamp >= %(since)s AND timestamp < %(until)s) c
GROUP BY day, server_name, tool_name
"""  # noqa: S608
_ADD: Final = f"""
INSERT INTO tool_days AS d (id, tenant_id, day, server_name, tool_name, {", ".join(COLUMNS)})
SELECT gen_random_uuid(), %(tenant)s, day, server_name, tool_name, {", ".join(COLUMNS)} FROM ({_PART}) g
ON CONFLICT (tenant_id, day, server_name, tool_name) DO UPDATE SET
  {", ".join(f"{name} = d.{name} + EXCLUDED.{name}" for name in SUMS)}, ms_max = greatest(d.ms_max, EXCLUDED.ms_max)
"""  # noqa: S608
_WRONG: Final = f"""
SELECT day FROM (
  (SELECT day, server_name, tool_name, calls, errors, ms_sum, ms_count, ms_max FROM ({_PART}) p
   EXCEPT SELECT day, server_name, tool_name, calls, errors, ms_sum, ms_count, ms_max FROM tool_days
     WHERE tenant_id = %(tenant)s AND day >= %(first)s)
  UNION ALL
  (SELECT day, server_name, tool_name, calls, errors, ms_sum, ms_count, ms_max FROM tool_days
     WHERE tenant_id = %(tenant)s AND day >= %(first)s
   EXCEPT SELECT day, server_name, tool_name, calls, errors, ms_sum, ms_count, ms_max FROM ({_PART}) p)) w
GROUP BY day ORDER BY day
"""  # noqa: S608


def fold(*, scope: Scope, at: datetime) -> int:
    """Count the calls up to the horizon; returns how many full batches were among them. Runs twice without harm."""
    for step in range(MOST_BATCHES):
        with in_tenant(scope.tenant_id, durable=True):
            if not _step(scope.tenant_id, at):
                return step
    return MOST_BATCHES


def _step(tenant_id: UUID, at: datetime) -> bool:
    """One bounded step; whether another one may follow."""
    horizon = marks.horizon(at=at)
    mark = marks.held(tenant_id=tenant_id, source=CALLED, at=at)
    if mark is None or (mark.until and mark.until >= horizon):
        return False
    since = mark.until or _first(tenant_id)
    until = min(_end(tenant_id, since), horizon) if since else horizon
    if since:
        _add(tenant_id, since, until)
    mark.until, mark.folded_at = until, at
    mark.save(update_fields=["until", "folded_at"])
    return until < horizon


def _first(tenant_id: UUID) -> datetime | None:
    rows = ToolCall.objects.filter(tenant_id=tenant_id).order_by("timestamp", "id")
    return rows.values_list("timestamp", flat=True).first()


def _end(tenant_id: UUID, since: datetime) -> datetime:
    """Where a step that begins at `since` ends: after `BATCH` calls, never within a moment."""
    rows = ToolCall.objects.filter(tenant_id=tenant_id, timestamp__gte=since).order_by("timestamp", "id")
    last = list(rows.values_list("timestamp", flat=True)[BATCH : BATCH + 1])
    if not last:
        return datetime.max.replace(tzinfo=since.tzinfo)
    return last[0] if last[0] > since else last[0] + timedelta(microseconds=1)


def _add(tenant_id: UUID, since: datetime, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"tenant": tenant_id, "since": since, "until": until})


def count_anew(*, tenant_id: UUID, first: date, at: datetime) -> None:
    """Forget the rollups from a day on and count that day's calls, and later ones, once more, inside the caller's transaction."""
    mark = marks.held(tenant_id=tenant_id, source=CALLED, at=at, waits=True)
    if mark is None or mark.until is None or mark.until <= midnight(first):
        return
    ToolDay.objects.filter(tenant_id=tenant_id, day__gte=first).delete()
    _add(tenant_id, midnight(first), mark.until)


def check(*, scope: Scope, at: datetime, days: int = CHECKED_DAYS) -> list[date]:
    """Compare the last days with their calls and count anew what differs; returns the days that did."""
    first = last_days(days, at=at).first
    with in_tenant(scope.tenant_id, durable=True):
        mark = marks.held(tenant_id=scope.tenant_id, source=CALLED, at=at)
        if mark is None or mark.until is None or mark.until <= midnight(first):
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                _WRONG,
                {"tenant": scope.tenant_id, "since": midnight(first), "until": mark.until, "first": first},
            )
            wrong = [row[0] for row in cursor.fetchall()]
        if wrong:
            log.warning("tenant %s: calls were stamped late; counted anew from %s", scope.tenant_id, wrong[0])
            count_anew(tenant_id=scope.tenant_id, first=wrong[0], at=at)
    return wrong
