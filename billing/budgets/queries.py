from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.budgets.amounts import said
from billing.budgets.models import (
    BudgetPlan,
    Price,
    Resource,
    ResourceType,
    TopUp,
    WindowType,
)
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Scope
from governance.tenants.models import Tenant

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
    is_limit: bool = True

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
    lines = [line_of(row, at=at) for row in rows]
    return tuple(sorted(lines, key=lambda line: not line.is_current))


def line_of(row: Resource, *, at: datetime) -> ResourceLine:
    """One budget as a line."""
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
        is_limit=row.is_limit,
    )


def _trimmed(amount: Decimal) -> Decimal:
    """Two decimals where they say it all; the stored six otherwise."""
    cents = amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount


def contract(*, scope: Scope) -> Decimal:
    """The dollars that the tenant's contract allows in a month."""
    return Tenant.objects.values_list("max_monthly_budget", flat=True).get(id=scope.tenant_id)


def system_id(*, scope: Scope, name: str) -> UUID:
    """The id of a system by its name. Raises `NotFound`."""
    found = System.objects.filter(tenant_id=scope.tenant_id, name=name).values_list("id", flat=True).first()
    if found is None:
        raise NotFound(f"There is no system {name[:80]!r}.")
    return found


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan in force. `is_limit` false: its windows count and limit nobody."""

    id: UUID
    type: str
    window: str
    total: Decimal
    system_quotas: dict[str, dict[str, object]]
    alert_threshold: Decimal
    is_limit: bool
    updated_at: datetime
    updated_by: str

    @property
    def label(self) -> str:
        return str(ResourceType(self.type).label)

    @property
    def window_label(self) -> str:
        return str(WindowType(self.window).label)

    @property
    def total_text(self) -> str:
        return said(self.type, self.total)

    @property
    def quotas_said(self) -> list[str]:
        """`memvid: 50.00 USD`, one a line."""
        return [
            f"{name}: {said(kind, Decimal(str(most)))}"
            for name, limits in sorted(self.system_quotas.items())
            for kind, most in sorted(limits.items())
        ]


def plans(*, scope: Scope) -> tuple[PlanLine, ...]:
    """The tenant's plans in force, limits first; one query."""
    rows = BudgetPlan.objects.filter(tenant_id=scope.tenant_id, is_active=True)
    return tuple(
        PlanLine(
            id=row.id,
            type=row.resource_type,
            window=row.window_type,
            total=_trimmed(row.total_budget),
            system_quotas=row.system_quotas,
            alert_threshold=row.alert_threshold,
            is_limit=row.is_limit,
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )
        for row in rows.order_by("-is_limit", "resource_type", "window_type")
    )


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A price and when it begins; the latest that has begun is in force."""

    id: UUID
    measure: str
    model: str
    usd: Decimal
    from_at: datetime
    set_by: str

    @property
    def usd_text(self) -> str:
        return format(self.usd.normalize(), "f")


def prices(*, scope: Scope, as_of: datetime | None = None) -> tuple[PriceLine, ...]:
    """The tenant's prices with their history, newest first, or those in force at a moment; at most 1,000."""
    rows = Price.objects.filter(tenant_id=scope.tenant_id).order_by("measure", "model", "-from_at")
    rows = rows.filter(from_at__lte=as_of).distinct("measure", "model") if as_of else rows
    return tuple(
        PriceLine(row.id, row.measure, row.model, row.usd, row.from_at, row.set_by) for row in rows[: MOST * 10]
    )


@dataclass(frozen=True, slots=True)
class TopUpLine:
    """A wish for more, with the digest that an answer names."""

    id: UUID
    number: int
    resource_id: UUID
    type: str
    window: str
    amount: Decimal
    reason: str
    state: str
    digest: str
    request_id: UUID | None
    asked_by: str
    asked_at: datetime
    closed_at: datetime | None
    closed_by: str


def top_ups(*, scope: Scope, state: str = "", after: int | None = None, limit: int = MOST) -> tuple[TopUpLine, ...]:
    """The tenant's top-ups, newest first; one query."""
    rows = TopUp.objects.filter(tenant_id=scope.tenant_id)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(number__lt=after) if after else rows
    return tuple(_top_up(row) for row in rows.select_related("resource").order_by("-number")[:limit])


def top_up(*, scope: Scope, number: int) -> TopUpLine:
    """One top-up. Raises `NotFound`."""
    row = TopUp.objects.filter(tenant_id=scope.tenant_id, number=number).select_related("resource").first()
    if row is None:
        raise NotFound("There is no such top-up.")
    return _top_up(row)


def _top_up(row: TopUp) -> TopUpLine:
    return TopUpLine(
        id=row.id,
        number=row.number,
        resource_id=row.resource_id,
        type=row.resource.resource_type,
        window=row.resource.window_type,
        amount=_trimmed(row.amount),
        reason=row.reason,
        state=row.state,
        digest=row.digest,
        request_id=row.request_id,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )
