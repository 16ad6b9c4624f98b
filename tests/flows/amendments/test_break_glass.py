"""Breaking the glass and nudging, as pages and over REST."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from governance.web import now
from tests import factories as make
from tests.flows.amendments.scenes import address, body, proposed
from tests.web import client_of

WHY = "The filing ends tonight and no operator answers the phone."


def post(client: Any, url: str, **fields: Any) -> Any:
    return client.post(url, json.dumps(fields), content_type="application/json")


def test_page__overdue__offers_it_to_who_cannot_answer_and_not_beside_approve() -> None:
    cast = make.cast()
    late = make.proposed(cast)
    page = body(client_of(cast.ada).get(address(late)))
    assert "Its deadline has passed" in page and page.count("Break glass and approve") == 1
    assert "Break glass" not in body(client_of(cast.cy).get(address(late)))
    assert "Break glass" not in body(client_of(cast.ada).get(address(proposed(cast, fallback_delay_ms=210))))


def test_api__overdue__breaks_the_glass_with_a_reason_and_a_confirmation() -> None:
    cast = make.cast()
    late = make.proposed(cast)
    url, digest = f"/api/v1/amendments/{late.label}/break_glass/", make.digest_of(cast.ada, late)
    client = client_of(cast.ada)
    assert post(client, url, digest=digest, note=WHY).json()["code"] == "not_confirmed"
    short = post(client, url, digest=digest, note="Now.", password=make.PASSWORD)
    assert (short.status_code, short.json()["code"]) == (422, "reason_too_short")
    own = post(client_of(cast.cy), url, digest=digest, note=WHY, password=make.PASSWORD)
    assert (own.status_code, own.json()["code"]) == (403, "override_not_needed")
    assert post(client_of(make.stranger()), url, digest=digest, note=WHY, password=make.PASSWORD).status_code == 404
    done = post(client, url, digest=digest, note=WHY, password=make.PASSWORD)
    assert (done.status_code, done.json()["state"]) == (200, "applied")
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="amendments.break_glass", event_type="override").count() == 1


def test_approve__takes_no_override_any_more() -> None:
    cast = make.cast()
    late = make.proposed(cast)
    digest = make.digest_of(cast.ada, late)
    url = f"/api/v1/amendments/{late.label}/approve/"
    refused = post(client_of(cast.ada), url, digest=digest, note=WHY, password=make.PASSWORD, override=True)
    assert refused.status_code == 422
    form = {"digest": digest, "note": WHY, "confirm": make.PASSWORD, "override": "1"}
    assert client_of(cast.ada).post(address(late, "approve"), form).status_code == 403
    assert make.state_of(cast.bo, late) == "proposed"


def test_nudge__from_the_page_and_over_rest__once_a_day() -> None:
    cast = make.cast()
    waiting = make.proposed(cast)
    user = str(cast.cy.actor.user_id)
    with in_tenant(cast.tenant.id):
        question = str(waiting.request_id)
    asked = {"question": question, "person": user}
    assert client_of(cast.bo).post(address(waiting, "nudge"), asked).status_code == 302
    url = f"/api/v1/amendments/{waiting.label}/nudge/"
    assert post(client_of(cast.ada), url, user_id=user).json()["code"] == "already_nudged"
    assert post(client_of(cast.ada), url, user_id=str(cast.uma.actor.user_id)).json()["code"] == "cannot_answer"
    assert post(client_of(make.stranger()), url, user_id=user).status_code == 404
    assert client_of(cast.bo).post(address(waiting, "nudge"), {**asked, "person": "x"}).status_code == 422
    _, dan = make.seated(tenant=cast.tenant, name="dan", roles=[make.Role.OPERATOR])
    assert post(client_of(cast.ada), url, user_id=str(dan.actor.user_id)).status_code == 204
    with in_tenant(cast.tenant.id):
        assert Notice.objects.filter(kind="reminder").count() == 2


def test_late_review__stands_on_the_overview_and_in_the_inbox() -> None:
    cast = make.cast()
    late = make.proposed(cast)
    make.approve(cast.ada, late, override=True, note=WHY, at=now() - timedelta(days=8))
    page = body(client_of(cast.tess).get("/"))
    assert "has waited for its review for more than a week" in page
    assert "late review" in body(client_of(cast.tess).get("/inbox/"))
    assert "has waited for its review" not in body(client_of(make.stranger()).get("/"))
