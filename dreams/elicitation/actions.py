"""Write what people expect, take a change back, have a system asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from dreams.elicitation import suite
from dreams.elicitation.models import CanonicalItem
from dreams.elicitation.running import KIND
from dreams.elicitation.scenario import MOST, BadScenario, Item, Kind, content_of, key_fault
from governance.errors import DomainError, NotFound
from governance.ids import new_id
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.jobs.queries import ACTIVE
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import Status, System
from governance.registry.queries import system as system_called
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant

TO_WRITE: Final = "change what is expected of systems"
TO_ASK: Final = "ask a system the scenarios"


class NothingChanged(DomainError):
    """The scenario stands as it was to be written."""

    code = "scenario_unchanged"


class KeyTaken(DomainError):
    """Something else stands under the key."""

    code = "scenario_key_taken"


class NothingToUndo(DomainError):
    """Nobody changed it, or there is nothing before the first version of a scenario that a person wrote."""

    code = "nothing_to_undo"


class TooManyScenarios(DomainError):
    """The tenant has as many as a run asks."""

    code = "too_many_scenarios"


class NotAsked(DomainError):
    """A system that is archived, or the law, is not asked."""

    code = "not_asked"


@governed("elicitation.save", subject="key")
def save(
    *,
    scope: Scope,
    kind: Kind,
    key: str,
    content: Mapping[str, Any],
    is_active: bool = True,
    reason: str,
    at: datetime,
) -> Item:
    """Write a scenario or a pair under its key, in place of what stands there. The version before is what `undo` brings back.

    Raises `NotAllowed`, `BadScenario`, `NotFound` (a system it names), `NothingChanged`, `TooManyScenarios`, `ReasonMissing`.
    """
    scope.demand(Capability.SET_DRIFT, to=TO_WRITE)
    said = demand_reason(reason, why="this is expected")
    if fault := key_fault(key):
        raise BadScenario(f"A key {fault}.", problems=(("/key", fault),))
    made = content_of(kind, content)
    _demand_systems(scope, made.as_json())
    _lock(scope)
    before = _before(scope, kind, key)
    after = {"content": made.as_json(), "is_active": is_active}
    if before == after:
        raise NothingChanged("That is how it stands already. Change something first.")
    if before is None:
        _demand_room(scope, kind)
    return _written(scope, kind, key, before=before, after=after, verb="save", reason=said, at=at)


@governed("elicitation.undo", subject="key")
def undo(*, scope: Scope, kind: Kind, key: str, reason: str, at: datetime) -> Item:
    """Bring back what stood before the last change; done again, it brings that change back.

    Raises `NotAllowed`, `NotFound`, `NothingToUndo`, `ReasonMissing`.
    """
    scope.demand(Capability.SET_DRIFT, to=TO_WRITE)
    said = demand_reason(reason, why="the change is taken back")
    _lock(scope)
    row = CanonicalItem.objects.filter(tenant_id=scope.tenant_id, kind=kind, key=key).first()
    if row is None and suite.shipped(kind, key) is None:
        raise NotFound("There is no such scenario. The list of scenarios shows those there are.")
    if row is None or row.previous is None:
        raise NothingToUndo("Nothing stands before it. Switch it off if it should not be asked.")
    before = {"content": row.content, "is_active": row.is_active}
    return _written(scope, kind, key, before=before, after=row.previous, verb="undo", reason=said, at=at)


@governed("elicitation.start", subject="system_name")
def start(*, scope: Scope, system_name: str, at: datetime) -> Job:
    """Have the worker ask a system everything that is expected of it. While one run is under way it is that one.

    Raises `NotAllowed`, `NotFound`, `NotAsked`.
    """
    scope.demand(Capability.SET_DRIFT, to=TO_ASK)
    system = system_called(scope=scope, name=system_name)
    demand_asked(system)
    _lock(scope)
    if (job := running(scope=scope, system=system)) is not None:
        return job
    return jobs.start(
        scope=scope,
        kind=KIND,
        key=f"{KEY}{system.id}:{at.isoformat()}",
        title=f"Scenarios asked of {system.name}",
        payload={"systems": [system.name]},
        at=at,
    )


KEY: Final = "elicitation:"


def demand_new(*, scope: Scope, kind: Kind, key: str) -> None:
    """Raise `KeyTaken` where a form for something new would write over what is there."""
    with in_tenant(scope.tenant_id):
        if any(one.key == key for one in suite.items(scope=scope, kind=kind)):
            raise KeyTaken("Another one has this title already. Give it another title, or change that one.")


def running(*, scope: Scope, system: System) -> Job | None:
    """The run of a system that has not ended."""
    rows = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND, state__in=ACTIVE)
    return rows.filter(payload__systems=[system.name]).order_by("-id").first()


def demand_asked(system: System) -> None:
    """Raises `NotAsked`."""
    if system.name == LAW:
        raise NotAsked("The law acts by itself nowhere. Ask a system that stands under it.")
    if system.status == Status.ARCHIVED:
        raise NotAsked(f"{system.name} is archived: it does nothing that could be asked about.")


def _lock(scope: Scope) -> None:
    """One change of a tenant's expectations at a time: a first version has no row to lock."""
    Tenant.objects.select_for_update(no_key=True).only("id").get(id=scope.tenant_id)


def _before(scope: Scope, kind: Kind, key: str) -> dict[str, Any] | None:
    row = CanonicalItem.objects.filter(tenant_id=scope.tenant_id, kind=kind, key=key).first()
    if row is not None:
        return {"content": row.content, "is_active": row.is_active}
    ships = suite.shipped(kind, key)
    return {"content": ships.content.as_json(), "is_active": True} if ships else None


def _written(
    scope: Scope,
    kind: Kind,
    key: str,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    verb: str,
    reason: str,
    at: datetime,
) -> Item:
    rows = CanonicalItem.objects.filter(tenant_id=scope.tenant_id, kind=kind, key=key)
    row = rows.first() or CanonicalItem(id=new_id(at), tenant_id=scope.tenant_id, kind=kind, key=key, version=0)
    row.content, row.is_active, row.previous = after["content"], after["is_active"], before
    row.version, row.updated_at, row.updated_by = row.version + 1, at, scope.actor.name
    row.updated_by_id = scope.actor.accountable_id
    row.save()
    title = row.content["title"]
    ledger.append(
        scope=scope,
        at=at,
        event_type="authority",
        action={
            "name": f"elicitation.{verb}",
            "subject": title,
            "kind": kind.value,
            "key": key,
            "version": row.version,
            "before": dict(before) if before else None,
            "after": dict(after),
            "reason": reason,
        },
        explanation=f"{scope.actor.name} {_SAID[verb]} what is expected in “{title}”: {reason}",
        rules_applied=["drift.re_elicitation"],
    )
    return suite.item_of(row)


_SAID: Final = {"save": "wrote", "undo": "took back the last change of"}


def _demand_systems(scope: Scope, content: Mapping[str, Any]) -> None:
    for member in ("system", "expected_system"):
        name = content.get(member, "")
        if name and not System.objects.filter(tenant_id=scope.tenant_id, name=name).exists():
            raise NotFound(f"There is no system called {name[:80]}. The page Systems lists those there are.")


def _demand_room(scope: Scope, kind: Kind) -> None:
    if len(suite.items(scope=scope, kind=kind)) >= MOST:
        raise TooManyScenarios(f"A tenant keeps at most {MOST}. Write one that is there anew, under its key.")
