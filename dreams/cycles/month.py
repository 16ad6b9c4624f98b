"""A month of nights, day by day in the person's own time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dreams.cycles.models import DreamCycle, State
from dreams.cycles.window import path_of
from governance.scope import Scope

MOST: Final = 500
"""Nights of one month that are drawn."""
_LOOKS: Final = {
    State.PLANNED.value: ("", "◷"),
    State.RUNNING.value: ("open", "◔"),
    State.JUDGED.value: ("tighten", "●"),
    State.STOPPED.value: ("bad", "■"),
}


@dataclass(frozen=True, slots=True)
class Night:
    """One night in its day."""

    cycle_id: str
    system: str
    state: str
    label: str
    tone: str
    mark: str
    at: datetime
    url: str
    promoted: int


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    is_in_month: bool
    is_today: bool
    nights: tuple[Night, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """`weeks` begin on Monday and cover the month whole."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]
    count: int
    promoted: int
    is_cut: bool

    @property
    def before(self) -> str:
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        return f"{_next(self.first):%Y-%m}"


def month_of(text: str, *, at: datetime) -> date:
    """The first day of the month that an address names, else of this one."""
    try:
        found = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        found = timezone.localtime(at).date()
    return found.replace(day=1) if 1970 < found.year < 2900 else timezone.localtime(at).date().replace(day=1)


def month(*, scope: Scope, first: date, at: datetime) -> Month:
    """Every night of the weeks that the month touches. One query."""
    begins = first - timedelta(days=first.weekday())
    last = _next(first) - timedelta(days=1)
    ends = last + timedelta(days=7 - last.weekday())
    rows = _rows(scope, begins, ends)
    by_day: dict[date, list[Night]] = defaultdict(list)
    for row in rows[:MOST]:
        by_day[timezone.localtime(row.starts_at).date()].append(_night(row))
    today = timezone.localtime(at).date()
    days = [begins + timedelta(days=n) for n in range((ends - begins).days)]
    drawn = [_day(one, first, today, by_day) for one in days]
    inside = [night for one in drawn if one.is_in_month for night in one.nights]
    return Month(
        first=first,
        weeks=tuple(tuple(drawn[n : n + 7]) for n in range(0, len(drawn), 7)),
        count=len(inside),
        promoted=sum(one.promoted for one in inside),
        is_cut=len(rows) > MOST,
    )


def _rows(scope: Scope, begins: date, ends: date) -> list[DreamCycle]:
    zone = timezone.get_current_timezone()
    since, until = (datetime.combine(one, time(), zone) for one in (begins, ends))
    rows = DreamCycle.objects.filter(tenant_id=scope.tenant_id, starts_at__gte=since, starts_at__lt=until)
    promoted = Count("dreams", filter=Q(dreams__promoted_to_production=True))
    return list(
        rows.select_related("system")
        .annotate(promotions=promoted)
        .defer("plan")
        .order_by("starts_at", "id")[: MOST + 1]
    )


def _day(on: date, first: date, today: date, by_day: Mapping[date, list[Night]]) -> Day:
    is_in = (on.year, on.month) == (first.year, first.month)
    return Day(on, is_in, on == today, tuple(by_day.get(on, ())))


def _night(row: DreamCycle) -> Night:
    promoted: int = row.promotions  # type: ignore[attr-defined]
    tone, mark = ("good", "✓") if promoted else _LOOKS[row.state]
    return Night(
        cycle_id=row.cycle_id,
        system=row.system.name,
        state=row.state,
        label=_("promoted") if promoted else row.get_state_display().lower(),
        tone=tone,
        mark=mark,
        at=row.starts_at,
        url=path_of(row.cycle_id),
        promoted=promoted,
    )


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
