"""May act → the agent works: nothing moved, nothing is stopped, the money is set aside; then the call is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from billing.budgets import holds
from billing.budgets.amounts import roughly
from governance import sql
from governance.approvals import actions as approvals
from governance.approvals.actions import NotApproved
from governance.errors import DomainError
from governance.scope import tars_scope
from routing.connectors.actions import calls
from routing.connectors.actions.calls import Admitted
from routing.connectors.actions.common import Busy, NotReachable
from routing.connectors.calling import Opened, open_within
from routing.connectors.contract import Call, Law
from routing.connectors.limits import amounts_of
from routing.connectors.models import Connector
from routing.executions import due
from routing.executions.bound import Bound, moved
from routing.executions.bounding import Agent, Planned, planned, stopped
from routing.executions.finishing import noted
from routing.executions.going_on import failed, moved_to
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Failure, Stage

GRACE: Final = timedelta(minutes=10)
"""How long after its deadline a call's money stays set aside: longer than a lost lease takes to be found."""
BUSY_PAUSE: Final = timedelta(seconds=1)
PATIENCE: Final = timedelta(minutes=15)
"""How long a request waits for an agent that is busy."""
_CALLING: Final = (
    "SELECT count(*) FROM execution_requests WHERE tenant_id = %s AND system_id = %s AND stage = 'calling'"
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A call that was opened and is made once its step has committed. `way` is the connector, or why it could not be opened."""

    asked: Call
    connector: Connector
    way: Opened | DomainError
    called_at: datetime


def step(request: ExecutionRequest, *, decided: Planned | None = None, at: datetime) -> Opening | None:
    """Open the call of a locked request; None when it was not opened.

    `decided`: the rules were asked about exactly this call earlier in this transaction.
    """
    plan = decided or planned(request)
    try:
        what = "" if decided else stopped(request) or _moved(request, plan.bound)
    except NotApproved as refused:
        failed(request, Failure.REJECTED, refused.sentence, at=at)
        return None
    if what:
        _ask_again(request, what, plan, at=at)
        return None
    admitted = _admitted(request, at=at)
    if admitted is None:
        return None
    if admitted.digest != plan.bound.connector_digest:
        calls.after_call(scope=tars_scope(request.tenant_id), connector_id=admitted.connector_id, outcome=None, at=at)
        _ask_again(request, "Since the verdict, the way to the agent or one of its tools moved.", plan, at=at)
        return None
    try:
        request.hold_id = _reserved(request, plan.bound, admitted, at=at)
    except DomainError as refused:
        scope = tars_scope(request.tenant_id)
        calls.after_call(scope=scope, connector_id=admitted.connector_id, outcome=None, at=at)
        failed(request, Failure.NO_MONEY, refused.sentence, at=at)
        return None
    _open(request, plan.system, admitted, at=at)
    way = _way(admitted, at=at)
    return Opening(_call(request, plan), admitted.connector, way, at)


def _ask_again(request: ExecutionRequest, what: str, plan: Planned, *, at: datetime) -> None:
    request.approval_digest, request.question_id = "", None
    sentence = f"{what} The rules are asked again."
    noted(request, "verdict", sentence, at=at, system=plan.system.name, outcome="moved")
    moved_to(request, Stage.ROUTED, at=at)


def _way(admitted: Admitted, *, at: datetime) -> Opened | DomainError:
    """The connector with its secrets, opened while it is locked: what is called is what was admitted."""
    try:
        return open_within(admitted.connector, admitted.pins, at=at)
    except DomainError as error:
        return error


def _call(request: ExecutionRequest, plan: Planned) -> Call:
    assert request.deadline_at is not None
    bound = plan.bound
    return Call(
        execution_id=str(request.id),
        tenant_id=str(request.tenant_id),
        system=plan.system.name,
        action=request.action,
        request=request.user_request,
        input=request.input_data,
        constitution=Law(
            document=plan.system.constitution,
            version=str(bound.constitution_version),
            digest=bound.constitution_digest,
        ),
        deadline=request.deadline_at,
        idempotency_key=f"{request.id}/{plan.system.id}",
        tool=bound.tool,
        session=request.session,
        guidance=tuple(request.governance_check.get("guidance", ())),
        session_rules=tuple(request.governance_check.get("session_rules", ())),
        mode="approved" if request.approval_digest else "direct",
        budget=dict(bound.maximums),
        routing_path=tuple(map(str, request.routing_path)),
        depth=request.depth,
        attempt=request.attempt,
    )


def _moved(request: ExecutionRequest, bound: Bound) -> str:
    """What moved since the verdict or the approval, as a sentence; "" when nothing did.

    An approval counts only if its signed answers meet it now as they did then, and for the digest that is called now.
    """
    what = moved(request.governance_check["bound"], bound)
    if what:
        return f"Since the verdict, {what} moved."
    if not request.approval_digest:
        return ""
    assert request.question_id is not None
    approvals.met(scope=tars_scope(request.tenant_id), request_id=request.question_id)
    return "" if request.approval_digest == bound.digest else "What was approved is not what would be called."


def _admitted(request: ExecutionRequest, *, at: datetime) -> Admitted | None:
    """The call may begin; None when it may not, and the request was sent on its way."""
    assert request.system_id is not None

    def calling() -> int:
        return int(sql.rows(_CALLING, [request.tenant_id, request.system_id])[0][0])

    try:
        return calls.admit_within(
            scope=tars_scope(request.tenant_id),
            system_id=request.system_id,
            calling=calling,
            at=at,
            action=request.action,
        )
    except Busy as busy:
        _wait(request, busy.sentence, at=at)
    except NotReachable as refused:
        failed(request, Failure.UNREACHABLE, refused.sentence, at=at, may_retry=False)
    return None


def _reserved(request: ExecutionRequest, bound: Bound, admitted: Admitted, *, at: datetime) -> UUID | None:
    amounts: Mapping[str, Decimal] = {name: value for name, value in amounts_of(bound.maximums).items() if value}
    if not amounts:
        return None
    assert request.system_id is not None
    hold = holds.reserve_within(
        scope=tars_scope(request.tenant_id),
        system_id=request.system_id,
        key=f"execution/{request.id}/{request.system_id}/{request.attempt + 1}",
        amounts=amounts,
        purpose=f"{request.action} for {request.requested_by}"[:500],
        subject=("execution", request.id),
        expires_at=at + timedelta(milliseconds=admitted.timeout_ms) + GRACE,
        at=at,
    )
    what = roughly(amounts)
    noted(request, "reserved", f"Set aside: {what}.", at=at, hold=str(hold.id))
    return hold.id


def _open(request: ExecutionRequest, system: Agent, admitted: Admitted, *, at: datetime) -> None:
    request.attempt += 1
    request.called_at, request.deadline_at = at, at + timedelta(milliseconds=admitted.timeout_ms)
    if system.id not in request.routing_path:
        request.routing_path = [*request.routing_path, system.id]
    request.progress, request.progress_note = 0, ""
    noted(
        request,
        "called",
        f"{system.name} is called.",
        at=at,
        system=system.name,
        attempt=request.attempt,
        tool=admitted.tool,
        tool_digest=admitted.tool_digest,
    )
    moved_to(request, Stage.CALLING, at=at)


def _wait(request: ExecutionRequest, sentence: str, *, at: datetime) -> None:
    if at > request.updated_at + PATIENCE:
        failed(request, Failure.UNREACHABLE, sentence, at=at, may_retry=False)
        return
    due.postpone(tenant_id=request.tenant_id, request_id=request.id, until=at + BUSY_PAUSE)
