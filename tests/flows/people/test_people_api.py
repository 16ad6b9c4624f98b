"""People, invitations and deputies over REST: as on the pages, for the same roles."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.identity.queries import scope_for
from governance.scope import Role
from tests import factories as make
from tests.web import client_of

API = "/api/v1/"


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def post(client: Client, path: str, data: Any = None) -> Any:
    return client.post(f"{API}{path}", json.dumps(data or {}), content_type="application/json")


def _address() -> str:
    return make.user("seed").email.replace("seed", "new")


def test_people__listed_filtered_and_paged(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    page = client.get(f"{API}people/?limit=4").json()
    rest = client.get(page["next"]).json()
    emails = [one["email"] for one in page["results"] + rest["results"]]
    assert emails == sorted(user.email for user in cast.users.values()) and rest["next"] is None
    (found,) = client.get(f"{API}people/?role=security&factor=none").json()["results"]
    assert found["roles"] == ["security"] and found["has_second_factor"] is False
    assert client.get(f"{API}people/{found['id']}/").json() == found
    assert client.get(f"{API}people/?role=boss").status_code == 422


def test_people__for_strangers_and_people_without_a_desk__closed(cast: make.Cast) -> None:
    bo, mallory = cast.users["bo"].id, client_of(make.stranger())
    assert mallory.get(f"{API}people/{bo}/").status_code == 404
    for verb, data in (("roles", {"roles": ["member"], "reason": "x"}), ("end", {})):
        assert post(mallory, f"people/{bo}/{verb}/", data).status_code == 404
        assert post(client_of(cast.mel), f"people/{bo}/{verb}/", data).status_code == 403
    assert mallory.get(f"{API}people/{bo}/deputies/").status_code == 404
    assert client_of(cast.mel).get(f"{API}people/").status_code == 403
    assert client_of(cast.mel).get(f"{API}people/{cast.users['mel'].id}/").status_code == 200


def test_roles_and_end__by_an_admin__with_what_moves(cast: make.Cast) -> None:
    label = make.proposed(cast, at=timezone.now()).label
    client, cy = client_of(cast.tess), cast.users["cy"]
    answer = post(client, f"people/{cast.users['uma'].id}/roles/", {"roles": ["operator"], "reason": "Joins."})
    assert answer.status_code == 200 and answer.json()["roles"] == ["operator"]
    moves = client.get(f"{API}people/{cy.id}/departure/").json()["moves"]
    assert any(label in said and "1 other can answer it" in said for said in moves)
    assert post(client, f"people/{cy.id}/end/", {"reason": "Left."}).status_code == 204
    assert post(client, f"people/{cy.id}/end/").status_code == 404
    assert scope_for(user=cy, tenant_id=cast.tenant.id) is None
    last = post(client, f"people/{cast.users['tess'].id}/end/")
    assert (last.status_code, last.json()["code"]) == (409, "last_admin")


def test_invitations__made_shown_sent_again_and_revoked(cast: make.Cast, settings: Any) -> None:
    client, email = client_of(cast.tess), _address()
    made = post(client, "invitations/", {"email": email, "roles": ["auditor"]})
    assert made.status_code == 201 and made.json()["link"] is None, "mailed"
    assert client.get(made["Location"]).json()["email"] == email
    again = post(client, "invitations/", {"email": email, "roles": ["auditor"]})
    assert (again.status_code, again.json()["code"]) == (409, "already_invited")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    resent = post(client, f"invitations/{made.json()['id']}/resend/").json()
    assert Client().get(f"/invitations/{resent['link'].split('/')[-2]}/").status_code == 200
    assert len(client.get(f"{API}invitations/").json()["results"]) == 1
    for closed, status in ((client_of(cast.bo), 403), (client_of(make.stranger()), 404)):
        assert post(closed, f"invitations/{resent['id']}/revoke/").status_code == status
    assert client_of(cast.uma).get(f"{API}invitations/").status_code == 403
    assert post(client, f"invitations/{resent['id']}/revoke/").status_code == 204
    assert client.get(f"{API}invitations/{resent['id']}/").status_code == 404
    for wrong in ({"email": "nobody", "roles": ["auditor"]}, {"email": email, "roles": []}, {"email": email}):
        assert post(client, "invitations/", wrong).status_code == 422


def test_invitations__when_all_seats_are_taken__say_so() -> None:
    home = make.tenant(max_users=1)
    _, tess = make.seated(tenant=home, name="tess", roles=[Role.ADMIN])
    answer = post(client_of(tess), "invitations/", {"email": _address(), "roles": ["auditor"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "max_users")


def test_deputies__named_listed_and_ended(cast: make.Cast) -> None:
    bo, client = cast.users["bo"].id, client_of(cast.bo)
    wish = {
        "deputy_id": str(cast.users["uma"].id),
        "role": "operator",
        "starts_at": (timezone.now() - timedelta(days=1)).isoformat(),
        "ends_at": (timezone.now() + timedelta(days=1)).isoformat(),
    }
    assert post(client_of(cast.cy), f"people/{bo}/deputies/", wish).status_code == 403
    assert post(client, f"people/{bo}/deputies/", {**wish, "role": "auditor"}).json()["code"] == "bad_deputy"
    made = post(client, f"people/{bo}/deputies/", wish)
    assert made.status_code == 201 and made.json()["has_started"]
    assert made.json()["starts_at"] > wish["starts_at"], "nobody becomes a deputy in the past"
    assert client.get(f"{API}deputies/").json()["results"] == [made.json()]
    assert client.get(f"{API}people/{bo}/deputies/").json()["results"] == [made.json()]
    assert post(client_of(make.stranger()), f"deputies/{made.json()['id']}/end/").status_code == 404
    assert post(client, f"deputies/{made.json()['id']}/end/").status_code == 204
    assert client.get(f"{API}deputies/").json()["results"] == []


def test_resources__are_the_tenants_own(cast: make.Cast) -> None:
    from decimal import Decimal

    from billing.budgets.actions import grant_monthly

    grant_monthly(scope=cast.tars, total=Decimal("12.50"), at=timezone.now())
    (found,) = client_of(cast.uma).get(f"{API}resources/").json()["results"]
    assert (found["total_budget"], found["available"], found["is_current"]) == ("12.50", "12.50", True)
    assert client_of(make.stranger()).get(f"{API}resources/").json()["results"] == []
    assert client_of(cast.mel).get(f"{API}resources/").status_code == 403
