"""The page of budgets: what runs now, how full it is, when it runs out, and where work is stopped next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Min, Q, Value
from django.db.models.functions import NullIf

from billing.budgets.amounts import about
from billing.budgets.bars import Bar, bar, part
from billing.budgets.forecast import Forecast
from billing.budgets.kinds import STORAGE, TYPES, UNITS, USD
from billing.budgets.models import (
    AlertLevel,
    BudgetAlert,
    HoldState,
    Reservation,
    Resource,
    ResourceType,
    SystemShare,
    WindowType,
)
from billing.budgets.pace import forecasts
from billing.budgets.windows import span_of, starts_of
from governance.scope import Scope

ORDER: Final = (USD, *(name for name in TYPES if name != USD))
WINDOWS: Final = tuple(WindowType.values)
MOST_QUOTAS: Final = 200
MOST_ALERTS: Final = 12
_FULLEST: Final = ((F("used") + F("reserved")) / NullIf(F("quota"), Value(Decimal(0)))).desc(nulls_first=True)


@dataclass(frozen=True, slots=True)
class Meter:
    """Something that has a total: a budget, or one system's quota of it. `system` is "" for the budget itself."""

    id: UUID
    type: str
    window: str
    starts_at: datetime
    ends_at: datetime
    total: Decimal
    used: Decimal
    reserved: Decimal
    alert_threshold: Decimal
    is_limit: bool = True
    system: str = ""
    forecast: Forecast | None = None
    pace: str = ""

    @property
    def label(self) -> str:
        return str(ResourceType(self.type).label)

    @property
    def window_label(self) -> str:
        return str(WindowType(self.window).label)

    @property
    def span(self) -> str:
        return span_of(self.window, self.starts_at, self.ends_at)

    @property
    def name(self) -> str:
        """`Monthly dollars`, `Daily LLM tokens of memvid`."""
        label = self.label if self.label.startswith(("LLM", "API")) else self.label.lower()
        return f"{self.window_label} {label}" + (f" of {self.system}" if self.system else "")

    @property
    def free(self) -> Decimal:
        return max(self.total - self.used - self.reserved, Decimal(0))

    @property
    def committed(self) -> Decimal:
        return self.used + self.reserved

    @property
    def part(self) -> float:
        return part(total=self.total, taken=self.committed) if self.is_limit else 0.0

    @property
    def bar(self) -> Bar:
        return bar(total=self.total, spent=self.used, held=self.reserved, mark=self.alert_threshold)

    @property
    def is_full(self) -> bool:
        return self.is_limit and self.free == 0

    @property
    def is_near(self) -> bool:
        return self.is_limit and self.committed >= self.total * self.alert_threshold

    @property
    def is_level(self) -> bool:
        return self.type == STORAGE

    @property
    def used_text(self) -> str:
        return about(self.type, self.used)

    @property
    def held_text(self) -> str:
        return about(self.type, self.reserved)

    @property
    def free_text(self) -> str:
        return about(self.type, self.free)

    @property
    def total_text(self) -> str:
        return f"{about(self.type, self.total)} {UNITS[self.type]}"

    @property
    def counted_text(self) -> str:
        return f"{self.used_text} {UNITS[self.type]}"

    @property
    def name_within(self) -> str:
        """The name inside a sentence."""
        return self.name[0].lower() + self.name[1:]


@dataclass(frozen=True, slots=True)
class Group:
    """The budgets of one type, the shortest window first, and the quotas of systems on it, the fullest first."""

    type: str
    meters: tuple[Meter, ...]
    quotas: tuple[Meter, ...]

    @property
    def label(self) -> str:
        return str(ResourceType(self.type).label)

    @property
    def fullest(self) -> float:
        return max((one.part for one in (*self.meters, *self.quotas)), default=0.0)

    @property
    def is_near(self) -> bool:
        return any(one.is_near for one in (*self.meters, *self.quotas))

    @property
    def near_quotas(self) -> int:
        return sum(one.is_near for one in self.quotas)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """That people were told."""

    resource_id: UUID
    name: str
    level: str
    committed: str
    exhausted_at: datetime | None
    at: datetime

    @property
    def level_label(self) -> str:
        return str(AlertLevel(self.level).label)


@dataclass(frozen=True, slots=True)
class Board:
    """What the page shows. `next` is where work is stopped next, if something can be said; `has_limit` is false before a first
    budget was set."""

    groups: tuple[Group, ...]
    next: Meter | None
    alerts: tuple[AlertLine, ...]
    open_holds: int
    oldest_hold_at: datetime | None
    late_holds: int

    @property
    def has_limit(self) -> bool:
        return any(one.is_limit for group in self.groups for one in group.meters)

    @property
    def near(self) -> int:
        return sum(one.is_near for group in self.groups for one in (*group.meters, *group.quotas))

    @property
    def counts(self) -> int:
        return sum(len(group.meters) for group in self.groups)


def board(*, scope: Scope, at: datetime) -> Board:
    """The tenant's running budgets. Five queries, however many there are."""
    meters, rows = running_meters(scope=scope, at=at)
    quotas = _quotas(scope, rows)
    held = Reservation.objects.filter(tenant_id=scope.tenant_id, state=HoldState.HELD).aggregate(
        open=Count("*"), oldest=Min("held_at"), late=Count("id", filter=Q(expires_at__lte=at))
    )
    return Board(
        groups=_groups(meters, quotas),
        next=first_to_block((*meters, *quotas)),
        alerts=alerts(scope=scope, rows=rows),
        open_holds=held["open"],
        oldest_hold_at=held["oldest"],
        late_holds=held["late"],
    )


