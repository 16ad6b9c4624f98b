"""Lists that are narrowed to one system or one person, and the ways from the admin into the app and back."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.identity.models import Membership
from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.tenancy import in_tenant
from governance.webhooks.models import Webhook
from tests import factories as make
from tests.db.tenants.everything import everything
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")
PROPOSALS = "/admin/governance/amendmentproposal/"
CHOOSE_SYSTEM = {"app_label": "governance", "model_name": "systemversion", "field_name": "system"}
CHOOSE_PERSON = {"app_label": "governance", "model_name": "deputy", "field_name": "membership"}


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def _choices(client: Client, asked: dict[str, str], term: str = "") -> list[dict[str, str]]:
    answer = client.get(reverse("admin:autocomplete"), {**asked, "term": term})
    assert answer.status_code == 200
    return answer.json()["results"]


def _two_systems(cast: make.Cast) -> System:
    """A second system beside the one that AMD-1 is about; nothing was proposed for it."""
    make.proposed(cast)
    return register_system(scope=cast.bo, name="quiet-desk", type=SystemType.UTILITY, constitution={}, at=make.AT)


# -- what may be chosen


def test_choosing__offers_this_tenants_rows_only(cast: make.Cast) -> None:
    other = make.cast()
    client = client_of(cast.tess)
    assert [one["id"] for one in _choices(client, CHOOSE_SYSTEM)] == [str(cast.system.id)]
    people = " ".join(one["text"] for one in _choices(client, CHOOSE_PERSON, cast.users["ada"].email))
    assert str(cast.users["ada"]) in people
    assert _choices(client, CHOOSE_PERSON, other.users["ada"].email) == []


@pytest.mark.parametrize("name", ["ada", "bo", "uma", "mel"])
def test_choosing__without_the_admin_role__refused(cast: make.Cast, name: str) -> None:
    answer = client_of(getattr(cast, name)).get(reverse("admin:autocomplete"), CHOOSE_SYSTEM)
    assert answer.status_code == 403


def test_choosing__people__asks_no_question_for_each(cast: make.Cast) -> None:
    client = client_of(cast.tess)
    with CaptureQueriesContext(
        connection,
    ) as few:
        found = _choices(client, CHOOSE_PERSON)
    assert len(found) > 5
    assert sum('FROM "users"' in query["sql"] for query in few.captured_queries) <= 2


# -- the list


def test_list__of_one_system__shows_that_ones_rows(cast: make.Cast) -> None:
    other = _two_systems(cast)
    client = client_of(cast.tess)
    page = client.get(PROPOSALS, {"system": str(cast.system.id), "state": "proposed"}).content.decode()
    assert "AMD-1" in page and "Show all" in page and f'<option value="{cast.system.id}" selected' in page
    assert 'name="state" value="proposed"' in page, "the other filters are kept when the next one is chosen"
    assert "AMD-1" not in client.get(PROPOSALS, {"system": str(other.id)}).content.decode()


def test_list__with_a_text_instead__as_without_scripts__finds_by_name(cast: make.Cast) -> None:
    _two_systems(cast)
    client = client_of(cast.tess)
    page = client.get(f"{PROPOSALS}?system=&system=consigl").content.decode()
    assert "AMD-1" in page and "Like “consigl”" in page and "<noscript>" in page
    assert "AMD-1" not in client.get(f"{PROPOSALS}?system=&system=quiet").content.decode()


def test_list__of_one_proposer__shows_what_they_proposed(cast: make.Cast) -> None:
    make.proposed(cast)
    make.proposed(cast, by=cast.sam, persona_id="somebody-else")
    with in_tenant(cast.tenant.id):
        sam = Membership.objects.get(user=cast.users["sam"])
    page = client_of(cast.tess).get(PROPOSALS, {"proposer": str(sam.id)}).content.decode()
    assert "AMD-2" in page and "AMD-1<" not in page


def test_list__of_another_tenants_system__is_empty_and_does_not_name_it(cast: make.Cast) -> None:
    make.proposed(cast)
    foreign = make.cast()
    page = client_of(cast.tess).get(PROPOSALS, {"system": str(foreign.system.id)}).content.decode()
    assert "AMD-1" not in page and f'<option value="{foreign.system.id}"' not in page


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "%00", "'; --", "00000000-0000-0000-0000-000000000000"])
def test_list__of_nonsense__is_empty(cast: make.Cast, text: str) -> None:
    make.proposed(cast)
    answer = client_of(cast.tess).get(PROPOSALS, {"system": text})
    assert answer.status_code == 200 and b"AMD-1" not in answer.content and b"<script>alert" not in answer.content


def test_lists__with_such_a_filter__all_answer(cast: make.Cast) -> None:
    client = client_of(cast.tess)
    with in_tenant(cast.tenant.id):
        ada = Membership.objects.get(user=cast.users["ada"])
    chosen = {"system": str(cast.system.id), "person": str(ada.id), "proposer": str(ada.id), "deputy": str(ada.id)}
    seen = 0
    for model, model_admin in admin.site._registry.items():
        names = [one.parameter_name for one in model_admin.list_filter if hasattr(one, "parameter_name")]
        for name in set(names) & set(chosen):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            answer = client.get(url, {name: chosen[name]})
            assert answer.status_code == 200 and b"select2" in answer.content, (model, name)
            seen += 1
    assert seen >= 12


# -- into the app and back


def test_pages__lead_into_the_app_and_the_app_answers() -> None:
    cast = everything()
    client = client_of(cast.tess)
    without = set()
    for model in admin.site._registry:
        with in_tenant(cast.tenant.id):
            row = model._default_manager.first()
            link = admin.site.get_model_admin(model).get_view_on_site_url(row)
        if link is None:
            without.add(model.__name__)
            continue
        change = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        assert link.replace("&", "&amp;") in client.get(change).content.decode(), model
        assert client.get(link).status_code == 200, (model, link)
    assert without == {"Tenant", "ActorKey", "RateWindow"}, "these have no page of their own"


def test_amendment_and_person__lead_to_the_admin__for_those_who_mend(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with in_tenant(cast.tenant.id):
        ada = Membership.objects.get(user=cast.users["ada"])
    ways = {
        f"/amendments/AMD-{proposal.number}/": reverse("admin:governance_amendmentproposal_change", args=[proposal.pk]),
        f"/people/{ada.user_id}/": reverse("admin:governance_membership_change", args=[ada.pk]),
    }
    for page, change in ways.items():
        assert change in client_of(cast.tess).get(page).content.decode()
        assert change not in client_of(cast.ada).get(page).content.decode()
        assert client_of(cast.tess).get(change).status_code == 200


# -- what is never shown


def test_secrets_and_bytes__are_on_no_page_of_the_admin() -> None:
    cast = everything()
    client = client_of(cast.tess)
    with in_tenant(cast.tenant.id):
        webhook = Webhook.objects.get()
    listed = client.get("/admin/governance/webhook/").content.decode()
    shown = client.get(reverse("admin:governance_webhook_change", args=[webhook.pk])).content.decode()
    for page in (listed, shown):
        assert "ci.example.com" in page and "https://ci.example.com/in" not in page and "sealed" not in page
    for name in ("invitation", "apitoken", "storedfile", "outboxmail"):
        page = client.get(f"/admin/governance/{name}/").content.decode()
        assert "secret_hash" not in page and "field-content" not in page and "Because." not in page


def test_list__of_many__asks_no_more_than_of_one(cast: make.Cast) -> None:
    client = client_of(cast.tess)
    make.proposed(cast, persona_id="nobody")
    chosen = {"system": str(cast.system.id)}
    client.get(PROPOSALS, chosen)
    with CaptureQueriesContext(connection) as one:
        client.get(PROPOSALS, chosen)
    for number in range(4):
        make.proposed(cast, persona_id=f"somebody-{number}")
    with CaptureQueriesContext(connection) as many:
        client.get(PROPOSALS, chosen)
    assert len(many) == len(one)
