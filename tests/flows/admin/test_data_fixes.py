"""A tenant admin mends data: with a reason, on the ledger, and never around the rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.identity.models import Membership
from governance.ledger.models import LedgerEntry
from governance.registry.models import System
from governance.scope import Role
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from governance.web import now
from tests import factories as make
from tests.db.amendments.desk import demand_whole
from tests.db.tenants.everything import everything
from tests.web import client_of

SYSTEM = {
    "description": "Routes requests.",
    "type": "agent",
    "deployment_type": "",
    "endpoint_url": "",
    "api_key_required": "on",
    "status": "active",
    "documentation_url": "",
    "github_repo": "",
}


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


@pytest.fixture
def tess(cast: make.Cast) -> Client:
    return client_of(cast.tess)


def _url(row: Any, page: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def _fixes(cast: make.Cast, event_type: str = "data_fix") -> list[LedgerEntry]:
    with in_tenant(cast.tenant.id):
        return list(LedgerEntry.objects.filter(event_type=event_type).order_by("sequence"))


def _whole(cast: make.Cast) -> None:
    demand_whole(cast.tenant.id)
    with in_tenant(cast.tenant.id):
        report = verify(stream(cast.tenant.id))
    assert report.is_verified, report.findings


# -- who gets in


def test_admin__without_signing_in__leads_to_the_sign_in() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["ada", "bo", "uma", "sam", "mel"])
def test_admin__without_the_admin_role__says_which_role_it_takes(cast: make.Cast, name: str) -> None:
    client = client_of(getattr(cast, name))
    for url in ("/admin/", "/admin/login/", "/admin/governance/system/", _url(cast.system)):
        response = client.get(url)
        assert response.status_code == 403 and b"Tenant admin" in response.content


def test_admin__somebody_without_a_tenant__refused(database: None) -> None:
    client = Client()
    client.force_login(make.user("nemo"))
    assert client.get("/admin/").status_code == 403


def test_admin__holds_no_global_table_and_nothing_that_is_not_walled() -> None:
    site = admin.site
    assert all(isinstance(model_admin, TenantAdmin) for model_admin in site._registry.values())
    names = {model._meta.db_table for model in site._registry}
    assert not names & {
        "users",
        "django_session",
        "django_q_ormq",
        "django_q_task",
        "auth_group",
        "account_emailaddress",
    }
    assert len(names) >= 15


# -- one tenant at a time


def test_lists_and_pages__of_every_table__show_this_tenant_only_and_nothing_can_be_added_or_deleted(
    database: None,
) -> None:
    home, away = everything(), everything()
    client = client_of(home.tess)
    for model, page in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        on_top = page.ordering or ["-pk"]
        with in_tenant(home.tenant.id):
            own = model._default_manager.order_by(*on_top).first()
        with in_tenant(away.tenant.id):
            foreign = model._default_manager.order_by(*on_top).first()
        assert own is not None and foreign is not None, model
        response = client.get(reverse(f"{base}_changelist"))
        assert response.status_code == 200, model
        assert str(own.pk) in response.content.decode() and str(foreign.pk) not in response.content.decode(), model
        assert client.get(reverse(f"{base}_change", args=[own.pk])).status_code == 200, model
        assert client.get(reverse(f"{base}_history", args=[own.pk])).status_code == 200, model
        assert client.get(reverse(f"{base}_change", args=[foreign.pk])).status_code == 302, "as if it did not exist"
        assert client.get(reverse(f"{base}_add")).status_code == 403
        assert client.post(reverse(f"{base}_add"), {}).status_code == 403
        assert client.get(reverse(f"{base}_delete", args=[own.pk])).status_code == 403
        assert client.post(reverse(f"{base}_delete", args=[own.pk]), {"post": "yes"}).status_code in {302, 403}
        with in_tenant(home.tenant.id):
            assert model._default_manager.filter(pk=own.pk).exists(), "nothing is deleted here"


def test_lists__can_be_searched_and_filtered(cast: make.Cast, tess: Client) -> None:
    make.proposed(cast)
    make.applied(cast, persona_id="somebody-else")
    found = tess.get("/admin/governance/amendmentproposal/?q=fallback&state=proposed")
    assert found.status_code == 200 and b"AMD-1" in found.content and b"AMD-2" not in found.content
    for url in (
        "/admin/governance/system/?q=clay&status__exact=active",
        "/admin/governance/constitutionalamendment/?q=somebody&rolled_back_at__isempty=1",
        "/admin/governance/ledgerentry/?q=AMD-1&event_type=constitutional_decision",
        "/admin/governance/membership/?q=ada",
    ):
        assert tess.get(url).status_code == 200, url


# -- mending a system


def test_system__mended_with_a_reason__is_on_the_ledger_with_before_and_after(cast: make.Cast, tess: Client) -> None:
    response = tess.post(_url(cast.system), {**SYSTEM, "type": "utility", "reason": "Moves to a new host."})
    assert response.status_code == 302
    with in_tenant(cast.tenant.id):
        system = System.objects.get(id=cast.system.id)
        assert (system.type, system.description) == ("utility", "Routes requests.")
        assert (system.endpoint_url, system.deployment_type) == (None, None), "an empty field stays nothing"
    (entry,) = _fixes(cast)
    content = bytes(entry.openings).decode()
    assert "Moves to a new host." in content and "utility" in content
    assert '"/action/before":["' in content and entry.actor_name == cast.tess.actor.name
    assert LogEntry.objects.get(object_id=str(cast.system.id)).change_message.endswith("Moves to a new host.")
    assert b"Moves to a new host." in tess.get(_url(cast.system, "history")).content
    assert cast.system.name.encode() in tess.get("/admin/").content
    _whole(cast)


@pytest.mark.parametrize("reason", ["", "   "])
def test_system__mended_without_a_reason__refused_in_place_and_keeps_what_was_typed(
    cast: make.Cast, tess: Client, reason: str
) -> None:
    response = tess.post(_url(cast.system), {**SYSTEM, "description": "Typed with care.", "reason": reason})
    assert response.status_code == 422
    assert b"Say why this is mended" in response.content and b"Typed with care." in response.content
    assert _fixes(cast) == []


def test_system__governed_fields_sent_along__are_not_even_read(cast: make.Cast, tess: Client) -> None:
    forged = {
        "constitution": "{}",
        "capabilities": "root",
        "version": "9.9.9",
        "constitution_version": "9",
        "name": "other",
        "total_executions": "9",
        "lifecycle_state": "PRUNED",
        "status": "archived",
        "tenant": str(make.tenant().id),
    }
    tess.post(_url(cast.system), {**SYSTEM, **forged, "reason": "Trying."})
    with in_tenant(cast.tenant.id):
        system = System.objects.get(id=cast.system.id)
    assert (system.constitution, system.name, system.version) == (make.CLAY, cast.system.name, "1.0.0")
    assert (system.constitution_version, system.total_executions, system.lifecycle_state) == (1, 0, "HOT")
    assert system.status == "active", "its page shows first what hangs on it"
    _whole(cast)


def test_system__governed_fields__are_shown_and_not_editable(cast: make.Cast, tess: Client) -> None:
    page = tess.get(_url(cast.system)).content.decode()
    assert "clay-consigliere" in page and "routing_confidence_threshold" in page
    assert 'name="constitution"' not in page and 'name="version"' not in page and 'name="reason"' in page
    assert reverse("systems:detail", kwargs={"name": cast.system.name}) in page


def test_system__nothing_changed__leaves_no_entry(cast: make.Cast, tess: Client) -> None:
    with in_tenant(cast.tenant.id):
        text = System.objects.get(id=cast.system.id).description
    assert tess.post(_url(cast.system), {**SYSTEM, "description": text, "reason": "Looking."}).status_code == 302
    assert _fixes(cast) == []


def test_system__bad_value__refused_in_place(cast: make.Cast, tess: Client) -> None:
    response = tess.post(_url(cast.system), {**SYSTEM, "type": "dancing", "reason": "Trying."})
    assert response.status_code == 422 and _fixes(cast) == []


def test_system__of_another_tenant__is_not_there(cast: make.Cast) -> None:
    mallory = client_of(make.stranger())
    assert mallory.post(_url(cast.system), {**SYSTEM, "status": "archived", "reason": "Mine."}).status_code == 302
    with in_tenant(cast.tenant.id):
        assert System.objects.get(id=cast.system.id).status == "active"


# -- mending the tenant and its people


def test_tenant__name__mended_with_a_reason__and_nothing_else(cast: make.Cast, tess: Client) -> None:
    form = {"name": "OMS Consulting GmbH", "retention_years": "1", "reason": "New legal form."}
    assert (
        tess.post(_url(cast.tenant), {**form, "max_users": "999", "subscription_tier": "enterprise"}).status_code == 302
    )
    with in_tenant(cast.tenant.id):
        tenant = Tenant.objects.get(id=cast.tenant.id)
    assert (tenant.name, tenant.retention_years, tenant.max_users) == ("OMS Consulting GmbH", 7, 20)
    (entry,) = _fixes(cast)
    assert entry.action_name == "tenants.fix_tenant" and b"New legal form." in bytes(entry.openings)
    _whole(cast)


def test_tenant__bad_value__refused_in_place(cast: make.Cast, tess: Client) -> None:
    assert tess.post(_url(cast.tenant), {"name": "", "reason": "Trying."}).status_code == 422
    assert _fixes(cast) == []


def _membership(cast: make.Cast, name: str) -> Membership:
    with in_tenant(cast.tenant.id):
        return Membership.objects.get(user=cast.users[name])


def test_roles__changed_through_the_verb__with_before_and_reason(cast: make.Cast, tess: Client) -> None:
    member = _membership(cast, "uma")
    form = {"roles": ["auditor", "operator"], "reason": "Uma joins the desk."}
    assert tess.post(_url(member), form).status_code == 302
    assert _membership(cast, "uma").roles == ["auditor", "operator"]
    entry = next(entry for entry in _fixes(cast, "access") if entry.action_name == "identity.set_roles")
    assert b"Uma joins the desk." in bytes(entry.openings)
    _whole(cast)


def test_roles__of_the_last_admin__refused_in_place_with_the_reason(cast: make.Cast, tess: Client) -> None:
    response = tess.post(_url(_membership(cast, "tess")), {"roles": ["auditor"], "reason": "Enough."})
    assert response.status_code == 409 and b"last tenant admin" in response.content
    assert _membership(cast, "tess").roles == [Role.ADMIN]


def test_roles__none_left__refused_in_place(cast: make.Cast, tess: Client) -> None:
    assert tess.post(_url(_membership(cast, "uma")), {"roles": [], "reason": "Enough."}).status_code == 422


# -- governed rows


def test_governed_rows__posted_to__refused(cast: make.Cast, tess: Client) -> None:
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=200))
    with in_tenant(cast.tenant.id):
        rows = [AmendmentProposal.objects.get(), ConstitutionalAmendment.objects.get(), LedgerEntry.objects.first()]
    for row in rows:
        response = tess.post(_url(row), {"sentence": "Nothing.", "state": "approved", "subject": "x"})
        assert response.status_code == 403, row
    _whole(cast)


def _officer(cast: make.Cast) -> Client:
    """Somebody who is both, as in a small firm."""
    _, scope = make.seated(tenant=cast.tenant, name="olga", roles=[Role.ADMIN, Role.OPERATOR])
    return client_of(scope)


def test_actions__lead_to_a_page_that_asks_why_and_who_and_then_decide(cast: make.Cast) -> None:
    first = make.proposed(cast, at=now(), fallback_delay_ms=200)
    second = make.proposed(cast, at=now(), persona_id="somebody-else")
    client = _officer(cast)
    listed = client.get("/admin/governance/amendmentproposal/").content.decode()
    assert "Approve…" in listed and "Reject…" in listed and "delete_selected" not in listed
    chosen = {"action": "reject", "_selected_action": [str(first.id), str(second.id)]}
    response = client.post("/admin/governance/amendmentproposal/", chosen)
    assert response.status_code == 302 and response["Location"].endswith("confirm/reject/?numbers=1&numbers=2")
    page = client.get(response["Location"]).content.decode()
    assert "AMD-1 on clay-consigliere" in page and "Open in the app" in page and 'type="password"' in page
    digests = {f"digest-{one.number}": make.digest_of(cast.bo, one) for one in (first, second)}
    done = {"numbers": [1, 2], **digests, "note": "Not now.", "confirm": make.PASSWORD}
    assert client.post("/admin/governance/amendmentproposal/confirm/reject/", done).status_code == 302
    assert {make.state_of(cast.bo, one) for one in (first, second)} == {"rejected"}
    _whole(cast)


def test_actions__one_of_two_refused__does_the_other_and_says_which_and_why(cast: make.Cast) -> None:
    first = make.proposed(cast, at=now(), fallback_delay_ms=200)
    second = make.proposed(cast, at=now(), persona_id="somebody-else")
    digests = {f"digest-{one.number}": make.digest_of(cast.bo, one) for one in (first, second)}
    form = {"numbers": [1, 2], **digests, "note": "Both are fine.", "confirm": make.PASSWORD}
    response = _officer(cast).post("/admin/governance/amendmentproposal/confirm/approve/", form)
    page = response.content.decode()
    assert response.status_code == 409, "the second one's base moved when the first was applied"
    assert "AMD-1: approved" in page and "Rebase it" in page and "Both are fine." in page
    assert [make.state_of(cast.bo, one) for one in (first, second)] == ["applied", "proposed"]
    _whole(cast)


def test_actions__roll_back__from_the_list_of_applied_ones(cast: make.Cast) -> None:
    make.applied(cast, at=now(), fallback_delay_ms=200)
    client = _officer(cast)
    page = client.get("/admin/governance/constitutionalamendment/confirm/roll-back/?numbers=1")
    (line,) = page.context["lines"]
    form = {"numbers": [1], "digest-1": line.digest, "note": "", "confirm": make.PASSWORD}
    url = "/admin/governance/constitutionalamendment/confirm/roll-back/"
    refused = client.post(url, form)
    assert refused.status_code == 422 and "Say why this is rolled back" in refused.content.decode()
    assert client.post(url, {**form, "note": "It made things worse."}).status_code == 302
    assert make.constitution_of(cast.bo) == make.CLAY
    _whole(cast)


def test_actions__unknown_or_of_another_list__are_not_there(cast: make.Cast) -> None:
    client = _officer(cast)
    for url in (
        "amendmentproposal/confirm/roll-back/",
        "constitutionalamendment/confirm/approve/",
        "system/confirm/x/",
    ):
        assert client.get(f"/admin/governance/{url}").status_code in {302, 404}
    empty = client.post("/admin/governance/amendmentproposal/confirm/approve/", {"confirm": make.PASSWORD})
    assert empty.status_code == 404 and b"Nothing is selected" in empty.content


def test_pages__carry_no_inline_style_or_script(cast: make.Cast, tess: Client) -> None:
    make.proposed(cast)
    for url in ("/admin/", "/admin/governance/system/", _url(cast.system), "/admin/governance/amendmentproposal/"):
        response = tess.get(url)
        page = response.content.decode()
        assert " style=" not in page and "<style" not in page and "onclick=" not in page, url
        assert all("src=" in script for script in page.split("<script")[1:]), url
        assert "script-src 'self'" in response["Content-Security-Policy"]
