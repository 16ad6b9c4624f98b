"""What executions came to, by day or by system: the days' rollups plus what is not counted in them yet.

Rollups, the rest and the mark between them are read in one statement, so they are of one moment. `exact` counts the executions
themselves instead: the same, also of what is archived, whose row stays (docs/figures.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from django.db import connection

from governance import sql
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Capability, Scope
from routing.executions.folding import ADDED, ANCHORED, AS_ROWS, COLUMNS, COUNTS, SUMS, reach
from routing.figures.histogram import NONE_SQL, counts_of, counts_sql, quantile
from routing.figures.marks import read_of_one_moment
from routing.figures.span import Span

By = Literal["day", "system"]

_TOUCHED: Final = """
  SELECT (started_at AT TIME ZONE 'UTC')::date AS day, system_id FROM executions
  WHERE tenant_id = %(tenant)s AND rated_at >= '{rated}' AND system_id IS NOT NULL
  UNION SELECT day, system_id FROM rest WHERE user_satisfaction IS NOT NULL AND system_id IS NOT NULL"""
_STARS_OF: Final = """
  SELECT t.day, t.system_id, sum(e.user_satisfaction) AS stars_sum, count(*) AS stars_count
  FROM touched t JOIN executions e ON e.tenant_id = %(tenant)s AND e.system_id = t.system_id AND e.user_satisfaction IS NOT NULL
    AND e.started_at >= t.day::timestamp AT TIME ZONE 'UTC' AND e.started_at < (t.day + 1)::timestamp AT TIME ZONE 'UTC'
  GROUP BY t.day, t.system_id"""
_TOTALS: Final = f"""{", ".join(f"sum({name}) AS {name}" for name in SUMS if name != "durations")}, max(ms_max) AS ms_max,
  sum(stars_sum) AS stars_sum, sum(stars_count) AS stars_count, {counts_sql("durations")} AS durations"""
_NOTHING: Final = ", ".join(NONE_SQL if name == "durations" else "0" for name in COLUMNS)

# the marks are written into the text: unknown to the plan, they would have the whole table read
_ROLLED: Final = f"""
WITH seen AS MATERIALIZED (
  SELECT max(sequence) AS sequence FROM figure_marks WHERE tenant_id = %(tenant)s AND source = %(source)s),
rest AS MATERIALIZED (
  SELECT {AS_ROWS}, user_satisfaction FROM executions e WHERE e.tenant_id = %(tenant)s AND e.id IN (
    SELECT execution_id FROM receipts WHERE tenant_id = %(tenant)s AND sealed_in > {{mark}}
    UNION ALL SELECT execution_id FROM receipts WHERE tenant_id = %(tenant)s AND sealed_in IS NULL)),
touched AS MATERIALIZED ({_TOUCHED}),
parts AS (
  SELECT day, system_id, {", ".join(COLUMNS)}, CASE WHEN is_touched THEN 0 ELSE stars_sum END AS stars_sum,
    CASE WHEN is_touched THEN 0 ELSE stars_count END AS stars_count
  FROM (SELECT d.*, (d.day, d.system_id) IN (SELECT day, system_id FROM touched) AS is_touched FROM execution_days d
    WHERE d.tenant_id = %(tenant)s AND d.day >= %(first)s AND d.day <= %(last)s) d
  UNION ALL SELECT day, system_id, {ADDED}, 0, 0 FROM rest GROUP BY day, system_id
  UNION ALL SELECT day, system_id, {_NOTHING}, stars_sum, stars_count FROM ({_STARS_OF}) s)
