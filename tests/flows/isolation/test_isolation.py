"""Every route × another tenant's id × every method: not there, and no different from what never was."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.everything import everything
from tests.flows.isolation.bodies import smallest
from tests.flows.isolation.routes import EXEMPT, IDS, WORDS, Route, ids_of, ids_of_nobody, routes
from tests.web import client_of

FORM = "reason=Over&note=Over&text=Over&pointer=/x&digest=sha256:0&password=x&name=Over&is_on=1&answer=upheld"
"""Something in every field that a page's form may ask for."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {403, 404, 405}
_KNOWN = {
    *IDS,
    *WORDS,
    "asset_name",
    "cycle_id",
    "item_key",
    "name",
    "number",
    "place",
    "sequence",
    "session",
    "tenant_id",
    "user_id",
}
_CHANGES = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|hx-headers=\S+|[0-9a-f]{32}|\bv?\d{2}:\d{2}\b')


@pytest.fixture(autouse=True)
def _as_often_as_it_takes(settings: Any) -> None:
    settings.API_RATE = 10**9


@cache
def worlds() -> tuple[dict[str, Any], Client]:
    """A tenant with everything, and somebody of another with every role."""
    return ids_of(everything()), client_of(make.stranger(), headers={"X-Request-ID": "isolation"})


def test_parameters__are_all_known() -> None:
    unknown = {(route.address, name) for route in routes() for name in route.parameters if name not in _KNOWN}
    assert not unknown, "say in tests/flows/isolation/routes.py what these are"
    everywhere = {route.address for route in routes()}
    assert not everywhere & set(EXEMPT)


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.address)
def test_somebody_else_s__is_as_if_it_were_not(route: Route) -> None:
    foreign, client = worlds()
    for method in METHODS:
        response = ask(client, route, method, foreign)
        assert route.is_open or response.status_code in REFUSED, (method, response.status_code, response.content[:300])
        nothing = ask(client, route, method, ids_of_nobody())
        if nothing.status_code == 302:
            # what it says stands on the next page, which must not be the next one compared
            client.get("/help/")
        assert shape(response, foreign) == shape(nothing, ids_of_nobody()), method


def ask(client: Client, route: Route, method: str, ids: dict[str, Any]) -> Any:
    body = smallest("/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.address), method.lower()) if route.is_api else {}
    if method == "GET":
        return client.get(route.filled(ids))
    if route.is_api:
        return client.generic(method, route.filled(ids), json.dumps(body), content_type="application/json")
    return client.generic(method, route.filled(ids), FORM, content_type="application/x-www-form-urlencoded")


def shape(response: Any, ids: dict[str, Any]) -> tuple[int, str, str]:
    """What a reader could tell two answers apart by."""
    text = response.content.decode()
    main = re.search(r"<main.*?</main>", text, re.DOTALL)
    text = main[0] if main else text
    text = text.replace(ids["name"], "…").replace(ids["session"], "…")
    text = re.sub(
        r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z|(?<=AMD-)\d+|(?<=called )[\w-]+|(?<=version )\d+|(?<=entry )\d+",
        "…",
        text,
    )
    return response.status_code, response["Content-Type"], _CHANGES.sub("", text)


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_admin__somebody_else_s_row__is_as_if_it_were_not(model: Any) -> None:
    foreign, client = worlds()
    with in_tenant(foreign["tenant_id"]):
        row = model._default_manager.order_by("pk").first()
    if row is None:
        pytest.skip("everything.py makes none")
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
    for page in ("change", "history", "delete"):
        for method in ("get", "post"):
            response = getattr(client, method)(f"{base}/{row.pk}/{page}/")
            assert response.status_code in {302, 403, 404, 405}, (page, method, response.status_code)
            assert response.status_code != 302 or response["Location"] in {"/admin/", f"{base}/"}, response["Location"]
            assert str(row).encode() not in response.content or len(str(row)) < 8
