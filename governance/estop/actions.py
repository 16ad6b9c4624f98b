from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse

from governance.errors import DomainError, NotAllowed, NotFound
from governance.estop.models import EStop
from governance.identity.queries import able
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import tell
from governance.registry.models import System
from governance.registry.queries import system as system_called
from governance.scope import Capability, Scope
from governance.tenants.actions import ReasonMissing
from governance.webhooks.actions import emit

KIND: Final = "estop"
EVERYTHING: Final = "everything"
"""How the ledger, notices and webhooks call a stop of the whole tenant."""
LONGEST: Final = 1_000


class AlreadyStopped(DomainError):
    """A stop of the same reach is in force."""

    code = "already_stopped"


class AlreadyLifted(DomainError):
    """The stop was lifted before."""

    code = "already_lifted"


class SamePerson(NotAllowed):
    """Whoever pressed the button does not lift it alone."""

    code = "lifted_by_another"


def register_kinds() -> None:
    """Say what this slice's news is called; called from `AppConfig.ready`."""
    kinds.register(KIND, "Everything or a system was stopped, or runs again", can_mute=False)


@governed("estop.stop", subject="system_name")
def stop(*, scope: Scope, system_name: str | None, reason: str, at: datetime) -> EStop:
    """Stop one system, or everything in the tenant (`system_name` None): from this commit on nothing may act there.

    One person suffices. Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `AlreadyStopped`.
    """
    scope.demand(Capability.STOP, to="press the e-stop")
    said = _said(reason, "Say why you stop this: whoever has to lift it needs to know.")
    system = system_called(scope=scope, name=system_name) if system_name is not None else None
    what = system.name if system else EVERYTHING
    made = _inserted(scope=scope, system=system, reason=said, at=at)
    _announce(made, what, scope=scope, event="estop.pressed", reason=said, at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type="estop",
        action={"name": "estop.stop", "subject": what, "stop_id": str(made.id), "reason": said},
        explanation=f"{scope.actor.name} stopped {what}: {said}",
        rules_applied=["estop"],
    )
    return made


@governed("estop.lift", subject="stop_id")
def lift(*, scope: Scope, stop_id: UUID, reason: str, at: datetime) -> EStop:
    """Let what was stopped run again. It takes a person, and another one than pressed the button.

    Raises `NotAllowed`, `SamePerson`, `NotFound`, `ReasonMissing`, `AlreadyLifted`.
    """
    scope.demand(Capability.LIFT_STOP, to="lift an e-stop")
    person_id = scope.person_id
    said = _said(reason, "Say why it is safe to go on: the reason stands on the ledger.")
    made = _locked(scope=scope, stop_id=stop_id)
    if made.lifted_at is not None:
        raise AlreadyLifted(f"{made.lifted_by} lifted this stop before. There is nothing left to do.")
    if person_id == made.user_id:
        raise SamePerson("You pressed this stop, so somebody else lifts it: security, compliance or a tenant admin.")
    made.lifted_at, made.lifted_by, made.lifted_because = at, scope.actor.name, said
    made.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
    what = made.system.name if made.system else EVERYTHING
    _announce(made, what, scope=scope, event="estop.lifted", reason=said, at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type="estop",
        action={"name": "estop.lift", "subject": what, "stop_id": str(made.id), "reason": said},
        explanation=f"{scope.actor.name} lifted the stop of {what} by {made.stopped_by}: {said}",
        rules_applied=["estop", "four_eyes"],
    )
    return made


def _said(reason: str, sentence: str) -> str:
    said = reason.strip()
    if not said or len(said) > LONGEST:
        raise ReasonMissing(sentence, problems=(("/reason", f"is missing or longer than {LONGEST} characters"),))
    return said


def _inserted(*, scope: Scope, system: System | None, reason: str, at: datetime) -> EStop:
    try:
        with transaction.atomic():
            return EStop.objects.create(
                id=new_id(at),
                tenant_id=scope.tenant_id,
                system=system,
                reason=reason,
                stopped_at=at,
                stopped_by=scope.actor.name,
                user_id=scope.actor.accountable_id,
            )
    except IntegrityError as error:
        if "estops_one_in_force" not in str(error):
            raise
        what = f"{system.name} is" if system else "Everything is"
        raise AlreadyStopped(f"{what} stopped already. The page E-stop says since when, by whom and why.") from error


def _locked(*, scope: Scope, stop_id: UUID) -> EStop:
    rows = EStop.objects.select_for_update(of=("self",), no_key=True).select_related("system")
    found = rows.filter(tenant_id=scope.tenant_id, id=stop_id).first()
    if found is None:
        raise NotFound("There is no such stop. The page E-stop lists those there are.")
    return found


def _announce(made: EStop, what: str, *, scope: Scope, event: str, reason: str, at: datetime) -> None:
    """Tell the programs that asked for it and everybody who may press or lift."""
    emit(scope=scope, event=event, subject=what, data={"by": scope.actor.name, "reason": reason}, at=at)
    word = "stopped" if event == "estop.pressed" else "lifted the stop of"
    tell(
        scope=scope,
        user_ids={*able(scope=scope, to=Capability.STOP), *able(scope=scope, to=Capability.LIFT_STOP)},
        kind=KIND,
        key=f"{event}:{made.id}",
        subject="E-stop",
        sentence=f"{scope.actor.name} {word} {what}: {reason}",
        url=reverse("estop:page"),
        is_urgent=True,
        at=at,
    )
