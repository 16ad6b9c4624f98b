"""Who can answer which open question now: by an own role, or by a role lent to a deputy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.approvals.models import ApprovalDecision
from governance.approvals.people import staff
from governance.approvals.queries import Question, team
from governance.approvals.quorum import helps
from governance.scope import Role, Scope


@dataclass(frozen=True, slots=True)
class Standing:
    """An open question with the people who can answer it now."""

    question: Question
    user_ids: frozenset[UUID]

    @property
    def sole_id(self) -> UUID | None:
        """The one person it waits for, if it is one."""
        return next(iter(self.user_ids)) if len(self.user_ids) == 1 else None


def standings(*, scope: Scope, at: datetime) -> tuple[Standing, ...]:
    """Every open question of the tenant with who can answer it, oldest first; four queries whatever their number."""
    questions = team(scope=scope, at=at)
    usable = staff(scope=scope, at=at).usable if questions else {}
    answered = _answered(scope=scope, questions=questions)
    return tuple(Standing(one, frozenset(_who(one, usable, answered[one.id]))) for one in questions)


def could_answer(question: Question, *, user_id: UUID, roles: frozenset[Role], answered: bool = False) -> bool:
    """Whether a person with these roles fills a place of the question that is still open."""
    return not answered and question.excluded_user_id != user_id and helps(question.requirements, question.given, roles)


def _who(question: Question, usable: Mapping[UUID, frozenset[Role]], answered: set[UUID]) -> Iterable[UUID]:
    # People with the same roles are alike: one matching for each kind of person.
    helpful = {roles: helps(question.requirements, question.given, roles) for roles in set(usable.values())}
    for user_id, roles in usable.items():
        if helpful[roles] and user_id != question.excluded_user_id and user_id not in answered:
            yield user_id


def _answered(*, scope: Scope, questions: Iterable[Question]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, request_id__in=[one.id for one in questions])
    for request_id, user_id in rows.values_list("request_id", "user_id"):
        if user_id is not None:
            found[request_id].add(user_id)
    return found
