from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q

from governance.errors import DomainError, Invalid, NotFound
from governance.identity.models import Deputy, Membership, User
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Role, Scope
from governance.tenants.models import Tenant

_NOT_A_MEMBER = "That person is not a member of this tenant. Add them first."


class SeatsTaken(DomainError):
    """The tier's user limit is reached."""

    code = "max_users"


class AlreadyMember(DomainError):
    """The person has a seat; a second one would replace their roles without looking."""

    code = "already_member"


class NoRole(Invalid):
    """A membership without a role is none."""

    code = "no_role"


class LastAdmin(DomainError):
    """Nobody would be left to manage people."""

    code = "last_admin"


class BadDeputy(DomainError):
    """The deputy cannot stand in for this person."""

    code = "bad_deputy"


@governed("identity.add_member")
def add_member(*, scope: Scope, user: User, roles: Iterable[Role], at: datetime) -> Membership:
    """Give a user a seat in the tenant (again, if it had ended). Raises `NotAllowed`, `NoRole`, `AlreadyMember`, `SeatsTaken`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="add people")
    names = _named(roles)
    if Membership.objects.filter(tenant_id=scope.tenant_id, user_id=user.id, ended_at=None).exists():
        raise AlreadyMember(f"{user.email} is a member already. Change their roles instead.")
    try:
        member, _ = Membership.objects.update_or_create(
            tenant_id=scope.tenant_id,
            user_id=user.id,
            defaults={"roles": names, "ended_at": None},
            create_defaults={"id": new_id(at), "roles": names, "created_at": at},
        )
    except DatabaseError as error:
        if "tars_max_users" not in str(error):
            raise
        limit = Tenant.objects.get(id=scope.tenant_id).max_users
        raise SeatsTaken(
            f"This tenant's tier allows {limit} people and all seats are taken. End a membership or raise the tier."
        ) from error
    _record(
        scope=scope,
        at=at,
        verb="identity.add_member",
        user=user,
        roles=names,
        said=f"{user.email} joined as {_said(names)}.",
    )
    return member


@governed("identity.set_roles")
def set_roles(*, scope: Scope, user: User, roles: Iterable[Role], at: datetime, reason: str = "") -> Membership:
    """Replace a member's roles. Raises `NotAllowed`, `NotFound`, `NoRole`, `LastAdmin`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="change roles")
    names = _named(roles)
    member = _keeping_an_admin(scope=scope, user_id=user.id, remaining=names)
    before, member.roles = member.roles, names
    member.save(update_fields=["roles"])
    said = f"{user.email} is now {_said(names)} (was {_said(before)})."
    details = {"before": before, "reason": reason.strip()}
    _record(scope=scope, at=at, verb="identity.set_roles", user=user, roles=names, said=said, details=details)
    return member


@governed("identity.remove_member")
def remove_member(*, scope: Scope, user: User, at: datetime) -> None:
    """End a membership; the record and the decisions stay. Raises `NotAllowed`, `NotFound`, `LastAdmin`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="end a membership")
    member = _keeping_an_admin(scope=scope, user_id=user.id, remaining=[])
    member.ended_at = at
    member.save(update_fields=["ended_at"])
    _record(scope=scope, at=at, verb="identity.remove_member", user=user, roles=[], said=f"{user.email} left.")


@governed("identity.register_deputy")
def register_deputy(
    *, scope: Scope, principal: User, deputy: User, role: Role, starts_at: datetime, ends_at: datetime, at: datetime
) -> Deputy:
    """Let `deputy` decide with `role` for `principal` between two moments. Raises `NotAllowed`, `NotFound`, `BadDeputy`."""
    if scope.actor.user_id != principal.id:
        scope.demand(Capability.MANAGE_PEOPLE, to="register a deputy for somebody else")
    membership = _locked_member(scope=scope, user_id=principal.id)
    _locked_member(scope=scope, user_id=deputy.id)
    if principal.id == deputy.id:
        raise BadDeputy("A person cannot be their own deputy. Choose somebody else.")
    if role.value not in membership.roles:
        raise BadDeputy(f"{principal.email} does not hold the role {role.label}, so nobody can stand in for it.")
    if ends_at <= starts_at:
        raise BadDeputy("The deputy's time must end after it starts.")
    row = Deputy.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        principal=principal,
        deputy=deputy,
        role=role.value,
        starts_at=starts_at,
        ends_at=ends_at,
        registered_by=scope.actor.name,
        membership=membership,
    )
    said = f"{deputy.email} stands in for {principal.email} as {role.label} until {ends_at:%d %B %Y}."
    _record(scope=scope, at=at, verb="identity.register_deputy", user=deputy, roles=[role.value], said=said)
    return row


@governed("identity.end_deputy")
def end_deputy(*, scope: Scope, deputy_id: UUID, at: datetime) -> None:
    """End a deputy's time now. Raises `NotAllowed`, `NotFound`."""
    row = Deputy.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=deputy_id, ends_at__gt=at).first()
    if row is None:
        raise NotFound("There is no such deputy now.")
    if scope.actor.user_id != row.principal_id:
        scope.demand(Capability.MANAGE_PEOPLE, to="end somebody else's deputy")
    if at <= row.starts_at:
        row.delete()
    else:
        row.ends_at = at
        row.save(update_fields=["ends_at"])
    said = f"{row.deputy.email} no longer stands in for {row.principal.email}."
    _record(scope=scope, at=at, verb="identity.end_deputy", user=row.deputy, roles=[row.role], said=said)


def _locked_member(*, scope: Scope, user_id: UUID) -> Membership:
    member = (
        Membership.objects.select_for_update().filter(tenant_id=scope.tenant_id, user_id=user_id, ended_at=None).first()
    )
    if member is None:
        raise NotFound(_NOT_A_MEMBER)
    return member


def _keeping_an_admin(*, scope: Scope, user_id: UUID, remaining: list[str]) -> Membership:
    """The locked member, unless losing the admin role would leave nobody to manage people."""
    # The member and all admins in one order: two admins who step down at once must not wait for each other.
    current = Membership.objects.select_for_update().filter(tenant_id=scope.tenant_id, ended_at=None)
    rows = list(current.filter(Q(user_id=user_id) | Q(roles__contains=[Role.ADMIN.value])).order_by("id"))
    member = next((row for row in rows if row.user_id == user_id), None)
    if member is None:
        raise NotFound(_NOT_A_MEMBER)
    if Role.ADMIN in member.roles and Role.ADMIN.value not in remaining and len(rows) == 1:
        raise LastAdmin("This is the last tenant admin. Make somebody else an admin first.")
    return member


def _named(roles: Iterable[Role]) -> list[str]:
    names = sorted(Role(role).value for role in set(roles))
    if not names:
        raise NoRole("A member has at least one role. Choose one, or end the membership.")
    return names


def _said(roles: list[str]) -> str:
    return ", ".join(Role(role).label.lower() for role in roles)


def _record(
    *,
    scope: Scope,
    at: datetime,
    verb: str,
    user: User,
    roles: list[str],
    said: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    action = {"name": verb, "subject": user.email, "user_id": str(user.id), "roles": roles, **(details or {})}
    ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
