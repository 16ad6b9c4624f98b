"""The one step between wanting to decide and having decided: proof that the person is here.

Today the strongest factor is a one-time code where the person set one up, else the password; passkeys join with the
sign-in work. A `Confirmation` is made only here, is bound to one user and goes stale after five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.core.ratelimit import consume
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from governance.errors import DomainError
from governance.identity.models import User

FRESH_FOR = timedelta(minutes=5)


class NotConfirmed(DomainError):
    """The password or code was wrong, missing, or confirmed too long ago."""

    code = "not_confirmed"
    status = 403


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a user proved presence, how, and when."""

    user_id: UUID
    method: str
    at: datetime


def factor_of(user: User) -> str:
    """The strongest factor this person has that a form can ask for: `one-time code` or `password`."""
    has_totp = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()
    return "one-time code" if has_totp else "password"


def confirm(*, user: User, answer: str, at: datetime, request: HttpRequest | None = None) -> Confirmation:
    """Check the person's answer to the strongest factor; raises `NotConfirmed`. Ten tries a minute when a request is given."""
    if request is not None and not consume(request, action="reauthenticate", user=user):
        raise NotConfirmed("Too many tries. Wait a minute, then confirm again.")
    method = factor_of(user)
    if not answer:
        raise NotConfirmed(f"Enter your {method} to sign this decision.")
    if not _is_right(user=user, method=method, answer=answer):
        raise NotConfirmed(f"That {method} is not right. Nothing was decided; try again.")
    return Confirmation(user_id=user.pk, method=method, at=at)


def demand_fresh(confirmation: Confirmation, *, user_id: UUID | None, at: datetime) -> None:
    """Raise `NotConfirmed` unless the confirmation is this user's and at most five minutes old."""
    if confirmation.user_id != user_id or not (timedelta(0) <= at - confirmation.at <= FRESH_FOR):
        raise NotConfirmed("This decision was not confirmed by you just now. Confirm it again.")


def _is_right(*, user: User, method: str, answer: str) -> bool:
    if method == "password":
        return check_password(answer, user.password)
    authenticator = Authenticator.objects.get(user_id=user.pk, type=Authenticator.Type.TOTP)
    return bool(TOTP(authenticator).validate_code(answer))
