from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse

from governance.identity.models import User
from governance.keys.actions import box


def public(path: str) -> str:
    """The address of a page as people outside type it: never what a request called this host."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


class ClosedSignup(DefaultAccountAdapter):
    """Nobody signs up alone: a tenant admin adds people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Somebody who guessed too often gets the page of it, with its status, instead of a line in the form."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refusal:
            if refusal.code != "too_many_login_attempts":
                raise
            raise ImmediateHttpResponse(respond_429(request)) from None

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {**context, "account_url": public(reverse("account:index"))})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """INVARIANT: a forged Host header must not send a reset link elsewhere."""
        parts = urlsplit(super().get_reset_password_from_key_url(key))
        return public(parts.path)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """To the person's one address: people here have no list of addresses."""
        super().send_notification_mail(template_prefix, user, context, email=email or str(getattr(user, "email", "")))


class SealedFactors(DefaultMFAAdapter):
    """Second factors: their secrets are sealed with the installation's key file, passkeys belong to the public name."""

    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Also what was kept before secrets were sealed: base32 and hex never begin like a sealed one."""
        if not encrypted_text.startswith("gAAAA"):
            return encrypted_text
        return box().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name browsers bind passkeys to: the public one; on this machine alone, the one in the address bar."""
        entity = super().get_public_key_credential_rp_entity()
        name = entity["id"] if settings.LOOPBACK else str(urlsplit(settings.PUBLIC_URL).hostname)
        return {"id": name, "name": "TARS"}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"


class CompanySignIn(DefaultSocialAccountAdapter):
    """The company's sign-in service lets in whom TARS knows already, by an e-mail address that the service has verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie the service's account to the person, once. Nobody ties one to somebody else's."""
        if sociallogin.is_existing:
            return
        addresses = [row.email.lower() for row in sociallogin.email_addresses if row.verified]
        user = User.objects.filter(email__in=addresses, is_active=True).first()
        is_other = request.user.is_authenticated and user is not None and request.user.pk != user.pk
        if user is None or is_other:
            context = {"addresses": addresses}
            raise ImmediateHttpResponse(render(request, "socialaccount/unknown.html", context, status=403))
        sociallogin.connect(request, user)
