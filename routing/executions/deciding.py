"""Routed → may act, waits for approval, or the next system: what the rules say about one action of one system."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.budgets.kinds import USD
from governance.errors import Invalid
from governance.policy.verdict import Outcome
from governance.rulebook.actions import Decided, decide_here
from governance.rulebook.gather import Gathered
from governance.rulebook.question import Question
from governance.scope import tars_scope
from routing.executions import asking, check
from routing.executions.asker import actor_of
from routing.executions.bound import Bound
from routing.executions.bounding import Planned, planned
from routing.executions.choosing import facts
from routing.executions.finishing import noted
from routing.executions.going_on import failed, moved_to
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Failure, Stage

VERB = "executions.verdict"


def step(request: ExecutionRequest, *, known: Gathered | None = None, at: datetime) -> Planned:
    """Ask the rulebook for a locked request and do what it says; the call that was asked about. `known`: what the router has
    gathered about the system in this transaction."""
    plan = planned(request, cost_at=at)
    system, bound = plan.system, plan.bound
    try:
        decided = _decided(request, plan, known=known, at=at)
    except Invalid as refused:
        request.governance_check = check.of_refusal(action=request.action, sentence=refused.sentence)
        failed(request, Failure.DENIED, refused.sentence, at=at)
        return plan
    _kept(request, decided, bound)
    verdict = decided.verdict
    noted(
        request,
        "verdict",
        verdict.sentence,
        at=at,
        system=system.name,
        action=request.action,
        outcome=verdict.outcome.value,
    )
    match verdict.outcome:
        case Outcome.PERMIT:
            moved_to(request, Stage.READY, at=at)
        case Outcome.REQUIRE_APPROVAL:
            asking.ask(request, system, bound, at=at)
        case _:
            failed(request, Failure.DENIED, verdict.sentence, at=at)
    return plan


def _decided(request: ExecutionRequest, plan: Planned, *, known: Gathered | None, at: datetime) -> Decided:
    said: dict[str, Any] = facts(request)
    cost = _cost(plan)
    if cost is not None:
        said["cost_usd"] = float(cost)
    return decide_here(
        scope=tars_scope(request.tenant_id),
        asker=actor_of(name=request.requested_by, user_id=request.user_id, accountable_id=request.accountable_id),
        question=Question(plan.system.name, request.action, said, request.session),
        verb=VERB,
        at=at,
        known=known,
    )


def _cost(plan: Planned) -> Decimal | None:
    """What the call will probably cost; else what it may cost at most; None where nobody says."""
    most = plan.bound.maximums
    if plan.cost is not None:
        return plan.cost
    return Decimal(most[USD]) if USD in most else None


def _kept(request: ExecutionRequest, decided: Decided, bound: Bound) -> None:
    verdict = decided.verdict
    request.verdict_id = decided.id
    request.governance_check = check.of_verdict(
        action=request.action,
        outcome=verdict.outcome.value,
        sentence=verdict.sentence,
        because=verdict.because,
        verdict_id=str(decided.id) if decided.id else None,
    ) | {
        "verdict_digest": decided.digest,
        "guidance": list(decided.guidance),
        "session_rules": list(decided.enforced),
        "bound": bound.as_json(),
    }
