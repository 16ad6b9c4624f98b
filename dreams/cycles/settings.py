"""What a tenant chose about its nights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from dreams.cycles import choices
from dreams.cycles.choices import Aim, Chosen
from dreams.cycles.models import DreamSetting
from governance.errors import Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant

EVENT: Final = "dream"
TO: Final = "change the nights"


def chosen(*, scope: Scope) -> Chosen:
    """The tenant's, or the defaults. One query."""
    row = DreamSetting.objects.filter(tenant_id=scope.tenant_id).first()
    return Chosen() if row is None else _chosen(row)


def latest(*, scope: Scope) -> DreamSetting | None:
    """The row itself, for who changed it last; None while nobody did."""
    return DreamSetting.objects.filter(tenant_id=scope.tenant_id).first()


@governed("dreams.change_settings")
def change(
    *, scope: Scope, reason: str, at: datetime, changes: Mapping[str, Any], aims: Mapping[str, Aim] | None = None
) -> Chosen:
    """Let nights be so from the next plan on. `changes`: fields of `Chosen` but for its aims; `aims`: by system *name*, those
    that change. What is not given stays.

    Raises `NotAllowed`, `Invalid` (by pointer), `NotFound` for a system, `ReasonMissing`.
    """
    scope.demand(Capability.GRANT_AUTHORITY, to=TO)
    reason = demand_reason(reason, why="the nights change")
    tenant = Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    before = chosen(scope=scope)
    unknown = set(changes) - {one.name for one in fields(Chosen)} | ({"aims"} & set(changes))
    if unknown:
        raise Invalid(
            "There is no such setting.", problems=tuple((f"/{name}", "is unknown") for name in sorted(unknown))
        )
    after = replace(before, **changes, aims={**before.aims, **_by_id(scope, aims or {})})
    choices.check(after)
    if after == before:
        raise Invalid("That is how the nights are already. Change something first.")
    _keep(scope, after, at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "dreams.change_settings",
            "subject": tenant.name,
            "before": _worded(before),
            "after": _worded(after),
            "reason": reason,
        },
        explanation=f"{scope.actor.name} changed the nights of {tenant.name}: {reason}",
        rules_applied=["dreams"],
    )
    return after


def _keep(scope: Scope, after: Chosen, *, at: datetime) -> None:
    values = {one.name: getattr(after, one.name) for one in fields(Chosen)}
    values["aims"] = {name: aim.as_json() for name, aim in after.aims.items()}
    values |= {"updated_at": at, "updated_by": scope.actor.name}
    DreamSetting.objects.update_or_create(
        tenant_id=scope.tenant_id, defaults=values, create_defaults={"id": new_id(at), **values}
    )


def _by_id(scope: Scope, aims: Mapping[str, Aim]) -> dict[str, Aim]:
    if not aims:
        return {}
    rows = System.objects.filter(tenant_id=scope.tenant_id, name__in=list(aims))
    ids = dict(rows.values_list("name", "id"))
    for name in aims:
        if name not in ids:
            raise NotFound(f"There is no system called {name}.")
    return {str(ids[name]): aim for name, aim in aims.items()}


def _chosen(row: DreamSetting) -> Chosen:
    values = {one.name: getattr(row, one.name) for one in fields(Chosen) if one.name != "aims"}
    return Chosen(**values, aims={name: Aim.of(stored) for name, stored in row.aims.items()})


def _worded(one: Chosen) -> dict[str, Any]:
    """The ledger keeps no floating-point numbers."""
    found = one.as_json()
    found["alpha"] = str(one.alpha)
    found["aims"] = {name: {key: str(value) for key, value in aim.items()} for name, aim in found["aims"].items()}
    return found
