"""Who may approve, by API: the page's verbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from governance.scope import Scope
from governance.web import now
from tests import factories as make
from tests.flows.api.programs import API, is_problem
from tests.web import client_of


def call(scope: Scope, method: str, path: str, data: Any = None) -> Any:
    return getattr(client_of(scope), method)(f"{API}authority/{path}", data or {}, content_type="application/json")


def grant() -> dict[str, Any]:
    end = (now() + timedelta(days=7)).isoformat()
    return {
        "pointers": {"/fallback_delay_ms": 100},
        "max_per_week": 2,
        "expires_at": end,
        "reason": "Small steps are safe.",
    }


def test_grant__then_revoke() -> None:
    cast = make.cast()
    made = call(cast.bo, "post", "grants/", grant())
    assert made.status_code == 201 and made["Location"] == f"{API}authority/"
    given = made.json()["grants"][0]
    assert (given["state"], given["pointers"], given["systems"]) == ("live", {"/fallback_delay_ms": 100.0}, [])
    assert is_problem(call(cast.uma, "post", f"grants/{given['id']}/revoke/", {"reason": "No"}), 403, "not_allowed")
    done = call(cast.ada, "post", f"grants/{given['id']}/revoke/", {"reason": "Over"}).json()
    assert done["grants"][0]["state"] == "revoked"
    assert is_problem(call(make.stranger(), "post", f"grants/{given['id']}/revoke/", {"reason": "x"}), 404, "not_found")


def test_grant__without_a_field_or_by_an_auditor__refused() -> None:
    cast = make.cast()
    assert is_problem(call(cast.bo, "post", "grants/", {**grant(), "pointers": {}}), 422, "bad_grant")
    assert is_problem(call(cast.uma, "post", "grants/", grant()), 403, "not_allowed")
    step = call(cast.bo, "post", "grants/", {**grant(), "pointers": {"/fallback_delay_ms": "far"}})
    assert is_problem(step, 422, "invalid")
    assert step.json()["errors"][0]["pointer"] == "/pointers/~1fallback_delay_ms"


def test_quorum__set_and_removed() -> None:
    cast = make.cast()
    wish = {"type": "manual_update", "effect": None, "role": "operator", "count": 2}
    assert is_problem(call(cast.bo, "put", "quorums/", wish), 403, "not_allowed")
    quorum = call(cast.tess, "put", "quorums/", wish).json()["quorums"][0]
    assert (quorum["role"], quorum["count"]) == ("Operator", 2)
    assert is_problem(call(make.stranger(), "delete", f"quorums/{quorum['id']}/"), 404, "not_found")
    assert call(cast.tess, "delete", f"quorums/{quorum['id']}/").status_code == 204
    assert client_of(cast.uma).get(f"{API}authority/").json()["quorums"] == []
