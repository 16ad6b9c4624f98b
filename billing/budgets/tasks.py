from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from billing.budgets.actions import grant_monthly
from governance.scope import tars_scope
from governance.tenancy import active_tenant_ids, in_tenant
from governance.tenants.models import Tenant

AHEAD = timedelta(hours=2)
"""A month's dollars are there before it begins, also when one wake-up fails."""


def make_monthly() -> int:
    """Every active tenant's dollars for this month, and for the next one shortly before it begins; returns how many."""
    at = timezone.now()
    return sum(
        _granted(tenant_id, at=at, within=within) for tenant_id in active_tenant_ids() for within in (at, at + AHEAD)
    )


def _granted(tenant_id: UUID, *, at: datetime, within: datetime) -> bool:
    scope = tars_scope(tenant_id)
    with in_tenant(tenant_id):
        total = Tenant.objects.get(id=tenant_id).max_monthly_budget
    return grant_monthly(scope=scope, total=total, at=at, within=within)[1]
