from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.budgets.models import Resource, ResourceType, WindowType
from governance.scope import Scope

MOST = 100


@dataclass(frozen=True, slots=True)
class ResourceLine:
    """One budget as a page or a record shows it. `total` = `used` + `reserved` + `available`."""

    id: UUID
    type: str
    window: str
    starts_at: datetime
    ends_at: datetime
    total: Decimal
    used: Decimal
    reserved: Decimal
    available: Decimal
    alert_threshold: Decimal
    is_current: bool

    @property
    def label(self) -> str:
        return str(ResourceType(self.type).label)

    @property
    def window_label(self) -> str:
        return str(WindowType(self.window).label)

    @property
    def unit(self) -> str:
        return "USD" if self.type == ResourceType.USD_BUDGET else ""

    @property
    def committed(self) -> Decimal:
        """What is spent or held."""
        return self.used + self.reserved

    @property
    def alert_at(self) -> Decimal:
        """From this amount on the budget is nearly used up."""
        return self.total * self.alert_threshold


def resources(*, scope: Scope, at: datetime) -> tuple[ResourceLine, ...]:
    """The tenant's budgets, those that run now first, then the newest; at most 100."""
    rows = Resource.objects.filter(tenant_id=scope.tenant_id).order_by("-window_start", "resource_type")[:MOST]
    lines = [_line(row, at=at) for row in rows]
    return tuple(sorted(lines, key=lambda line: not line.is_current))


def _line(row: Resource, *, at: datetime) -> ResourceLine:
    return ResourceLine(
        id=row.id,
        type=row.resource_type,
        window=row.window_type,
        starts_at=row.window_start,
        ends_at=row.window_end,
        total=_trimmed(row.total_budget),
        used=_trimmed(row.used),
        reserved=_trimmed(row.reserved),
        available=_trimmed(row.available),
        alert_threshold=row.alert_threshold,
        is_current=row.window_start <= at < row.window_end,
    )


def _trimmed(amount: Decimal) -> Decimal:
    """Two decimals where they say it all; the stored six otherwise."""
    cents = amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount
