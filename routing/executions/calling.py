"""The agent works: its call, outside any transaction, and what is made of what came back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from billing.budgets.usage import Usage
from governance.errors import DomainError
from governance.scope import agent_name, tars_scope
from governance.tenancy import in_tenant
from routing.connectors import calling as agents
from routing.connectors.actions.calls import after_call
from routing.connectors.contract import (
    AgentError,
    AnsweredNonsense,
    AnsweredTooMuch,
    Reply,
    TimedOut,
)
from routing.connectors.models import Connector
from routing.connectors.queries import only_reads, pins_of
from routing.executions import answering
from routing.executions.answering import release, settle, told, usage_of
from routing.executions.finishing import End, finish, keep, locked, noted
from routing.executions.going_on import failed, moved_to, retries_of
from routing.executions.lease import Lease
from routing.executions.models import ExecutionRequest
from routing.executions.opening import Opening
from routing.executions.stages import WAITS, Failure, Stage, Status
from routing.telemetry.actions import record_within

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
EVERY: Final = 1.0
"""Seconds between two writes of an agent's progress."""
UNKNOWN_FATE: Final = "Nobody knows whether it did what was asked. Look there before you ask again."


class CalledOff(Exception):
    """Somebody called the request off while its agent worked."""


@dataclass(slots=True)
class Told:
    """Writes the agent's progress, and ends the call when the request was called off."""

    tenant_id: UUID
    request_id: UUID
    clock: Clock
    _written: float = field(default=-EVERY)

    def __call__(self, percent: int, sentence: str) -> None:
        if time.monotonic() - self._written < EVERY:
            return
        self._written = time.monotonic()
        with in_tenant(self.tenant_id, durable=True):
            rows = ExecutionRequest.objects.filter(tenant_id=self.tenant_id, id=self.request_id)
            rows.filter(stage=Stage.CALLING.value).update(
                progress=percent, progress_note=sentence[:500], updated_at=self.clock()
            )
            if rows.filter(is_cancel_wanted=True).exists():
                raise CalledOff


def call(opening: Opening, *, lease: Lease) -> bool:
    """Make a call that was opened a moment ago, and keep what came back; whether the request has more steps to take."""
    outcome = _outcome(opening, lease)
    try:
        stage = _kept(opening, outcome, lease=lease, ends=True)
    except Exception:
        log.exception("request %s: its agent's word was heard, and it could not be ended", lease.request_id)
        stage = _kept(opening, outcome, lease=lease, ends=False)
    return stage is not None and stage not in WAITS


def _kept(opening: Opening, outcome: Reply | Exception, *, lease: Lease, ends: bool) -> Stage | None:
    """Where the request stands after its call; None when it is somebody else's by now. An answer is settled and receipted at once
    where this `ends` it; should that fail, the answer alone is kept, and its step comes again."""
    with in_tenant(lease.tenant_id, durable=True):
        request = locked(tenant_id=lease.tenant_id, request_id=lease.request_id, with_hold=True)
        assert request is not None
        # a lease that ran out meanwhile: somebody else found this call lost, and went on
        is_ours = (request.called_at, request.attempt) == (opening.called_at, opening.asked.attempt)
        if request.stage != Stage.CALLING.value or not is_ours:
            return None
        _heard(request, opening.connector, outcome, at=lease.clock())
        if ends and request.stage == Stage.ANSWERED.value:
            answering.step(request, at=lease.clock())
        keep(request)
        return Stage(request.stage)


def _outcome(opening: Opening, lease: Lease) -> Reply | Exception:
    if isinstance(opening.way, DomainError):
        return opening.way
    on_progress = Told(lease.tenant_id, lease.request_id, lease.clock)
    try:
        with lease.kept():
            return agents.call(opening.connector, opening.asked, on_progress, clock=lease.clock, opened=opening.way)
    except (DomainError, CalledOff) as error:
        return error
    except Exception as error:
        log.exception("request %s: its call failed inside TARS", lease.request_id)
        return error


def lost(request: ExecutionRequest, *, at: datetime) -> None:
    """The process that waited for a locked request's answer died: ask again where that does no harm, else end."""
    connector = Connector.objects.filter(tenant_id=request.tenant_id, system=request.system_id).first()
    knows_repeats = connector is not None and connector.may_repeat
    is_repeatable = knows_repeats or _only_reads(request, connector)
    if knows_repeats:
        release(request, "the process that waited died; the agent is asked again under the same key", at=at)
    else:
        settle(request, Usage(), at=at)
    sentence = "The process that waited for the answer died."
    if not is_repeatable:
        sentence = f"{sentence} {UNKNOWN_FATE}"
    failed(request, Failure.LOST, sentence, at=at, is_repeatable=is_repeatable, least_retries=request.attempt)


