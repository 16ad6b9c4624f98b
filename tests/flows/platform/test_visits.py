"""Staff in a tenant they do not belong to: for a reason, for an hour, and all of it on the tenant's ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.jobs.models import Job
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from tarsweb.platform.actions import end_by_job
from tests import factories as make
from tests.flows.admin.test_data_fixes import SYSTEM
from tests.flows.platform.scenes import client_for, staff
from tests.passkeys import code_of, with_codes
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def _visiting(cast: make.Cast) -> Client:
    client = client_for(staff())
    answer = client.post(
        f"/platform/tenants/{cast.tenant.id}/visit/", {"reason": "A ticket of theirs.", "confirm": make.PASSWORD}
    )
    assert answer.status_code == 302
    return client


def _entries(cast: make.Cast) -> list[str]:
    with in_tenant(cast.tenant.id):
        rows = LedgerEntry.objects.filter(action_name__startswith="platform.").order_by("sequence")
        return [row.action_name for row in rows]


def test_visit__shows_the_tenant_under_a_banner_and_is_on_its_ledger(cast: make.Cast) -> None:
    client = _visiting(cast)
    text = client.get("/people/").content.decode()
    assert "You visit OMS Consulting" in text and "A ticket of theirs." in text and "End the visit" in text
    assert cast.users["ada"].email in text
    assert _entries(cast) == ["platform.begin_visit"]
    with in_tenant(cast.tenant.id):
        notice = Notice.objects.get(kind="visit")
        assert notice.user_id == cast.users["tess"].id and "A ticket of theirs." in notice.sentence
    assert client.get("/admin/").status_code == 200, "the admin is one tenant at a time, this one"


def test_admin__of_a_tenant__opens_to_staff_by_a_visit_only_and_what_they_mend_is_on_its_ledger(
    cast: make.Cast,
) -> None:
    change = reverse("admin:governance_system_change", args=[cast.system.pk])
    assert client_for(staff("sue")).get(change).status_code == 403
    client = _visiting(cast)
    assert client.post(change, {**SYSTEM, "description": "Routes.", "reason": "They asked."}).status_code == 302
    with in_tenant(cast.tenant.id):
        visit, mended = LedgerEntry.objects.order_by("-sequence")[:2][::-1]
    assert visit.action_name == "platform.begin_visit" and mended.event_type == "data_fix"
    assert mended.actor_name == visit.actor_name and b"They asked." in bytes(mended.openings)
    client.post("/platform/visit/end/")
    assert client.get(change).status_code == 403


def test_visit__looks_and_mends_and_never_decides(cast: make.Cast) -> None:
    label = make.proposed(cast, at=timezone.now()).label
    client = _visiting(cast)
    assert client.get(f"/amendments/{label}/").status_code == 200
    assert client.get("/amendments/propose/?system=clay-consigliere").status_code == 403
    assert client.post("/people/invitations/", {"email": "in@example.org", "roles": ["auditor"]}).status_code == 302
    assert client.get(f"/people/{make.stranger().actor.user_id}/").status_code == 404, "one tenant at a time"


def test_visit__not_confirmed__does_not_begin(cast: make.Cast) -> None:
    client = client_for(staff())
    path = f"/platform/tenants/{cast.tenant.id}/"
    assert client.get(path).content.decode().count('name="confirm"') == 2
    for answer in ("", "wrong"):
        refused = client.post(f"{path}visit/", {"reason": "A ticket.", "confirm": answer})
        text = refused.content.decode()
        assert refused.status_code == 403 and 'value="A ticket."' in text and "assword" in text
    assert "visit" not in client.session and _entries(cast) == []


def test_visit__somebody_with_one_time_codes__is_asked_for_one_and_a_password_is_none(cast: make.Cast) -> None:
    person = staff()
    secret = with_codes(person)
    client, path = client_for(person), f"/platform/tenants/{cast.tenant.id}/visit/"
    assert client.post(path, {"reason": "A ticket.", "confirm": make.PASSWORD}).status_code == 403
    assert client.post(path, {"reason": "A ticket.", "confirm": code_of(secret)}).status_code == 302


def test_visit__without_a_reason__does_not_begin(cast: make.Cast) -> None:
    client = client_for(staff())
    for reason in ("", "   "):
        assert client.post(f"/platform/tenants/{cast.tenant.id}/visit/", {"reason": reason}).status_code == 422
    assert client.get("/people/").status_code == 403 and _entries(cast) == []


def test_visit__ended__is_over_and_its_end_is_entered_once(cast: make.Cast) -> None:
    client = _visiting(cast)
    assert client.post("/platform/visit/end/", follow=True).status_code == 200
    assert client.get("/people/").status_code == 403
    client.post("/platform/visit/end/")
    assert _entries(cast) == ["platform.begin_visit", "platform.end_visit"]
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(kind="end_visit")
    assert end_by_job(_run(cast, job)) == {"was_open": False}
    assert len(_entries(cast)) == 2


def test_visit__whose_hour_is_over__ends_without_the_browser(cast: make.Cast) -> None:
    client = _visiting(cast)
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(kind="end_visit")
    assert timedelta(minutes=59) < job.due_at - timezone.now() <= timedelta(hours=1)
    session = client.session
    session["visit"] = {**session["visit"], "until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()
    assert client.get("/people/").status_code == 403
    assert end_by_job(_run(cast, job)) == {"was_open": True}
    assert _entries(cast) == ["platform.begin_visit", "platform.end_visit"]


def test_visit__of_somebody_who_is_no_longer_staff__is_over_at_once(cast: make.Cast) -> None:
    person = staff()
    client = client_for(person)
    client.post(f"/platform/tenants/{cast.tenant.id}/visit/", {"reason": "A ticket.", "confirm": make.PASSWORD})
    assert client.get("/people/").status_code == 200
    person.is_platform_staff = False
    person.save()
    assert client.get("/people/").status_code == 403


def test_visit__written_into_a_members_session__is_nothing(cast: make.Cast) -> None:
    visit = _visiting(cast).session["visit"]
    client = client_of(make.stranger())
    session = client.session
    session["visit"] = visit
    session.save()
    assert cast.users["ada"].email not in client.get("/people/").content.decode()


def test_visit__of_a_closed_tenant__reads_the_kept_record(cast: make.Cast) -> None:
    client = client_for(staff())
    path = f"/platform/tenants/{cast.tenant.id}/"
    client.post(f"{path}deactivate/", {"reason": "Unpaid.", "name": cast.tenant.name, "confirm": make.PASSWORD})
    assert client.post(f"{path}visit/", {"reason": "Their auditor asks.", "confirm": make.PASSWORD}).status_code == 302
    assert client.get("/ledger/").status_code == 200


def _run(cast: make.Cast, job: Job) -> object:
    from governance.jobs.handlers import Run

    return Run(job.id, cast.tars, job.payload, 1, job.due_at, lambda *a, **k: None)
