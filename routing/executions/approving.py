"""A person answers for one call: yes, no, or nobody in time. And how such questions look in the inbox.

INVARIANT: what is approved is the digest that was shown; if anything of it has moved since, nothing is approved and the
rules are asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from governance.approvals import actions as approvals
from governance.approvals import subjects
from governance.approvals.actions import Moved
from governance.approvals.models import ApprovalRequest, RequestState, Verdict, Via
from governance.approvals.subjects import Row
from governance.errors import DomainError, NotAllowed, NotFound
from governance.identity.confirm import Confirmation
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Scope, tars_scope
from routing.executions import check, due
from routing.executions.asking import KIND, TOLD, label_of, url_of, wish_of, words_of
from routing.executions.bound import moved
from routing.executions.bounding import planned
from routing.executions.finishing import keep, noted
from routing.executions.going_on import failed, moved_to
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Failure, Stage

MOST_EXPIRED: Final = 500


class NotWaiting(DomainError):
    """Nobody is asked about this request now."""

    code = "not_waiting"


def approve(
    *,
    scope: Scope,
    request_id: UUID,
    digest: str,
    confirmation: Confirmation,
    note: str = "",
    override: bool = False,
    at: datetime,
) -> ExecutionRequest:
    """Say yes to the call that has this digest: it is made, once.

    Raises `NotFound`, `NotWaiting`, what `approvals.answer` does, and `Moved` when the constitution, the connector, a tool or a
    maximum is another by now: then the rules are asked again.
    """
    try:
        return _approve(
            scope=scope,
            request_id=request_id,
            digest=digest,
            confirmation=confirmation,
            note=note,
            override=override,
            at=at,
        )
    except Moved:
        ask_again(scope=tars_scope(scope.tenant_id), request_id=request_id, at=at)
        raise


@governed("executions.approve", subject="request_id")
def _approve(
    *,
    scope: Scope,
    request_id: UUID,
    digest: str,
    confirmation: Confirmation,
    note: str,
    override: bool,
    at: datetime,
) -> ExecutionRequest:
    request, question = _waiting(scope, request_id)
    assert request.system is not None
    state = approvals.answer(
        scope=scope,
        request_id=question.id,
        digest=digest,
        verdict=Verdict.APPROVE,
        note=note,
        confirmation=confirmation,
        at=at,
        override=override,
    )
    if what := moved(request.governance_check["bound"], planned(request).bound):
        raise Moved(f"Since this was asked, {what} moved, so nothing was approved. The rules are asked again.")
    if state is not RequestState.MET:
        return request
    accepted(request, question, note=note, scope=scope, at=at)
    due.put(tenant_id=request.tenant_id, request_id=request.id, at=at)
    return request


def accepted(request: ExecutionRequest, question: ApprovalRequest, *, note: str, scope: Scope, at: datetime) -> None:
    """What follows a yes that was just given to a locked request's question: it may act, and who asked is told."""
    by = scope.actor.name
    request.approval_digest = question.digest
    request.governance_check = check.of_answer(
        request.governance_check, by=by, at=at, note=note.strip(), is_approved=True
    )
    noted(request, "approval", f"{by} approved it.", at=at, outcome="approved", by=by, digest=question.digest)
    moved_to(request, Stage.READY, at=at)
    keep(request)
    _told(request, f"{by} approved your request “{words_of(request)}”.", scope=scope, at=at)
    answer = approvals.own_answer(scope=scope, request_id=question.id)
    _record(request, "executions.approve", question, f"{by} approved: {_wish(request)}", answer, scope=scope, at=at)


@governed("executions.reject", subject="request_id")
def reject(
    *, scope: Scope, request_id: UUID, digest: str, confirmation: Confirmation, note: str, at: datetime
) -> ExecutionRequest:
    """Say no, and why: the request is over, and no other system is tried.

    Raises `NotFound`, `NotWaiting`, and what `approvals.answer` does.
    """
    request, question = _waiting(scope, request_id)
    approvals.answer(
        scope=scope,
        request_id=question.id,
        digest=digest,
        verdict=Verdict.REJECT,
        note=note,
        confirmation=confirmation,
        at=at,
    )
    rejected(request, question, note=note, scope=scope, at=at)
    return request


def rejected(request: ExecutionRequest, question: ApprovalRequest, *, note: str, scope: Scope, at: datetime) -> None:
    """What follows a no that was just given to a locked request's question: it is over, and who asked is told."""
    by, because = scope.actor.name, note.strip()
    request.governance_check = check.of_answer(request.governance_check, by=by, at=at, note=because, is_approved=False)
    noted(request, "approval", f"{by} rejected it: {because}", at=at, outcome="rejected", by=by)
    failed(request, Failure.REJECTED, f"{by} rejected it: {because}", at=at)
    keep(request)
    _told(request, f"{by} rejected your request “{words_of(request)}”: {because}", scope=scope, at=at)
    answer = approvals.own_answer(scope=scope, request_id=question.id)
    _record(request, "executions.reject", question, f"{by} rejected, because: {because}", answer, scope=scope, at=at)


