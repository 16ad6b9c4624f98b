"""The REST API over the same verbs: strict bodies, problem JSON, preconditions, cursors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import roll_back_preview
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments.scenes import applied, proposed
from tests.web import client_of

API = "/api/v1/"
AMENDMENTS = f"{API}amendments/"


def post(client: Client, path: str, data: Any = None, **headers: str) -> Any:
    text = data if isinstance(data, str) else json.dumps(data or {})
    return client.post(f"{API}{path}", text, content_type="application/json", headers=headers)


def proposal_of(cast: make.Cast, **fields: Any) -> dict[str, Any]:
    return {
        "system": "clay-consigliere",
        "amendment_type": "manual_update",
        "constitution": make.changed(make.constitution_of(cast.bo), **fields),
        "evidence": {"reason": "Fewer timeouts"},
        "base_version": 1,
    }


def is_problem(response: Any, status: int, code: str) -> bool:
    body = response.json()
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id", "errors"} <= body.keys()
    return bool(body["code"] == code and body["status"] == status)


def test_systems__list_and_one__with_etag() -> None:
    cast = make.cast()
    client = client_of(cast.uma)
    listed = client.get(f"{API}systems/").json()
    assert [system["name"] for system in listed["results"]] == ["clay-consigliere"]
    assert listed["next"] is None
    assert "constitution" not in listed["results"][0]
    one = client.get(f"{API}systems/clay-consigliere/")
    assert one.json()["constitution"] == make.CLAY
    assert one["ETag"] == f'"{one.json()["constitution_digest"]}"'
    again = client.get(f"{API}systems/clay-consigliere", headers={"If-None-Match": one["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_propose__then_approve__applies() -> None:
    cast = make.cast()
    created = post(client_of(cast.bo), "amendments/", proposal_of(cast, fallback_delay_ms=200))
    assert created.status_code == 201
    assert created["Location"] == f"{AMENDMENTS}AMD-1/"
    body = created.json()
    assert body["state"] == "proposed"
    assert body["patch"] == [{"op": "replace", "path": "/fallback_delay_ms", "value": 200}]
    assert body["authority"]["needs"] == "1 of Operator"
    answer = {"digest": body["digest"], "password": make.PASSWORD, "note": "Good"}
    done = post(client_of(cast.cy), "amendments/AMD-1/approve", answer)
    assert done.status_code == 200
    assert done.json()["state"] == "applied"
    assert done.json()["applied"]["new_version"] == 2
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200


def test_propose__as_a_patch_with_if_match() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    tag = client.get(f"{API}systems/clay-consigliere/")["ETag"]
    data = proposal_of(cast)
    del data["constitution"], data["base_version"]
    data["patch"] = [{"op": "replace", "path": "/fallback_delay_ms", "value": 250}]
    assert is_problem(post(client, "amendments/", data), 428, "precondition_required")
    assert is_problem(post(client, "amendments/", data, **{"If-Match": '"sha256:0"'}), 412, "precondition_failed")
    assert post(client, "amendments/", data, **{"If-Match": tag}).status_code == 201
    data["patch"] = [{"op": "test", "path": "/fallback_delay_ms", "value": 1}]
    failed = post(client, "amendments/", data, **{"If-Match": tag})
    assert is_problem(failed, 409, "patch_failed")
    assert failed.json()["errors"][0]["pointer"] == "/patch/0"


def test_propose__old_base_version__refused() -> None:
    cast = make.cast()
    data = proposal_of(cast, fallback_delay_ms=200)
    applied(cast, latency_target_ms=900)
    assert is_problem(post(client_of(cast.bo), "amendments/", data), 412, "precondition_failed")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"system": 7}, "/system"),
        ({"base_version": "1"}, "/base_version"),
        ({"base_version": True}, "/base_version"),
        ({"draft": "yes"}, "/draft"),
        ({"evidence": []}, "/evidence"),
        ({"constitution": "x"}, "/constitution"),
        ({"patch": []}, "/constitution"),
        ({"amendment_type": "coup"}, "/amendment_type"),
        ({"effective_at": "2027-01-01T00:00:00"}, "/effective_at"),
        ({"effective_at": "soon"}, "/effective_at"),
        ({"at": "2020-01-01T00:00:00Z"}, "/at"),
        ({"a/b": 1}, "/a~1b"),
    ],
)
def test_propose__wrong_member__is_named_by_pointer(change: dict[str, Any], pointer: str) -> None:
    cast = make.cast()
    response = post(client_of(cast.bo), "amendments/", {**proposal_of(cast, fallback_delay_ms=200), **change})
    assert is_problem(response, 422, "invalid")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]


def test_propose__missing_evidence__and_misfit() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    bare = post(client, "amendments/", {**proposal_of(cast, fallback_delay_ms=200), "evidence": {}})
    assert is_problem(bare, 422, "evidence_missing")
    assert bare.json()["errors"] == [{"pointer": "/evidence/reason", "detail": "Reason is missing"}]
    expansion = {**proposal_of(cast, fallback_delay_ms=200), "amendment_type": "capability_expansion"}
    assert is_problem(post(client, "amendments/", expansion), 422, "type_misfit")
    dream = {**proposal_of(cast, fallback_delay_ms=200), "amendment_type": "dream_promotion"}
    assert is_problem(post(client, "amendments/", dream), 403, "not_allowed")


@pytest.mark.parametrize(
    "text", ['{"system": "a", "system": "b"}', "{", "[]", "NaN", '{"x": 9007199254740993}', '{"x": "\\u0000"}']
)
def test_post__text_that_is_no_proper_json_object__is_a_problem(text: str) -> None:
    cast = make.cast()
    response = post(client_of(cast.bo), "amendments/", text)
    assert response.status_code == (400 if text == "{" else 422)
    assert response["Content-Type"] == "application/problem+json"


def test_post__form_instead_of_json__unsupported() -> None:
    cast = make.cast()
    response = client_of(cast.bo).post(AMENDMENTS, {"system": "x"})
    assert is_problem(response, 415, "unsupported_media_type")


def test_approve__refusals__are_problems_and_decide_nothing() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposal = proposed(cast)
    digest = make.digest_of(cast.bo, proposal)
    right = {"digest": digest, "password": make.PASSWORD}
    path = "amendments/AMD-1/approve"
    assert is_problem(post(client_of(cast.cy), path, {**right, "password": "no"}), 403, "not_confirmed")
    assert is_problem(post(client_of(cast.cy), path, {**right, "digest": "sha256:0"}), 409, "stale_digest")
    assert is_problem(post(client_of(cast.bo), path, right), 403, "own_proposal")
    assert is_problem(post(client_of(cast.uma), path, right), 403, "not_allowed")
    assert is_problem(post(client_of(cast.mel), path, right), 403, "not_allowed")
    assert is_problem(post(client_of(mallory), path, right), 404, "not_found")
    assert is_problem(post(client_of(cast.cy), path, {"digest": digest}), 403, "not_confirmed")
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_reject_and_request_changes__need_a_note() -> None:
    cast = make.cast()
    first, second = proposed(cast, fallback_delay_ms=200), proposed(cast, fallback_delay_ms=300)
    client = client_of(cast.cy)
    data = {"digest": make.digest_of(cast.bo, first), "password": make.PASSWORD}
    assert is_problem(post(client, "amendments/AMD-1/reject", data), 422, "note_missing")
    assert post(client, "amendments/AMD-1/reject", {**data, "note": "No"}).json()["state"] == "rejected"
    data = {"digest": make.digest_of(cast.bo, second), "password": make.PASSWORD, "note": "Lower"}
    handed_back = post(client, "amendments/AMD-2/request_changes/", data)
    assert handed_back.json()["state"] == "changes_requested"


def test_withdraw_send_rebase_revise__follow_the_verbs() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    drafted = post(client, "amendments/", {**proposal_of(cast, fallback_delay_ms=200), "draft": True})
    assert drafted.json()["state"] == "draft"
    assert post(client, "amendments/AMD-1/send").json()["state"] == "proposed"
    applied(cast, latency_target_ms=900)
    stale = client.get(f"{AMENDMENTS}AMD-1").json()["stale"]
    assert stale["moved"] == ["/latency_target_ms"]
    assert post(client, "amendments/AMD-1/rebase").json()["revision"]["number"] == 2
    assert is_problem(post(client, "amendments/AMD-1/rebase", {"at": 1}), 422, "invalid")
    change = {
        "patch": [{"op": "replace", "path": "/fallback_delay_ms", "value": 260}],
        "evidence": {"reason": "A little more"},
        "base_version": 2,
        "reason": "Gentler",
    }
    revised = post(client, "amendments/AMD-1/revise", change).json()
    assert revised["revision"]["number"] == 3
    assert revised["constitution"]["latency_target_ms"] == 900
    assert post(client, "amendments/AMD-1/withdraw", {"reason": "Enough"}).json()["state"] == "withdrawn"
    assert is_problem(post(client, "amendments/AMD-1/withdraw"), 409, "wrong_state")


def test_roll_back__preview_then_do() -> None:
    cast = make.cast()
    amendment = applied(cast, fallback_delay_ms=200)
    client = client_of(cast.bo)
    preview = client.get(f"{AMENDMENTS}{amendment.label}/roll_back").json()
    assert preview["sentence"] == "Fallback waits 500 ms instead of 200 ms."
    assert preview["people_needed"] == 1
    with in_tenant(cast.tenant.id):
        assert preview["digest"] == roll_back_preview(scope=cast.bo, number=amendment.number, at=make.AT).digest
    data = {"digest": preview["digest"], "reason": "Worse", "password": make.PASSWORD}
    assert is_problem(post(client, "amendments/AMD-1/roll_back", {**data, "reason": ""}), 422, "invalid")
    assert is_problem(post(client, "amendments/AMD-1/roll_back", {**data, "note": "Other"}), 422, "invalid")
    done = post(client, "amendments/AMD-1/roll-back", data)
    assert done.json()["state"] == "rolled_back"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 500


def test_amendments__filters_and_cursor() -> None:
    cast = make.cast()
    for step in range(5):
        proposed(cast, fallback_delay_ms=100 + step)
    applied(cast, latency_target_ms=900)
    client = client_of(cast.uma)
    seen, address = [], f"{AMENDMENTS}?state=proposed&limit=2"
    while address:
        answer = client.get(address).json()
        seen += [row["id"] for row in answer["results"]]
        assert len(answer["results"]) <= 2
        address = answer["next"]
    assert seen == ["AMD-5", "AMD-4", "AMD-3", "AMD-2", "AMD-1"]
    for wrong in ("state=odd", "limit=0", "limit=x", "cursor=%00", "cursor=!!", "colour=red", "system=none"):
        assert is_problem(client.get(f"{AMENDMENTS}?{wrong}"), 422, "invalid")


def test_amendment__record__has_what_a_stranger_needs_to_check_it() -> None:
    cast = make.cast()
    amendment = applied(cast, fallback_delay_ms=200)
    response = client_of(cast.uma).get(f"{AMENDMENTS}{amendment.label}/")
    record = response.json()
    answer = record["authority"]["answers"][0]
    assert json.loads(answer["statement"])["digest"] == record["digest"]
    assert len(bytes.fromhex(answer["signature"])) == 64
    assert answer["signer"].startswith("did:key:")
    assert record["checklist"][0]["is_present"]
    assert record["timeline"][-1]["said"] == "Took effect"
    unchanged = client_of(cast.uma).get(f"{AMENDMENTS}{amendment.label}/", headers={"If-None-Match": response["ETag"]})
    assert unchanged.status_code == 304


def test_every_failure__is_a_problem() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposed(cast)
    client = client_of(cast.bo)
    assert is_problem(client.get(f"{API}nothing/here"), 404, "not_found")
    assert is_problem(client.delete(f"{AMENDMENTS}AMD-1/"), 405, "method_not_allowed")
    assert is_problem(client.get(f"{AMENDMENTS}AMD-1/approve"), 405, "method_not_allowed")
    assert is_problem(client.get(f"{AMENDMENTS}AMD-9/"), 404, "not_found")
    assert is_problem(client.get(f"{API}systems/no-such/"), 404, "not_found")
    assert is_problem(client.get(f"{API}systems/%00/"), 404, "not_found")
    assert is_problem(client_of(mallory).get(f"{AMENDMENTS}AMD-1/"), 404, "not_found")
    assert is_problem(client_of(mallory).get(f"{API}systems/clay-consigliere/"), 404, "not_found")
    assert is_problem(client_of(cast.mel).get(AMENDMENTS), 403, "not_allowed")
    assert is_problem(Client().get(AMENDMENTS), 401, "not_authenticated")


def test_post__without_csrf_token__refused() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    client = Client(enforce_csrf_checks=True)
    client.cookies = client_of(cast.cy).cookies
    data = {"digest": make.digest_of(cast.bo, proposal), "password": make.PASSWORD}
    assert is_problem(post(client, "amendments/AMD-1/approve", data), 403, "csrf_failed")
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_refused_proposal__by_an_auditor__is_on_the_ledger() -> None:
    cast = make.cast()
    response = post(client_of(cast.uma), "amendments/", proposal_of(cast, fallback_delay_ms=200))
    assert is_problem(response, 403, "not_allowed")
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(event_type="refusal", action_name="amendments.propose").exists()
        assert not AmendmentProposal.objects.exists()
