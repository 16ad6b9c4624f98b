"""What platform staff agreed with a customer: tier, seats, dollars; and whether the tenant is open at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from governance.errors import DomainError
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.actions.common import demand_reason, demand_valid
from governance.tenants.models import Tenant, Tier


class NotOpen(DomainError):
    """The tenant is closed, or was not."""

    code = "tenant_state"


class SeatsInUse(DomainError):
    """More people have a seat, or were promised one, than the contract would allow."""

    code = "seats_in_use"


class BudgetInUse(DomainError):
    """A running budget is larger than the contract would allow."""

    code = "budget_in_use"


@governed("tenants.deactivate")
def deactivate(*, scope: Scope, reason: str, at: datetime) -> Tenant:
    """Close a tenant: nobody signs in to it and its tokens are refused; the record is kept.

    Raises `NotAllowed`, `ReasonMissing`, `NotOpen`.
    """
    scope.demand(Capability.MANAGE_TENANT, to="deactivate a tenant")
    reason = demand_reason(reason, why="the tenant is deactivated")
    tenant = _locked(scope)
    if not tenant.is_active:
        raise NotOpen(f"{tenant.name} is deactivated already.")
    tenant.is_active, tenant.deactivated_at, tenant.deactivated_because = False, at, reason
    tenant.save(update_fields=["is_active", "deactivated_at", "deactivated_because"])
    said = f"{tenant.name} was deactivated: {reason}"
    _record(scope=scope, at=at, verb="tenants.deactivate", tenant=tenant, said=said, details={"reason": reason})
    return tenant


@governed("tenants.reactivate")
def reactivate(*, scope: Scope, reason: str, at: datetime) -> Tenant:
    """Open a deactivated tenant again. Raises `NotAllowed`, `ReasonMissing`, `NotOpen`."""
    scope.demand(Capability.MANAGE_TENANT, to="reactivate a tenant")
    reason = demand_reason(reason, why="the tenant is reactivated")
    tenant = _locked(scope)
    if tenant.is_active:
        raise NotOpen(f"{tenant.name} is active.")
    tenant.is_active, tenant.deactivated_at, tenant.deactivated_because = True, None, ""
    tenant.save(update_fields=["is_active", "deactivated_at", "deactivated_because"])
    said = f"{tenant.name} was reactivated: {reason}"
    _record(scope=scope, at=at, verb="tenants.reactivate", tenant=tenant, said=said, details={"reason": reason})
    return tenant


@governed("tenants.change_contract")
def change_contract(
    *,
    scope: Scope,
    tier: Tier,
    max_users: int,
    max_monthly_budget: Decimal,
    count_seats: Callable[[], int],
    reason: str,
    at: datetime,
) -> Tenant:
    """Another tier or other limits. `count_seats` is asked under the tenant's lock for the seats taken or promised.

    Raises `NotAllowed`, `ReasonMissing`, `Invalid`, `SeatsInUse`, `BudgetInUse`.
    """
    scope.demand(Capability.MANAGE_TENANT, to="change a tenant's contract")
    reason = demand_reason(reason, why="the contract changes")
    tenant = _locked(scope)
    before = _terms(tenant)
    if max_users < (seats_taken := count_seats()):
        raise SeatsInUse(
            f"{seats_taken} seats of {tenant.name} are taken or promised, so it cannot be limited to {max_users}. End "
            "memberships or revoke invitations first."
        )
    tenant.subscription_tier, tenant.max_users, tenant.max_monthly_budget = tier, max_users, max_monthly_budget
    demand_valid(tenant)
    try:
        tenant.save(update_fields=["subscription_tier", "max_users", "max_monthly_budget"])
    except DatabaseError as error:
        if "tars_budget_limit" not in str(error):
            raise
        raise BudgetInUse(
            f"A running dollar budget of {tenant.name} is larger than {max_monthly_budget:.2f} USD. Choose at least its "
            "amount, or wait until its window is over."
        ) from error
    details = {"before": before, "after": _terms(tenant), "reason": reason}
    said = (
        f"The contract of {tenant.name} is now {tier.label}, {max_users} people, {max_monthly_budget:.2f} USD a month."
    )
    _record(scope=scope, at=at, verb="tenants.change_contract", tenant=tenant, said=f"{said} {reason}", details=details)
    return tenant


def _terms(tenant: Tenant) -> dict[str, Any]:
    return {
        "tier": str(tenant.subscription_tier),
        "max_users": tenant.max_users,
        "max_monthly_budget": f"{tenant.max_monthly_budget:.2f}",
    }


def _locked(scope: Scope) -> Tenant:
    return Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)


def _record(*, scope: Scope, at: datetime, verb: str, tenant: Tenant, said: str, details: dict[str, Any]) -> None:
    action = {"name": verb, "subject": tenant.name, **details}
    ledger.append(scope=scope, at=at, event_type="registration", action=action, explanation=said)
