"""How often dreams come to production, how many stay there, and how often chance wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import TruncWeek

from dreams.cycles.models import Dream
from dreams.cycles.proportion import Share, share_of
from dreams.mutate.candidate import Origin
from dreams.verdict.rules import Verdict
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import ConstitutionalAmendment
from governance.scope import Capability, Scope

TO: Final = "see the rates of dreams"
DAYS: Final = 90
TARGET: Final = 0.95
"""seeds/000, Success metrics: promotions that are not rolled back."""
MOST_FALSE: Final = 50
_SOURCE: Final = """
SELECT
  DATE_TRUNC('week', dreamed_at) as week,
  COUNT(*) as total_dreams,
  SUM(CASE WHEN promoted_to_production THEN 1 ELSE 0 END) as promoted,
  ROUND(100.0 * SUM(CASE WHEN promoted_to_production THEN 1 ELSE 0 END) / COUNT(*), 2) as promotion_rate
FROM dreams
WHERE tenant_id = %(tenant)s AND dreamed_at >= %(at)s::timestamptz - INTERVAL '90 days'
GROUP BY week
ORDER BY week DESC
"""
"""seeds/004, TARS Dream Promotion Rate, word for word but for the tenant and the clock."""


@dataclass(frozen=True, slots=True)
class Week:
    """One calendar week: dreams (the dummies among them, as the source counts) and promotions applied in it, with those that
    stand. `promotion_rate` in per cent; None where nothing was dreamed."""

    monday: date
    total_dreams: int
    promoted: int
    promotion_rate: float | None
    applied: int
    kept: int

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


@dataclass(frozen=True, slots=True)
class FalseWin:
    """A dummy that won, by its night."""

    cycle_id: str
    system: str
    dreamed_at: datetime


@dataclass(frozen=True, slots=True)
class Rates:
    """The last 90 days, newest week first. `kept`: promotions that stand, of all applied; `dummies`: those that won, of all that
    were judged, since the first night; `false`: the newest of them."""

    first: date
    last: date
    weeks: tuple[Week, ...]
    total_dreams: int
    promoted: int
    kept: Share
    dummies: Share
    false: tuple[FalseWin, ...]

    @property
    def is_below_target(self) -> bool:
        return self.kept.value is not None and self.kept.value < TARGET

    @property
    def rate(self) -> float | None:
        return self.promoted / self.total_dreams if self.total_dreams else None

    @property
    def rate_chart(self) -> dict[str, Any]:
        """For the template tag `stacked_bars`: per cent by week."""
        weeks = tuple(reversed(self.weeks))
        return {"x": [w.monday for w in weeks], "series": {"Promotion rate, %": [w.promotion_rate for w in weeks]}}

    @property
    def kept_chart(self) -> dict[str, Any]:
        """For the same: promotions by week, those that stand and those that were rolled back."""
        weeks = tuple(reversed(self.weeks))
        kept, undone = [w.kept for w in weeks], [w.applied - w.kept for w in weeks]
        return {"x": [w.monday for w in weeks], "series": {"Stand": kept, "Rolled back": undone}}

    @property
    def kept_columns(self) -> tuple[str, ...]:
        """The same numbers as a table's head."""
        return ("Week of", "Stand", "Rolled back")

    @property
    def kept_rows(self) -> list[tuple[Any, ...]]:
        """And its rows, the newest week first."""
        return [(w.monday, w.kept, w.applied - w.kept) for w in self.weeks]

    @property
    def rate_columns(self) -> tuple[str, ...]:
        """The same numbers as a table's head."""
        return ("Week of", "Promotion rate, %")

    @property
    def rate_rows(self) -> list[tuple[Any, ...]]:
        """And its rows, the newest week first."""
        return [(w.monday, w.promotion_rate) for w in self.weeks]


def rates(*, scope: Scope, at: datetime) -> Rates:
    """Raises `NotAllowed`. Four queries."""
    scope.demand(Capability.READ_RECORD, to=TO)
    dreamed, applied = _dreamed(scope, at=at), _applied(scope, at=at)
    weeks = tuple(_week(monday, dreamed, applied) for monday in sorted({*dreamed, *applied}, reverse=True))
    return Rates(
        first=(at - timedelta(days=DAYS)).date(),
        last=at.date(),
        weeks=weeks,
        total_dreams=sum(one.total_dreams for one in weeks),
        promoted=sum(one.promoted for one in weeks),
        kept=share_of(sum(one.kept for one in weeks), sum(one.applied for one in weeks)),
        dummies=_dummies(scope),
        false=_false(scope),
    )


def _dreamed(scope: Scope, *, at: datetime) -> dict[date, tuple[int, int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(_SOURCE, {"tenant": scope.tenant_id, "at": at})
        return {week.date(): (total, promoted, float(rate)) for week, total, promoted, rate in cursor.fetchall()}


def _applied(scope: Scope, *, at: datetime) -> dict[date, tuple[int, int]]:
    rows = ConstitutionalAmendment.objects.filter(
        tenant_id=scope.tenant_id,
        amendment_type=AmendmentType.DREAM_PROMOTION.value,
        approved_at__gte=at - timedelta(days=DAYS),
    )
    counted = rows.annotate(week=TruncWeek("approved_at")).values("week")
    counted = counted.annotate(applied=Count("id"), kept=Count("id", filter=Q(rolled_back_at=None))).order_by()
    return {one["week"].date(): (one["applied"], one["kept"]) for one in counted}


def _week(monday: date, dreamed: dict[date, tuple[int, int, float]], applied: dict[date, tuple[int, int]]) -> Week:
    total, promoted, rate = dreamed.get(monday, (0, 0, None))
    count, kept = applied.get(monday, (0, 0))
    return Week(monday=monday, total_dreams=total, promoted=promoted, promotion_rate=rate, applied=count, kept=kept)


def _dummies(scope: Scope) -> Share:
    judged = Dream.objects.filter(tenant_id=scope.tenant_id, origin=Origin.DUMMY.value)
    judged = judged.exclude(verdict__in=["", Verdict.INVALID.value])
    counted = judged.aggregate(total=Count("id"), won=Count("id", filter=Q(verdict=Verdict.PROMOTE.value)))
    return share_of(counted["won"], counted["total"])


def _false(scope: Scope) -> tuple[FalseWin, ...]:
    rows = Dream.objects.filter(
        tenant_id=scope.tenant_id, origin=Origin.DUMMY.value, verdict=Verdict.PROMOTE.value
    ).order_by("-dreamed_at", "-id")
    return tuple(FalseWin(*one) for one in rows.values_list("cycle_id", "system_name", "dreamed_at")[:MOST_FALSE])
