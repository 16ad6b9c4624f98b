"""Into whose hands a question can go."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from governance.approvals.queries import Question
from governance.approvals.quorum import helps
from governance.identity import queries as identity
from governance.scope import Role, Scope


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who could answer, with the roles they hold."""

    id: UUID
    name: str
    roles: str


def holders_of(question: Question, *, scope: Scope) -> tuple[Person, ...]:
    """Everybody else whose own role would fill a place that is still open, by name. The verb checks the rest again."""
    found = []
    for member in identity.members(scope=scope):
        roles = frozenset(Role(role) for role in member.roles)
        is_other = member.user_id not in (question.excluded_user_id, scope.actor.user_id, question.holder_id)
        if is_other and member.user.is_active and helps(question.requirements, question.given, roles):
            label = ", ".join(role.label for role in Role if role in roles)
            found.append(Person(member.user_id, str(member.user), label))
    return tuple(sorted(found, key=lambda person: person.name.casefold()))
