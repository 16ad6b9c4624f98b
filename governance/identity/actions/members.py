"""Seats and roles: joining, changing, leaving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from governance.identity import leaving
from governance.identity.actions.common import (
    AlreadyMember,
    demand_seat,
    keeping_an_admin,
    lock_tenant,
    named,
    record,
    said_roles,
)
from governance.identity.actions.deputies import end_deputies_of
from governance.identity.models import Membership, User
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import Capability, Role, Scope


@governed("identity.add_member")
def add_member(*, scope: Scope, user: User, roles: Iterable[Role], at: datetime) -> Membership:
    """Give a user a seat in the tenant (again, if it had ended). Raises `NotAllowed`, `NoRole`, `AlreadyMember`, `SeatsTaken`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="add people")
    names = named(roles)
    member = seat(scope=scope, user=user, names=names, at=at)
    said = f"{user.email} joined as {said_roles(names)}."
    record(scope=scope, at=at, verb="identity.add_member", user=user, roles=names, said=said)
    return member


@governed("identity.set_roles")
def set_roles(*, scope: Scope, user: User, roles: Iterable[Role], at: datetime, reason: str = "") -> Membership:
    """Replace a member's roles. Raises `NotAllowed`, `NotFound`, `NoRole`, `LastAdmin`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="change roles")
    names = named(roles)
    member = keeping_an_admin(scope=scope, user_id=user.id, remaining=names)
    before, member.roles = member.roles, names
    member.save(update_fields=["roles"])
    said = f"{user.email} is now {said_roles(names)} (was {said_roles(before)})."
    details = {"before": before, "reason": reason.strip()}
    record(scope=scope, at=at, verb="identity.set_roles", user=user, roles=names, said=said, details=details)
    return member


@governed("identity.remove_member")
def remove_member(*, scope: Scope, user: User, at: datetime, reason: str = "") -> None:
    """End a membership, or leave; deputies end, what others must take over moves on, and the record stays.

    Raises `NotAllowed`, `NotFound`, `LastAdmin`.
    """
    is_own = scope.actor.user_id == user.id and scope.grants is None
    if not is_own:
        scope.demand(Capability.MANAGE_PEOPLE, to="end a membership")
    member = keeping_an_admin(scope=scope, user_id=user.id, remaining=[])
    before, member.ended_at = member.roles, at
    member.save(update_fields=["ended_at"])
    deputies = end_deputies_of(scope=scope, user_id=user.id, at=at)
    moved = leaving.leave(scope=scope, user=user, roles=frozenset(Role(name) for name in before), at=at)
    details = {"before": before, "deputies_ended": deputies, "moved": moved, "reason": reason.strip()}
    said = f"{user.email} left." if is_own else f"The membership of {user.email} ended."
    record(scope=scope, at=at, verb="identity.remove_member", user=user, roles=[], said=said, details=details)


def seat(*, scope: Scope, user: User, names: list[str], at: datetime) -> Membership:
    """A seat with these roles inside the caller's transaction. Raises `AlreadyMember`, `SeatsTaken`."""
    tenant = lock_tenant(scope=scope)
    if Membership.objects.filter(tenant_id=scope.tenant_id, user_id=user.id, ended_at=None).exists():
        raise AlreadyMember(f"{user.email} is a member already. Change their roles instead.")
    demand_seat(tenant=tenant, at=at, besides=user.email)
    member, _ = Membership.objects.update_or_create(
        tenant_id=scope.tenant_id,
        user_id=user.id,
        defaults={"roles": names, "ended_at": None},
        create_defaults={"id": new_id(at), "roles": names, "created_at": at},
    )
    return member
