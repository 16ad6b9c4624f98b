"""django-allauth's settings for the company's sign-in service. Pure."""

from __future__ import annotations

PROVIDER_ID = "company"


def providers(*, issuer: str, client_id: str, secret: str, name: str) -> dict[str, dict[str, object]]:
    """`SOCIALACCOUNT_PROVIDERS` for one OpenID Connect issuer; nothing without an issuer."""
    if not issuer:
        return {}
    app = {
        "provider_id": PROVIDER_ID,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}
