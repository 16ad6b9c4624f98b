"""The question a passkey answers: random, bound to one session and one person, good once and for five minutes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.webauthn.internal.auth import get_authenticator_by_credential_id, get_credentials, get_server
from django.core.cache import cache
from django.http import HttpRequest
from fido2.webauthn import UserVerificationRequirement

from governance.identity.models import User

GOOD_FOR = timedelta(minutes=5)
_KEPT = "confirm.challenge"
_LONGEST = 20_000


def begin(request: HttpRequest, *, user: User, at: datetime) -> dict[str, Any]:
    """A new challenge for this session (an earlier one no longer counts), as options for `navigator.credentials.get`."""
    options, state = get_server().authenticate_begin(
        credentials=get_credentials(user),
        user_verification=UserVerificationRequirement(app_settings.WEBAUTHN_USER_VERIFICATION),
    )
    request.session[_KEPT] = {"state": state, "user": str(user.pk), "at": at.isoformat()}
    return dict(options)


def is_met(request: HttpRequest | None, *, user: User, answer: str, at: datetime) -> bool:
    """Whether the answer is one of the person's passkeys signing this session's challenge. The challenge is gone either way."""
    kept = None if request is None else request.session.pop(_KEPT, None)
    if kept is None or kept["user"] != str(user.pk) or len(answer) > _LONGEST:
        return False
    if not timedelta(0) <= at - datetime.fromisoformat(kept["at"]) <= GOOD_FOR:
        return False
    return _is_first(kept["state"]["challenge"]) and _is_signed(user, state=kept["state"], answer=answer)


def _is_first(challenge: str) -> bool:
    """HAZARD: two requests at once both read the session before either saved it; the shared cache lets one through."""
    return bool(cache.add(f"tars.challenge:{challenge}", "used", timeout=2 * GOOD_FOR.total_seconds()))


def _is_signed(user: User, *, state: dict[str, Any], answer: str) -> bool:
    try:
        signed = get_server().authenticate_complete(state, get_credentials(user), json.loads(answer))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    authenticator = get_authenticator_by_credential_id(user, signed.credential_id)
    if authenticator is None:
        return False
    authenticator.record_usage()
    return True
