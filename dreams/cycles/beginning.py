"""A planned night begins: its system still is what was planned for, and its money is set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from billing.budgets import holds
from billing.budgets.kinds import USD
from billing.budgets.models import BudgetPlan
from dreams.cycles import stops
from dreams.cycles.models import OPEN, Dream, DreamCycle, State
from dreams.cycles.plans import Written
from dreams.cycles.settings import EVENT
from dreams.cycles.stops import Stop
from governance.canonical import JSON
from governance.errors import DomainError, NotAllowed
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Scope

GRACE: Final = timedelta(hours=1)
"""How long after its deadline a night's money stays set aside: longer than a killed worker takes to be found."""
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Night:
    """A night that runs. `dreams` leads from a candidate's number to its dream; `document` is the constitution of its base
    version; `cap` dollars are set aside for it. `stop` says why it ends before anything was asked."""

    scope: Scope
    cycle_id: UUID
    name: str
    system_id: UUID
    document: Mapping[str, JSON]
    written: Written
    dreams: Mapping[int, UUID]
    cap: Decimal
    stop: Stop | None = None


@governed("dreams.begin", subject="cycle_id")
def begin(*, scope: Scope, cycle_id: UUID, at: datetime) -> Night | None:
    """Begin a night, or take it up again; None where it is over. Raises `NotAllowed` for anybody but TARS."""
    if not scope.actor.is_tars:
        raise NotAllowed("TARS begins a night by itself. Plan one, and it begins at its time.")
    rows = DreamCycle.objects.select_for_update(of=("self",)).select_related("system")
    cycle = rows.get(tenant_id=scope.tenant_id, id=cycle_id)
    if cycle.state not in OPEN:
        return None
    written = Written.of(bytes(cycle.plan))
    stop = _stop(scope, cycle, written, at=at)
    if cycle.state == State.PLANNED:
        stop = _reserved(scope, cycle, written, at=at) if stop is None else stop
        cycle.state, cycle.started_at = State.RUNNING, at
        cycle.save(update_fields=["state", "started_at", "hold_id"])
        if stop is None:
            _record(scope, cycle, at=at)
    return _night(scope, cycle, cycle.system, written, stop)


def _stop(scope: Scope, cycle: DreamCycle, written: Written, *, at: datetime) -> Stop | None:
    return stops.found(
        scope=scope, system_id=cycle.system_id, written=written, cap=cycle.spent_usd, spent=cycle.spent_usd,
        cost_of_next=NOTHING, at=at,
    )  # fmt: skip


def _reserved(scope: Scope, cycle: DreamCycle, written: Written, *, at: datetime) -> Stop | None:
    """Set the night's budget aside. A tenant without a budget of dollars dreams for nothing, or not at all; where its budget
    has no room, the night ends before it began."""
    if not (written.budget_usd and _has_budget(scope)):
        return None
    try:
        hold = holds.reserve_within(
            scope=scope,
            system_id=cycle.system_id,
            key=f"dream/{cycle.id}",
            amounts={USD: written.budget_usd},
            purpose=f"{cycle.cycle_id} of {cycle.system.name}",
            subject=("dream_cycle", cycle.id),
            expires_at=max(written.deadline_at, at) + GRACE,
            at=at,
        )
    except DomainError as refused:
        return Stop("budget", f"Its money could not be set aside. {refused.sentence}")
    cycle.hold_id = hold.id
    return None


def _has_budget(scope: Scope) -> bool:
    rows = BudgetPlan.objects.filter(tenant_id=scope.tenant_id, resource_type=USD, is_active=True, is_limit=True)
    return rows.exists()


def _night(scope: Scope, cycle: DreamCycle, system: System, written: Written, stop: Stop | None) -> Night:
    dreams = Dream.objects.filter(tenant_id=scope.tenant_id, night=cycle).values_list("number", "id")
    return Night(
        scope=scope,
        cycle_id=cycle.id,
        name=cycle.cycle_id,
        system_id=system.id,
        document=system.constitution,
        written=written,
        dreams=dict(dreams),
        cap=written.budget_usd if cycle.hold_id else NOTHING,
        stop=stop,
    )


def _record(scope: Scope, cycle: DreamCycle, *, at: datetime) -> None:
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "dreams.begin",
            "subject": cycle.system.name,
            "cycle": cycle.cycle_id,
            "plan_digest": cycle.plan_digest,
        },
        explanation=f"{cycle.cycle_id} of {cycle.system.name} begins.",
        rules_applied=["dreams"],
    )
