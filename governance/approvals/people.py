"""Who in a tenant could answer what: everybody's own and lent roles, in two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.approvals.quorum import Requirement
from governance.identity.models import Deputy, Membership
from governance.scope import Actor, Role, Scope

WATCHERS = (Role.SECURITY, Role.COMPLIANCE, Role.ADMIN)
"""Who hears of a break-glass at once, and is asked to review it."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The current members of a tenant. `lent` are the roles that somebody may use for a colleague right now."""

    names: Mapping[UUID, str]
    roles: Mapping[UUID, frozenset[Role]]
    lent: Mapping[UUID, frozenset[Role]]

    @property
    def usable(self) -> Mapping[UUID, frozenset[Role]]:
        """The roles that each of them may use now, own and lent; a principal lends only what they still hold."""
        return {user_id: held | self.lent.get(user_id, frozenset()) for user_id, held in self.roles.items()}

    def holding(self, roles: Collection[Role]) -> frozenset[UUID]:
        """Those who hold one of these roles themselves."""
        return frozenset(user_id for user_id, held in self.roles.items() if held & frozenset(roles))

    def standing_in(self, roles: Collection[Role]) -> frozenset[UUID]:
        """Those who hold one of these roles for somebody else."""
        return frozenset(user_id for user_id, held in self.lent.items() if held & frozenset(roles))

    def able(self, needed: Iterable[Requirement], *, without: Collection[UUID | None] = ()) -> frozenset[UUID]:
        """Those whose answer would fill one of the places, deputies included."""
        roles = frozenset().union(*(requirement.roles for requirement in needed))
        return (self.holding(roles) | self.standing_in(roles)) - frozenset(without)

    def called(self, actor: Actor) -> str:
        """What colleagues call an actor: a person's name where they gave one, else the actor's own."""
        return self.names.get(actor.user_id, actor.name) if actor.user_id else actor.name


def staff(*, scope: Scope, at: datetime) -> Staff:
    """Everybody of the scope's tenant who may sign in now, with the roles that deputies hold at `at`."""
    members = Membership.objects.filter(tenant_id=scope.tenant_id, ended_at=None, user__is_active=True)
    rows = list(members.values_list("user_id", "user__name", "user__email", "roles"))
    roles = {row[0]: frozenset(Role(role) for role in row[3]) for row in rows}
    lent: dict[UUID, set[Role]] = defaultdict(set)
    deputies = Deputy.objects.filter(tenant_id=scope.tenant_id, starts_at__lte=at, ends_at__gt=at)
    for deputy_id, principal_id, name in deputies.values_list("deputy_id", "principal_id", "role"):
        if deputy_id in roles and Role(name) in roles.get(principal_id, frozenset()):
            lent[deputy_id].add(Role(name))
    return Staff(
        names={row[0]: row[1] or row[2] for row in rows},
        roles=roles,
        lent={user_id: frozenset(held) for user_id, held in lent.items()},
    )
