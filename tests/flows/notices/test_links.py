"""The links of mails: into the tenant that the mail is about, for its members and for nobody else."""

from __future__ import annotations

import re
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client

from governance.identity.actions import add_member
from governance.notices.mail import write_due
from governance.notices.models import OutboxMail
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.notices.test_pages import told
from tests.flows.platform import scenes
from tests.web import client_of


def link(cast: make.Cast, to: str = "/amendments/") -> str:
    return f"/tenants/{cast.tenant.id}/go/?to={quote(to)}"


def working_in(client: Client) -> str:
    return str(client.session["tenant_id"])


def test_link__somebody_of_two_tenants__lands_in_the_one_the_mail_is_about() -> None:
    cast, other = make.cast(), make.cast()
    told(cast, cast.ada)
    write_due(tenant_id=cast.tenant.id, at=make.later(2))
    with in_tenant(cast.tenant.id):
        mail = OutboxMail.objects.get(tenant_id=cast.tenant.id)
    addresses = re.findall(r"https?://[^/]+(/tenants/\S+)", mail.body)
    assert len(addresses) == 2 and all(f'{address}"' in mail.html for address in addresses)
    add_member(scope=other.tars, user=cast.users["ada"], roles=[Role.COMPLIANCE], at=make.AT)
    client = client_of(cast.ada)
    client.post("/tenants/switch/", {"tenant": str(other.tenant.id)})
    answer = client.get(addresses[0])
    assert (answer.status_code, answer["Location"]) == (302, "/amendments/AMD-0/")
    assert working_in(client) == str(cast.tenant.id)
    assert "You work in" in client.get("/amendments/").content.decode()


def test_link__a_query_arrives_whole() -> None:
    cast = make.cast()
    answer = client_of(cast.ada).get(link(cast, "/ledger/?event=access&page=2"))
    assert answer["Location"] == "/ledger/?event=access&page=2"


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "amendments/", ""]
)
def test_link__leads_nowhere_but_into_tars(to: str) -> None:
    cast = make.cast()
    assert client_of(cast.ada).get(link(cast, to))["Location"] == "/"


def test_link__a_stranger_and_a_tenant_that_is_none__look_the_same() -> None:
    cast, mallory = make.cast(), make.stranger()
    client = client_of(mallory)
    assert client.get(link(cast)).status_code == client.get(f"/tenants/{uuid4()}/go/?to=/").status_code == 404
    assert working_in(client) == str(mallory.tenant_id)


def test_link__not_signed_in__asks_first_and_comes_back() -> None:
    cast = make.cast()
    answer = Client().get(link(cast, "/amendments/AMD-4/"))
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=/tenants/")
    assert Client().get("/tenants/not-an-id/go/").status_code == 404


def test_link__on_a_visit__does_not_leave_it_silently() -> None:
    cast, home, staff = make.cast(), make.cast(), scenes.staff()
    add_member(scope=home.tars, user=staff, roles=[Role.AUDITOR], at=make.AT)
    client = scenes.client_for(staff)
    wish = {"reason": "A ticket of theirs.", "confirm": make.PASSWORD}
    assert client.post(f"/platform/tenants/{cast.tenant.id}/visit/", wish).status_code == 302
    assert client.get(link(cast))["Location"] == "/amendments/"
    refused = client.get(link(home))
    assert refused.status_code == 409 and "End it first" in refused.content.decode()
