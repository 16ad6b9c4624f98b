"""The people's pages: who is here, what waits for whom, roles, deputies, leaving."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.identity.models import Membership
from governance.identity.queries import scope_for
from governance.ledger.models import LedgerEntry
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def _page(cast: make.Cast, scope: object, path: str = "/people/") -> str:
    answer = client_of(scope).get(path)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_list__shows_people_and_what_waits_for_them_alone(cast: make.Cast) -> None:
    label = make.proposed(cast, by=cast.bo, at=timezone.now()).label
    text = _page(cast, cast.uma)
    assert all(user.email in text for user in cast.users.values())
    row = text[text.index(cast.users["cy"].email) :]
    assert label in row[: row.index("</tr>")], "Cy is the only operator beside the proposer"
    assert text.count(f">{label}</a>") == 1 and "Invite somebody" not in text
    assert "Invite somebody" in _page(cast, cast.tess)


def test_list__filtered_and_as_files__shows_exactly_those(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    found = json.loads(client.post("/exports/people/", {"query": "role=operator&page=2", "format": "json"}).content)
    assert [one["email"] for one in found] == sorted(cast.users[name].email for name in ("bo", "cy"))
    taken = client.post("/exports/people/", {"query": "q=uma", "format": "csv"})
    csv = taken.content.decode()
    assert csv.count("\r\n") == 2 and cast.users["uma"].email in csv
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(sequence=taken["Tars-Ledger-Entry"])
        assert (entry.action_name, entry.subject) == ("audit.export", "People")
    assert client_of(cast.mel).post("/exports/people/", {"query": "", "format": "csv"}).status_code == 403
    assert client_of(make.stranger()).post("/exports/people/", {"query": "q=uma"}).content.count(b"\r\n") == 1
    assert "Nobody fits this filter" in client.get("/people/?factor=set").content.decode()
    assert client.get("/people/?role=nonsense&page=99").status_code == 200


def test_list__takes_the_same_queries_for_few_and_many(cast: make.Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            _page(cast, cast.tess)
        return len(seen)

    make.proposed(cast, by=cast.bo, at=timezone.now())
    queries()
    few = queries()
    for number in range(5):
        make.seated(tenant=cast.tenant, name=f"p{number}", roles=[Role.AUDITOR])
        make.proposed(cast, by=cast.bo, at=timezone.now(), fallback_delay_ms=300 + number)
    assert queries() == few


def test_pages__without_a_desk_or_of_another_tenant__are_closed(cast: make.Cast) -> None:
    assert client_of(cast.mel).get("/people/").status_code == 403
    assert client_of(cast.mel).get(f"/people/{cast.users['ada'].id}/").status_code == 403
    mallory = client_of(make.stranger())
    for path in ("", "end/"):
        assert mallory.get(f"/people/{cast.users['ada'].id}/{path}").status_code == 404
    assert mallory.post(f"/people/{cast.users['ada'].id}/end/").status_code == 404


def test_roles__changed_with_a_reason__by_an_admin_only(cast: make.Cast) -> None:
    path = f"/people/{cast.users['uma'].id}/roles/"
    asked = {"roles": ["operator", "auditor"], "reason": "Joins the desk."}
    assert client_of(cast.bo).post(path, asked).status_code == 403
    assert client_of(cast.tess).post(path, {"roles": ["operator"]}).status_code == 422
    answer = client_of(cast.tess).post(path, asked, follow=True)
    assert "The roles are changed" in answer.content.decode()
    scope = scope_for(user=cast.users["uma"], tenant_id=cast.tenant.id)
    assert scope is not None and scope.roles == {Role.OPERATOR, Role.AUDITOR}
    last = client_of(cast.tess).post(f"/people/{cast.users['tess'].id}/roles/", asked)
    assert last.status_code == 409 and "last tenant admin" in last.content.decode()


def test_deputy__named_and_ended_on_the_persons_page(cast: make.Cast) -> None:
    today = timezone.localdate()
    path = f"/people/{cast.users['bo'].id}/deputies/"
    asked = {
        "deputy": str(cast.users["uma"].id),
        "role": "operator",
        "starts": today.isoformat(),
        "ends": (today + timedelta(days=3)).isoformat(),
    }
    assert client_of(cast.bo).post(path, {**asked, "ends": ""}).status_code == 422
    text = client_of(cast.bo).post(path, asked, follow=True).content.decode()
    assert "Uma stands in for Bo as Operator" in text
    row = _page(cast, cast.uma)
    assert "Uma" in row[row.index(cast.users["bo"].email) :]
    end = text[text.index(path) :].split('"')[0]
    assert client_of(cast.cy).post(end).status_code == 403
    text = client_of(cast.bo).post(end, follow=True).content.decode()
    assert "Nobody stands in for this person" in text


def test_person__shows_what_they_decided(cast: make.Cast) -> None:
    label = make.applied(cast).label
    text = _page(cast, cast.uma, f"/people/{cast.users['cy'].id}/")
    assert label in text and "Approved" in text and "/ledger/?actor=" in text


def test_leaving__says_what_moves_and_then_ends_the_seat(cast: make.Cast) -> None:
    label = make.proposed(cast, by=cast.bo, at=timezone.now()).label
    path = f"/people/{cast.users['cy'].id}/end/"
    text = _page(cast, cast.cy, path)
    assert f"{label} waits for a decision: nobody is left" in text and "Leave this tenant" in text
    assert client_of(cast.bo).get(path).status_code == 403
    assert client_of(cast.cy).post(path, {"reason": "A new job."}).status_code == 302
    with in_tenant(cast.tenant.id):
        assert Membership.objects.get(user=cast.users["cy"]).ended_at is not None
    assert client_of(cast.tess).post(path).status_code == 404, "a second time"
    text = _page(cast, cast.tess, "/people/?state=ended")
    assert cast.users["cy"].email in text
    own = f"/people/{cast.users['tess'].id}/end/"
    assert client_of(cast.tess).post(own).status_code == 409


def test_leaving__by_a_member_without_a_desk__is_possible(cast: make.Cast) -> None:
    path = f"/people/{cast.users['mel'].id}/"
    assert "Leave this tenant" in _page(cast, cast.mel, path)
    assert client_of(cast.mel).post(f"{path}end/").status_code == 302
    assert scope_for(user=cast.users["mel"], tenant_id=cast.tenant.id) is None
