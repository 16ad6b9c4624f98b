"""Tenants from outside over REST: for staff, by session or by a token that says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from governance.errors import NotAllowed
from governance.identity.queries import actor_of
from governance.scope import Capability, Scope
from governance.tokens.actions import issue_token
from tarsweb.platform.stewards import steward_of
from tests import factories as make
from tests.flows.platform.scenes import client_for, staff
from tests.web import client_of

HERE = {"password": make.PASSWORD}
TENANTS = "/api/v1/platform/tenants/"


def post(client: Client, path: str, data: Any = None) -> Any:
    return client.post(f"{TENANTS}{path}", json.dumps(data or {}), content_type="application/json")


def test_tenant__opened_changed_closed_and_opened_again(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    client, domain = client_for(staff()), f"{make.user('d').id.hex}.example"
    wish = {"name": "Fresh", "tier": "starter", "domain": domain, "admin_email": "a@b.example"}
    made = post(client, "", wish)
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["max_users"], found["max_monthly_budget"], found["seats_taken"]) == (10, "1000.00", 0)
    assert "/invitations/" in found["invitation_link"]
    assert client.get(made["Location"]).json()["state"] == "active"
    assert (post(client, "", wish).status_code, post(client, "", {**wish, "tier": "gold"}).status_code) == (409, 422)
    terms = {"tier": "pro", "max_users": 20, "max_monthly_budget": "1000.00", "reason": "They grow."}
    assert post(client, f"{found['id']}/terms/", terms).json()["max_users"] == 20
    low = post(client, f"{found['id']}/terms/", {**terms, "max_monthly_budget": "999.99"})
    assert (low.status_code, low.json()["code"]) == (409, "budget_in_use")
    none = post(client, f"{found['id']}/terms/", {**terms, "max_users": 1, "tier": "starter"})
    assert none.status_code == 200, "one seat is promised"
    closed = post(client, f"{found['id']}/deactivate/", {"reason": "Unpaid.", **HERE}).json()
    assert (closed["state"], closed["deactivated_because"]) == ("deactivated", "Unpaid.")
    assert post(client, f"{found['id']}/deactivate/", {"reason": "Unpaid.", **HERE}).status_code == 409
    assert post(client, f"{found['id']}/reactivate/", {"reason": ""}).status_code == 422
    assert post(client, f"{found['id']}/reactivate/", {"reason": "Paid.", **HERE}).json()["state"] == "active"


def test_closing__not_confirmed__refused_with_the_page_where_a_person_does_it() -> None:
    cast = make.cast()
    person = cast.users["bo"]
    person.is_platform_staff = True
    person.save()
    programs = {"headers": {"Authorization": f"Bearer {_token(cast)}"}}
    for verb, near in (("deactivate", "close"), ("reactivate", "reopen")):
        address = f"{TENANTS}{cast.tenant.id}/{verb}/"
        for client, body, options in (
            (client_for(person), {}, {}),
            (client_for(person), {"password": "wrong"}, {}),
            (Client(), HERE, programs),
        ):
            wish = json.dumps({"reason": "x", **body})
            answer = client.post(address, wish, content_type="application/json", **options)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["code"]) == (403, "not_confirmed")
            if body != {"password": "wrong"}:
                assert answer.json()["link"].endswith(f"/platform/tenants/{cast.tenant.id}/#{near}")


def test_tenants__listed_filtered_and_paged() -> None:
    cast, client = make.cast(), client_for(staff())
    page = client.get(f"{TENANTS}?limit=1&q=OMS&tier=pro").json()
    assert len(page["results"]) == 1
    address, seen = page["next"], {page["results"][0]["id"]}
    while address:
        page = client.get(address.replace("limit=1", "limit=200")).json()
        address, seen = page["next"], seen | {one["id"] for one in page["results"]}
    assert str(cast.tenant.id) in seen


@pytest.mark.parametrize("name", ["tess", "ada"])
def test_tenants__for_everybody_else__refused(name: str) -> None:
    cast = make.cast()
    client = client_of(getattr(cast, name))
    assert client.get(TENANTS).status_code == client.get(f"{TENANTS}{cast.tenant.id}/").status_code == 403
    assert post(client, "", {"name": "Fresh", "tier": "pro"}).status_code == 403
    assert post(client, f"{cast.tenant.id}/deactivate/", {"reason": "x"}).status_code == 403
    assert post(client_for(staff()), f"{make.user('x').id}/deactivate/", {"reason": "x"}).status_code == 404


def test_token__of_a_staff_person__needs_the_scope() -> None:
    person, request = staff(), HttpRequest()
    request.user = person
    tenant_id = make.tenant().id
    request.scope = Scope(tenant_id, actor_of(person), grants=frozenset({Capability.READ_RECORD}))  # type: ignore[attr-defined]
    with pytest.raises(NotAllowed, match="manage_tenant"):
        steward_of(request)
    request.scope = Scope(tenant_id, actor_of(person), grants=frozenset({Capability.MANAGE_TENANT}))  # type: ignore[attr-defined]
    assert steward_of(request).actor.user_id == person.id


def test_token__of_a_staff_person_with_a_desk__manages_tenants_and_ends_with_the_power() -> None:
    cast = make.cast()
    person = cast.users["bo"]
    with pytest.raises(NotAllowed):
        _token(cast)
    person.is_platform_staff = True
    person.save()
    headers = {"Authorization": f"Bearer {_token(cast)}"}
    assert Client().get(f"{TENANTS}{cast.tenant.id}/", headers=headers).json()["id"] == str(cast.tenant.id)
    person.is_platform_staff = False
    person.save()
    assert Client().get(f"{TENANTS}{cast.tenant.id}/", headers=headers).status_code == 403


def _token(cast: make.Cast) -> str:
    wish = {"name": "platform", "scopes": [Capability.MANAGE_TENANT], "days": 30}
    return issue_token(scope=cast.bo, at=timezone.now(), **wish).secret
