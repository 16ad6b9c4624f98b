"""What people answered, and a rollback that waits for a second one, ready to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import canonical
from governance.amendments.models import ConstitutionalAmendment, Rollback, RollbackState
from governance.amendments.queries.comparison import Line, lines_of
from governance.amendments.queries.standing import Authority, asked, may_confirm_roll_back
from governance.amendments.queries.timeline import how_words
from governance.approvals.models import ApprovalDecision, Via
from governance.approvals.quorum import Requirement
from governance.constitution.diff import changes
from governance.registry.models import SystemVersion
from governance.scope import Capability, Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to the current question, ready to read. `is_unreviewed`: an override nobody has looked at yet."""

    decision: ApprovalDecision
    said: str
    how: str
    is_unreviewed: bool
    review: Any = None
    may_review: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rollback that waits for a second person."""

    rollback: Rollback
    lines: tuple[Line, ...]
    authority: Authority
    refused_because: str
    may_withdraw: bool


def answers_of(*, scope: Scope, given: Sequence[ApprovalDecision]) -> tuple[Answer, ...]:
    """The answers of an authority line, in order."""
    return tuple(_answer(scope, decision) for decision in given)


def rollbacks_of(*, scope: Scope, amendment: ConstitutionalAmendment | None) -> Sequence[Rollback]:
    """Every attempt to undo an amendment, in order."""
    if amendment is None:
        return ()
    rows = Rollback.objects.filter(tenant_id=scope.tenant_id, amendment=amendment).select_related("system", "request")
    return list(rows.order_by("requested_at", "id"))


def waiting_of(*, scope: Scope, rollbacks: Sequence[Rollback], at: datetime) -> Waiting | None:
    """The rollback among these that waits, with what it changes and whom it needs."""
    rollback = next((row for row in rollbacks if row.state == RollbackState.WAITING), None)
    if rollback is None:
        return None
    base = SystemVersion.objects.get(
        tenant_id=scope.tenant_id, system_id=rollback.system_id, number=rollback.base_version
    )
    old, new = (canonical.loads_canonical(bytes(data)) for data in (base.canonical, rollback.new_constitution))
    requirements = [Requirement.of(data) for data in rollback.request.requirements]
    return Waiting(
        rollback=rollback,
        lines=lines_of(changes(old, new)),
        authority=asked(scope=scope, request=rollback.request, requirements=requirements, excluded_user_id=None, at=at),
        refused_because=may_confirm_roll_back(scope=scope, rollback=rollback, at=at),
        may_withdraw=scope.can(Capability.ROLL_BACK),
    )


def _answer(scope: Scope, decision: ApprovalDecision) -> Answer:
    review = next(iter(decision.reviews.all()), None)
    is_unreviewed = decision.via == Via.OVERRIDE and review is None
    return Answer(
        decision=decision,
        said=decision.get_verdict_display(),
        how=how_words(decision),
        is_unreviewed=is_unreviewed,
        review=review,
        may_review=is_unreviewed and scope.can(Capability.DECIDE) and decision.user_id != scope.actor.user_id,
    )
