"""Somebody opens the demo: through the sign-in page, to a page that is alive, and into the second tenant."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client, override_settings

from governance.audit.queries import verified
from governance.identity.models import User
from tarsweb.demo import passwords
from tarsweb.demo.adapter import REFUSED
from tests.db.demo.conftest import Demo, played

GATE = override_settings(ACCOUNT_ADAPTER="tarsweb.demo.adapter.DemoGate")


@pytest.fixture
def oms(_database: None) -> Demo:
    return played()["oms"]


@pytest.fixture
def newclient(_database: None) -> Demo:
    return played()["newclient"]


def sign_in(email: str) -> tuple[Client, str]:
    client = Client()
    answer = client.post("/accounts/login/", {"login": email, "password": passwords.stored()[email]})
    return client, answer.content.decode()


@GATE
def test_demo__officer_signs_in__sees_a_living_desk_and_switches(oms: Demo, newclient: Demo) -> None:
    client, _ = sign_in("compliance-officer@oms.com")
    assert SESSION_KEY in client.session
    for demo, example in ((newclient, "invoice-reader"), (oms, "domicile-governance")):
        client.post("/tenants/switch/", {"tenant": str(demo.tenant_id)})
        home = client.get("/")
        assert home.status_code == 200
        assert example in home.content.decode()
    assert verified(oms.tars).is_verified


@GATE
@pytest.mark.parametrize("person", ["preston", "sam", "uma", "tess", "katie"])
def test_demo__everybody__can_sign_in(oms: Demo, person: str) -> None:
    client, _ = sign_in(oms.world.person(person).email)
    assert client.get("/").status_code == 200


@GATE
@override_settings(LOCAL_ONLY=False)
def test_demo__away_from_home__sign_in_is_refused_with_the_reason(oms: Demo) -> None:
    client, page = sign_in("preston@oms.com")
    assert SESSION_KEY not in client.session
    assert REFUSED in page


@GATE
@override_settings(LOCAL_ONLY=False)
def test_demo__away_from_home__a_road_without_password_is_refused_too(oms: Demo) -> None:
    from allauth.account.internal.flows.login import perform_login
    from allauth.account.models import Login
    from django.contrib.messages.middleware import MessageMiddleware
    from django.contrib.sessions.middleware import SessionMiddleware
    from django.test import RequestFactory

    request = RequestFactory().post("/accounts/login/code/")
    for middleware in (SessionMiddleware, MessageMiddleware):
        middleware(lambda _: None).process_request(request)
    user = User.objects.get(email="preston@oms.com")
    answer = perform_login(request, Login(user=user))
    assert answer.url == "/accounts/login/"
    assert SESSION_KEY not in request.session
