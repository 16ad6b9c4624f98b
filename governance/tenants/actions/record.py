"""The tenant's own record, mended by its admin with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.errors import Invalid
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.actions.common import demand_reason, demand_valid
from governance.tenants.models import Tenant

# What a tenant admin may mend by hand; tier and limits are the contract's, the domain is the sign-in's, the retention has a
# verb of its own, which counts first and asks for a confirmation (`lifecycle.change_retention`).
FIXABLE = ("name",)
RETENTION = "retention_years"


@governed("tenants.fix_tenant")
def fix_tenant(*, scope: Scope, values: Mapping[str, Any], reason: str, at: datetime) -> Tenant:
    """Mend the tenant's own name, with before and after on the ledger.

    Raises `NotAllowed`, `ReasonMissing`, `Invalid` for another field or a value that is out of bounds.
    """
    scope.demand(Capability.FIX_DATA, to="fix data")
    reason = demand_reason(reason, why="this is mended")
    if RETENTION in values:
        raise Invalid(
            "The retention is changed under Ageing and archives, Retention: it shows first what that would do."
        )
    if other := sorted(set(values) - set(FIXABLE)):
        raise Invalid(f"{other[0]} cannot be edited here: it follows from the contract.")
    tenant = Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    before = {name: getattr(tenant, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return tenant
    for name, value in changed.items():
        setattr(tenant, name, value)
    demand_valid(tenant)
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
            "reason": reason,
        },
        explanation=f"{', '.join(sorted(changed))} of {tenant.name} mended by hand: {reason}",
    )
    return tenant


def keep_retention_within(*, tenant: Tenant, years: int) -> None:
    """Write the retention of a locked tenant inside the caller's verb, which records it. Raises `Invalid`.

    INVARIANT: `lifecycle.change_retention` alone calls this, and nothing else writes the column."""
    tenant.retention_years = years
    demand_valid(tenant)
    tenant.save(update_fields=[RETENTION])
