"""What people ask to be tested, and what must never come again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from dreams.cycles.models import Dream, DreamBar, DreamWish
from dreams.cycles.settings import EVENT
from dreams.cycles.signals import barred, open_wishes
from dreams.mutate.candidate import Changes, applied, refusal
from governance.canonical import JSON, digest
from governance.constitution import diff
from governance.constitution.sentence import sentence
from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason

MOST_WISHES: Final = 20
MOST_CHANGES: Final = 5
NOTE_LENGTH: Final = 500


class NotTestable(DomainError):
    """A dream may not try this."""

    code = "not_testable"
    status = 422


class Barred(DomainError):
    """Somebody said never again of it already."""

    code = "barred"
    status = 409


@governed("dreams.ask", subject="system_name")
def ask(*, scope: Scope, system_name: str, changes: Mapping[str, JSON], note: str, at: datetime) -> DreamWish:
    """Test this in the next night of the system. `changes`: pointer → value, as its constitution would say.

    Raises `NotAllowed`, `NotFound`, `Invalid`, `NotTestable` (outside the bounds, protected, barred, no change, asked already).
    """
    scope.demand(Capability.PROPOSE, to="ask for a test")
    system = _system(scope, system_name)
    note = _note(note)
    if not 0 < len(changes) <= MOST_CHANGES:
        raise Invalid("Say what to test: one to five places of the constitution, with the value to try.")
    if why := refusal(changes, system.constitution, barred=barred(scope=scope, system_id=system.id)):
        raise NotTestable(why)
    waiting = open_wishes(scope=scope, system_id=system.id)
    if any(digest(dict(one.changes)) == digest(dict(changes)) for one in waiting):
        raise NotTestable("This waits for the next night already.")
    if len(waiting) >= MOST_WISHES:
        raise NotTestable(f"{MOST_WISHES} tests wait for the next night. Withdraw one first.")
    wish = DreamWish(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        changes=dict(changes),
        sentence=f"{scope.actor.name} asked: {note}" if note else f"{scope.actor.name} asked for this test.",
        asked_by=scope.actor.name,
        asked_at=at,
    )
    wish.save(force_insert=True)
    _record(scope, "dreams.ask", system.name, f"asked that {_said(system, changes)} be tested.", changes, at=at)
    return wish


@governed("dreams.withdraw", subject="wish_id")
def withdraw(*, scope: Scope, wish_id: UUID, at: datetime) -> DreamWish:
    """Take a test back that was not dreamed yet. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.PROPOSE, to="withdraw a test")
    rows = DreamWish.objects.select_for_update(of=("self",)).select_related("system")
    wish = rows.filter(tenant_id=scope.tenant_id, id=wish_id, dream=None, withdrawn_at=None).first()
    if wish is None:
        raise NotFound("There is no such test waiting: it was dreamed or withdrawn already.")
    wish.withdrawn_at = at
    wish.save(update_fields=["withdrawn_at"])
    said = "withdrew a test that waited for the next night."
    _record(scope, "dreams.withdraw", wish.system.name, said, wish.changes, at=at)
    return wish


@governed("dreams.bar", subject="dream_id")
def bar(*, scope: Scope, dream_id: UUID, reason: str, at: datetime) -> DreamBar:
    """Never again: what this dream changed does not come back, not inside a larger change either, until somebody lifts it.

    Raises `NotAllowed`, `NotFound`, `Invalid` (the dummy), `Barred`, `ReasonMissing`.
    """
    scope.demand(Capability.DECIDE, to="say never again")
    reason = demand_reason(reason, why="it must never come again")
    dream = Dream.objects.select_related("system").filter(tenant_id=scope.tenant_id, id=dream_id).first()
    if dream is None:
        raise NotFound("There is no such dream.")
    if not dream.mutations:
        raise Invalid("The dummy changes nothing, so there is nothing to bar.")
    made = DreamBar(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=dream.system,
        changes=dream.mutations,
        digest=dream.digest,
        because=reason,
        barred_by=scope.actor.name,
        barred_at=at,
    )
    DreamBar.objects.bulk_create([made], ignore_conflicts=True)
    if not DreamBar.objects.filter(tenant_id=scope.tenant_id, id=made.id).exists():
        raise Barred("Somebody said never again of this already.")
    said = f"said never again of a dream: {dream.said} {reason}"
    _record(scope, "dreams.bar", dream.system_name, said, dream.mutations, at=at)
    return made


@governed("dreams.lift_bar", subject="bar_id")
def lift(*, scope: Scope, bar_id: UUID, reason: str, at: datetime) -> DreamBar:
    """Let a barred mutation be dreamed again. Raises `NotAllowed`, `NotFound`, `ReasonMissing`."""
    scope.demand(Capability.DECIDE, to="let it be dreamed again")
    reason = demand_reason(reason, why="it may come again")
    rows = DreamBar.objects.select_for_update(of=("self",)).select_related("system")
    found = rows.filter(tenant_id=scope.tenant_id, id=bar_id, lifted_at=None).first()
    if found is None:
        raise NotFound("Nothing like that is barred, or it was lifted already.")
    found.lifted_at, found.lifted_by = at, scope.actor.name
    found.save(update_fields=["lifted_at", "lifted_by"])
    said = f"lets a mutation be dreamed again: {reason}"
    _record(scope, "dreams.lift_bar", found.system.name, said, found.changes, at=at)
    return found


def _system(scope: Scope, name: str) -> System:
    system = System.objects.filter(tenant_id=scope.tenant_id, name=name).first()
    if system is None:
        raise NotFound(f"There is no system called {name}.")
    return system


def _note(note: str) -> str:
    said = " ".join(note.split())
    if len(said) > NOTE_LENGTH:
        raise Invalid(f"Keep the reason under {NOTE_LENGTH} characters.", problems=(("/note", "is too long"),))
    return said


def _said(system: System, changes: Changes) -> str:
    return sentence(diff.changes(system.constitution, applied(changes, system.constitution)))


def _record(scope: Scope, verb: str, system: str, said: str, changes: Changes, *, at: datetime) -> None:
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": verb,
            "subject": system,
            "changes": {pointer: str(value) for pointer, value in changes.items()},
        },
        explanation=f"{system}: {scope.actor.name} {said}",
        rules_applied=["dreams"],
    )
