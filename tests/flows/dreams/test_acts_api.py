"""What people do to nights, by the API."""

from __future__ import annotations

from typing import Any

import pytest

from dreams.cycles import settings
from tests import factories as make
from tests.db.dreams import desk
from tests.web import client_of

API = "/api/v1/dreams/"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreams.cycles.api_acts.now", lambda: desk.NIGHT)


def _say(client: Any, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    if method == "get":
        return client.get(f"{API}{path}")
    return getattr(client, method)(f"{API}{path}", body or {}, content_type="application/json")


def test_api__plans_and_stops_as_the_pages_do() -> None:
    cast = desk.cast()
    bo, uma = client_of(cast.bo), client_of(cast.uma)
    body = {"system": desk.NAME, "seed": 7, "hours": 2}
    assert _say(uma, "post", "plan/", body).status_code == 403
    assert _say(bo, "post", "plan/", {**body, "hours": 13}).status_code == 422
    made = _say(bo, "post", "plan/", body)
    night = made.json()
    assert made.status_code == 201 and night["state"] == "planned" and night["url"].startswith("/dreams/nights/")
    assert _say(bo, "post", "plan/", body).json()["code"] == "not_dreamable"
    stop = f"nights/{night['cycle_id']}/stop/"
    assert _say(uma, "post", stop, {"reason": "So."}).status_code == 403
    assert _say(client_of(make.stranger()), "post", stop, {"reason": "So."}).status_code == 404
    assert _say(bo, "post", stop, {"reason": "Moving."}).json()["state"] == "stopped"
    assert _say(bo, "post", stop, {"reason": "Moving."}).json()["code"] == "night_over"


def test_api__asks_withdraws_bars_and_lifts() -> None:
    cast = desk.cast()
    bo, ada = client_of(cast.bo), client_of(cast.ada)
    wish = {"system": desk.NAME, "changes": {"/fuzzy_match_threshold": 0.3}, "note": "Cheaper?"}
    assert _say(bo, "post", "wishes/", {**wish, "changes": {"/skill": "x"}}).json()["code"] == "not_testable"
    made = _say(bo, "post", "wishes/", wish)
    assert made.status_code == 201
    assert [one["id"] for one in _say(bo, "get", "wishes/").json()["results"]] == [made.json()["id"]]
    assert _say(bo, "get", "wishes/?system=other").json()["results"] == []
    gone = _say(bo, "post", f"wishes/{made.json()['id']}/withdraw/").json()
    assert gone["withdrawn_at"] and _say(bo, "get", "wishes/").json()["results"] == []
    cycle = desk.planned(cast)
    dream = desk.dreams(cast, cycle)[1]
    barred = _say(ada, "post", f"trials/{dream.id}/bar/", {"reason": "No."}).json()
    assert barred["changes"] == dream.mutations
    assert _say(ada, "post", f"trials/{dream.id}/bar/", {"reason": "No."}).json()["code"] == "barred"
    assert [one["id"] for one in _say(bo, "get", "barred/").json()["results"]] == [barred["id"]]
    assert _say(client_of(cast.uma), "post", f"barred/{barred['id']}/lift/", {"reason": "So."}).status_code == 403
    assert _say(ada, "post", f"barred/{barred['id']}/lift/", {"reason": "Yes."}).status_code == 200
    assert _say(ada, "post", f"barred/{barred['id']}/lift/", {"reason": "Yes."}).status_code == 404


def test_api__proposes_a_winner() -> None:
    cast = desk.cast()
    settings.change(scope=cast.bo, changes={"proposes": False}, reason="We look first.", at=make.later(1))
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    bo, dreams = client_of(cast.bo), desk.dreams(cast, cycle)
    dummy, best = dreams[0], max(dreams[1:], key=lambda one: one.gain_seen or 0)
    assert _say(bo, "post", f"trials/{dummy.id}/propose/").json()["code"] == "not_promotable"
    found = _say(bo, "post", f"trials/{best.id}/propose/").json()
    assert found["state"] == "proposed" and found["url"] == f"/amendments/{found['amendment']}/"


def test_api__settings_regression_and_bounds() -> None:
    cast = desk.cast()
    bo, uma = client_of(cast.bo), client_of(cast.uma)
    changed = {"aims": {desk.NAME: {"planned_effect": 0.2}}, "window_hour": 4, "reason": "Later."}
    assert _say(uma, "patch", "settings/", changed).status_code == 403
    found = _say(bo, "patch", "settings/", changed).json()
    assert found["window_hour"] == 4 and found["next_from"][11:16] == "04:00"
    assert found["aims"][desk.NAME]["planned_effect"] == 0.2 and found["aims"][desk.NAME]["primary"] == "cost_usd"
    wrong = {"aims": {desk.NAME: {"primary": "stars"}}, "reason": "x"}
    assert _say(bo, "patch", "settings/", wrong).status_code == 422
    assert _say(uma, "get", "settings/").json() == found
    (extra,) = desk.serve(cast, 1, first=make.later(9_000))
    path, body = f"regression/{desk.NAME}/", {"execution_id": str(extra.id)}
    assert _say(uma, "post", path, body).status_code == 403
    assert [one["execution_id"] for one in _say(bo, "post", path, body).json()["requests"]] == [str(extra.id)]
    assert _say(bo, "post", f"{path}take_out/", body).json()["requests"] == []
    (place,) = _say(uma, "get", f"bounds/{desk.NAME}/").json()["places"]
    assert place["tries"] == [0.3, 0.4, 0.6] and place["today"] == 0.5 and place["stuck"] == ""
    assert _say(client_of(make.stranger()), "get", f"bounds/{desk.NAME}/").status_code == 404
