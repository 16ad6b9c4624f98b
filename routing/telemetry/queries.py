"""Tool calls, and the two monitoring queries of the sources, each within a range of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from governance.errors import NotFound
from governance.scope import Capability, Scope
from routing.figures import marks
from routing.figures.histogram import counts_of, counts_sql, quantile
from routing.figures.span import Span, midnight
from routing.telemetry.folding import ADDED, AS_ROWS, CALLED, COLUMNS
from routing.telemetry.models import ToolCall

PAGE: Final = 50
SLOW_MS: Final = 5_000
RANGES: Final = {
    "1h": ("the last hour", timedelta(hours=1)),
    "24h": ("the last 24 hours", timedelta(hours=24)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}
USUAL: Final = "24h"
MOST_TOOLS: Final = 200
"""Tools that a page of figures shows."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Empty means any. `until` is excluded. `outcome`: ok, failed, unknown. `source`: seen (by TARS), reported."""

    server: str = ""
    tool: str = ""
    outcome: str = ""
    source: str = ""
    execution: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self) if one.name != "since")


@dataclass(frozen=True, slots=True)
class Call:
    """One row of the list."""

    id: UUID
    at: datetime
    server: str
    tool: str
    ms: Decimal | None
    success: bool | None
    error: str
    execution_id: UUID | None
    verdict_id: UUID | None
    approved_by: str
    reported_by: str
    input: Any
    input_digest: str
    tool_digest: str

    @property
    def outcome(self) -> str:
        return {True: "ok", False: "failed", None: "unknown"}[self.success]


@dataclass(frozen=True, slots=True)
class Calls:
    """One page, newest first; `older` continues it."""

    lines: tuple[Call, ...]
    older: UUID | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One tool within a range. Times are of its successful calls; `error_rate` in per cent, two places."""

    server: str
    tool: str
    total: int
    errors: int
    avg_ms: Decimal | None
    max_ms: Decimal | None
    p95_ms: float | None = None

    @property
    def error_rate(self) -> Decimal:
        return (Decimal(100) * self.errors / self.total).quantize(Decimal("0.01"))

    @property
    def is_slow(self) -> bool:
        return self.avg_ms is not None and self.avg_ms > SLOW_MS


@dataclass(frozen=True, slots=True)
class DayFigures:
    """All tools' calls of one UTC day."""

    day: date
    total: int
    errors: int


_SPREAD: Final = f"""
SELECT {{key}}, sum(calls), sum(errors), round(sum(ms_sum) / nullif(sum(ms_count), 0), 1), max(ms_max), {counts_sql("durations")},
  (SELECT max(until) FROM figure_marks WHERE tenant_id = %(tenant)s AND source = '{CALLED}') = '{{mark}}' AS is_of_mark
FROM ({{parts}}) parts GROUP BY {{key}}
"""  # noqa: S608
# the days that are added up, and the calls since; the mark is written into the text, so that the plan knows how few those are
_ROLLED: Final = f"""
SELECT day, server_name, tool_name, {", ".join(COLUMNS)} FROM tool_days
WHERE tenant_id = %(tenant)s AND day >= %(first)s AND day <= %(last)s {{only}}
UNION ALL SELECT day, server_name, tool_name, {", ".join(COLUMNS)} FROM (
  SELECT day, server_name, tool_name, {ADDED} FROM (
    SELECT {AS_ROWS} FROM mcp_telemetry_log
    WHERE tenant_id = %(tenant)s AND timestamp >= '{{mark}}' AND timestamp < %(until)s {{only}}) c
  GROUP BY day, server_name, tool_name) rest
"""  # noqa: S608
_READ: Final = f"""
SELECT day, server_name, tool_name, {ADDED} FROM (
  SELECT {AS_ROWS} FROM mcp_telemetry_log
  WHERE tenant_id = %(tenant)s AND timestamp >= %(since)s AND timestamp < %(until)s {{only}}) c
GROUP BY day, server_name, tool_name
"""  # noqa: S608


def figures(*, scope: Scope, since: datetime, until: datetime, is_exact: bool = False) -> list[Figures]:
    """Every tool that ran in the range. Sort and narrow it with `slow` and `failing`.

    A range that begins with a UTC day is read from the days' rollups, with the calls since; another one, and `is_exact`, from its
    calls. Both give the same.
    """
    _demand(scope)
    return _by_tool(scope, since, until, is_exact=is_exact)


def figures_by_day(*, scope: Scope, span: Span, at: datetime, is_exact: bool = False) -> list[DayFigures]:
    """Every day's calls of all tools, the oldest first."""
    _demand(scope)
    rows = _sums(scope, "day", span.starts_at, at, "", is_exact)
    found = {row[0]: DayFigures(row[0], int(row[1]), int(row[2])) for row in rows}
    return [found.get(day, DayFigures(day, 0, 0)) for day in span.days]


def _by_tool(
    scope: Scope, since: datetime, until: datetime, *, server: str = "", is_exact: bool = False
) -> list[Figures]:
    rows = _sums(scope, "server_name, tool_name", since, until, server, is_exact)
    return [
        Figures(
            row[0], row[1], int(row[2]), int(row[3]), row[4], row[5], quantile(counts_of(row[6]), 0.95, most=row[5])
        )
        for row in rows
    ]


def _sums(
    scope: Scope, key: str, since: datetime, until: datetime, server: str, is_exact: bool
) -> list[tuple[Any, ...]]:
    return marks.read_of_one_moment(lambda: _asked(scope, key, since, until, server, is_exact))


