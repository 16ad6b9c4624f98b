from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.jobs.models import Job
from governance.tenancy import in_tenant
from routing.learning.models import RuleProposal, State
from routing.router.models import RoutingRule
from tests import factories as make
from tests.db.router import desk as routing
from tests.db.routing.learning import desk
from tests.db.whatif import desk as replays
from tests.web import client_of

LIST = "/routing/learned/"


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def test_nothing_learned__says_when_there_will_be(cast: make.Cast) -> None:
    html = client_of(cast.uma).get(LIST).content.decode()
    assert "Nothing was learned yet" in html and "after 50 requests that are alike" in html
    assert client_of(cast.uma).get(f"{LIST}?state=refused").content.decode().count("Nothing is in this state") == 1


def test_proposal__shown_with_its_evidence__accepted_undone_refused(cast: make.Cast) -> None:
    row, bo = desk.proposed(cast, stars=4), client_of(cast.bo)
    assert "1 learned rule waits for your review" in bo.get("/routing/").content.decode()
    listed = bo.get(LIST).content.decode()
    assert row.pattern in listed and "60 executions" in listed and "waits for review" in listed
    page = f"{LIST}{row.id}/"
    html = bo.get(page).content.decode()
    assert row.explanation.split(";")[0] in re.sub(r"\s+", " ", html)
    assert len(set(re.findall(r"/executions/[0-9a-f-]{36}/", html))) == 6 and "0.10" in html and "4.0" in html
    revision = re.search(r'name="revision" value="(\d+)"', html)
    assert revision
    done = bo.post(f"{page}accept/", {"revision": revision[1]}, follow=True).content.decode()
    assert "The rule is in force" in done and "The rule it became" in done and "Turn the rule off" in done
    with in_tenant(cast.tenant.id):
        rule = RoutingRule.objects.get(tenant_id=cast.tenant.id)
    assert "Where it comes from" in bo.get(f"/routing/{rule.id}/").content.decode()
    again = bo.post(f"{page}accept/", {"revision": revision[1]})
    assert again.status_code == 409 and "accepted already" in again.content.decode()
    assert "Taken back" in bo.post(f"{page}take-back/", follow=True).content.decode()
    empty = bo.post(f"{page}refuse/", {"because": " "})
    assert empty.status_code == 422 and "Say why it is refused" in empty.content.decode()
    refused = bo.post(f"{page}refuse/", {"because": "We book rooms by hand."}, follow=True).content.decode()
    assert "We book rooms by hand." in refused and "Undo: let it wait again" in refused


def test_proposal__what_would_have_happened__in_one_click(cast: make.Cast) -> None:
    row, bo = desk.proposed(cast), client_of(cast.bo)
    html = bo.get(f"{LIST}{row.id}/").content.decode()
    added = re.search(r'name="added" value="([^"]+)"', html)
    assert added and unescape(added[1]) == f"{row.pattern} -> domicile"
    started = bo.post("/what-if/", {"days": "30", "added": unescape(added[1])})
    assert started.status_code == 302 and started["Location"].startswith("/what-if/")
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(tenant_id=cast.tenant.id, id=started["Location"].split("/")[2])
    assert job.payload["asked"]["added"] == [{"text": row.pattern, "system": "domicile"}]


def test_proposal__its_last_replay__is_shown_and_says_when_rules_changed_since(cast: make.Cast) -> None:
    row, bo = desk.proposed(cast), client_of(cast.bo)
    page = f"{LIST}{row.id}/"
    assert "Last replay" not in bo.get(page).content.decode()
    added = re.search(r'name="added" value="([^"]+)"', bo.get(page).content.decode())
    assert added is not None
    bo.post("/what-if/", {"days": "30", "added": unescape(added[1]), "threshold": "0.5"})
    assert "Last replay" not in bo.get(page).content.decode()
    bo.post("/what-if/", {"days": "30", "added": unescape(added[1])})
    with in_tenant(cast.tenant.id):
        job = Job.objects.filter(tenant_id=cast.tenant.id, kind="routing.whatif").latest("created_at")
    html = bo.get(page).content.decode()
    assert "It is being replayed." in html and f"/what-if/{job.id}/" in html
    done = replays.worked(job, at=timezone.now())
    html = unescape(bo.get(page).content.decode())
    assert done.state == "done" and done.result["sentence"] in html and "Out of date" not in html
    routing.written(cast.bo, "Bake a cake", "notion")
    with in_tenant(cast.tenant.id):
        RoutingRule.objects.filter(tenant_id=cast.tenant.id).update(updated_at=timezone.now())
    html = bo.get(page).content.decode()
    assert "Out of date" in html and "1 rule changed since." in html
    assert "Last replay" not in client_of(make.cast().bo).get(page).content.decode()


def test_accept__the_evidence_moved__refused_and_said(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    found = client_of(cast.bo).post(f"{LIST}{row.id}/accept/", {"revision": "7"})
    assert found.status_code == 409 and "Look at it again" in found.content.decode()
    assert client_of(cast.bo).post(f"{LIST}{row.id}/accept/").status_code == 409, (
        "nor without saying what was looked at"
    )


def test_auditor__reads_everything_and_is_told_who_may(cast: make.Cast) -> None:
    row, uma = desk.proposed(cast), client_of(cast.uma)
    html = uma.get(f"{LIST}{row.id}/").content.decode()
    assert "You need the role Operator or Tenant admin to review learned rules" in html
    assert uma.post(f"{LIST}{row.id}/accept/", {}).status_code == 403
    assert "You need the role" in uma.get(f"{LIST}settings/").content.decode()
    assert client_of(cast.mel).get(LIST).status_code == 403
    assert client_of(make.cast().bo).get(f"{LIST}{row.id}/").status_code == 404


def test_settings__changed_on_the_page_and_refused_outside_their_bounds(cast: make.Cast) -> None:
    tess = client_of(cast.tess)
    assert tess.post(f"{LIST}settings/", {"least_similar": "3", "likeness": "0.8"}).status_code == 422
    done = tess.post(
        f"{LIST}settings/", {"least_similar": "30", "likeness": "0.85", "is_automatic": "on"}, follow=True
    ).content.decode()
    assert "after 30 requests that are alike" in done and "in force at once" in done
    form = tess.get(f"{LIST}settings/").content.decode()
    assert 'value="0.85"' in form and "Last changed by" in form


def test_list__the_same_number_of_queries_for_many(cast: make.Cast) -> None:
    row, uma = desk.proposed(cast), client_of(cast.uma)

    def count() -> int:
        uma.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert uma.get(LIST).status_code == 200
        return len(found)

    before = count()
    with in_tenant(cast.tenant.id):
        for n in range(10):
            row.pk, row.pattern = make.new_id(make.later(n)), f"{row.pattern} {n}"
            row.save(force_insert=True)
        assert RuleProposal.objects.filter(tenant_id=cast.tenant.id, state=State.WAITING).count() == 11
    assert count() == before
