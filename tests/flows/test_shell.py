from __future__ import annotations

import re

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


def test_menu__on_an_amendment__marks_amendments_and_nothing_else() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    text = client_of(cast.ada).get(f"/amendments/{proposal.label}/").content.decode()
    marked = re.findall(r'href="([^"]+)"[^>]*aria-current="(?:page|true)"', text.split("<main")[0])
    assert marked == ["/amendments/"]
