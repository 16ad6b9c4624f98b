"""Signing in through the company's OpenID Connect service: whoever TARS knows by a verified address, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client, override_settings

from governance.identity.models import User
from tests import factories as make
from tests.flows.account import oidc_server
from tests.flows.account.oidc_server import Service
from tests.passkeys import with_codes
from tests.web import client_of


@pytest.fixture
def service() -> Iterator[Service]:
    cache.clear()
    with oidc_server.running() as service, override_settings(SOCIALACCOUNT_PROVIDERS=oidc_server.settings_for(service)):
        yield service


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def through(client: Client) -> Any:
    """Press the button, let the service sign the person in, come back."""
    asked = client.post("/accounts/oidc/company/login/?process=login")
    assert asked.status_code == 302
    try:
        build_opener(_Stay).open(asked["Location"])
        raise AssertionError("the service redirects")
    except OSError as redirect:
        back = urlsplit(redirect.headers["Location"])  # type: ignore[attr-defined]
    return client.get(f"{back.path}?{back.query}")


def person(user: User, **claims: Any) -> dict[str, Any]:
    return {"sub": f"sub-{user.pk}", "email": user.email.upper(), "email_verified": True, "name": "X", **claims}


def test_known_person__signs_in__and_keeps_the_password(service: Service) -> None:
    user = make.cast().users["ada"]
    service.person = person(user)
    client = Client()
    assert "Sign in with OMS sign-in" in client.get("/accounts/login/").content.decode()
    assert through(client)["Location"] == "/"
    assert client.get("/inbox/").status_code == 200
    assert User.objects.get(pk=user.pk).check_password(make.PASSWORD)
    assert SocialAccount.objects.get(user=user).uid == service.person["sub"]
    service.person = person(user, email="renamed@example.org")
    again = Client()
    assert through(again)["Location"] == "/", "known by the service's own id from now on"


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": "nobody@example.org"}, {"email": ""}])
def test_unknown_or_unverified__is_told_whom_to_ask_and_no_account_is_made(
    service: Service, claims: dict[str, Any]
) -> None:
    user = make.user("ada")
    before = User.objects.count()
    service.person = person(user, **claims)
    client = Client()
    response = through(client)
    assert response.status_code == 403 and "TARS does not know you" in response.content.decode()
    assert User.objects.count() == before and not SocialAccount.objects.filter(user=user).exists()
    assert client.get("/inbox/").status_code == 302


def test_deactivated_person__stays_outside(service: Service) -> None:
    user = make.user("ada")
    service.person = person(user)
    through(Client())
    User.objects.filter(pk=user.pk).update(is_active=False)
    client = Client()
    through(client)
    assert client.get("/accounts/").status_code == 302


def test_second_factor__is_still_asked_for(service: Service) -> None:
    user = make.cast().users["ada"]
    with_codes(user)
    service.person = person(user)
    client = Client()
    assert "/2fa/authenticate/" in through(client)["Location"]
    assert client.get("/inbox/").status_code == 302


def test_somebody_signed_in__cannot_tie_another_persons_account(service: Service) -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    service.person = person(cast.users["ada"])
    assert through(client).status_code == 403
    assert not SocialAccount.objects.filter(user=cast.users["bo"]).exists()


def test_answer_of_another_browser__is_refused(service: Service) -> None:
    user = make.user("ada")
    service.person = person(user)
    asked = Client().post("/accounts/oidc/company/login/")
    state = dict(part.split("=") for part in urlsplit(asked["Location"]).query.split("&"))["state"]
    response = Client().get(f"/accounts/oidc/company/login/callback/?code=stolen&state={state}")
    assert "did not answer as it should" in response.content.decode()


def test_without_a_service__there_is_no_button_and_no_door() -> None:
    assert "company/login" not in Client().get("/accounts/login/").content.decode()
    assert Client().post("/accounts/oidc/company/login/").status_code == 404
