"""The figures of the overview. Each function aggregates in SQL and reads no constitution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from governance.amendments import counting
from governance.amendments.counting import DayCount
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import ConstitutionalAmendment
from governance.audit import checks
from governance.ledger.models import LedgerEntry, LedgerHead
from governance.scope import Scope
from tarsweb.overview.rate import Rate, rate_of, rates_of

RECENT_DAYS: Final = 30
RATE_DAYS: Final = 90
WEEKS: Final = 13
MOST_RECENT: Final = 50


@dataclass(frozen=True, slots=True)
class Recent:
    """One applied amendment (seeds/000, Recent Amendments)."""

    number: int
    system: str
    type: str
    effect: str
    sentence: str
    approved_by: str
    approved_at: datetime
    rolled_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class SystemRate:
    """One system's figures (seeds/000, Rollback Rate and Active Constitution)."""

    system: str
    version: int
    last_updated: datetime
    rate: Rate


@dataclass(frozen=True, slots=True)
class Rates:
    """Some systems' rates, the highest first; how many systems there are, and what all of them come to."""

    lines: tuple[SystemRate, ...]
    systems: int
    total: int
    rollbacks: int


@dataclass(frozen=True, slots=True)
class RatePoint:
    """The rate at the end of a day over the `RATE_DAYS` days up to it; `first` is the first of them."""

    first: date
    last: date
    rate: Rate


@dataclass(frozen=True, slots=True)
class TypeWeek:
    """One week's applied amendments by type; `monday` is its first day."""

    monday: date
    by_type: Mapping[str, int]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def total(self) -> int:
        return sum(self.by_type.values())


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """The chain's length, when it last grew, and what the last verification said if one is remembered."""

    entries: int
    last_at: datetime | None
    verified_at: datetime | None = None
    findings: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Which applied amendments: from one UTC day to another, both included; empty or None means any."""

    first: date | None = None
    last: date | None = None
    system: str = ""
    type: str = ""
    is_rolled_back: bool = False


def recent_amendments(scope: Scope, at: datetime, limit: int = MOST_RECENT) -> tuple[Recent, ...]:
    """The amendments applied in the last 30 days, newest first, at most `limit` (seeds/000, Recent Amendments)."""
    first = at.astimezone(UTC).date() - timedelta(days=RECENT_DAYS - 1)
    return tuple(recent_of(row) for row in applied(scope, Window(first=first))[:limit])


def rollback_rates(scope: Scope, *, system: str = "", most: int | None = None, is_exact: bool = False) -> Rates:
    """Systems' applied and rolled back amendments since their registration, the highest rate first."""
    counts = counting.by_system(scope=scope, system=system, most=most, is_exact=is_exact)
    rates = rates_of([(one.undone, one.total) for one in counts.lines])
    lines = tuple(
        SystemRate(one.name, one.version, one.updated_at, rate) for one, rate in zip(counts.lines, rates, strict=True)
    )
    return Rates(lines, counts.systems, counts.total, counts.undone)


def rollback_rate_over_time(scope: Scope, at: datetime) -> tuple[RatePoint, ...]:
    """The 90-day rate at the end of each of the last 13 weeks; the last point is today's."""
    return rate_points(days(scope, at), at)


def amendments_by_type(scope: Scope, at: datetime) -> tuple[TypeWeek, ...]:
    """Applied amendments by type in each of the last 13 calendar weeks, the current one included."""
    return type_weeks(days(scope, at), at)


def days(scope: Scope, at: datetime) -> tuple[DayCount, ...]:
    """Applied and rolled back amendments by UTC day and type, as far back as the charts look."""
    first = at.astimezone(UTC).date() - timedelta(days=RATE_DAYS + 7 * (WEEKS - 1) - 1)
    return tuple(counting.by_day(scope=scope, first=first))


def rate_points(days: Iterable[DayCount], at: datetime) -> tuple[RatePoint, ...]:
    """Pure: the weekly points of `rollback_rate_over_time`."""
    days, today = tuple(days), at.astimezone(UTC).date()
    ends = [today - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    return tuple(_point(days, end - timedelta(days=RATE_DAYS - 1), end) for end in ends)


def type_weeks(days: Iterable[DayCount], at: datetime) -> tuple[TypeWeek, ...]:
    """Pure: the weeks of `amendments_by_type`, every type in each."""
    today = at.astimezone(UTC).date()
    this_monday = today - timedelta(days=today.weekday())
    counts: Counter[tuple[date, str]] = Counter()
    for day in days:
        counts[day.day - timedelta(days=day.day.weekday()), day.type] += day.total
    mondays = [this_monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    return tuple(
        TypeWeek(monday, {type.value: counts[monday, type.value] for type in AmendmentType}) for monday in mondays
    )


def applied(scope: Scope, window: Window) -> QuerySet[ConstitutionalAmendment, dict[str, Any]]:
    """The applied amendments of a window, newest first, as rows for `recent_of`: what stands behind every number."""
    rows = _amendments(scope)
    if window.first:
        rows = rows.filter(approved_at__gte=_start(window.first))
    if window.last:
        rows = rows.filter(approved_at__lt=_start(window.last + timedelta(days=1)))
    if window.system:
        rows = rows.filter(system__name=window.system)
    if window.type:
        rows = rows.filter(amendment_type=window.type)
    if window.is_rolled_back:
        rows = rows.filter(rolled_back_at__isnull=False)
    return rows.order_by("-approved_at", "-id").values(*_RECENT)


def recent_of(row: Mapping[str, Any]) -> Recent:
    return Recent(
        number=row["number"],
        system=row["system_name"],
        type=row["amendment_type"],
        effect=row["effect"],
        sentence=row["sentence"],
        approved_by=row["approved_by"],
        approved_at=row["approved_at"],
        rolled_back_at=row["rolled_back_at"],
    )


def ledger(scope: Scope) -> LedgerFigures:
    """How long the chain is, when it last grew and when it was last verified."""
    entries = LedgerHead.objects.filter(tenant_id=scope.tenant_id).values_list("sequence", flat=True).first() or 0
    last = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, sequence=entries).values_list("at", flat=True).first()
    check = checks.find(scope=scope)
    if check is None or check.report is None:
        return LedgerFigures(entries, last)
    return LedgerFigures(entries, last, check.asked_at, check.report.finding_count)


_RECENT: Final = (
    "number",
    "system_name",
    "amendment_type",
    "effect",
    "sentence",
    "approved_by",
    "approved_at",
    "rolled_back_at",
)


def _amendments(scope: Scope) -> QuerySet[ConstitutionalAmendment]:
    return ConstitutionalAmendment.objects.filter(tenant_id=scope.tenant_id)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _point(days: Iterable[DayCount], first: date, last: date) -> RatePoint:
    inside = [day for day in days if first <= day.day <= last]
    return RatePoint(first, last, rate_of(sum(day.undone for day in inside), sum(day.total for day in inside)))
