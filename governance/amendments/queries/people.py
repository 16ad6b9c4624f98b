"""Who could still fill a place: holders of a needed role and their deputies, in two queries for any number of places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from governance.approvals.models import Assignment, Reminder, ReminderKind
from governance.approvals.quorum import Requirement
from governance.identity.models import Deputy, Membership
from governance.scope import Role, Scope


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who could answer; `stands_for` names the person whose role a deputy would use."""

    user_id: UUID
    name: str
    email: str
    is_you: bool = False
    stands_for: str = ""

    @property
    def label(self) -> str:
        """How lists name them."""
        word = "you" if self.is_you else self.name or self.email
        return f"{word} (for {self.stands_for})" if self.stands_for else word


def people_for(
    *, scope: Scope, requirements: Sequence[Requirement], excluded: Collection[UUID | None], at: datetime
) -> dict[frozenset[Role], tuple[Person, ...]]:
    """The people who could fill each requirement's places, you first; by the requirement's roles."""
    wanted = sorted({role.value for requirement in requirements for role in requirement.roles})
    if not wanted:
        return {}
    held = [(roles, person) for roles, person in _holders(scope, wanted) if person.user_id not in excluded]
    lent = [(roles, person) for roles, person in _deputies(scope, wanted, at) if person.user_id not in excluded]
    found = {}
    for requirement in requirements:
        names = {role.value for role in requirement.roles}
        own = {person.user_id: person for roles, person in held if names & roles}
        others = {person.user_id: person for roles, person in lent if names & roles and person.user_id not in own}
        found[requirement.roles] = (
            *sorted(own.values(), key=lambda person: (not person.is_you, person.email)),
            *sorted(others.values(), key=lambda person: (not person.is_you, person.email)),
        )
    return found


@dataclass(frozen=True, slots=True)
class Hand:
    """Who has a question in hand ("" for nobody), and who was nudged about it today."""

    holder: str = ""
    is_mine: bool = False
    nudged: frozenset[UUID] = frozenset()


def hand_of(*, scope: Scope, request_id: UUID | None, at: datetime) -> Hand:
    """The state of a question on people's desks; two queries, none for a question that is not open."""
    if request_id is None:
        return Hand()
    held = Assignment.objects.filter(tenant_id=scope.tenant_id, request_id=request_id).select_related("user").first()
    nudged = Reminder.objects.filter(
        tenant_id=scope.tenant_id, request_id=request_id, kind=ReminderKind.NUDGE, day=at.astimezone(UTC).date()
    )
    return Hand(
        holder=(held.user.name or held.user.email) if held else "",
        is_mine=held is not None and held.user_id == scope.actor.user_id,
        nudged=frozenset(nudged.values_list("user_id", flat=True)),
    )


def _holders(scope: Scope, roles: Sequence[str]) -> list[tuple[frozenset[str], Person]]:
    rows = Membership.objects.filter(
        tenant_id=scope.tenant_id, ended_at=None, roles__overlap=list(roles), user__is_active=True
    ).values_list("roles", "user_id", "user__name", "user__email")
    return [(frozenset(held), Person(id, name, email, id == scope.actor.user_id)) for held, id, name, email in rows]


def _deputies(scope: Scope, roles: Sequence[str], at: datetime) -> list[tuple[frozenset[str], Person]]:
    """A principal lends only what they still hold, as `identity.deputised_roles` has it."""
    rows = Deputy.objects.filter(
        tenant_id=scope.tenant_id,
        role__in=list(roles),
        starts_at__lte=at,
        ends_at__gt=at,
        deputy__is_active=True,
        membership__ended_at=None,
    ).select_related("deputy", "principal", "membership")
    return [
        (
            frozenset({row.role}),
            Person(
                row.deputy_id,
                row.deputy.name,
                row.deputy.email,
                row.deputy_id == scope.actor.user_id,
                row.principal.name or row.principal.email,
            ),
        )
        for row in rows.order_by("id")
        if row.role in row.membership.roles
    ]
