from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from governance.identity.confirm import Factor, factor_of
from governance.identity.models import User


@dataclass(frozen=True, slots=True)
class Account:
    """What the page says about the person's ways in. `factor` is what approving asks for."""

    factor: Factor
    has_password: bool
    has_codes: bool
    recovery_left: int | None
    passkeys: tuple[str, ...]
    devices: int
    providers: tuple[str, ...]
    mail_url: str
    tokens_url: str
    name_is_needed: str
    """The address to open instead, when passkeys cannot work at this one; "" when they can."""


def account(*, user: User, host: str) -> Account:
    """The account of `user`, seen at `host`."""
    rows = {row.type: row for row in Authenticator.objects.filter(user_id=user.pk).order_by("-id")}
    codes = rows.get(Authenticator.Type.RECOVERY_CODES)
    passkeys = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).order_by("id")
    return Account(
        factor=factor_of(user),
        has_password=user.has_usable_password(),
        has_codes=Authenticator.Type.TOTP in rows,
        recovery_left=None if codes is None else len(codes.wrap().get_unused_codes()),
        passkeys=tuple(row.wrap().name for row in passkeys),
        devices=len(UserSession.objects.purge_and_list(user)),
        providers=_providers(user),
        mail_url=_address("notices:preferences"),
        tokens_url=_address("tokens:list"),
        name_is_needed=_name_is_needed(host),
    )


def _providers(user: User) -> tuple[str, ...]:
    """The company's sign-in services that this person has used here."""
    if not settings.SOCIALACCOUNT_PROVIDERS:
        return ()
    return tuple(SocialAccount.objects.filter(user_id=user.pk).order_by("id").values_list("provider", flat=True))


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _name_is_needed(host: str) -> str:
    """Browsers bind a passkey to a name; on a bare address of this machine there is `localhost`."""
    bare, _, port = host.partition(":")
    return f"http://localhost:{port or settings.PORT}" if bare in {"127.0.0.1", "[::1]"} else ""
