"""Assets through their pages and the API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.assets import actions
from governance.scope import Capability
from governance.web import now
from tests import factories as make
from tests.db.assets.test_verbs import issued, registered
from tests.flows.api.programs import is_problem, program
from tests.unit.governance.assets.test_document import SEED
from tests.web import client_of

WISH: dict[str, Any] = {
    "name": "gpu-pool",
    "asset_type": "compute",
    "ownership_model": "shared",
    "parties": "clay-consigliere\nmemvid",
    "fallback_allocation": "auction",
    "usage_cap_per_hour": "50",
}
MANDATE: dict[str, Any] = {
    "effect": "permits",
    "actions": "train.*",
    "condition": "hours <= 4",
    "authority": "did:group:ml",
    "expires_at": "2099-01-01T09:00",
    "revocation_conditions": "majority_vote",
}
MAY = (Capability.READ_RECORD, Capability.MANAGE_SYSTEMS, Capability.GRANT_AUTHORITY, Capability.ASK)


def test_story__register_mandate_revoke_contest_settle_change_retire() -> None:
    cast = make.cast()
    bo = client_of(cast.bo)
    assert b"No asset is registered" in bo.get("/assets/").content
    page = bo.post("/assets/register/", WISH, follow=True).content.decode()
    assert "At most 50 in any 60 minutes" in page and "clay-consigliere, memvid" in page
    page = bo.post("/assets/gpu-pool/mandates/", MANDATE, follow=True).content.decode()
    assert "train.*" in page and "in force" in page and "1 Jan 2099" in page
    revoke = re.search(r"/assets/mandates/[0-9a-f-]{36}/revoke/", page)
    assert revoke and b"majority_vote" in bo.get(revoke[0]).content
    page = bo.post(revoke[0], {"met_condition": "majority_vote", "reason": "Voted."}, follow=True).content.decode()
    assert "(majority_vote): Voted." in page
    assert bo.post(revoke[0], {"reason": "Again."}).status_code == 409
    page = bo.post("/assets/gpu-pool/contest/", {"mediator": "ombud", "reason": "Both."}, follow=True).content.decode()
    assert "needs the approval of ombud" in page
    page = bo.post("/assets/gpu-pool/settle/", {"reason": "Agreed."}, follow=True).content.decode()
    assert "needs the approval of ombud" not in page
    changed = {**WISH, "usage_cap_per_hour": "", "reason": "Bought more."}
    assert "No cap on its use." in bo.post("/assets/gpu-pool/change/", changed, follow=True).content.decode()
    page = bo.post("/assets/gpu-pool/retire/", {"reason": "Sold."}, follow=True).content.decode()
    assert "retired" in page and "Issue a mandate" not in page
    assert b"gpu-pool" not in bo.get("/assets/?all=1").content.split(b'id="_assets"')[1]
    assert b"gpu-pool" in bo.get("/assets/?state=retired").content


def test_forms__that_are_wrong_or_refused__say_why_and_keep_what_was_typed() -> None:
    cast = make.cast()
    registered(cast.bo)
    bo, uma = client_of(cast.bo), client_of(cast.uma)
    page = bo.post("/assets/register/", {**WISH, "name": "other", "ownership_model": "personal"})
    assert page.status_code == 422 and b"/owner" in page.content and b"memvid" in page.content
    assert bo.post("/assets/register/", WISH).status_code == 409
    page = bo.post("/assets/gpu-pool/mandates/", {**MANDATE, "condition": "hours <="})
    assert page.status_code == 422 and b"cannot be read" in page.content and b"did:group:ml" in page.content
    assert bo.post("/assets/gpu-pool/settle/", {"reason": "x"}).status_code == 409
    assert bo.post("/assets/gpu-pool/retire/", {"reason": ""}).status_code == 422
    assert bo.post("/assets/gpu-pool/change/", {**WISH, "reason": ""}).status_code == 422
    assert uma.post("/assets/register/", WISH).status_code == 403
    assert uma.post("/assets/gpu-pool/mandates/", MANDATE).status_code == 403
    assert b"You need the role" in uma.get("/assets/gpu-pool/").content
    mallory = client_of(make.stranger())
    assert mallory.get("/assets/gpu-pool/").status_code == 404
    assert mallory.post("/assets/gpu-pool/retire/", {"reason": "x"}).status_code == 404


def test_change__of_the_owner__page_and_api_refuse_who_may_not_grant_authority() -> None:
    cast = make.cast()
    registered(cast.bo, "calendar", ownership_model="personal", owner="memvid")
    wish = {**WISH, "ownership_model": "personal", "owner": "clay-consigliere", "reason": "Sold."}
    tess = client_of(cast.tess)
    assert b"change who decides about an asset" in tess.get("/assets/calendar/change/").content
    page = tess.post("/assets/calendar/change/", wish)
    assert page.status_code == 403 and b"Operator or Compliance officer" in page.content
    assert b"change who decides" not in client_of(cast.bo).get("/assets/calendar/change/").content
    path, body = "/api/v1/assets/calendar/", {"owner": "clay-consigliere", "reason": "Sold."}
    weak = program(cast.bo, Capability.READ_RECORD, Capability.MANAGE_SYSTEMS).client
    assert is_problem(weak.patch(path, body, content_type="application/json"), 403, "not_allowed")
    assert program(cast.bo).get("assets/calendar/").json()["owner"] == "memvid"
    assert client_of(cast.bo).post("/assets/calendar/change/", wish).status_code == 302
    assert program(cast.bo).get("assets/calendar/").json()["owner"] == "clay-consigliere"


def test_pages__more_assets_and_mandates__same_number_of_queries() -> None:
    cast = make.cast()
    registered(cast.bo)
    issued(cast.ada, expires_at=now() + timedelta(days=1))
    actions.record_use(scope=cast.bo, asset_name="gpu-pool", at=now())
    client = client_of(cast.bo)

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    count("/assets/")
    few = count("/assets/"), count("/assets/gpu-pool/")
    for number in range(4):
        registered(cast.bo, f"asset-{number}")
        issued(cast.ada, expires_at=now() + timedelta(days=1))
        actions.record_use(scope=cast.bo, asset_name="gpu-pool", at=now())
    assert (count("/assets/"), count("/assets/gpu-pool/")) == few


def test_api__everything_a_page_can_do() -> None:
    cast = make.cast()
    bo = program(cast.bo, *MAY)
    made = bo.post("asset_documents/", {"document": SEED, "parties": ["clay-consigliere"]})
    assert made.status_code == 201 and made.json()["usage_cap_per_hour"] == 50
    assert bo.get("assets/gpu-pool/document/").json() == SEED
    assert bo.get("assets/?type=compute").json()["results"] == [made.json()]
    assert is_problem(bo.post("asset_documents/", {"document": {}}), 422, "bad_asset_document")
    (one,) = bo.get("assets/gpu-pool/mandates/").json()["results"]
    assert one["state"] == "in_force" and one == bo.get(f"mandates/{one['id']}/").json()
    revoked = bo.post(f"mandates/{one['id']}/revoke/", {"reason": "Voted.", "met_condition": "majority_vote"})
    assert revoked.json()["state"] == "revoked"
    wish = {"effect": "forbids", "actions": ["erase"], "authority": "g", "expires_at": "2099-01-01T00:00:00Z"}
    assert bo.post("assets/gpu-pool/mandates/", wish).status_code == 201
    used = bo.post("assets/gpu-pool/uses/", {"amount": 50})
    assert used.status_code == 201 and used.json()["used_by"] == cast.bo.actor.name
    assert is_problem(bo.post("assets/gpu-pool/uses/", {}), 409, "cap_reached")
    contested = bo.post("assets/gpu-pool/contest/", {"mediator": "ombud", "reason": "Both."})
    assert contested.json()["state"] == "contested"
    assert bo.post("assets/gpu-pool/settle/", {"reason": "Agreed."}).json()["state"] == "active"
    patched = bo.client.patch(
        "/api/v1/assets/gpu-pool/", {"usage_cap_per_hour": None, "reason": "More."}, content_type="application/json"
    )
    assert patched.json()["usage_cap_per_hour"] is None and patched.json()["requires_consensus"] is True
    retired = bo.post("assets/gpu-pool/retire/", {"reason": "Sold."})
    assert retired.json()["state"] == "retired" and bo.get("assets/").json()["results"] == []
    assert is_problem(bo.post("assets/gpu-pool/uses/", {}), 409, "asset_retired")
    assert is_problem(program(make.stranger()).get("assets/gpu-pool/"), 404, "not_found")


def test_api__an_agent_records_its_own_use() -> None:
    cast = make.cast()
    registered(cast.bo)
    agent = program(cast.bo, Capability.ASK, system="clay-consigliere")
    assert agent.post("assets/gpu-pool/uses/", {}).json()["used_by"] == "clay-consigliere"
    assert is_problem(agent.post("assets/gpu-pool/uses/", {"used_by": "ann"}), 403, "not_allowed")
