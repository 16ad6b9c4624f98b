from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, QuerySet

from governance.errors import NotFound
from governance.identity.links import demand_open, hash_of
from governance.identity.models import Deputy, Invitation, Membership, User
from governance.scope import CAPABILITIES, Actor, ActorKind, Capability, Role, Scope
from governance.tenancy import as_user, in_tenant


@dataclass(frozen=True, slots=True)
class Seat:
    """One membership of a user, as the tenant switcher shows it."""

    tenant_id: UUID
    tenant_name: str
    is_demo: bool
    roles: frozenset[Role]
    since: datetime


def actor_of(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, name=user.email, user_id=user.id)


def seats(*, user: User) -> tuple[Seat, ...]:
    """The active tenants a user belongs to, by name. Sees only the user's own memberships."""
    with as_user(user.id):
        rows = (
            Membership.objects.filter(user_id=user.id, ended_at=None, tenant__is_active=True)
            .order_by("tenant__name", "tenant_id")
            .values_list("tenant_id", "tenant__name", "tenant__is_demo", "roles", "created_at")
        )
        return tuple(Seat(row[0], row[1], row[2], frozenset(Role(role) for role in row[3]), row[4]) for row in rows)


def closed_tenants(*, user: User) -> tuple[str, ...]:
    """The names of deactivated tenants that a user belongs to."""
    with as_user(user.id):
        rows = Membership.objects.filter(user_id=user.id, ended_at=None, tenant__is_active=False)
        return tuple(rows.order_by("tenant__name").values_list("tenant__name", flat=True))


def scope_for(*, user: User, tenant_id: UUID) -> Scope | None:
    """The user's scope in one tenant, or None for a stranger, an ended membership or a closed tenant."""
    for seat in seats(user=user) if user.is_active else ():
        if seat.tenant_id == tenant_id:
            return Scope(tenant_id=tenant_id, actor=actor_of(user), roles=seat.roles)
    return None


def deputised_roles(*, scope: Scope, at: datetime) -> dict[Role, tuple[UUID, ...]]:
    """The roles this actor may use for somebody else at `at`, with the principals' user ids.

    A principal lends only what they still hold.
    """
    found: dict[Role, tuple[UUID, ...]] = {}
    rows = Deputy.objects.filter(
        tenant_id=scope.tenant_id, deputy_id=scope.actor.user_id, starts_at__lte=at, ends_at__gt=at
    ).order_by("id")
    for row in rows.select_related("membership"):
        role = Role(row.role)
        if row.membership.ended_at is not None or role.value not in row.membership.roles:
            continue
        found[role] = (*found.get(role, ()), row.principal_id)
    return found


def lent_roles(*, scope: Scope, at: datetime) -> QuerySet[Deputy, str]:
    """The names of the roles lent to this actor, as `deputised_roles` finds them, to be asked inside another query."""
    return Deputy.objects.filter(
        tenant_id=scope.tenant_id,
        deputy_id=scope.actor.user_id,
        starts_at__lte=at,
        ends_at__gt=at,
        membership__ended_at=None,
        membership__roles__contains=Func(F("role"), function="array", template="ARRAY[%(expressions)s]"),
    ).values_list("role", flat=True)


def holders(*, scope: Scope, role: Role) -> list[User]:
    """The people who hold a role in the tenant, by e-mail address."""
    members = Membership.objects.filter(
        tenant_id=scope.tenant_id, ended_at=None, roles__contains=[role.value], user__is_active=True
    ).select_related("user")
    return sorted((member.user for member in members), key=lambda user: user.email)


def program_managers(scope: Scope) -> list[UUID]:
    """The user ids of the people whose roles let them manage programs."""
    return able(scope=scope, to=Capability.MANAGE_PROGRAMS)


def able(*, scope: Scope, to: Capability) -> list[UUID]:
    """The user ids of the people of the tenant whose roles let them do something."""
    roles = [role.value for role in Role if to in CAPABILITIES[role]]
    rows = Membership.objects.filter(
        tenant_id=scope.tenant_id, ended_at=None, roles__overlap=roles, user__is_active=True
    )
    return sorted(rows.values_list("user_id", flat=True))


def members(*, scope: Scope) -> list[Membership]:
    """Every current membership of the tenant, by e-mail address."""
    return list(
        Membership.objects.filter(tenant_id=scope.tenant_id, ended_at=None)
        .select_related("user")
        .order_by("user__email")
    )


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can be accepted now, as its link shows it."""

    tenant_id: UUID
    tenant_name: str
    email: str
    name: str
    roles: tuple[Role, ...]
    invited_by: str
    expires_at: datetime

    @property
    def role_line(self) -> str:
        return ", ".join(role.label for role in self.roles)


def open_invitation(*, secret: str, at: datetime) -> OpenInvitation:
    """The invitation behind a link, before any tenant is known. Raises `NotFound`, `InvitationOver`."""
    digest = hash_of(secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_invitation_tenant(%s)", [digest])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        raise NotFound("There is no such invitation. Check that the whole link was opened, or ask for a new one.")
    with in_tenant(row[0]):
        found = Invitation.objects.select_related("tenant").get(tenant_id=row[0], secret_hash=digest)
        demand_open(found.accepted_at, found.revoked_at, found.expires_at, at=at)
        return OpenInvitation(
            tenant_id=found.tenant_id,
            tenant_name=found.tenant.name,
            email=found.email,
            name=found.name,
            roles=tuple(role for role in Role if role.value in found.roles),
            invited_by=found.invited_by,
            expires_at=found.expires_at,
        )
