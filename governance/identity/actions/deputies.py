"""Who stands in for whom, in which role, between two moments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.errors import DomainError, NotFound
from governance.identity.actions.common import locked_member, record
from governance.identity.models import Deputy, User
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import Capability, Role, Scope


class BadDeputy(DomainError):
    """The deputy cannot stand in for this person."""

    code = "bad_deputy"


@governed("identity.register_deputy")
def register_deputy(
    *, scope: Scope, principal: User, deputy: User, role: Role, starts_at: datetime, ends_at: datetime, at: datetime
) -> Deputy:
    """Let `deputy` decide with `role` for `principal` between two moments. Raises `NotAllowed`, `NotFound`, `BadDeputy`."""
    _demand_own(scope, principal.id, to="register a deputy")
    membership = locked_member(scope=scope, user_id=principal.id)
    locked_member(scope=scope, user_id=deputy.id)
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
    record(scope=scope, at=at, verb="identity.register_deputy", user=deputy, roles=[role.value], said=said)
    return row


@governed("identity.end_deputy")
def end_deputy(*, scope: Scope, deputy_id: UUID, at: datetime) -> None:
    """End a deputy's time now. Raises `NotAllowed`, `NotFound`."""
    row = Deputy.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=deputy_id, ends_at__gt=at).first()
    if row is None:
        raise NotFound("There is no such deputy now.")
    _demand_own(scope, row.principal_id, to="end a deputy's time")
    _end(row, at=at)
    said = f"{row.deputy.email} no longer stands in for {row.principal.email}."
    record(scope=scope, at=at, verb="identity.end_deputy", user=row.deputy, roles=[row.role], said=said)


def end_deputies_of(*, scope: Scope, user_id: UUID, at: datetime) -> int:
    """End every deputyship of a person, as principal and as deputy, inside the caller's transaction; returns how many."""
    rows = Deputy.objects.select_for_update().filter(
        Q(principal_id=user_id) | Q(deputy_id=user_id), tenant_id=scope.tenant_id, ends_at__gt=at
    )
    ended = list(rows.order_by("id"))
    for row in ended:
        _end(row, at=at)
    return len(ended)


def _demand_own(scope: Scope, principal_id: UUID, *, to: str) -> None:
    """Raise `NotAllowed` unless it is the principal in person, without a token, or somebody who manages people."""
    if scope.actor.user_id != principal_id or scope.grants is not None:
        scope.demand(Capability.MANAGE_PEOPLE, to=to)


def _end(row: Deputy, *, at: datetime) -> None:
    if at <= row.starts_at:
        row.delete()
    else:
        row.ends_at = at
        row.save(update_fields=["ends_at"])
