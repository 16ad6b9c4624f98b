"""A tenant begins."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError

from governance.errors import Invalid
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.scope import TARS, Actor, Scope
from governance.tenancy import in_tenant
from governance.tenants.actions.common import DomainTaken, demand_valid
from governance.tenants.models import TIER_LIMITS, Tenant, Tier

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def open_tenant(
    *,
    name: str,
    domain: str | None,
    tier: Tier,
    at: datetime,
    max_users: int | None = None,
    max_monthly_budget: Decimal | None = None,
    is_demo: bool = False,
    actor: Actor = TARS,
) -> Tenant:
    """Open a tenant with the limits of its tier (or the contract's own) and begin its ledger.

    Whoever calls this has checked that `actor` may. Raises `Invalid`, `DomainTaken`.
    """
    name, domain = name.strip(), _domain(domain)
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
    demand_valid(tenant)
    try:
        with in_tenant(tenant.id, durable=True):
            tenant.save(force_insert=True)
            ledger.begin(tenant_id=tenant.id, at=at)
            ledger.append(
                scope=Scope(tenant_id=tenant.id, actor=actor),
                at=at,
                event_type="registration",
                action={
                    "name": "tenants.open",
                    "subject": name,
                    "tier": tier.value,
                    "max_users": tenant.max_users,
                    "max_monthly_budget": f"{tenant.max_monthly_budget:.2f}",
                },
                explanation=f"The tenant {name} was opened.",
            )
    except IntegrityError as error:
        if "tenants_domain" in str(error):
            raise DomainTaken(
                f"The domain {domain} belongs to another tenant. Choose another or leave it empty."
            ) from error
        raise
    return tenant


def _domain(text: str | None) -> str | None:
    """The domain as it is stored, None for none; raises `Invalid`."""
    domain = (text or "").strip().lower()
    if domain and not _DOMAIN.fullmatch(domain):
        raise Invalid(f"{domain} is no domain such as example.com.", problems=(("/domain", "is no domain"),))
    return domain or None
