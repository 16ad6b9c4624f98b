from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, connection

from governance.errors import DomainError
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from governance.tenants.models import TIER_LIMITS, Tenant, Tier


class DomainTaken(DomainError):
    """Another tenant already uses the domain."""

    code = "domain_taken"


def open_tenant(
    *,
    name: str,
    domain: str | None,
    tier: Tier,
    at: datetime,
    max_users: int | None = None,
    max_monthly_budget: Decimal | None = None,
    is_demo: bool = False,
) -> Tenant:
    """Open a tenant with the limits of its tier (or the contract's own) and begin its ledger. Raises `DomainTaken`."""
    users, budget = TIER_LIMITS[tier]
    tenant = Tenant(
        id=new_id(at),
        name=name,
        domain=domain,
        subscription_tier=tier,
        max_users=max_users if max_users is not None else users,
        max_monthly_budget=max_monthly_budget if max_monthly_budget is not None else budget,
        created_at=at,
        is_demo=is_demo,
    )
    try:
        with in_tenant(tenant.id, durable=True):
            tenant.save(force_insert=True)
            ledger.begin(tenant_id=tenant.id, at=at)
            ledger.append(
                scope=tars_scope(tenant.id),
                at=at,
                event_type="registration",
                action={"name": "tenants.open", "subject": name, "tier": tier.value, "max_users": tenant.max_users},
                explanation=f"The tenant {name} was opened.",
            )
    except IntegrityError as error:
        if "tenants_domain" in str(error):
            raise DomainTaken(
                f"The domain {domain} belongs to another tenant. Choose another or leave it empty."
            ) from error
        raise
    return tenant


def next_number(*, tenant_id: UUID, series: str) -> int:
    """The next short number of a series, gapless per committed use, in the caller's transaction (a counter lock)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO counters (id, tenant_id, series, value) VALUES (gen_random_uuid(), %s, %s, 1) "
            "ON CONFLICT (tenant_id, series) DO UPDATE SET value = counters.value + 1 RETURNING value",
            [tenant_id, series],
        )
        return int(cursor.fetchone()[0])