def _heard(request: ExecutionRequest, connector: Connector, outcome: Reply | Exception, *, at: datetime) -> None:
    scope = tars_scope(request.tenant_id)
    if isinstance(outcome, Reply) and outcome.tool_calls:
        _recorded(request, connector, outcome, at=at)
    said = outcome if isinstance(outcome, Reply | AgentError) else None
    after_call(scope=scope, connector_id=connector.id, outcome=said, at=at, admitted=connector)
    if isinstance(outcome, Reply):
        _answered(request, outcome, at=at)
    elif isinstance(outcome, CalledOff):
        settle(request, Usage(), at=at)
        noted(request, "cancelled", "The call was ended.", at=at)
        finish(request, End(Status.FAILED, f"It was called off while the agent worked. {UNKNOWN_FATE}"), at=at)
    else:
        _unanswered(request, connector, outcome, at=at)


def _answered(request: ExecutionRequest, reply: Reply, *, at: datetime) -> None:
    usage = told(reply.usage)
    if reply.is_error:
        settle(request, usage_of(usage), at=at)
        failed(request, Failure.SAID_ERROR, reply.error or "The agent said that it failed, and not why.", at=at)
        return
    request.answer = {
        "output": reply.output,
        "is_partial": reply.is_partial,
        "suggestions": list(reply.suggestions),
        "usage": usage,
        "ms": reply.ms,
    }
    request.progress = 100
    moved_to(request, Stage.ANSWERED, at=at)


def _unanswered(request: ExecutionRequest, connector: Connector, error: Exception, *, at: datetime) -> None:
    failure = failure_of(error)
    sentence = error.sentence if isinstance(error, DomainError) else "TARS failed while the agent worked."
    if failure is Failure.UNREACHABLE:
        release(request, sentence, at=at)
        is_passing = getattr(error, "is_passing", False)
        failed(request, failure, sentence, at=at, may_retry=is_passing)
        return
    reads = _only_reads(request, connector)
    is_asked_again = (connector.may_repeat or reads) and request.attempt <= retries_of(request)
    if is_asked_again and connector.may_repeat:
        release(request, "the agent is asked again under the same key", at=at)
    else:
        settle(request, Usage(), at=at)
    if not is_asked_again and not reads:
        sentence = f"{sentence} {UNKNOWN_FATE}"
    failed(request, failure, sentence, at=at, is_repeatable=connector.may_repeat or reads)


def _only_reads(request: ExecutionRequest, connector: Connector | None) -> bool:
    """Whether the call's tool changes nothing, so that a second call does no harm. What the first one used is charged all the
    same: nobody knows it."""
    tool = (request.governance_check.get("bound") or {}).get("tool", "")
    scope = tars_scope(request.tenant_id)
    return connector is not None and only_reads(scope=scope, connector_id=connector.id, tool=tool)


def failure_of(error: Exception) -> Failure:
    """What kind of failure an error of a call is."""
    if isinstance(error, DomainError) and not getattr(error, "may_have_run", False):
        return Failure.UNREACHABLE
    if isinstance(error, TimedOut):
        return Failure.TIMEOUT
    if isinstance(error, AnsweredNonsense | AnsweredTooMuch):
        return Failure.NONSENSE
    return Failure.LOST


def _recorded(request: ExecutionRequest, connector: Connector, reply: Reply, *, at: datetime) -> None:
    """The calls that TARS made, under their approved definitions; and those that the agent tells of, as its own word."""
    scope = tars_scope(request.tenant_id)
    keeps = connector.keeps_arguments
    seen = [one for one in reply.tool_calls if one.is_seen]
    told = [one for one in reply.tool_calls if not one.is_seen]
    if seen:
        record_within(
            scope=scope,
            calls=seen,
            execution_id=request.id,
            at=at,
            keeps_arguments=keeps,
            tool_digests=dict(pins_of(scope=scope, connector_id=connector.id).approved),
            verdict_id=request.verdict_id,
            approved_by=request.governance_check.get("approved_by", ""),
        )
    if told:
        by = agent_name(request.governance_check["bound"]["system"])
        record_within(scope=scope, calls=told, execution_id=request.id, at=at, keeps_arguments=keeps, reported_by=by)
