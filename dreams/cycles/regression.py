"""The frozen set: requests that every night of a system tries, so that nights can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from dreams.cycles.models import RegressionRequest
from dreams.cycles.settings import EVENT
from governance.errors import Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Scope
from routing.rehearsal.reading import requests_by_id

MOST: Final = 100
FIRST: Final = 50
"""How many the first night freezes, and at most a quarter of what it draws."""


def keys_of(*, scope: Scope, system_id: UUID) -> list[str]:
    """The frozen requests, in the order in which they were added. One query."""
    rows = RegressionRequest.objects.filter(tenant_id=scope.tenant_id, system_id=system_id, removed_at=None)
    return list(rows.order_by("added_at", "id").values_list("request_key", flat=True))


def freeze_within(*, scope: Scope, system_id: UUID, keys: Sequence[str], at: datetime) -> None:
    """Freeze the first set of a system, inside the caller's transaction."""
    rows = [
        RegressionRequest(
            id=new_id(at), tenant_id=scope.tenant_id, system_id=system_id, request_key=key, added_at=at,
            added_by=scope.actor.name,
        )
        for key in keys
    ]  # fmt: skip
    RegressionRequest.objects.bulk_create(rows, ignore_conflicts=True)


@governed("dreams.freeze", subject="system_name")
def freeze(*, scope: Scope, system_name: str, request_key: str, at: datetime) -> RegressionRequest:
    """Let every night of the system try this recorded execution. Raises `NotAllowed`, `NotFound`, `Invalid` (full, there
    already, or its words are gone)."""
    scope.demand(Capability.PROPOSE, to="choose what every night tries")
    system = System.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, name=system_name).first()
    if system is None:
        raise NotFound(f"There is no system called {system_name}.")
    known = keys_of(scope=scope, system_id=system.id)
    if request_key in known:
        raise Invalid("Every night tries this request already.")
    if len(known) >= MOST:
        raise Invalid(f"{MOST} requests are frozen. Take one out first.")
    if not requests_by_id(scope=scope, ids=[request_key]):
        raise NotFound("There is no recorded execution of that id whose words are still kept.")
    row = RegressionRequest(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        request_key=request_key,
        added_at=at,
        added_by=scope.actor.name,
    )
    row.save(force_insert=True)
    _record(scope, "dreams.freeze", system.name, request_key, "lets every night try", at=at)
    return row


@governed("dreams.thaw", subject="system_name")
def thaw(*, scope: Scope, system_name: str, request_key: str, at: datetime) -> None:
    """Take a request out of the frozen set. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.PROPOSE, to="choose what every night tries")
    rows = RegressionRequest.objects.select_for_update(of=("self",)).filter(
        tenant_id=scope.tenant_id, system__name=system_name, request_key=request_key, removed_at=None
    )
    row = rows.first()
    if row is None:
        raise NotFound("That request is not in the frozen set.")
    row.removed_at, row.removed_by = at, scope.actor.name
    row.save(update_fields=["removed_at", "removed_by"])
    _record(scope, "dreams.thaw", system_name, request_key, "no longer lets every night try", at=at)


def _record(scope: Scope, verb: str, system: str, key: str, said: str, *, at: datetime) -> None:
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={"name": verb, "subject": system, "execution_id": key},
        explanation=f"{system}: {scope.actor.name} {said} the request {key}.",
        rules_applied=["dreams"],
    )
