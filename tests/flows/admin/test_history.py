"""A row's history in the admin: who, when and why; and the ways between the admin and the app."""

from __future__ import annotations

import pytest
from django.urls import reverse

from governance.amendments.models import AmendmentProposal
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.admin.test_data_fixes import SYSTEM
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")


def test_history__of_a_mended_system__names_person_time_and_reason() -> None:
    cast = make.cast()
    client = client_of(cast.tess)
    change = reverse("admin:governance_system_change", args=[cast.system.pk])
    done = client.post(change, {**SYSTEM, "description": "Routes.", "reason": "A typing error."})
    assert done.status_code == 302
    html = client.get(reverse("admin:governance_system_history", args=[cast.system.pk])).content.decode()
    assert "On the ledger" in html and "A typing error." in html and cast.tess.actor.name in html
    assert "was registered with its first constitution" in html


def test_history__of_an_amendment__tells_its_moves() -> None:
    cast = make.cast()
    make.applied(cast)
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.get()
    html = (
        client_of(cast.tess)
        .get(reverse("admin:governance_amendmentproposal_history", args=[proposal.pk]))
        .content.decode()
    )
    assert "took effect" in html


def test_system_page__leads_to_the_admin__for_those_who_mend() -> None:
    cast = make.cast()
    change = reverse("admin:governance_system_change", args=[cast.system.pk])
    assert change in client_of(cast.tess).get("/systems/clay-consigliere/").content.decode()
    assert change not in client_of(cast.uma).get("/systems/clay-consigliere/").content.decode()
    assert "live data" in client_of(cast.tess).get("/admin/").content.decode()
