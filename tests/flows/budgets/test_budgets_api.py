"""The whole road of money over REST: plan, price, hold, settle, give back, top up; refusals are problems with sentences."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories as make
from tests.web import client_of

API = "/api/v1/"
JSON = "application/json"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _post(client: Any, address: str, **body: Any) -> Any:
    return client.post(f"{API}{address}", body, content_type=JSON)


def test_money__planned_held_settled_and_given_back(cast: make.Cast) -> None:
    tess, bo, uma = (client_of(scope) for scope in (cast.tess, cast.bo, cast.uma))
    plan = {"resource_type": "usd_budget", "window_type": "monthly", "total_budget": "100"}
    assert _post(tess, "plans/", **plan).status_code == 200
    for measure in ("input_tokens", "output_tokens", "api_calls", "compute_seconds"):
        assert _post(tess, "prices/", measure=measure, usd="0.01").status_code == 200
    wish = {"system": cast.system.name, "key": "k", "amounts": {"usd_budget": "5", "llm_tokens": 100}}
    made, again = (_post(bo, "holds/", **wish) for _ in range(2))
    assert (made.status_code, again.status_code, made.json()["id"]) == (201, 201, again.json()["id"])
    other = _post(bo, "holds/", **{**wish, "amounts": {"usd_budget": "6"}})
    assert (other.status_code, other.json()["code"]) == (409, "hold_key_taken")
    hold = f"holds/{made.json()['id']}/"
    report = {"input_tokens": 10, "output_tokens": 5, "compute_seconds": "0", "api_calls": 1}
    settled = _post(bo, f"{hold}settle/", **report).json()
    assert (settled["state"], settled["actual"]["usd_budget"], settled["overshoot"]) == ("settled", "0.16", {})
    assert _post(bo, f"{hold}release/").json()["code"] == "hold_closed"
    (dollars,) = [
        line for line in uma.get(f"{API}resources/").json()["results"] if line["resource_type"] == "usd_budget"
    ]
    assert (dollars["used"], dollars["reserved"], dollars["available"]) == ("0.16", "0.00", "99.84")
    assert [line["id"] for line in uma.get(f"{API}holds/?state=settled").json()["results"]] == [made.json()["id"]]
    assert uma.get(f"{API}holds/?state=held").json()["results"] == []
    stopped = _post(tess, "plans/stop/", resource_type="usd_budget", window_type="monthly")
    assert "usd_budget" not in [line["resource_type"] for line in stopped.json()["results"]]


def test_settle__several_models__each_at_its_own_price(cast: make.Cast) -> None:
    tess, bo = client_of(cast.tess), client_of(cast.bo)
    _post(tess, "plans/", resource_type="usd_budget", window_type="monthly", total_budget="100")
    for measure, model, usd in (
        ("input_tokens", "big", "0.02"), ("input_tokens", "", "0.001"), ("output_tokens", "", "0.01"), ("api_calls", "", "0"),
        ("compute_seconds", "", "0"),
    ):  # fmt: skip
        assert _post(tess, "prices/", measure=measure, model=model, usd=usd).status_code == 200

    def held(key: str) -> str:
        wish = {"system": cast.system.name, "key": key, "amounts": {"usd_budget": "5", "llm_tokens": 1000}}
        return f"holds/{_post(bo, 'holds/', **wish).json()['id']}/settle/"

    models = [
        {"model": "big", "input_tokens": 10, "output_tokens": 5},
        {"model": "small", "input_tokens": 100, "output_tokens": 0},
    ]
    address = held("k")
    first, again = (_post(bo, address, models=models, api_calls=1).json() for _ in range(2))
    assert first["actual"] == again["actual"]
    assert (first["actual"]["usd_budget"], first["actual"]["llm_tokens"], first["is_priced"]) == ("0.35", "115", True)
    unknown = _post(bo, held("l"), models=[*models, {"model": "third", "input_tokens": 1}]).json()
    assert (unknown["actual"]["usd_budget"], unknown["actual"]["llm_tokens"]) == ("5", "1000"), "unknown is never 0"
    for wrong in (
        {"models": models, "model": "big"},
        {"models": models, "input_tokens": 0},
        {"models": [models[0]] * 2},
    ):
        refused = _post(bo, held("m"), **wrong)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/models")
    refused = _post(bo, held("m"), models=[{"model": "big", "input_tokens": -1}])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/models/0/input_tokens")


@pytest.mark.parametrize("amount", ["NaN", "-1", 0, 1e308, "1234567890123456789", True, None, ["1"], "x"])
def test_reserve__an_amount_that_is_none__is_a_problem(amount: Any, cast: make.Cast) -> None:
    body = {"system": cast.system.name, "key": "k", "amounts": {"usd_budget": amount}}
    answer = _post(client_of(cast.bo), "holds/", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_amount")


def test_money__wrong_role_and_stranger__refused(cast: make.Cast) -> None:
    plan = {"resource_type": "usd_budget", "window_type": "monthly", "total_budget": "1"}
    assert _post(client_of(cast.bo), "plans/", **plan).status_code == 403
    assert _post(client_of(cast.bo), "prices/", measure="api_calls", usd="1").status_code == 403
    assert client_of(cast.mel).get(f"{API}holds/").status_code == 403
    _post(client_of(cast.tess), "plans/", **plan)
    body = {"system": cast.system.name, "key": "k", "amounts": {"usd_budget": "2"}}
    short = _post(client_of(cast.bo), "holds/", **body)
    assert (short.status_code, short.json()["code"]) == (409, "no_money")
    assert "ask Tess" in short.json()["detail"]
    assert _post(client_of(make.stranger()), "holds/", **body).status_code == 404


def test_top_up__asked_for_and_decided_by_another_person(cast: make.Cast) -> None:
    tess, bo = client_of(cast.tess), client_of(cast.bo)
    _post(tess, "plans/", resource_type="usd_budget", window_type="monthly", total_budget="100")
    resource = bo.get(f"{API}resources/").json()["results"][0]["id"]
    made = _post(bo, "top_ups/", resource_id=resource, amount="20", reason="A busy month.")
    assert (made.status_code, made.json()["state"]) == (201, "asked")
    answer = {"digest": made.json()["digest"], "password": make.PASSWORD}
    number = made.json()["number"]
    assert _post(bo, f"top_ups/{number}/approve/", **answer).status_code == 403
    assert _post(tess, f"top_ups/{number}/approve/", digest=answer["digest"]).status_code == 403
    assert _post(tess, f"top_ups/{number}/approve/", **answer).json()["state"] == "applied"
    assert bo.get(f"{API}resources/").json()["results"][0]["total_budget"] == "120.00"
    second = _post(bo, "top_ups/", resource_id=resource, amount="20", reason="Busier yet.").json()
    assert _post(bo, f"top_ups/{second['number']}/withdraw/").json()["state"] == "withdrawn"
    assert _post(tess, f"top_ups/{second['number']}/reject/", **answer, note="No.").json()["code"] == "top_up_closed"
    listed = bo.get(f"{API}top_ups/?limit=1").json()
    assert listed["next"] and listed["results"][0]["number"] == second["number"]
