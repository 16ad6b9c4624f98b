"""Work is handed in and followed over the API."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.scope import Capability, Scope
from routing.connectors import calling as agents
from routing.connectors.contract import Call, OnProgress, Reply
from tests import factories as make
from tests.db.routing.executions import desk
from tests.flows.api.programs import Program, is_problem, issued, program
from tests.flows.executions.office import API, TEXT, get, handed_in, post, worked
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_request__gets_an_id_at_once__and_is_followed_to_its_answer(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    answer = post(cast.mel, text=TEXT, system="payroll", input={"month": "November"})
    assert answer.status_code == 202 and answer["Location"] == answer.json()["follow"]
    before = client_of(cast.mel).get(answer["Location"]).json()
    assert (before["stage"], before["status"], before["answer"]) == ("received", None, None)
    found = worked(cast.mel, answer.json()["id"])
    assert (found["stage"], found["status"], found["progress"]) == ("done", "success", 100)
    assert found["answer"] == {"done": "payroll"} and found["routing_path"] == ["payroll"]
    assert found["verdict"]["outcome"] == "permit" and found["governance_check"]["requires_approval"] is False
    assert found["receipt"]["digest"].startswith("sha256:") and found["sentence"] == "payroll answered."
    assert [step["step"] for step in found["steps"]][:3] == ["received", "routed", "verdict"]
    assert [one["name"] for one in found["route"]["candidates"]] == ["payroll"]


def test_money__is_shown_held_and_charged(cast: make.Cast) -> None:
    client_of(cast.tess).post(
        "/api/v1/plans/",
        {"resource_type": "usd_budget", "window_type": "monthly", "total_budget": "100"},
        content_type="application/json",
    )
    desk.agent(cast, "payroll", maximums={"usd_budget": "2"})
    found = worked(cast.mel, handed_in(cast.mel, system="payroll"))
    (hold,) = found["holds"]
    assert (hold["state"], hold["amounts"]) == ("settled", {"usd_budget": "2"})


@pytest.mark.parametrize("depth", [64, 71])
def test_answer__however_deep_an_agent_may_nest_it__is_receipted_and_read(
    cast: make.Cast, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep: Any = "down here"
    for _ in range(depth):
        deep = [deep]
    desk.agent(cast, "payroll")
    monkeypatch.setattr(agents, "call", lambda *_, **__: Reply(output=deep))
    found = worked(cast.mel, handed_in(cast.mel, system="payroll"))
    assert (found["status"], found["answer"]) == ("success", deep)


def test_key__asked_again__gives_the_same_request__another_body_is_refused(cast: make.Cast) -> None:
    first = handed_in(cast.mel, key="nightly")
    assert handed_in(cast.mel, key="nightly") == first
    assert is_problem(post(cast.mel, text="Something else", key="nightly"), 422, "key_taken")
    assert handed_in(cast.bo, key="nightly") != first


def test_idempotency_key__is_the_request_s_key(cast: make.Cast) -> None:
    agent = program(cast.bo, Capability.REQUEST)
    told = [agent.post("executions/", {"text": TEXT}, **{"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert told[0].json() == told[1].json() and told[1]["Idempotency-Replayed"] == "true"
    assert handed_in(cast.bo, key="k-1") == told[0].json()["id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"text": " "}, "invalid"),
        ({"text": TEXT, "at": "2026-01-01T00:00:00Z"}, "invalid"),
        ({"text": TEXT, "system": "no-such"}, "not_found"),
        ({"text": TEXT, "parent_id": str(uuid4())}, "not_found"),
        ({"text": TEXT, "input": {"big": "x" * 300_000}}, "invalid"),
    ],
)
def test_request__that_cannot_be__says_why(cast: make.Cast, body: dict[str, Any], code: str) -> None:
    answer = post(cast.mel, **body)
    assert is_problem(answer, 404 if code == "not_found" else 422, code), answer.content


def test_wrong_role__hands_nothing_in(cast: make.Cast) -> None:
    assert is_problem(post(cast.uma, text=TEXT), 403, "not_allowed")
    assert is_problem(
        program(cast.bo, Capability.READ_RECORD, Capability.ASK).post("executions/", {"text": TEXT}), 403, "not_allowed"
    )


def test_member__sees_what_they_asked_for__a_stranger_nothing(cast: make.Cast) -> None:
    mine, theirs = handed_in(cast.mel), handed_in(cast.bo)
    assert [one["id"] for one in get(cast.mel).json()["results"]] == [mine]
    assert [one["id"] for one in get(cast.uma).json()["results"]] == [theirs, mine]
    for path in ("", "steps/", "hops/", "receipt/"):
        assert is_problem(get(cast.mel, f"{theirs}/{path}"), 404, "not_found")
        assert is_problem(get(make.stranger(), f"{mine}/{path}"), 404, "not_found")
    assert get(make.stranger()).json()["results"] == []


def test_steps__are_read_a_few_at_a_time__and_304_while_nothing_happens(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    id = handed_in(cast.mel, system="payroll")
    first = get(cast.mel, f"{id}/steps/")
    told = client_of(cast.mel).get(f"{API}{id}/steps/", headers={"If-None-Match": first["ETag"]})
    assert first.json()["next"] == 1 and told.status_code == 304
    worked(cast.mel, id)
    then = client_of(cast.mel).get(f"{API}{id}/steps/?after=1", headers={"If-None-Match": first["ETag"]}).json()
    assert then["status"] == "success" and then["next"] == 1 + len(then["steps"]) > 4
    whole = get(cast.mel, f"{id}/")
    assert client_of(cast.mel).get(f"{API}{id}/", headers={"If-None-Match": whole["ETag"]}).status_code == 304


def test_system_at_work__hands_a_part_on_with_its_own_token(cast: make.Cast) -> None:
    agent = Program(issued(cast.bo, Capability.REQUEST, system=cast.system.name).secret)

    def boss(call: Call, _told: OnProgress) -> Any:
        hop = boss_s.post("executions/", {"text": "Audit it", "system": "helper", "parent_id": call.execution_id})
        assert hop.status_code == 202, hop.content
        return {"part": worked(cast.bo, hop.json()["id"])["answer"]}

    desk.agent(cast, "boss", boss)
    desk.agent(cast, "helper")
    boss_s = Program(issued(cast.bo, Capability.REQUEST, system="boss").secret)
    id = handed_in(cast.mel, system="boss")
    found = worked(cast.mel, id)
    assert (found["status"], found["answer"]) == ("success", {"part": {"done": "audit"}})
    (hop,) = get(cast.mel, f"{id}/hops/").json()["results"]
    assert hop == found["hops"][0] and (hop["parent_id"], hop["requested_by"]) == (id, "boss (agent)")
    part = get(cast.bo, f"{hop['id']}/").json()
    assert part["routing_path"] == ["boss", "helper"] and part["governance_check"]["action"] == "audit"
    late = boss_s.post("executions/", {"text": "More", "parent_id": id})
    assert is_problem(late, 409, "not_working")
    assert is_problem(agent.post("executions/", {"text": "More", "parent_id": id}), 409, "not_working")
    assert is_problem(post(cast.bo, text="More", parent_id=id), 403, "not_allowed")


def test_list__pages_and_filters(cast: make.Cast) -> None:
    desk.agent(cast, "payroll", approvals=("audit",))
    done = handed_in(cast.mel, "Run payroll", system="payroll")
    worked(cast.mel, done)
    assert post(cast.mel, f"{done}/rate/", stars=4).status_code == 200
    waits = handed_in(cast.bo, "Audit it", system="payroll")
    worked(cast.bo, waits)
    fresh = handed_in(cast.bo, "Nothing yet")

    def ids(query: str) -> list[str]:
        answer = get(cast.uma, f"?{query}")
        assert answer.status_code == 200, answer.content
        return [one["id"] for one in answer.json()["results"]]

    moment = get(cast.uma, f"{waits}/").json()["created_at"]
    assert ids("") == [fresh, waits, done]
    assert ids("state=success") == ids("stars=4") == ids("q=run") == [done]
    assert ids("state=awaiting_approval") == ids("mode=approved") == [waits]
    assert ids("mode=direct") == ids("mode=direct&channel=api") == [fresh, done]
    assert ids("rating=good") == [done] and ids("rating=poor") == ids("disputed=true") == []
    assert ids("state=open") == [fresh, waits] and ids(f"who={cast.mel.actor.name[:4]}") == [done]
    assert ids("system=payroll") == [waits, done] and ids("channel=page") == ids("stars=5") == []
    assert ids("until=2027-04-03T09:34:42%2B22:34") == [fresh, waits, done]
    assert is_problem(get(cast.uma, "?since=0001-01-01T00:00:00%2B23:00"), 422, "invalid")
    assert ids(f"until={moment}") == [done] and ids(f"since={moment}") == [fresh, waits]
    first = get(cast.uma, "?limit=2").json()
    assert [one["id"] for one in client_of(cast.uma).get(first["next"]).json()["results"]] == [done]
    assert is_problem(get(cast.uma, "?cursor=eA=="), 422, "invalid")
    assert is_problem(get(cast.uma, "?state=lost"), 422, "invalid")


def test_list__takes_as_many_queries_for_ten_as_for_one(cast: make.Cast) -> None:
    client, counts = client_of(cast.uma), []
    for _ in range(2):
        handed_in(cast.mel)
        with CaptureQueriesContext(connection) as asked:
            client.get(API)
        counts.append(len(asked))
        for _ in range(9):
            handed_in(cast.mel)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("format", ["csv", "json"])
def test_list__is_taken_away_as_a_file__with_its_filters(cast: make.Cast, format: str) -> None:
    handed_in(cast.mel, "Run payroll")
    handed_in(cast.mel, "Audit it")

    def taken(scope: Scope, **filters: str) -> Any:
        body = {"list": "executions", "format": format, "filters": filters}
        return client_of(scope).post("/api/v1/exports/", json.dumps(body), content_type="application/json")

    found = taken(cast.uma, q="payroll").json()
    text = b64decode(found["content"]).decode()
    assert found["count"] == 1 and "Run payroll" in text and "Audit it" not in text
    assert is_problem(taken(cast.uma, state="lost", since="monday"), 422, "invalid")
    own = taken(cast.mel).json()
    assert own["count"] == 2
    handed_in(cast.bo, "Not of Mel")
    again = taken(cast.mel).json()
    assert again["count"] == 2 and "Not of Mel" not in b64decode(again["content"]).decode()
    assert taken(cast.uma).json()["count"] == 3
    assert is_problem(taken(make.stranger(), state="lost"), 422, "invalid")
    assert taken(make.stranger()).json()["count"] == 0