def running_meters(*, scope: Scope, at: datetime) -> tuple[list[Meter], list[Resource]]:
    """The running budgets with their forecasts, the shortest window of each type first; two queries."""
    rows = _running(scope, at=at)
    return meters_of(rows, scope=scope, at=at), rows


def limits_now(*, scope: Scope, at: datetime) -> list[Meter]:
    """The running budgets alone, without forecasts; one query."""
    return [meter_of(row) for row in _running(scope, at=at)]


def near_of(meters: Sequence[Meter], rows: Sequence[Resource], *, scope: Scope) -> tuple[Meter, ...]:
    """What is at or above its alert mark of these budgets and their quotas, the fullest first; one query."""
    found = [one for one in (*meters, *_quotas(scope, rows)) if one.is_near and one.total > 0]
    return tuple(sorted(found, key=lambda one: -one.part))


def first_to_block(meters: Iterable[Meter]) -> Meter | None:
    """What stops work now or soonest: what is full, then the earliest forecast, then the fullest; None where nothing is taken."""
    limits = [one for one in meters if one.is_limit and one.committed > 0]

    def rank(one: Meter) -> tuple[bool, bool, float, float]:
        when = one.forecast.exhausted_at if one.forecast else None
        return (not one.is_full, when is None, when.timestamp() if when else 0.0, -one.part)

    return min(limits, key=rank, default=None)


def meters_of(rows: Sequence[Resource], *, scope: Scope, at: datetime) -> list[Meter]:
    """Budgets with their forecasts; one query."""
    seen = forecasts(rows, tenant_id=scope.tenant_id, at=at)
    return [meter_of(row, seen.get(row.id), pace=pace_of(row, at=at)) for row in rows]


def alerts(*, scope: Scope, rows: Iterable[Resource], limit: int = MOST_ALERTS) -> tuple[AlertLine, ...]:
    """What people were told of these budgets, the latest first; one query."""
    found = BudgetAlert.objects.filter(tenant_id=scope.tenant_id, resource_id__in=[row.id for row in rows])
    lines = (
        found.select_related("resource", "share__system").defer("share__system__constitution").order_by("-at", "-id")
    )
    return tuple(_alert(one) for one in lines[:limit])


def _running(scope: Scope, *, at: datetime) -> list[Resource]:
    rows = Resource.objects.filter(tenant_id=scope.tenant_id, window_start__in=starts_of(at), window_end__gt=at)
    return sorted(rows, key=lambda row: (ORDER.index(row.resource_type), WINDOWS.index(row.window_type)))


def _groups(meters: Sequence[Meter], quotas: Sequence[Meter]) -> tuple[Group, ...]:
    groups = (
        Group(
            name,
            tuple(one for one in meters if one.type == name),
            tuple(sorted((one for one in quotas if one.type == name), key=lambda one: -one.part)),
        )
        for name in ORDER
    )
    return tuple(group for group in groups if group.meters)


def _quotas(scope: Scope, rows: Sequence[Resource]) -> list[Meter]:
    """What systems may have of these budgets, where that is less than the budget; one query."""
    shares = SystemShare.objects.filter(
        tenant_id=scope.tenant_id, resource_id__in=[row.id for row in rows], quota__isnull=False
    )
    return [
        meter_of_share(share)
        for share in shares.select_related("system", "resource")
        .defer("system__constitution")
        .order_by(_FULLEST, "id")[:MOST_QUOTAS]
    ]


def meter_of_share(share: SystemShare) -> Meter:
    """One system's share: of its quota, or (nobody limits it) of the whole budget."""
    row = share.resource
    mark = row.alert_threshold if share.alert_threshold is None else share.alert_threshold
    return Meter(
        id=row.id,
        type=row.resource_type,
        window=row.window_type,
        starts_at=row.window_start,
        ends_at=row.window_end,
        total=row.total_budget if share.quota is None else share.quota,
        used=share.used,
        reserved=share.reserved,
        alert_threshold=mark,
        is_limit=row.is_limit or share.quota is not None,
        system=share.system.name,
    )


def meter_of(row: Resource, seen: Forecast | None = None, *, pace: str = "") -> Meter:
    """A budget, with what is known of its pace."""
    return Meter(
        id=row.id,
        type=row.resource_type,
        window=row.window_type,
        starts_at=row.window_start,
        ends_at=row.window_end,
        total=row.total_budget,
        used=row.used,
        reserved=row.reserved,
        alert_threshold=row.alert_threshold,
        is_limit=row.is_limit,
        forecast=seen,
        pace=pace,
    )


_PER: Final = {
    "hourly": ("a minute", 60),
    "daily": ("an hour", 3600),
    "weekly": ("a day", 86_400),
    "monthly": ("a day", 86_400),
}


def pace_of(row: Resource, *, at: datetime) -> str:
    """`12.34 USD a day`: what was charged so far in the window, by a part of it that people think in."""
    seconds = Decimal((at - row.window_start).total_seconds())
    if seconds <= 0 or not row.used or row.resource_type == STORAGE:
        return ""
    per, length = _PER[row.window_type]
    return f"{about(row.resource_type, row.used * length / seconds)} {UNITS[row.resource_type]} {per}"


def _alert(one: BudgetAlert) -> AlertLine:
    row = one.resource
    name = meter_of(row).name
    return AlertLine(
        resource_id=row.id,
        name=name + (f" of {one.share.system.name}" if one.share else ""),
        level=one.level,
        committed=f"{about(row.resource_type, one.committed)} {UNITS[row.resource_type]}",
        exhausted_at=one.exhausted_at,
        at=one.at,
    )
