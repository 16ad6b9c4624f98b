"""What the verbs about people share: their refusals, seats, locks and ledger entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from governance.errors import DomainError, Invalid, NotFound
from governance.identity.models import Invitation, Membership, User
from governance.ledger import actions as ledger
from governance.scope import Role, Scope
from governance.tenants.models import Tenant, Tier
from governance.webhooks.actions import emit

_NOT_A_MEMBER = "There is no such person in this tenant."


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


def lock_tenant(*, scope: Scope) -> Tenant:
    """The tenant's row; its lock makes people and invitations that come at once queue up for the last seat."""
    return Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)


def demand_seat(*, tenant: Tenant, at: datetime, besides: str = "") -> None:
    """Raise `SeatsTaken` unless one more person fits the (locked) tenant's tier.

    Open invitations are seats that were promised; the one for the address `besides` is the seat that is asked for.
    """
    members, invited = seats_taken(tenant_id=tenant.id, at=at, besides=besides)
    if members + invited >= tenant.max_users:
        waiting = f", {invited} of them by open invitations" if invited else ""
        raise SeatsTaken(
            f"This tenant's tier ({Tier(tenant.subscription_tier).label}) allows {tenant.max_users} people and all seats are "
            f"taken{waiting}. End a membership, revoke an invitation, or ask the platform's staff for more seats."
        )


def seats_taken(*, tenant_id: UUID, at: datetime, besides: str = "") -> tuple[int, int]:
    """Seats with a person in them, and seats promised by an open invitation (not counting the address `besides`)."""
    members = Membership.objects.filter(tenant_id=tenant_id, ended_at=None).count()
    promised = Invitation.objects.filter(tenant_id=tenant_id, accepted_at=None, revoked_at=None, expires_at__gt=at)
    return members, promised.exclude(email=besides).count()


def locked_member(*, scope: Scope, user_id: UUID) -> Membership:
    """The current membership, locked; raises `NotFound`."""
    member = (
        Membership.objects.select_for_update().filter(tenant_id=scope.tenant_id, user_id=user_id, ended_at=None).first()
    )
    if member is None:
        raise NotFound(_NOT_A_MEMBER)
    return member


def keeping_an_admin(*, scope: Scope, user_id: UUID, remaining: list[str]) -> Membership:
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


def named(roles: Iterable[Role]) -> list[str]:
    """The roles as they are stored; raises `NoRole`."""
    names = sorted(Role(role).value for role in set(roles))
    if not names:
        raise NoRole("A member has at least one role. Choose one, or end the membership.")
    return names


def said_roles(roles: Iterable[str]) -> str:
    """ "compliance officer, operator"."""
    return ", ".join(Role(role).label.lower() for role in roles)


# What other programs hear of seats (docs/webhooks.md).
NEWS = {
    "identity.add_member": "member.added",
    "identity.accept_invitation": "member.added",
    "identity.set_roles": "member.roles_changed",
    "identity.remove_member": "member.removed",
}


def record(
    *,
    scope: Scope,
    at: datetime,
    verb: str,
    user: User,
    roles: list[str],
    said: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """The ledger entry of an act about one person."""
    action = {"name": verb, "subject": user.email, "user_id": str(user.id), "roles": roles, **(details or {})}
    ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
    tell_programs(scope=scope, verb=verb, email=user.email, roles=roles, at=at)


def tell_programs(*, scope: Scope, verb: str, email: str, roles: list[str], at: datetime) -> None:
    """Tell webhooks of a seat given, changed or ended, inside the verb's transaction."""
    if event := NEWS.get(verb):
        data = {"email": email, "roles": roles, "by": scope.actor.name}
        emit(scope=scope, event=event, subject=email, data=data, at=at)
