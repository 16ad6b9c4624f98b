"""Who works for the platform. Global, so it is entered in every open tenant's ledger (docs/decisions/0008)."""

from __future__ import annotations

from datetime import datetime

from governance.errors import DomainError, NotFound
from governance.identity.models import User
from governance.ledger import actions as ledger
from governance.scope import Actor, Scope
from governance.tenancy import active_tenant_ids, in_tenant


class AlreadyStaff(DomainError):
    """The person is platform staff."""

    code = "already_staff"


class NotStaff(DomainError):
    """The person is not platform staff."""

    code = "not_staff"


def appoint_staff(*, actor: Actor, email: str, at: datetime) -> User:
    """Make a person platform staff. Only a person at the machine itself may: no face but the command line calls this.

    The ledgers say it before it is true: a killed run leaves an entry too many, never a power that nobody entered. Raises
    `NotFound`, `AlreadyStaff`.
    """
    user = _found(email)
    if user.is_platform_staff:
        raise AlreadyStaff(f"{user.email} is platform staff already.")
    said = f"{user.email} became platform staff, who may visit this tenant for a stated reason."
    _record(actor=actor, at=at, verb="identity.appoint_staff", user=user, said=said)
    user.is_platform_staff = True
    user.save(update_fields=["is_platform_staff"])
    return user


def dismiss_staff(*, actor: Actor, email: str, at: datetime) -> User:
    """Take it back, at once: a visit under way ends with the next request. Raises `NotFound`, `NotStaff`."""
    user = _found(email)
    if not user.is_platform_staff:
        raise NotStaff(f"{user.email} is not platform staff.")
    user.is_platform_staff = False
    user.save(update_fields=["is_platform_staff"])
    said = f"{user.email} is no longer platform staff."
    _record(actor=actor, at=at, verb="identity.dismiss_staff", user=user, said=said)
    return user


def _found(email: str) -> User:
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(f"Nobody has an account with the address {email}.")
    return user


def _record(*, actor: Actor, at: datetime, verb: str, user: User, said: str) -> None:
    action = {"name": verb, "subject": user.email, "user_id": str(user.id)}
    for tenant_id in active_tenant_ids():
        with in_tenant(tenant_id, durable=True):
            scope = Scope(tenant_id=tenant_id, actor=actor)
            ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
