"""The story's verbs about nights: how they go, a night dreamed to its end on what the demo's agents served by then, and what
people make of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from dreams.cycles import planning, promoting, running, settings, wishes
from dreams.cycles.choices import Aim
from dreams.cycles.models import Dream
from dreams.cycles.planning import KIND
from dreams.cycles.sampling import NotDreamable
from governance.jobs.attempts import attempt
from governance.jobs.handlers import Run
from governance.jobs.models import Job
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.locks import alone
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant
from tarsweb.demo.script import Step

if TYPE_CHECKING:
    from tarsweb.demo.play import Player

AHEAD: Final = timedelta(minutes=10)
"""How long before it begins a night is planned: it is dreamed here, and nobody else is woken for it."""


def nights(player: Player, step: Step) -> None:
    """Somebody chose how nights go."""
    args = step.args
    settings.change(
        scope=player.scope(step.by),
        changes={"most_candidates": args["most"], "budget_usd": Decimal(args["budget"])},
        aims={name: Aim.of(aim) for name, aim in args["aims"].items()},
        reason=args["reason"],
        at=step.at,
    )


def night(player: Player, step: Step) -> None:
    """One system's night, planned and dreamed. A demo of which too little is kept has none."""
    scope = tars_scope(player.tenant_id)
    try:
        cycle = planning.plan(scope=scope, system_name=step.system, starts_at=step.at + AHEAD, at=step.at)
    except NotDreamable as refused:
        _nothing(scope=scope, system_name=step.system, because=refused.sentence, at=step.at)
        return
    with in_tenant(player.tenant_id):
        job = Job.objects.get(tenant_id=player.tenant_id, kind=KIND, payload__cycle=str(cycle.id))
    begins = cycle.starts_at + timedelta(minutes=1)
    with alone(job.id):
        # Whoever wakes jobs that are due would dream it by today's clock, and find its time over.
        run = Run(job.id, scope, job.payload, 1, begins, lambda *_: None)
        running.work(run, clock=lambda: begins)
    attempt(tenant_id=player.tenant_id, job_id=job.id, clock=lambda: begins)


def wish(player: Player, step: Step) -> None:
    """Somebody asks for a test in the next night."""
    wishes.ask(
        scope=player.scope(step.by),
        system_name=step.system,
        changes=step.args["try"],
        note=step.args["note"],
        at=step.at,
    )


def approve(player: Player, step: Step) -> None:
    """Somebody approves what the newest night of a system proposed, and it is in production."""
    if dream := _newest(player, step, proposal__isnull=False):
        assert dream.proposal is not None
        player.decide_on(dream.proposal, "approve", step)
        promoting.mark_promoted(scope=tars_scope(player.tenant_id), at=step.at)


def bar(player: Player, step: Step) -> None:
    """Somebody says never again of what the newest night that moved a place made of it."""
    if dream := _newest(player, step, mutations__has_key=step.args["moved"]):
        wishes.bar(scope=player.scope(step.by), dream_id=dream.id, reason=step.args["reason"], at=step.at)


def _newest(player: Player, step: Step, **that: Any) -> Dream | None:
    with in_tenant(player.tenant_id):
        rows = Dream.objects.select_related("proposal").filter(
            tenant_id=player.tenant_id, system_name=step.system, **that
        )
        found = rows.order_by("-night__starts_at", "number").first()
    if found is None:
        scope = tars_scope(player.tenant_id)
        _nothing(scope=scope, system_name=step.system, because="No night came to that.", at=step.at)
    return found


@governed("demo.no_night", subject="system_name")
def _nothing(*, scope: Scope, system_name: str, because: str, at: datetime) -> None:
    """The step is done, and the ledger says why nothing came of it: a step without an entry would be played again."""
    ledger.append(
        scope=scope,
        at=at,
        event_type="dream",
        action={"name": "demo.no_night", "subject": system_name, "reason": because},
        explanation=f"There was no night of {system_name}. {because}",
        rules_applied=["dreams"],
    )
