"""The desk's own verbs: who has a question in hand, and who does not want to see it for a while.

They add no right and take none away, so nothing of it lands on the ledger.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from governance.approvals import subjects
from governance.approvals.actions import AlreadyDecided, OwnProposal, seat_for
from governance.approvals.models import ApprovalDecision, ApprovalRequest, Assignment, RequestState, Snooze, Verdict
from governance.approvals.subjects import Row
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.identity.models import Membership, User
from governance.identity.queries import actor_of
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.notices.actions import tell
from governance.scope import Capability, Role, Scope

LONGEST_SNOOZE = timedelta(days=14)


class NotInHand(DomainError):
    """Somebody lets go of a question that another person, or nobody, has taken on."""

    code = "not_in_hand"


class Overdue(DomainError):
    """A snooze would hide what should have been decided already."""

    code = "overdue"


class CannotAnswer(Invalid):
    """The person a question is handed to could not answer it."""

    code = "cannot_answer"


@governed("approvals.take", subject="request_id")
def take(*, scope: Scope, request_id: UUID, at: datetime) -> Assignment:
    """Take a question on, also from a colleague who had it. Raises `NotFound`, `AlreadyDecided`, `OwnProposal`, `NotAllowed`."""
    request = _mine(scope=scope, request_id=request_id, at=at)
    return _assigned(scope=scope, request=request, user_id=scope.person_id, at=at)


@governed("approvals.release", subject="request_id")
def release(*, scope: Scope, request_id: UUID, at: datetime) -> None:
    """Let go of a question one has in hand. Raises `NotFound`, `AlreadyDecided`, `NotInHand`."""
    scope.demand(Capability.READ_RECORD, to="let go of a question")
    request = _locked(scope=scope, request_id=request_id)
    gone, _ = Assignment.objects.filter(tenant_id=scope.tenant_id, request=request, user_id=scope.person_id).delete()
    if not gone:
        raise NotInHand("You do not have this in hand, so there is nothing to let go of.")


@governed("approvals.hand_over", subject="request_id")
def hand_over(*, scope: Scope, request_id: UUID, user_id: UUID, at: datetime) -> Assignment:
    """Put a question into a named person's hand, who is told of it.

    Raises what `take` raises, and `CannotAnswer` for somebody who lacks the role, has answered or proposed it.
    """
    request = _mine(scope=scope, request_id=request_id, at=at)
    person = able(scope=scope, request=request, user_id=user_id, at=at)
    row = row_of(scope=scope, request=request, at=at)
    assignment = _assigned(scope=scope, request=request, user_id=person.id, at=at)
    tell(
        scope=scope,
        user_ids=[person.id],
        kind="assigned",
        key=f"{request.id}:assigned:{assignment.id}",
        subject=row.label,
        sentence=f"{scope.actor.name} handed {row.label} to you: {row.sentence}",
        url=row.url,
        at=at,
    )
    return assignment


@governed("approvals.snooze", subject="request_id")
def snooze(*, scope: Scope, request_id: UUID, until: datetime, at: datetime) -> Snooze:
    """Hide a question from this person until then, at the latest until it is due.

    Raises `NotFound`, `AlreadyDecided`, `NotAllowed`, `Overdue`, `Invalid` (in the past, or more than 14 days away).
    """
    if not at < until <= at + LONGEST_SNOOZE:
        raise Invalid("Choose a time within the next 14 days.", problems=(("/until", "is out of range"),))
    request = _mine(scope=scope, request_id=request_id, at=at)
    due = due_of(request, row_of(scope=scope, request=request, at=at))
    if due is not None and due <= at:
        raise Overdue("This is overdue and stays in sight. Decide it, or hand it over to somebody who can.")
    Snooze.objects.filter(tenant_id=scope.tenant_id, request=request, user_id=scope.person_id).delete()
    return Snooze.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        request=request,
        user_id=scope.person_id,
        until=min(until, due) if due else until,
        at=at,
    )


@governed("approvals.wake", subject="request_id")
def wake(*, scope: Scope, request_id: UUID, at: datetime) -> None:
    """End this person's snooze of a question; nothing happens where there is none. Raises `NotFound`."""
    scope.demand(Capability.READ_RECORD, to="wake a question")
    if not ApprovalRequest.objects.filter(tenant_id=scope.tenant_id, id=request_id).exists():
        raise NotFound("There is no such question.")
    Snooze.objects.filter(tenant_id=scope.tenant_id, request_id=request_id, user_id=scope.person_id).delete()


def due_of(request: ApprovalRequest, row: Row) -> datetime | None:
    """When an answer is wanted at the latest: the question's own day or its subject's, whichever comes first."""
    return min((due for due in (request.due_at, row.due_at) if due is not None), default=None)


def _mine(*, scope: Scope, request_id: UUID, at: datetime) -> ApprovalRequest:
    """The open question, locked, if this person may answer it."""
    user_id = scope.person_id
    request = _locked(scope=scope, request_id=request_id)
    if request.excluded_user_id == user_id:
        raise OwnProposal("You proposed this; a second person must decide it.")
    if ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, request=request, user_id=user_id).exists():
        raise AlreadyDecided("You have already answered this.")
    seat_for(scope=scope, request=request, verdict=Verdict.APPROVE, override=False, at=at)
    return request


def _locked(*, scope: Scope, request_id: UUID) -> ApprovalRequest:
    request = ApprovalRequest.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=request_id).first()
    if request is None:
        raise NotFound("There is no such question.")
    if request.state != RequestState.OPEN:
        raise AlreadyDecided("This has been decided already. Reload to see how.")
    return request


def able(*, scope: Scope, request: ApprovalRequest, user_id: UUID, at: datetime) -> User:
    """The person, if they could answer the question today. Raises `CannotAnswer`."""
    member = (
        Membership.objects.filter(tenant_id=scope.tenant_id, user_id=user_id, ended_at=None, user__is_active=True)
        .select_related("user")
        .first()
    )
    if member is None:
        raise CannotAnswer("Nobody like that works here.", problems=(("/user", "is not a member of this tenant"),))
    answered = ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, request=request, user_id=user_id).exists()
    if request.excluded_user_id == user_id or answered:
        raise CannotAnswer(
            f"{member.user} cannot answer this.", problems=(("/user", "proposed it or has answered already"),)
        )
    theirs = Scope(
        tenant_id=scope.tenant_id,
        actor=actor_of(member.user),
        roles=frozenset(Role(role) for role in member.roles),
    )
    try:
        seat_for(scope=theirs, request=request, verdict=Verdict.APPROVE, override=False, at=at)
    except NotAllowed:
        raise CannotAnswer(
            f"{member.user} lacks the role that this still needs.", problems=(("/user", "lacks the role"),)
        ) from None
    return member.user


def _assigned(*, scope: Scope, request: ApprovalRequest, user_id: UUID, at: datetime) -> Assignment:
    Assignment.objects.filter(tenant_id=scope.tenant_id, request=request).delete()
    return Assignment.objects.create(
        id=new_id(at), tenant_id=scope.tenant_id, request=request, user_id=user_id, by=scope.actor.name, at=at
    )


def row_of(*, scope: Scope, request: ApprovalRequest, at: datetime) -> Row:
    """What a question is about. Raises `NotFound`."""
    handler = subjects.handler_of(request.subject_kind)
    row = handler.rows(scope=scope, ids=[request.subject_id], at=at).get(request.subject_id) if handler else None
    if row is None:
        raise NotFound("What this asks about is not there any more.")
    return row
