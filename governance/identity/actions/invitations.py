"""Asking somebody in. The link's secret is shown or mailed once; the database keeps its hash."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError

from governance.errors import DomainError, Invalid, NotFound
from governance.identity.actions.common import AlreadyMember, demand_seat, lock_tenant, named, said_roles, tell_programs
from governance.identity.actions.members import seat
from governance.identity.links import demand_open, hash_of
from governance.identity.models import Invitation, Membership, User
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Role, Scope

OPEN_FOR = timedelta(days=7)
_SECRET_BYTES = 32


class BadAddress(Invalid):
    """The e-mail address is none."""

    code = "bad_email"


class AlreadyInvited(DomainError):
    """An invitation to the address is open."""

    code = "already_invited"


class WrongAddress(DomainError):
    """The invitation is for somebody else."""

    code = "wrong_address"
    status = 403


class AccountExists(DomainError):
    """The address got an account meanwhile."""

    code = "account_exists"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation with its secret, which is known now and never again."""

    invitation: Invitation
    tenant_name: str
    secret: str


@governed("identity.invite", subject="email")
def invite(*, scope: Scope, email: str, roles: Iterable[Role], at: datetime, name: str = "") -> Invited:
    """Ask an address to join with roles, within seven days; the seat is promised until then.

    Raises `NotAllowed`, `BadAddress`, `NoRole`, `AlreadyMember`, `AlreadyInvited`, `SeatsTaken`.
    """
    scope.demand(Capability.MANAGE_PEOPLE, to="invite people")
    email, names = address(email), named(roles)
    tenant = lock_tenant(scope=scope)
    if Membership.objects.filter(tenant_id=scope.tenant_id, user__email=email, ended_at=None).exists():
        raise AlreadyMember(f"{email} is a member already. Change their roles instead.")
    open_one = Invitation.objects.filter(tenant_id=scope.tenant_id, email=email, accepted_at=None, revoked_at=None)
    if open_one.filter(expires_at__gt=at).exists():
        raise AlreadyInvited(f"{email} is invited already. Send that invitation again, or revoke it first.")
    demand_seat(tenant=tenant, at=at)
    open_one.update(revoked_at=at)
    made = _invited(scope=scope, tenant_name=tenant.name, email=email, name=name.strip(), names=names, at=at)
    until = made.invitation.expires_at
    said = f"{email} was invited as {said_roles(names)}, until {until:%d %B %Y, %H:%M} UTC."
    _record(scope=scope, at=at, verb="identity.invite", invitation=made.invitation, said=said)
    return made


@governed("identity.resend_invitation")
def resend_invitation(*, scope: Scope, invitation_id: UUID, at: datetime) -> Invited:
    """A new link for seven more days; the link sent before stops working. Raises `NotAllowed`, `NotFound`, `SeatsTaken`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="send an invitation again")
    tenant = lock_tenant(scope=scope)
    old = _locked(scope=scope, invitation_id=invitation_id)
    demand_seat(tenant=tenant, at=at, besides=old.email)
    old.revoked_at = at
    old.save(update_fields=["revoked_at"])
    made = _invited(scope=scope, tenant_name=tenant.name, email=old.email, name=old.name, names=old.roles, at=at)
    said = f"The invitation to {old.email} was sent again with a new link."
    _record(scope=scope, at=at, verb="identity.resend_invitation", invitation=made.invitation, said=said)
    return made


@governed("identity.revoke_invitation")
def revoke_invitation(*, scope: Scope, invitation_id: UUID, at: datetime) -> None:
    """Take an invitation back; its link stops working and its seat is free. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.MANAGE_PEOPLE, to="revoke an invitation")
    row = _locked(scope=scope, invitation_id=invitation_id)
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    said = f"The invitation to {row.email} was revoked."
    _record(scope=scope, at=at, verb="identity.revoke_invitation", invitation=row, said=said)


@governed("identity.accept_invitation")
def accept_invitation(*, scope: Scope, secret: str, user: User, at: datetime) -> Membership:
    """Take the seat: `scope` is the invited person's own in the inviting tenant; a new person's account is made with it.

    Raises `NotFound`, `InvitationOver`, `WrongAddress`, `AlreadyMember`, `SeatsTaken`, `AccountExists`.
    """
    found = Invitation.objects.select_for_update().filter(tenant_id=scope.tenant_id, secret_hash=hash_of(secret))
    row = found.first()
    if row is None:
        raise NotFound("There is no such invitation. Ask for a new one.")
    demand_open(row.accepted_at, row.revoked_at, row.expires_at, at=at)
    if user.email != row.email:
        raise WrongAddress(f"This invitation is for {row.email}. Sign in as that address to accept it.")
    if user._state.adding:
        _open_account(user)
    member = seat(scope=scope, user=user, names=row.roles, at=at)
    row.accepted_at = at
    row.save(update_fields=["accepted_at"])
    said = f"{row.email} accepted the invitation of {row.invited_by} and joined as {said_roles(row.roles)}."
    _record(scope=scope, at=at, verb="identity.accept_invitation", invitation=row, said=said)
    tell_programs(scope=scope, verb="identity.accept_invitation", email=row.email, roles=row.roles, at=at)
    return member


def _open_account(user: User) -> None:
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        raise AccountExists(f"{user.email} has an account by now. Sign in, then accept the invitation.") from error


def _invited(*, scope: Scope, tenant_name: str, email: str, name: str, names: list[str], at: datetime) -> Invited:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row = Invitation.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        email=email,
        name=name,
        roles=names,
        secret_hash=hash_of(secret),
        invited_by=scope.actor.name,
        created_at=at,
        expires_at=at + OPEN_FOR,
    )
    return Invited(row, tenant_name, secret)


def _locked(*, scope: Scope, invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.select_for_update().filter(tenant_id=scope.tenant_id, id=invitation_id)
    row = rows.filter(accepted_at=None, revoked_at=None).first()
    if row is None:
        raise NotFound("There is no such open invitation. It may have been accepted or revoked just now.")
    return row


def address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        problems = (("/email", "is no e-mail address"),)
        raise BadAddress(f"{email or 'Nothing'} is no e-mail address.", problems=problems) from error
    return email


def _record(*, scope: Scope, at: datetime, verb: str, invitation: Invitation, said: str) -> None:
    action = {
        "name": verb,
        "subject": invitation.email,
        "invitation_id": str(invitation.id),
        "roles": invitation.roles,
        "expires_at": invitation.expires_at.isoformat(),
    }
    ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
