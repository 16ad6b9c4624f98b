"""Tenants from outside: opened with a contract and an admin, closed and kept, seen by staff alone."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client

from billing.budgets.models import Resource
from governance.identity.models import Invitation
from governance.identity.queries import seats
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tarsweb.platform import tasks
from tests import factories as make
from tests.flows.platform.scenes import client_for, staff
from tests.web import client_of

OPEN = {
    "tier": "pro",
    "name": "Fresh Ltd",
    "max_users": "3",
    "max_monthly_budget": "2000.00",
    "admin_email": "first@fresh.example",
}


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def _stored(tenant_id: UUID) -> Tenant:
    with in_tenant(tenant_id):
        return Tenant.objects.get(id=tenant_id)


def _path(cast: make.Cast, verb: str = "") -> str:
    return f"/platform/tenants/{cast.tenant.id}/{verb}"


def test_pages__for_everybody_else__do_not_exist(cast: make.Cast) -> None:
    for scope in (cast.tess, cast.ada, make.stranger()):
        client = client_of(scope)
        for path in ("/platform/tenants/", "/platform/tenants/open/", _path(cast)):
            assert client.get(path).status_code == 404
        for verb in ("terms/", "deactivate/", "reactivate/", "visit/"):
            assert client.post(_path(cast, verb), {"reason": "x"}).status_code == 404
        assert client.post("/platform/visit/end/").status_code == 404
        assert "/platform/" not in client.get("/").content.decode()
    assert Client().get("/platform/tenants/").status_code == 302
    assert _stored(cast.tenant.id).is_active


def test_staff__without_a_tenant__begin_with_the_tenants(cast: make.Cast) -> None:
    client = client_for(staff())
    assert client.get("/")["Location"] == "/platform/tenants/"
    text = client.get(f"/platform/tenants/?q={cast.tenant.name}").content.decode()
    assert "7 of 20" in text
    assert client.get("/inbox/").status_code == 403, "staff see no tenant by being staff"


def test_list__filtered__shows_exactly_those(cast: make.Cast) -> None:
    client = client_for(staff())
    assert client.get("/platform/tenants/?q=oms&tier=pro&state=active").content.count(b"data-row") > 0
    assert client.get("/platform/tenants/?q=oms&format=csv")["Content-Type"].startswith("text/html"), "it is no file"
    assert "No tenant fits" in client.get("/platform/tenants/?q=no-such-tenant").content.decode()


def test_open__makes_tenant_dollars_and_the_first_admins_invitation() -> None:
    client, domain = client_for(staff()), f"{make.user('d').id.hex}.example"
    assert 'value="50"' in client.get("/platform/tenants/open/?tier=pro").content.decode(), "the tier's own limits"
    answer = client.post("/platform/tenants/open/", {**OPEN, "domain": domain}, follow=True)
    tenant_id = UUID(re.search(r"/platform/tenants/([0-9a-f-]{36})/", answer.redirect_chain[-1][0])[1])  # type: ignore[index]
    with in_tenant(tenant_id):
        tenant = Tenant.objects.get()
        assert (tenant.name, tenant.max_users, tenant.domain) == ("Fresh Ltd", 3, domain)
        assert Resource.objects.get().total_budget == 2000
        assert Invitation.objects.get().roles == ["tenant_admin"]
        entries = LedgerEntry.objects.filter(event_type__in=["registration", "access"])
        assert all("stan" in entry.actor_name for entry in entries) and entries.count() == 3
    assert mail.outbox[-1].to == ["first@fresh.example"]
    taken = client.post("/platform/tenants/open/", {**OPEN, "domain": domain})
    assert taken.status_code == 409 and "belongs to another tenant" in taken.content.decode()
    for wrong in ({"domain": "no domain"}, {"admin_email": "nobody"}, {"max_users": "0"}, {"name": " "}):
        assert client.post("/platform/tenants/open/", {**OPEN, **wrong}).status_code == 422


def test_contract__changed_within_what_is_in_use(cast: make.Cast) -> None:
    client = client_for(staff())
    asked = {"tier": "enterprise", "max_users": "7", "max_monthly_budget": "10.00", "reason": "Smaller team."}
    answer = client.post(_path(cast, "terms/"), {**asked, "max_users": "6"})
    assert answer.status_code == 409 and "7 seats of OMS Consulting are taken" in answer.content.decode()
    assert client.post(_path(cast, "terms/"), {**asked, "reason": ""}).status_code == 422
    assert client.post(_path(cast, "terms/"), asked).status_code == 302
    assert _stored(cast.tenant.id).max_users == 7
    foreign = f"/platform/tenants/{make.user('x').id}/"
    assert client.get(foreign).status_code == client.post(f"{foreign}terms/", asked).status_code == 404


def test_closing__refuses_sign_in_keeps_the_record_and_tells_the_members(cast: make.Cast) -> None:
    client, name = client_for(staff()), cast.tenant.name
    desk = client_of(cast.ada)
    assert client.post(_path(cast, "deactivate/"), {"reason": "Unpaid.", "name": "Other"}).status_code == 422
    assert desk.get("/inbox/").status_code == 200
    assert client.post(_path(cast, "deactivate/"), {"reason": "Unpaid.", "name": name}).status_code == 403
    assert _stored(cast.tenant.id).is_active, "nobody confirmed it"
    answer = client.post(
        _path(cast, "deactivate/"), {"reason": "Unpaid.", "name": name, "confirm": make.PASSWORD}, follow=True
    )
    assert "is deactivated" in answer.content.decode()
    closed = desk.get("/inbox/")
    assert closed.status_code == 403 and "was deactivated" in closed.content.decode()
    moment = _stored(cast.tenant.id).deactivated_at
    assert moment is not None
    told = [tasks.tell_members(str(cast.tenant.id), moment.isoformat()) for _ in range(2)]
    assert told == [7, 0], "twice tells nobody twice"
    assert "Unpaid." in mail.outbox[-1].body
    again = client.post(_path(cast, "deactivate/"), {"reason": "Unpaid.", "name": name, "confirm": make.PASSWORD})
    assert again.status_code == 409
    assert client.post(_path(cast, "reactivate/"), {"reason": "Paid."}).status_code == 403
    assert client.post(_path(cast, "reactivate/"), {"reason": "Paid.", "confirm": make.PASSWORD}).status_code == 302
    assert desk.get("/inbox/").status_code == 200
    assert [seat.tenant_id for seat in seats(user=cast.users["ada"])] == [cast.tenant.id]


def test_link__of_the_first_admin__is_shown_where_no_mail_leaves(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    answer = client_for(staff()).post("/platform/tenants/open/", OPEN)
    assert answer.status_code == 200 and "Copy this link" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
