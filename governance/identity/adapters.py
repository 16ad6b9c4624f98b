from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from governance.keys.actions import box


class ClosedSignup(DefaultAccountAdapter):
    """Nobody signs up alone: a tenant admin adds people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """INVARIANT: links in mails begin with the public address, never with what the request called this host."""
        super().send_mail(template_prefix, email, {**context, "public_url": settings.PUBLIC_URL.rstrip("/")})


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
