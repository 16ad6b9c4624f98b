"""The one step between wanting to decide and having decided: proof that the person is here.

The person proves presence with the strongest factor they have: passkey, then one-time code, then password. Somebody with a
passkey and one-time codes may use either (the device may not be at hand); a recovery code stands in for a one-time code and
is used up. A password never counts once a second factor exists.

A `Confirmation` is made only here, is bound to one user and goes stale after `FRESH_FOR`. It may carry several decisions
of one request (the batch lane asks once); it is never kept for a later request: every page asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allauth.core.ratelimit import clear, consume
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from governance.errors import DomainError
from governance.identity import passkey_challenge
from governance.identity.models import User
from governance.scope import ActorKind, Scope

FRESH_FOR = timedelta(minutes=5)


class NotConfirmed(DomainError):
    """The factor was wrong, missing, not one that a program may bring, or confirmed too long ago."""

    code = "not_confirmed"
    status = 403


class Factor(StrEnum):
    """What a form asks a person for; the words are shown as they are."""

    PASSKEY = "passkey"
    PASSKEY_OR_CODE = "passkey or one-time code"
    CODE = "one-time code"
    PASSWORD = "password"  # noqa: S105
    NONE = "nothing"

    @property
    def has_passkey(self) -> bool:
        return self in {Factor.PASSKEY, Factor.PASSKEY_OR_CODE}

    @property
    def has_code(self) -> bool:
        return self in {Factor.CODE, Factor.PASSKEY_OR_CODE}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a user proved presence, how (`passkey`, `one-time code`, `recovery code`, `password`), and when.

    One confirmation may sign several decisions, of the same person, made within `FRESH_FOR` of it.
    """

    user_id: UUID
    method: str
    at: datetime


_ASKS = {
    Factor.PASSKEY: (
        "Confirm with your passkey. It needs a browser with JavaScript and the device that holds the passkey; without them, "
        "set up one-time codes under Your account first."
    ),
    Factor.PASSKEY_OR_CODE: "Confirm with your passkey, or enter a one-time code.",
    Factor.CODE: "Enter your one-time code to confirm this.",
    Factor.PASSWORD: "Enter your password to confirm this.",
    Factor.NONE: "You have nothing to confirm with. Add a passkey or one-time codes under Your account, then try again.",
}


def factor_of(user: User) -> Factor:
    """The strongest factor this person has, and whether a one-time code does as well."""
    kinds = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    has_code = Authenticator.Type.TOTP in kinds
    if Authenticator.Type.WEBAUTHN in kinds:
        return Factor.PASSKEY_OR_CODE if has_code else Factor.PASSKEY
    if has_code:
        return Factor.CODE
    return Factor.PASSWORD if user.has_usable_password() else Factor.NONE


def confirm(*, user: User, answer: str, at: datetime, request: HttpRequest | None = None) -> Confirmation:
    """Check the person's answer to the strongest factor; raises `NotConfirmed`.

    A passkey's answer is the JSON of the browser's credential, for the challenge of the request's session. With a request, ten
    wrong answers a minute are the limit.
    """
    if request is not None and not consume(request, action="reauthenticate", user=user):
        raise NotConfirmed("Too many tries. Wait a minute, then confirm again.")
    factor = factor_of(user)
    if not answer or factor is Factor.NONE:
        raise NotConfirmed(_ASKS[factor])
    method = _method(user=user, factor=factor, answer=answer, at=at, request=request)
    if not method:
        raise NotConfirmed(f"That {_named(factor, answer)} is not right. Nothing was decided; try again.")
    if request is not None:
        clear(request, action="reauthenticate", user=user)
    return Confirmation(user_id=user.pk, method=method, at=at)


def confirm_in_body(*, request: HttpRequest, answer: str, path: str, at: datetime) -> Confirmation:
    """As `confirm`, for a person whose answer came in a body of the API; raises `NotConfirmed` with the page at `path`.

    INVARIANT: never with a token: a program that knows a password is no person. A passkey cannot travel through a body.
    """
    scope: Scope | None = getattr(request, "scope", None)
    is_program = scope is not None and (scope.grants is not None or scope.actor.kind is not ActorKind.PERSON)
    user = None if is_program or not answer else request.user
    if not isinstance(user, User) or factor_of(user).has_passkey:
        raise refuse_program(link=f"{settings.PUBLIC_URL.rstrip('/')}{path}")
    return confirm(user=user, answer=answer, at=at, request=request)


def demand_fresh(confirmation: Confirmation, *, user_id: UUID | None, at: datetime) -> None:
    """Raise `NotConfirmed` unless the confirmation is this user's and at most five minutes old."""
    if confirmation.user_id != user_id or not (timedelta(0) <= at - confirmation.at <= FRESH_FOR):
        raise NotConfirmed("This decision was not confirmed by you just now. Confirm it again.")


def refuse_program(*, link: str) -> NotConfirmed:
    """The refusal for a program: it cannot prove that a person is here, whatever it knows; `link` is where the person can."""
    return NotConfirmed(f"A person must confirm this, signed in, on its page: {link}. Nothing was decided.", link=link)


def _method(*, user: User, factor: Factor, answer: str, at: datetime, request: HttpRequest | None) -> str:
    """How the answer proves presence; "" when it does not."""
    if factor is Factor.PASSWORD:
        return "password" if check_password(answer, user.password) else ""
    if _is_credential(answer):
        is_right = factor.has_passkey and passkey_challenge.is_met(request, user=user, answer=answer, at=at)
        return "passkey" if is_right else ""
    return _code(user, answer.strip()) if factor.has_code else ""


def _code(user: User, answer: str) -> str:
    """A code of the person's app, or one of the recovery codes; either counts once."""
    rows = {row.type: row for row in Authenticator.objects.filter(user_id=user.pk)}
    app, kept = rows[Authenticator.Type.TOTP], rows.get(Authenticator.Type.RECOVERY_CODES)
    if TOTP(app).validate_code(answer):
        app.record_usage()
        return "one-time code"
    if kept is not None and RecoveryCodes(kept).validate_code(answer):
        return "recovery code"
    return ""


def _is_credential(answer: str) -> bool:
    return answer.lstrip().startswith("{")


def _named(factor: Factor, answer: str) -> str:
    if not factor.has_passkey:
        return str(factor)
    return "passkey" if _is_credential(answer) or not factor.has_code else "one-time code"
