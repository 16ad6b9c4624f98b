"""Legal holds: while one stands, nothing that it covers is destroyed. The database looks itself (`tars_prune`,
`tars_stays_on_hold`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from governance.errors import Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant
from routing.executions.models import Execution
from routing.lifecycle.errors import OnHold
from routing.lifecycle.models import HoldOn, LegalHold
from routing.lifecycle.moving import EVENT


@governed("lifecycle.place_hold")
def place(*, scope: Scope, reason: str, system: str = "", execution_id: UUID | None = None, at: datetime) -> LegalHold:
    """Hold one execution, one system's executions, or (neither named) everything of the tenant.

    Raises `NotAllowed`, `ReasonMissing`, `Invalid` (both named), `NotFound`, `OnHold` (it is held so already).
    """
    scope.demand(Capability.RETAIN, to="place a legal hold")
    reason = demand_reason(reason, why="this is on hold")
    if system and execution_id:
        raise Invalid("Hold either a system or one execution.", problems=(("/execution_id", "a system is named too"),))
    Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    what, said = _what(scope, system, execution_id)
    if LegalHold.objects.filter(tenant_id=scope.tenant_id, released_at=None, **what).exists():
        raise OnHold(f"{said} is on hold already. One hold is enough; release that one first if its reason is another.")
    made = LegalHold.objects.create(
        id=new_id(at), tenant_id=scope.tenant_id, reason=reason, placed_at=at, placed_by=scope.actor.name, **what
    )
    _entered(
        scope, made, "lifecycle.place_hold", said, f"{scope.actor.name} put {said} on hold: {reason}", reason, at=at
    )
    return made


@governed("lifecycle.release_hold", subject="hold_id")
def release(*, scope: Scope, hold_id: UUID, reason: str, at: datetime) -> LegalHold:
    """End a hold: what is due may be destroyed again. Raises `NotAllowed`, `ReasonMissing`, `NotFound`, `OnHold` (released
    already)."""
    scope.demand(Capability.RETAIN, to="release a legal hold")
    reason = demand_reason(reason, why="the hold ends")
    Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    rows = LegalHold.objects.select_for_update(of=("self",)).select_related("system")
    found = rows.filter(tenant_id=scope.tenant_id, id=hold_id).first()
    if found is None:
        raise NotFound("There is no such legal hold.")
    if found.released_at is not None:
        raise OnHold(f"{found.released_by} released it already.")
    found.released_at, found.released_by, found.released_because = at, scope.actor.name, reason
    found.save(update_fields=["released_at", "released_by", "released_because"])
    said = subject_of(found)
    _entered(
        scope, found, "lifecycle.release_hold", said, f"{scope.actor.name} released {said}: {reason}", reason, at=at
    )
    return found


def subject_of(hold: LegalHold) -> str:
    """What a hold is on, in words. The system must have been read with it."""
    if hold.kind == HoldOn.TENANT.value:
        return "everything"
    return f"the system {hold.system.name}" if hold.system else f"execution {hold.execution_id}"


def _what(scope: Scope, system: str, execution_id: UUID | None) -> tuple[dict[str, Any], str]:
    """The columns that say what is held, and the words. Raises `NotFound`."""
    if system:
        found = System.objects.filter(tenant_id=scope.tenant_id, name=system).first()
        if found is None:
            raise NotFound(f"There is no system called {system}.")
        return {"kind": HoldOn.SYSTEM.value, "system_id": found.id}, f"the system {system}"
    if execution_id:
        if not Execution.objects.filter(tenant_id=scope.tenant_id, id=execution_id).exists():
            raise NotFound("There is no such execution, or it is not done yet.")
        return {"kind": HoldOn.EXECUTION.value, "execution_id": execution_id}, f"execution {execution_id}"
    return {"kind": HoldOn.TENANT.value}, "everything"


def _entered(scope: Scope, hold: LegalHold, verb: str, subject: str, said: str, reason: str, *, at: datetime) -> None:
    action = {"name": verb, "subject": subject, "hold_id": str(hold.id), "kind": hold.kind, "reason": reason}
    ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=said)
