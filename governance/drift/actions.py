from __future__ import annotations

from datetime import datetime
from typing import Final

from django.urls import reverse

from governance.drift.models import DriftState, DriftWord
from governance.errors import DomainError, Invalid
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

KIND: Final = "drift"
LONGEST: Final = 1_000


class SameState(DomainError):
    """The system is in that state already."""

    code = "same_drift_state"


class NoSuchState(Invalid):
    """The word is none of the drift machine's states."""

    code = "no_such_drift_state"


def register_kinds() -> None:
    """Say what this slice's news is called; called from `AppConfig.ready`."""
    kinds.register(KIND, "The drift state of a system was set")


@governed("drift.set_state", subject="system_name")
def set_state(*, scope: Scope, system_name: str, state: str, reason: str, at: datetime) -> DriftState:
    """Put a system into a drift state by hand, with a reason.

    A person may set any state from any other: the transitions of seeds/002 3.2 bind the machine that measures, not the people
    who overrule it. Raises `NotAllowed`, `NotFound`, `NoSuchState`, `ReasonMissing`, `SameState`.
    """
    scope.demand(Capability.SET_DRIFT, to="set a drift state")
    if state not in DriftWord.values:
        raise NoSuchState(f"A drift state is {', '.join(DriftWord.values)}.", problems=(("/state", "is none of them"),))
    said = reason.strip()
    if not said or len(said) > LONGEST:
        sentence = "Say why: the reason stands on the ledger and on the system's page."
        raise ReasonMissing(sentence, problems=(("/reason", f"is missing or longer than {LONGEST} characters"),))
    system = system_called(scope=scope, name=system_name)
    row = _locked(scope=scope, system=system, at=at)
    before = row.state
    if before == state:
        raise SameState(f"{system.name} is in {state} already, since {row.since:%d %B %Y, %H:%M} UTC.")
    row.state, row.since, row.reason, row.changed_by = state, at, said, scope.actor.name
    row.save(update_fields=["state", "since", "reason", "changed_by"])
    _announce(row, system, before, scope=scope, at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type="drift_detection",
        action={"name": "drift.set_state", "subject": system.name, "before": before, "after": state, "reason": said},
        explanation=f"{scope.actor.name} put {system.name} from {before} into {state}: {said}",
        rules_applied=["drift.by_hand"],
    )
    return row


def _locked(*, scope: Scope, system: System, at: datetime) -> DriftState:
    """The system's row under its lock; a system without one is NORMAL since it was registered."""
    start = DriftState(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        state=DriftWord.NORMAL,
        since=system.created_at,
        changed_by="",
    )
    DriftState.objects.bulk_create([start], ignore_conflicts=True)
    rows = DriftState.objects.select_for_update(no_key=True)
    return rows.get(tenant_id=scope.tenant_id, system_id=system.id)


def _announce(row: DriftState, system: System, before: str, *, scope: Scope, at: datetime) -> None:
    data = {"before": before, "after": row.state, "by": row.changed_by, "reason": row.reason}
    emit(scope=scope, event="drift.state_set", subject=system.name, data=data, at=at)
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.SET_DRIFT),
        kind=KIND,
        key=f"drift:{system.id}:{at.isoformat()}",
        subject=system.name,
        sentence=f"{row.changed_by} put {system.name} from {before} into {row.state}: {row.reason}",
        url=reverse("systems:detail", args=[system.name]),
        is_urgent=row.state == DriftWord.HOLD,
        at=at,
    )
