"""Nothing waits for somebody who left: their questions move on to whoever else can answer them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.approvals import subjects
from governance.approvals.answerers import could_answer, standings
from governance.approvals.models import ApprovalDecision, Assignment, Snooze
from governance.approvals.queries import LIMIT, with_rows
from governance.approvals.subjects import Row
from governance.identity import leaving
from governance.identity.models import User
from governance.identity.queries import actor_of, holders
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Role, Scope


def register() -> None:
    """Tell `identity` what leaving means for decisions."""
    kinds.register("left", "Somebody left")
    leaving.register("approvals", _Decisions())


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question that the leaving person could answer, and who else can."""

    request_id: UUID
    row: Row
    others: frozenset[UUID]


class _Decisions:
    """The part of `approvals` in a departure."""

    def preview(self, *, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Sequence[str]:
        return [
            *(_moves(one) for one in _waiting(scope=scope, user=user, roles=roles, at=at)),
            *_open_proposals(scope=scope, user=user, at=at),
        ]

    def leave(self, *, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Sequence[str]:
        Assignment.objects.filter(tenant_id=scope.tenant_id, user_id=user.id).delete()
        Snooze.objects.filter(tenant_id=scope.tenant_id, user_id=user.id).delete()
        waiting = list(_waiting(scope=scope, user=user, roles=roles, at=at))
        for one in waiting:
            _tell(one, scope=scope, user=user, at=at)
        return [f"{one.row.label}: {_whom(one)}" for one in waiting]


def _waiting(*, scope: Scope, user: User, roles: frozenset[Role], at: datetime) -> Iterator[_Waiting]:
    """The open questions that this person could answer and has not, oldest first."""
    answered = set(
        ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, user_id=user.id).values_list("request_id", flat=True)
    )
    theirs = {
        one.question.id: one
        for one in standings(scope=scope, at=at)
        if could_answer(one.question, user_id=user.id, roles=roles, answered=one.question.id in answered)
    }
    for item in with_rows([one.question for one in theirs.values()], scope=scope, at=at):
        if item.question is not None and not item.row.is_stale:
            yield _Waiting(item.question.id, item.row, theirs[item.question.id].user_ids - {user.id})


def _moves(one: _Waiting) -> str:
    return f"{one.row.label} waits for a decision: {_whom(one)}."


def _whom(one: _Waiting) -> str:
    if not one.others:
        return "nobody is left who can answer it, the tenant admins are told"
    return f"{len(one.others)} other{'' if len(one.others) == 1 else 's'} can answer it and {_are(one)} told"


def _are(one: _Waiting) -> str:
    return "is" if len(one.others) == 1 else "are"


def _tell(one: _Waiting, *, scope: Scope, user: User, at: datetime) -> None:
    if one.others:
        told, sentence = set(one.others), f"{user} left; {one.row.label} now waits for you."
    else:
        told = {admin.id for admin in holders(scope=scope, role=Role.ADMIN)}
        sentence = f"{user} left and nobody is left who can answer {one.row.label}. Give somebody the role it needs."
    tell(
        scope=scope,
        user_ids=told,
        kind="left",
        key=f"{one.request_id}:left:{user.id}:{at.isoformat()}",
        subject=one.row.label,
        sentence=sentence,
        url=one.row.url,
        at=at,
        is_urgent=not one.others,
    )


def _open_proposals(*, scope: Scope, user: User, at: datetime) -> Iterator[str]:
    own = Scope(tenant_id=scope.tenant_id, actor=actor_of(user))
    for handler in subjects.handlers():
        for row in handler.mine(scope=own, at=at, limit=LIMIT):
            yield f"{row.label}, which they started, stays as it is. A compliance officer may reject it."
