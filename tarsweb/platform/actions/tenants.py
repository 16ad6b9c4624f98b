"""A tenant's life as the platform sees it. Each function is verbs of lower slices in a row; each of those commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django_q.tasks import async_task

from billing.budgets.actions import grant_monthly
from governance.identity import actions as identity
from governance.scope import Role
from governance.tenants import actions as tenants
from governance.tenants.models import Tenant, Tier
from tarsweb.platform.stewards import Steward

TELL = "tarsweb.platform.tasks.tell_members"


@dataclass(frozen=True, slots=True)
class Opened:
    """A new tenant and, if somebody was named, its first admin's invitation."""

    tenant: Tenant
    invited: identity.Invited | None


def open_tenant(
    *,
    by: Steward,
    name: str,
    domain: str | None,
    tier: Tier,
    at: datetime,
    max_users: int | None = None,
    max_monthly_budget: Decimal | None = None,
    admin_email: str = "",
    admin_name: str = "",
) -> Opened:
    """Open a tenant, grant this month's dollars and invite its first admin.

    A run killed in the middle leaves a tenant that can be completed: its dollars come with the hourly task, and anybody can be
    invited from its page. Raises `BadAddress`, `Invalid`, `DomainTaken`.
    """
    email = identity.address(admin_email) if admin_email.strip() else ""
    tenant = tenants.open_tenant(
        name=name,
        domain=domain,
        tier=tier,
        max_users=max_users,
        max_monthly_budget=max_monthly_budget,
        actor=by.actor,
        at=at,
    )
    scope = by.scope(tenant.id)
    grant_monthly(scope=scope, total=tenant.max_monthly_budget, at=at)
    invited = identity.invite(scope=scope, email=email, name=admin_name, roles=[Role.ADMIN], at=at) if email else None
    return Opened(tenant, invited)


def close_tenant(*, by: Steward, tenant_id: UUID, reason: str, at: datetime) -> Tenant:
    """Nobody signs in to it any more, its programs are refused, its record is kept; its members are told by mail.

    Raises `ReasonMissing`, `NotOpen`.
    """
    tenant = tenants.deactivate(scope=by.scope(tenant_id), reason=reason, at=at)
    async_task(TELL, str(tenant_id), at.isoformat(), task_name=f"Tell the members of {tenant_id}")
    return tenant


def reopen_tenant(*, by: Steward, tenant_id: UUID, reason: str, at: datetime) -> Tenant:
    """Open a closed tenant again, with this month's dollars. Raises `ReasonMissing`, `NotOpen`."""
    tenant = tenants.reactivate(scope=by.scope(tenant_id), reason=reason, at=at)
    grant_monthly(scope=by.scope(tenant_id), total=tenant.max_monthly_budget, at=at)
    async_task(TELL, str(tenant_id), at.isoformat(), task_name=f"Tell the members of {tenant_id}")
    return tenant


def change_terms(
    *, by: Steward, tenant_id: UUID, tier: Tier, max_users: int, max_monthly_budget: Decimal, reason: str, at: datetime
) -> Tenant:
    """Another tier or other limits. Raises `ReasonMissing`, `Invalid`, `SeatsInUse`, `BudgetInUse`."""
    return tenants.change_contract(
        scope=by.scope(tenant_id),
        tier=tier,
        max_users=max_users,
        max_monthly_budget=max_monthly_budget,
        count_seats=lambda: sum(identity.seats_taken(tenant_id=tenant_id, at=at)),
        reason=reason,
        at=at,
    )