SELECT {{key}}, {_TOTALS}, (SELECT coalesce(sequence, 0) FROM seen) AS seen
FROM parts WHERE day >= %(first)s AND day <= %(last)s {{only}} GROUP BY {{key}}
"""  # noqa: S608
_COUNTED: Final = f"""
WITH rest AS (
  SELECT {AS_ROWS}, user_satisfaction FROM executions e
  WHERE e.tenant_id = %(tenant)s AND e.started_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
    AND e.started_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC')
SELECT {{key}}, {_TOTALS}, 0 AS seen FROM (
  SELECT day, system_id, {ADDED}, coalesce(sum(user_satisfaction) FILTER (WHERE system_id IS NOT NULL), 0) AS stars_sum,
    count(user_satisfaction) FILTER (WHERE system_id IS NOT NULL) AS stars_count
  FROM rest GROUP BY day, system_id) parts
WHERE true {{only}} GROUP BY {{key}}
"""  # noqa: S608

_SYSTEMS: Final = "SELECT id, name, status FROM systems WHERE tenant_id = %s"
_KEYS: Final[dict[By, str]] = {"day": "day", "system": "system_id"}


@dataclass(frozen=True, slots=True)
class Sums:
    """Executions of one day, or of one system, added up; times in milliseconds, money in dollars. None: nothing is known."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0
    partial: int = 0
    timed_out: int = 0
    blocked: int = 0
    confidence: Decimal | None = None
    cost: Decimal | None = None
    cost_sum: Decimal = Decimal(0)
    avg_ms: int | None = None
    median_ms: int | None = None
    p95_ms: int | None = None
    max_ms: int | None = None
    stars: Decimal | None = None
    rated: int = 0

    @property
    def success_rate(self) -> Decimal | None:
        """Per cent, two places (seeds/004, Clay Router Performance)."""
        return (Decimal(100) * self.succeeded / self.total).quantize(Decimal("0.01")) if self.total else None


@dataclass(frozen=True, slots=True)
class DaySums:
    day: date
    sums: Sums


@dataclass(frozen=True, slots=True)
class SystemSums:
    """One system's; `name` is "" for what nobody got."""

    name: str
    status: str
    sums: Sums


def by_day(*, scope: Scope, span: Span, system: str = "", exact: bool = False) -> list[DaySums]:
    """Every day of the span, the oldest first. Raises `NotAllowed`, `NotFound` for a system that is not there."""
    _demand(scope)
    found = _sums(scope, span, "day", _id_of(scope, system) if system else None, exact)
    return [DaySums(day, found.get(day, Sums())) for day in span.days]


def by_system(*, scope: Scope, span: Span, system: str = "", exact: bool = False) -> list[SystemSums]:
    """Every active system and every other one that did something in the span, the busiest first (seeds/004, System Health)."""
    _demand(scope)
    found = _sums(scope, span, "system", _id_of(scope, system) if system else None, exact)
    rows = sql.rows(_SYSTEMS, [scope.tenant_id])
    lines = [
        SystemSums(name, status, found.get(id, Sums()))
        for id, name, status in rows
        if id in found or (status == "active" and system in ("", name))
    ]
    if None in found:
        lines.append(SystemSums("", "", found[None]))
    return sorted(lines, key=lambda one: (-one.sums.total, one.name))


def sums_of(*, scope: Scope, span: Span, system_id: UUID) -> Sums:
    """One system's. Two queries."""
    return _sums(scope, span, "system", system_id, False).get(system_id, Sums())


def _sums(scope: Scope, span: Span, by: By, system: UUID | None, exact: bool) -> dict[Any, Sums]:
    """By key."""
    return read_of_one_moment(lambda: _asked(scope, span, by, system, exact))


def _asked(scope: Scope, span: Span, by: By, system: UUID | None, exact: bool) -> dict[Any, Sums] | None:
    """By key; None where a task moved the mark between the two statements."""
    mark = reach(tenant_id=scope.tenant_id)
    values: dict[str, Any] = {
        "tenant": scope.tenant_id,
        "first": span.first,
        "last": span.last,
        "system": system,
        "source": ANCHORED,
    }
    text = (_COUNTED if exact else _ROLLED).format(
        key=_KEYS[by],
        only="AND system_id = %(system)s" if system else "",
        mark=int(mark.sequence),
        rated=mark.rated.isoformat(),
    )
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        rows = cursor.fetchall()
    is_of_one_moment = exact or all(row[-1] == mark.sequence for row in rows)
    return {row[0]: _read(row[1:-1]) for row in rows} if is_of_one_moment else None


def _read(row: tuple[Any, ...]) -> Sums:
    (*counts, confidence, confidences, cost, costs, ms, timed, longest, stars, rated, told) = row
    durations = counts_of(told)
    return Sums(
        **{name: int(count) for name, count in zip(COUNTS, counts, strict=True)},
        confidence=_mean(confidence, confidences, "0.0001"),
        cost=_mean(cost, costs, "0.000001"),
        cost_sum=Decimal(cost),
        avg_ms=_whole(_mean(ms, timed, "1")),
        median_ms=_whole(quantile(durations, 0.5, most=longest)),
        p95_ms=_whole(quantile(durations, 0.95, most=longest)),
        max_ms=int(longest) if timed else None,
        stars=_mean(stars, rated, "0.01"),
        rated=int(rated),
    )


def _mean(total: Any, count: Any, places: str) -> Decimal | None:
    return (Decimal(total) / Decimal(count)).quantize(Decimal(places)) if count else None


def _whole(value: Decimal | float | None) -> int | None:
    return None if value is None else round(value)


def _id_of(scope: Scope, name: str) -> UUID:
    found = System.objects.filter(tenant_id=scope.tenant_id, name=name).values_list("id", flat=True).first()
    if found is None:
        raise NotFound(f"There is no system {name[:100]}.")
    return found


def _demand(scope: Scope) -> None:
    scope.demand(Capability.READ_RECORD, to="see the figures of executions")
