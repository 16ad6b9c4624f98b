from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from governance.errors import DomainError, Invalid
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope, tars_scope
from governance.tenancy import in_tenant
from governance.tenants.models import TIER_LIMITS, Tenant, Tier


class DomainTaken(DomainError):
    """Another tenant already uses the domain."""

    code = "domain_taken"


class ReasonMissing(Invalid):
    """A data fix needs a reason."""

    code = "reason_missing"


# What a tenant admin may mend by hand; tier and limits are the contract's, the domain is the sign-in's.
FIXABLE = ("name", "retention_years")


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


@governed("tenants.fix_tenant")
def fix_tenant(*, scope: Scope, values: Mapping[str, Any], reason: str, at: datetime) -> Tenant:
    """Mend the tenant's own name or retention, with before and after on the ledger.

    Raises `NotAllowed`, `ReasonMissing`, `Invalid` for another field or a value that is out of bounds.
    """
    scope.demand(Capability.FIX_DATA, to="fix data")
    if not reason.strip():
        raise ReasonMissing("Say why this is mended: the reason stands on the ledger.")
    if other := sorted(set(values) - set(FIXABLE)):
        raise Invalid(f"{other[0]} cannot be edited here: it follows from the contract.")
    tenant = Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    before = {name: getattr(tenant, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return tenant
    for name, value in changed.items():
        setattr(tenant, name, value)
    _demand_valid(tenant)
    tenant.save(update_fields=list(changed))
    ledger.append(
        scope=scope,
        at=at,
        event_type="data_fix",
        action={
            "name": "tenants.fix_tenant",
            "subject": before.get("name", tenant.name),
            "before": {name: before[name] for name in sorted(changed)},
            "after": {name: changed[name] for name in sorted(changed)},
            "reason": reason.strip(),
        },
        explanation=f"{', '.join(sorted(changed))} of {tenant.name} mended by hand: {reason.strip()}",
    )
    return tenant


def _demand_valid(tenant: Tenant) -> None:
    try:
        tenant.clean_fields()
        tenant.validate_constraints()
    except ValidationError as error:
        problems = tuple((f"/{name}", " ".join(said)) for name, said in error.message_dict.items())
        raise Invalid(
            "That is no valid tenant: " + " ".join(said for _, said in problems), problems=problems
        ) from error


def next_number(*, tenant_id: UUID, series: str) -> int:
    """The next short number of a series, gapless per committed use, in the caller's transaction (a counter lock)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO counters (id, tenant_id, series, value) VALUES (gen_random_uuid(), %s, %s, 1) "
            "ON CONFLICT (tenant_id, series) DO UPDATE SET value = counters.value + 1 RETURNING value",
            [tenant_id, series],
        )
        return int(cursor.fetchone()[0])