@governed("executions.ask_again", subject="request_id")
def ask_again(*, scope: Scope, request_id: UUID, at: datetime) -> bool:
    """Close the question of a call of which something moved, and let the rules be asked again; says whether it did."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS asks again.")
    request, question = _waiting(scope, request_id)
    assert request.system is not None
    what = moved(request.governance_check["bound"], planned(request).bound)
    if what:
        approvals.void(request_id=question.id, because=f"{what} moved", at=at)
        request.question = None
        noted(request, "approval", f"Since it was asked, {what} moved: the rules are asked again.", at=at)
        moved_to(request, Stage.ROUTED, at=at)
        keep(request)
        due.put(tenant_id=request.tenant_id, request_id=request.id, at=at)
    return bool(what)


@governed("executions.expire_questions")
def expire_questions(*, scope: Scope, at: datetime) -> int:
    """End the requests that nobody answered in time; returns how many. Runs twice without harm."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    over = Q(stage=Stage.AWAITING_APPROVAL.value, question__due_at__lte=at)
    rows = ExecutionRequest.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        over, tenant_id=scope.tenant_id
    )
    found = list(rows.select_related("system", "question").order_by("id")[:MOST_EXPIRED])
    for request in found:
        question = request.question
        assert question is not None
        approvals.void(request_id=question.id, because="nobody answered in time", at=at)
        said = "Nobody approved this within 72 hours."
        request.governance_check = {**request.governance_check, "reason": said, "compliance_validated": False}
        noted(request, "approval", said, at=at, outcome="expired")
        failed(request, Failure.EXPIRED, said, at=at)
        keep(request)
        _told(request, said, scope=scope, at=at)
        _record(request, "executions.expire", question, said, {}, scope=scope, at=at)
    return len(found)


class Handler:
    """How calls that wait for approval show up among the questions of the inbox: one query each."""

    def rows(self, *, scope: Scope, ids: Collection[UUID], at: datetime) -> Mapping[UUID, Row]:
        return {row.subject_id: row for row in self._rows(scope, Q(id__in=ids), limit=len(ids))}

    def mine(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        if scope.actor.user_id is None:
            return ()
        mine = Q(user_id=scope.actor.user_id, stage=Stage.AWAITING_APPROVAL.value)
        return self._rows(scope, mine, limit=limit)

    def adrift(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        return ()

    def _rows(self, scope: Scope, which: Q, *, limit: int) -> Sequence[Row]:
        found = ExecutionRequest.objects.filter(which, tenant_id=scope.tenant_id).select_related("system", "question")
        light = found.defer("input_data", "route", "steps", "request_embedding", "system__constitution")
        return tuple(map(_inbox_row, light.order_by("-created_at")[:limit]))


def register() -> None:
    """Tell the inbox how such questions look; called from `AppConfig.ready`."""
    subjects.register(KIND, Handler())
    kinds.register(TOLD, "Agents that wait for approval, and what came of it")


def _inbox_row(request: ExecutionRequest) -> Row:
    due_at = request.question.due_at if request.question else None
    return Row(
        subject_id=request.id,
        label=label_of(request),
        sentence=_wish(request),
        url=url_of(request),
        system=request.system.name if request.system else "",
        type=KIND,
        type_label="Execution",
        effect="neutral",
        state=request.stage,
        proposed_by=request.requested_by,
        proposer_id=request.accountable_id,
        proposed_at=request.created_at,
        due_at=due_at,
        expires_at=due_at,
    )


def _waiting(scope: Scope, request_id: UUID) -> tuple[ExecutionRequest, ApprovalRequest]:
    """The request and its open question, locked in this order."""
    rows = ExecutionRequest.objects.select_for_update(of=("self",)).select_related("system", "question")
    request = rows.filter(tenant_id=scope.tenant_id, id=request_id).first()
    if request is None:
        raise NotFound("There is no such request.")
    if request.stage != Stage.AWAITING_APPROVAL.value or request.question is None:
        raise NotWaiting("Nobody is asked about this request now. Reload to see where it stands.")
    return request, request.question


def _wish(request: ExecutionRequest) -> str:
    return wish_of(request, request.system.name if request.system else "TARS")


def _told(request: ExecutionRequest, sentence: str, *, scope: Scope, at: datetime) -> None:
    """Whoever asked for it, or answers for the system that did, reads what came of it."""
    if request.accountable_id is not None:
        tell(
            scope=scope,
            user_ids=[request.accountable_id],
            kind=TOLD,
            key=f"{request.question_id}:answered",
            subject=label_of(request),
            sentence=sentence,
            url=url_of(request),
            at=at,
        )


def _record(
    request: ExecutionRequest,
    verb: str,
    question: ApprovalRequest,
    sentence: str,
    answer: Mapping[str, Any],
    *,
    scope: Scope,
    at: datetime,
) -> None:
    """`answer` is the signed one, where a person gave one."""
    kind = "override" if answer.get("via") == Via.OVERRIDE else "execution"
    action = {
        **answer,
        "name": verb,
        "subject": str(request.id),
        "system": request.system.name if request.system else "",
        "action": request.action,
        "digest": question.digest,
        "question_id": str(question.id),
    }
    ledger.append(scope=scope, at=at, event_type=kind, action=action, explanation=sentence)
