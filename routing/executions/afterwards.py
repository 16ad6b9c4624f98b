"""Calling a request off, and what people say of an execution when it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from governance.approvals import actions as approvals
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import Lifecycle
from governance.scope import Capability, Scope
from routing.executions.finishing import End, finish, noted, should_try_elsewhere
from routing.executions.models import Execution, ExecutionRequest
from routing.executions.sealing import EVENT
from routing.executions.stages import Stage, Status

WORDS: Final = 2_000
STARS: Final = range(1, 6)


class Away(DomainError):
    """Its contents are in an archive, or were destroyed."""

    code = "archived"


class TooLate(DomainError):
    """It has ended, or its answer is there."""

    code = "too_late"


@governed("executions.cancel", subject="request_id")
def cancel(*, scope: Scope, request_id: UUID, at: datetime) -> ExecutionRequest:
    """Call a request off. Before its call nothing happens any more; during it, the call ends at the agent's next word, and
    nobody knows what it did.

    For who asked, who answers for the system that did, and who manages systems. Raises `NotFound`, `NotAllowed`, `TooLate`.
    """
    rows = ExecutionRequest.objects.select_for_update(of=("self",)).filter(tenant_id=scope.tenant_id, id=request_id)
    request = rows.first()
    if request is None:
        raise NotFound("There is no such request.")
    if not (_is_own(scope, request) or scope.can(Capability.MANAGE_SYSTEMS)):
        raise NotAllowed(f"Only {request.requested_by} and who manages systems call this off.")
    by = scope.actor.name
    match Stage(request.stage):
        case Stage.DONE | Stage.ANSWERED:
            raise TooLate("It has been answered already; there is nothing left to call off.")
        case Stage.CALLING:
            request.is_cancel_wanted = True
            noted(request, "cancelled", f"{by} wants it called off.", at=at, by=by)
            request.save(update_fields=["is_cancel_wanted", "steps"])
        case _:
            if request.question_id is not None:
                approvals.void(request_id=request.question_id, because=f"called off by {by}", at=at)
            noted(request, "cancelled", f"{by} called it off.", at=at, by=by)
            finish(request, End(Status.FAILED, f"Called off by {by} before anything was done."), at=at)
    return request


@governed("executions.rate", subject="execution_id")
def rate(*, scope: Scope, execution_id: UUID, stars: int, words: str = "", at: datetime) -> Execution:
    """Say how good it was, 1 to 5, with words; it may be said anew. Raises `NotFound`, `NotAllowed`, `Invalid`."""
    execution, request = own(scope, execution_id, to="rate it")
    if isinstance(stars, bool) or stars not in STARS:
        raise Invalid("Give 1 to 5 stars.", problems=(("/stars", "is not 1 to 5"),))
    execution.user_satisfaction, execution.user_feedback = stars, _said(words, "/words") or None
    execution.rated_by, execution.rated_at = scope.actor.name, at
    execution.should_retry_with_different_path = should_try_elsewhere(request, Status(execution.status), stars=stars)
    execution.save(
        update_fields=["user_satisfaction", "user_feedback", "rated_by", "rated_at", "should_retry_with_different_path"]
    )
    return execution


@governed("executions.dispute", subject="execution_id")
def dispute(*, scope: Scope, execution_id: UUID, words: str, at: datetime) -> Execution:
    """Say that what was done or charged is not right. It stands on the ledger and on the execution.

    Raises `NotFound`, `NotAllowed`, `Invalid`, `TooLate` (disputed already).
    """
    execution, _ = own(scope, execution_id, to="dispute it")
    said = _said(words, "/words")
    if not said:
        raise Invalid("Say what is not right.", problems=(("/words", "is empty"),))
    if execution.disputed_at is not None:
        raise TooLate(f"{execution.disputed_by} disputed this already.")
    execution.dispute, execution.disputed_by, execution.disputed_at = said, scope.actor.name, at
    execution.save(update_fields=["dispute", "disputed_by", "disputed_at"])
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={"name": "executions.dispute", "subject": str(execution.id), "system": execution.system_name},
        explanation=f"{scope.actor.name} disputes what {execution.system_name or 'TARS'} did: {said}",
    )
    return execution


def own(scope: Scope, id: UUID, *, to: str) -> tuple[Execution, ExecutionRequest]:
    """The execution, locked, and its request, if the scope asked for it or manages systems."""
    execution = Execution.objects.select_for_update(of=("self",)).filter(tenant_id=scope.tenant_id, id=id).first()
    request = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id, id=id).first()
    if execution is None or request is None:
        raise NotFound("There is no such execution, or it is not done yet.")
    if not (_is_own(scope, request) or scope.can(Capability.MANAGE_SYSTEMS)):
        raise NotAllowed(f"Only {execution.requested_by} and who manages systems can {to}.")
    if execution.lifecycle_state in {Lifecycle.ARCHIVED.value, Lifecycle.PRUNED.value}:
        raise Away("It is archived. Bring it back on its page, then say what you think of it.")
    return execution, request


def _is_own(scope: Scope, request: ExecutionRequest) -> bool:
    return scope.can(Capability.REQUEST) and scope.actor.user_id in {request.user_id, request.accountable_id} - {None}


def _said(words: str, pointer: str) -> str:
    said = words.strip()
    if len(said) > WORDS or "\x00" in said:
        raise Invalid(f"Say it in at most {WORDS:,} characters.", problems=((pointer, "is too long"),))
    return said