def _asked(
    scope: Scope, key: str, since: datetime, until: datetime, server: str, is_exact: bool
) -> list[tuple[Any, ...]] | None:
    """The rows; None where a task moved the mark between the two statements."""
    only = "AND server_name = %(server)s" if server else ""
    first, last = (moment.astimezone(UTC).date() for moment in (since, until))
    mark = marks.of(tenant_id=scope.tenant_id, source=CALLED).until
    is_rolled = not is_exact and mark is not None and since == midnight(first) < mark <= until
    parts = _ROLLED.format(only=only, mark=mark.isoformat() if mark else "") if is_rolled else _READ.format(only=only)
    values: dict[str, Any] = {"tenant": scope.tenant_id, "since": since, "until": until, "server": server}
    with connection.cursor() as cursor:
        text = _SPREAD.format(key=key, parts=parts, mark=(mark or midnight(first)).isoformat())
        cursor.execute(text, {**values, "first": first, "last": last})
        rows = cursor.fetchall()
    return rows if not is_rolled or all(row[-1] for row in rows) else None


def range_of(name: str, *, at: datetime) -> tuple[datetime, datetime, str]:
    """The beginning and end of a named range, and its name; the usual one for an unknown name.

    Several days are whole days in UTC, today's included.
    """
    name = name if name in RANGES else USUAL
    since = at - RANGES[name][1]
    if is_days(name):
        since = midnight(since.astimezone(UTC).date() + timedelta(days=1))
    return since, at, name


def is_days(name: str) -> bool:
    """Whether a named range is of whole days."""
    return RANGES[name][1] > timedelta(days=1)


def of_server(*, scope: Scope, server: str, at: datetime) -> list[Figures]:
    """The tools of one server in the last 24 hours."""
    since, until, _ = range_of(USUAL, at=at)
    return by_error_rate(_by_tool(scope, since, until, server=server))


def timed(found: Iterable[Figures]) -> list[Figures]:
    """Tools that had a successful call, the one that takes longest on average first."""
    known = (one for one in found if one.avg_ms is not None)
    return sorted(known, key=lambda one: (-(one.avg_ms or 0), one.server, one.tool))


def slow(found: Iterable[Figures]) -> list[Figures]:
    """Tools whose successful calls take more than 5 seconds on average, slowest first."""
    return [one for one in timed(found) if one.is_slow]


def by_error_rate(found: Iterable[Figures]) -> list[Figures]:
    """Every tool, the one that fails most often first."""
    return sorted(found, key=lambda one: (-one.error_rate, -one.errors, one.server, one.tool))


def calls(*, scope: Scope, filter: CallFilter, before: UUID | None = None, limit: int = PAGE) -> Calls:
    """At most `limit` calls that fit, older than the call `before`. Never counts."""
    rows = list(matching(scope=scope, filter=filter, before=before)[: limit + 1])
    older = rows[limit - 1].id if len(rows) > limit else None
    return Calls(tuple(call_of(row) for row in rows[:limit]), older)


def matching(*, scope: Scope, filter: CallFilter, before: UUID | None = None) -> QuerySet[ToolCall]:
    """The calls that fit, newest first."""
    _demand(scope)
    rows = ToolCall.objects.filter(tenant_id=scope.tenant_id)
    for column, value in (("server_name", filter.server), ("tool_name", filter.tool)):
        rows = rows.filter(**{column: value}) if value else rows
    if filter.outcome:
        rows = rows.filter(success={"ok": True, "failed": False, "unknown": None}[filter.outcome])
    if filter.source:
        rows = rows.filter(reported_by="") if filter.source == "seen" else rows.exclude(reported_by="")
    if filter.execution:
        rows = rows.filter(execution_id=filter.execution)
    if filter.since:
        rows = rows.filter(timestamp__gte=filter.since)
    if filter.until:
        rows = rows.filter(timestamp__lt=filter.until)
    if before is not None:
        last = ToolCall.objects.filter(tenant_id=scope.tenant_id, id=before).values_list("timestamp").first()
        # The first condition bounds the index; the second settles what happened at the same moment.
        rows = (
            rows.filter(timestamp__lte=last[0]).filter(Q(timestamp__lt=last[0]) | Q(id__lt=before))
            if last
            else rows.none()
        )
    return rows.order_by("-timestamp", "-id")


def of_execution(*, scope: Scope, execution_id: UUID) -> list[Call]:
    """The calls of one execution, oldest first, up to 500."""
    rows = ToolCall.objects.filter(tenant_id=scope.tenant_id, execution_id=execution_id)
    return [call_of(row) for row in rows.order_by("timestamp", "id")[:500]]


def found_call(*, scope: Scope, call_id: UUID) -> Call:
    """Raises `NotFound`, for another tenant's as well."""
    _demand(scope)
    row = ToolCall.objects.filter(tenant_id=scope.tenant_id, id=call_id).first()
    if row is None:
        raise NotFound("There is no such call. The list of calls shows those there are.")
    return call_of(row)


def call_of(row: ToolCall) -> Call:
    return Call(
        id=row.id,
        at=row.timestamp,
        server=row.server_name,
        tool=row.tool_name,
        ms=row.execution_time_ms,
        success=row.success,
        error=row.error_message or "",
        execution_id=row.execution_id,
        verdict_id=row.verdict_id,
        approved_by=row.approved_by,
        reported_by=row.reported_by,
        input=row.input_data,
        input_digest=row.input_digest,
        tool_digest=row.tool_digest,
    )


def _demand(scope: Scope) -> None:
    scope.demand(Capability.READ_RECORD, to="see tool calls")
