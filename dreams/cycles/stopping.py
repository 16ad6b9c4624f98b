"""A person ends a night: a planned one at once, a running one at its next block."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from billing.budgets.holds import release_within
from dreams.cycles.models import OPEN, DreamCycle, State
from dreams.cycles.planning import KIND
from dreams.cycles.settings import EVENT
from governance.errors import DomainError, NotFound
from governance.jobs.models import Job, JobState
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import demand_reason

ENDED: Final = (JobState.DONE, JobState.DEAD, JobState.CANCELLED)
FAILED: Final = "It failed inside TARS, again and again. Tell who runs this installation."


class NightOver(DomainError):
    """There is nothing to stop any more."""

    code = "night_over"
    status = 409


@governed("dreams.stop", subject="cycle_id")
def stop(*, scope: Scope, cycle_id: str, reason: str, at: datetime) -> DreamCycle:
    """Stop a night by its name. What it saw says nothing then. Raises `NotAllowed`, `NotFound`, `NightOver`, `ReasonMissing`."""
    scope.demand(Capability.PROPOSE, to="stop a night")
    reason = demand_reason(reason, why="the night is stopped")
    rows = DreamCycle.objects.select_for_update(of=("self",)).select_related("system")
    cycle = rows.filter(tenant_id=scope.tenant_id, cycle_id=cycle_id).first()
    if cycle is None:
        raise NotFound(f"There is no night called {cycle_id}.")
    if cycle.state not in OPEN:
        raise NightOver(f"{cycle_id} is over already.")
    jobs = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND, payload__cycle=str(cycle.id)).exclude(
        state__in=ENDED
    )
    if cycle.state == State.RUNNING:
        jobs.update(is_cancel_wanted=True)
    else:
        jobs.update(state=JobState.CANCELLED, finished_at=at, message=f"Stopped by {scope.actor.name}.")
        _over(cycle, "person", f"{scope.actor.name} stopped it: {reason}", at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={"name": "dreams.stop", "subject": cycle.system.name, "cycle": cycle.cycle_id, "reason": reason},
        explanation=f"{scope.actor.name} stopped {cycle.cycle_id} of {cycle.system.name}: {reason}",
        rules_applied=["dreams"],
    )
    return cycle


def job_ended(scope: Scope, job: Job, at: datetime) -> None:
    """A night whose job will never run again is over; told by `jobs` in the transaction in which a job ends."""
    if job.kind == KIND and job.state != JobState.DONE:
        _end(scope, UUID(job.payload["cycle"]), is_person=job.state == JobState.CANCELLED, at=at)


def sweep(*, scope: Scope, at: datetime) -> int:
    """End the nights that nobody works at: their job was called off on its own page, or is gone. Returns how many."""
    with in_tenant(scope.tenant_id, durable=True):
        open = DreamCycle.objects.filter(tenant_id=scope.tenant_id, state__in=[one.value for one in OPEN])
        ids = list(open.values_list("id", flat=True))
        jobs = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND, payload__cycle__in=[str(id) for id in ids])
        alive = set(jobs.exclude(state__in=ENDED).values_list("payload__cycle", flat=True))
        dead = [id for id in ids if str(id) not in alive]
        for id in dead:
            _end(scope, id, is_person=jobs.filter(payload__cycle=str(id), state=JobState.CANCELLED).exists(), at=at)
    return len(dead)


def _end(scope: Scope, cycle_id: UUID, *, is_person: bool, at: datetime) -> None:
    rows = DreamCycle.objects.select_for_update(of=("self",))
    cycle = rows.filter(tenant_id=scope.tenant_id, id=cycle_id, state__in=[one.value for one in OPEN]).first()
    if cycle is None:
        return
    code, said = ("person", "A person stopped its job.") if is_person else ("failed", FAILED)
    _over(cycle, code, said, at=at)
    if cycle.hold_id:
        release_within(scope=scope, hold_id=cycle.hold_id, because=said, at=at)


def _over(cycle: DreamCycle, code: str, said: str, *, at: datetime) -> None:
    cycle.state, cycle.ended_at, cycle.stop_code, cycle.stopped_because = State.STOPPED, at, code, said
    cycle.save(update_fields=["state", "ended_at", "stop_code", "stopped_because"])
