from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from governance.errors import NotFound
from governance.identity.actions import seats_taken
from governance.identity.models import User
from governance.scope import Actor
from governance.tenancy import all_tenant_ids, in_tenant
from governance.tenants.models import Tenant, Tier

COLUMNS = (
    "id",
    "name",
    "domain",
    "tier",
    "seats_taken",
    "max_users",
    "max_monthly_budget",
    "state",
    "is_demo",
    "created_at",
    "deactivated_at",
    "deactivated_because",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; `state` is `active` or `deactivated`."""

    q: str = ""
    tier: str = ""
    state: str = ""

    @property
    def is_narrow(self) -> bool:
        return self != Filter()

    def fits(self, line: TenantLine) -> bool:
        text = f"{line.name} {line.domain}".casefold()
        return self.q.casefold() in text and self.tier in ("", line.tier) and self.state in ("", line.state)


@dataclass(frozen=True, slots=True)
class TenantLine:
    """A tenant seen from outside: its contract and how full it is, and nothing of what is in it."""

    id: UUID
    name: str
    domain: str
    tier: str
    max_users: int
    max_monthly_budget: Decimal
    created_at: datetime
    is_active: bool
    is_demo: bool
    deactivated_at: datetime | None
    deactivated_because: str
    seats_taken: int

    @property
    def tier_label(self) -> str:
        return str(Tier(self.tier).label)

    @property
    def state(self) -> str:
        return "active" if self.is_active else "deactivated"

    def as_row(self) -> Mapping[str, Any]:
        """For files and the API."""
        return {column: getattr(self, column) for column in COLUMNS}


def tenants(*, actor: Actor, filter: Filter | None = None) -> tuple[TenantLine, ...]:
    """Every tenant by name; the database answers nobody who is not platform staff."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tars_platform_tenants(%s)", [actor.user_id])
        lines = [TenantLine(row[0], row[1], row[2] or "", *row[3:]) for row in cursor.fetchall()]
    return tuple(line for line in lines if filter is None or filter.fits(line))


def tenant(*, actor: Actor, tenant_id: UUID) -> TenantLine:
    """One tenant from outside; raises `NotFound`."""
    found = next((line for line in tenants(actor=actor) if line.id == tenant_id), None)
    if found is None:
        raise NotFound("There is no such tenant.")
    return found


def tenants_here(*, at: datetime) -> tuple[TenantLine, ...]:
    """Every tenant by name, for a person at the machine itself."""
    return tuple(sorted((_line(tenant_id, at=at) for tenant_id in all_tenant_ids()), key=lambda line: line.name))


def called_here(wanted: str, *, at: datetime) -> tuple[TenantLine, ...]:
    """Tenants of this name, domain or id, by name, for a person at the machine itself; every tenant where nothing is said.

    By its id a tenant is found at once, however many there are.
    """
    try:
        id = UUID(wanted)
    except ValueError:
        return tuple(line for line in tenants_here(at=at) if not wanted or wanted in (line.name, line.domain))
    return (_line(id, at=at),) if id in set(all_tenant_ids()) else ()


def staff() -> tuple[User, ...]:
    """Everybody who is platform staff, by address."""
    return tuple(User.objects.filter(is_platform_staff=True).order_by("email"))


def _line(tenant_id: UUID, *, at: datetime) -> TenantLine:
    with in_tenant(tenant_id):
        row = Tenant.objects.get(id=tenant_id)
        members, _ = seats_taken(tenant_id=tenant_id, at=at)
    return TenantLine(
        id=row.id,
        name=row.name,
        domain=row.domain or "",
        tier=row.subscription_tier,
        max_users=row.max_users,
        max_monthly_budget=row.max_monthly_budget,
        created_at=row.created_at,
        is_active=row.is_active,
        is_demo=row.is_demo,
        deactivated_at=row.deactivated_at,
        deactivated_because=row.deactivated_because,
        seats_taken=members,
    )
