from __future__ import annotations

from typing import Any

import pytest

from tests import factories as make
from tests.db.routing.learning import desk
from tests.web import client_of

API = "/api/v1/learned_rules/"


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def post(client: Any, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(path, body or {}, content_type="application/json")


def test_learned_rule__read_accepted_undone_refused(cast: make.Cast) -> None:
    row, bo = desk.proposed(cast), client_of(cast.bo)
    (listed,) = bo.get(f"{API}?state=waiting").json()["results"]
    assert listed == bo.get(f"{API}{row.id}/").json()
    assert listed["system"] == "domicile" and listed["ranking"][0]["executions"] == 60 and len(listed["examples"]) == 6
    moved = post(bo, f"{API}{row.id}/accept/", {"revision": 9})
    assert moved.status_code == 409 and moved.json()["code"] == "evidence_moved"
    accepted = post(bo, f"{API}{row.id}/accept/", {"revision": listed["revision"]}).json()
    assert accepted["state"] == "accepted" and accepted["is_rule_on"]
    assert bo.get(f"/api/v1/routing_rules/{accepted['rule_id']}/").json()["is_learned"]
    assert post(bo, f"{API}{row.id}/refuse/", {"because": "No."}).status_code == 409
    assert post(bo, f"{API}{row.id}/take_back/").json()["state"] == "waiting"
    assert post(bo, f"{API}{row.id}/refuse/", {"because": "No."}).json()["because"] == "No."
    assert bo.get(f"{API}?state=refused").json()["results"][0]["id"] == str(row.id)


def test_learned_rule__a_stranger_and_a_wrong_role(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    assert post(client_of(make.cast().bo), f"{API}{row.id}/accept/").status_code == 404
    assert post(client_of(cast.uma), f"{API}{row.id}/accept/").status_code == 403


def test_learning__read_and_changed(cast: make.Cast) -> None:
    desk.proposed(cast)
    tess = client_of(cast.tess)
    found = tess.get("/api/v1/learning/").json()
    assert (found["least_similar"], found["likeness"], found["is_automatic"], found["waiting"]) == (
        50,
        "0.80",
        False,
        1,
    )
    assert found["report"]["looked_at"] == 60
    changed = tess.patch("/api/v1/learning/", {"is_automatic": True}, content_type="application/json").json()
    assert changed["is_automatic"] and changed["least_similar"] == 50
    bad = tess.patch("/api/v1/learning/", {"least_similar": 1}, content_type="application/json")
    assert bad.status_code == 422
    refused = client_of(cast.uma).patch("/api/v1/learning/", {"is_automatic": True}, content_type="application/json")
    assert refused.status_code == 403
