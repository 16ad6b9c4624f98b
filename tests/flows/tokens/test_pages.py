"""The page of tokens: issue, read once, revoke; with and without programs to manage."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.tokens.models import ApiToken
from tests import factories as make
from tests.flows.api.programs import Program, issued
from tests.web import client_of

WISH = {"name": "Nightly report", "scopes": ["read_record"], "days": "30"}


def secret_in(page: Any) -> str:
    found = re.search(r'value="(tars_[0-9a-f]{8}_[\w-]{43})"', page.content.decode())
    assert found, page.content.decode()[:2000]
    return found[1]


def test_issue__shows_the_secret_once__and_it_works_until_it_is_revoked() -> None:
    cast = make.cast()
    client = client_of(cast.ada)
    assert b"No token yet" in client.get("/tokens/").content
    page = client.post("/tokens/issue/", WISH)
    assert page.status_code == 200 and page["Cache-Control"] == "no-store"
    program = Program(secret_in(page))
    assert program.get("systems/").status_code == 200
    again = client.get("/tokens/").content
    assert b"Nightly report" in again and secret_in(page).encode() not in again
    with in_tenant(cast.tenant.id):
        token = ApiToken.objects.get()
    done = client.post(f"/tokens/{token.id}/revoke/", {"reason": "Laptop lost"}, follow=True)
    assert b"Laptop lost" in done.content
    assert program.get("systems/").status_code == 401
    assert client.post(f"/tokens/{token.id}/revoke/").status_code == 409


def test_issue__for_a_system__only_by_who_manages_programs() -> None:
    cast = make.cast()
    assert b"Speaks for" not in client_of(cast.ada).get("/tokens/").content.split(b'id="_issue"')[1]
    page = client_of(cast.bo).post("/tokens/issue/", {**WISH, "system": "clay-consigliere"})
    assert b"bo" in page.content and b"answers for it" in page.content
    beyond = {**WISH, "system": "clay-consigliere", "scopes": ["decide"]}
    assert client_of(cast.bo).post("/tokens/issue/", beyond).status_code == 422
    assert client_of(cast.ada).post("/tokens/issue/", {**WISH, "system": "clay-consigliere"}).status_code == 200
    with in_tenant(cast.tenant.id):
        assert ApiToken.objects.filter(system__isnull=False).count() == 1


def test_issue__mistyped__keeps_what_was_typed() -> None:
    page = client_of(make.cast().bo).post("/tokens/issue/", {**WISH, "scopes": ["manage_tenant"]})
    assert page.status_code == 422
    assert b"Nightly report" in page.content and b"tars_" not in page.content


def test_member_without_a_desk__may_give_a_program_nothing_but_requests() -> None:
    page = client_of(make.cast().mel).get("/tokens/")
    assert re.findall(r'type="checkbox"[^>]*value="(\w+)"', page.content.decode()) == ["request"]


def test_stranger_and_colleague__do_not_see_or_end_it() -> None:
    cast = make.cast()
    token = issued(cast.ada, Capability.READ_RECORD).token
    for scope, status in ((make.stranger(), 404), (cast.bo, 403)):
        assert token.prefix.encode() not in client_of(scope).get("/tokens/").content
        assert client_of(scope).post(f"/tokens/{token.id}/revoke/").status_code == status


def test_list__costs_the_same_for_one_and_for_ten() -> None:
    cast = make.cast()
    client = client_of(cast.bo)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/tokens/")
        return len(seen)

    issued(cast.bo, Capability.READ_RECORD)
    before = [cost(), cost()][1]
    for _ in range(9):
        issued(cast.bo, Capability.READ_RECORD, system="clay-consigliere")
    assert cost() == before


def test_api_page__lists_every_address_and_how_to_begin() -> None:
    page = client_of(make.cast().uma).get("/api/").content.decode()
    assert "/api/v1/amendments/AMD-{number}/approve/" in page and "Authorization: Bearer" in page
