from __future__ import annotations

from django.test import Client

from tests import factories as make
from tests.web import client_of


def test_sign_in_page__anonymous__shows() -> None:
    response = Client().get("/accounts/login/")
    assert response.status_code == 200
    assert "Sign in" in response.content.decode()


def test_health__anyone__ok() -> None:
    assert Client().get("/healthz").content == b"ok"


def test_switch__to_a_strangers_tenant__refused() -> None:
    cast, mallory = make.cast(), make.stranger()
    response = client_of(cast.ada).post("/tenants/switch/", {"tenant": str(mallory.tenant_id)})
    assert response.status_code == 404
