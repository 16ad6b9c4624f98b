"""One budget: its window, what was used when, who used it, and how the windows before it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from billing.budgets.amounts import about
from billing.budgets.board import AlertLine, Meter, alerts, meter_of, meter_of_share, meters_of
from billing.budgets.forecast import SLOTS
from billing.budgets.models import Resource, SystemShare
from billing.budgets.pace import paces
from governance.errors import NotFound
from governance.scope import Scope

MOST_WINDOWS: Final = 30
MOST_SYSTEMS: Final = 50
BARS: Final = {"hourly": 12, "daily": 24, "weekly": 28, "monthly": 30}
"""How many equal parts of a window its chart shows; each divides 120 or nearly does."""
_FORM: Final = {"hourly": "%H:%M", "daily": "%H:%M", "weekly": "%a %H:%M", "monthly": "%d %b"}
_TITLE: Final = {"hourly": "%d %b %H:%M", "daily": "%d %b", "weekly": "%d %b", "monthly": "%b %Y"}


@dataclass(frozen=True, slots=True)
class Part:
    """What was used from `starts_at` on, for one bar."""

    starts_at: datetime
    label: str
    used: Decimal


@dataclass(frozen=True, slots=True)
class Use:
    """What one system used of it. `quota` is None where it is limited by the budget alone."""

    system: str
    used: Decimal
    reserved: Decimal
    quota: Meter | None
    used_text: str
    held_text: str


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier or the same window of this kind, as one row."""

    id: UUID
    title: str
    meter: Meter

    @property
    def used_part(self) -> float:
        return float(self.meter.used / self.meter.total) if self.meter.total else 0.0


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of one budget. `windows` are the newest first, `parts` the running of this window in time."""

    meter: Meter
    is_running: bool
    parts: tuple[Part, ...]
    uses: tuple[Use, ...]
    windows: tuple[Past, ...]
    alerts: tuple[AlertLine, ...]

    @property
    def has_parts(self) -> bool:
        return any(part.used for part in self.parts)


def history(*, scope: Scope, row: Resource, at: datetime) -> History:
    """All that is known of a budget; five queries."""
    (meter,) = meters_of([row], scope=scope, at=at)
    slots = paces(tenant_id=scope.tenant_id, resource_ids=[row.id])[row.id]
    return History(
        meter=meter,
        is_running=row.window_start <= at < row.window_end,
        parts=parts_of(row, slots, at=at),
        uses=_uses(row),
        windows=windows(scope=scope, type=row.resource_type, window=row.window_type, at=at),
        alerts=alerts(scope=scope, rows=[row]),
    )


def found(*, scope: Scope, resource_id: UUID) -> Resource:
    """One budget of the tenant. Raises `NotFound`."""
    row = Resource.objects.filter(tenant_id=scope.tenant_id, id=resource_id).first()
    if row is None:
        raise NotFound("There is no such budget.")
    return row


def windows(
    *,
    scope: Scope,
    type: str,
    window: str,
    at: datetime,
    before: Resource | None = None,
    limit: int = MOST_WINDOWS,
) -> tuple[Past, ...]:
    """The windows of one kind that have begun, the newest first, from the one before `before` on; one query."""
    rows = Resource.objects.filter(
        tenant_id=scope.tenant_id, resource_type=type, window_type=window, window_start__lte=at
    ).order_by("-window_start")
    rows = rows.filter(window_start__lt=before.window_start) if before else rows
    return tuple(Past(row.id, _dated(row.window_start, _TITLE[window]), meter_of(row)) for row in rows[:limit])


def parts_of(row: Resource, slots: Mapping[int, Decimal], *, at: datetime) -> tuple[Part, ...]:
    """The charges of a window in the parts that its chart shows, up to now."""
    count = BARS[row.window_type]
    length = (row.window_end - row.window_start) / count
    sums = [Decimal(0)] * count
    for slot, amount in slots.items():
        sums[min(slot * count // SLOTS, count - 1)] += amount
    starts = (row.window_start + timedelta(seconds=length.total_seconds() * number) for number in range(count))
    return tuple(
        Part(start, _dated(start, _FORM[row.window_type]), used)
        for start, used in zip(starts, sums, strict=True)
        if start <= at
    )


def _dated(at: datetime, form: str) -> str:
    """`1 Nov`, and never `01 Nov`."""
    text = f"{at:{form}}"
    return text.lstrip("0") if form.startswith("%d") else text


def _uses(row: Resource) -> tuple[Use, ...]:
    shares = (
        SystemShare.objects.filter(tenant_id=row.tenant_id, resource_id=row.id)
        .exclude(used=0, reserved=0, quota=None)
        .select_related("system", "resource")
        .defer("system__constitution")
        .order_by("-used", "id")[:MOST_SYSTEMS]
    )
    return tuple(
        Use(
            share.system.name,
            share.used,
            share.reserved,
            None if share.quota is None else meter_of_share(share),
            about(row.resource_type, share.used),
            about(row.resource_type, share.reserved),
        )
        for share in shares
    )
