"""Talking, files and kept pages over REST."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from governance.amendments.models import AmendmentProposal
from governance.scope import Scope
from tests import factories as make
from tests.flows.amendments.scenes import ago, proposed
from tests.web import client_of

PLACE = "/fallback_delay_ms"


def call(scope: Scope, path: str, **body: Any) -> Any:
    return client_of(scope).post(f"/api/v1/{path}", body, content_type="application/json")


def read(scope: Scope, path: str) -> Any:
    return client_of(scope).get(f"/api/v1/{path}")


def of(proposal: AmendmentProposal, *parts: str) -> str:
    return "/".join(["amendments", proposal.label, *parts, ""])


def test_comments__written_answered_settled_and_in_the_amendments_record() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    made = call(cast.ada, of(proposal, "comments"), text="Why?", pointer=PLACE, suggestion={"value": 300})
    assert made.status_code == 201 and made["Location"].endswith(of(proposal, "comments"))
    [thread] = made.json()["threads"]
    assert thread["comments"][0]["suggestion"] == {"value": 300}
    first = thread["comments"][0]["id"]
    call(cast.bo, of(proposal, "comments"), text="Because.", thread_id=first)
    settled = call(cast.bo, of(proposal, "comments", first, "resolve"))
    assert settled.json()["threads"][0]["resolved_by"] == cast.bo.actor.name
    assert call(cast.bo, of(proposal, "comments", first, "resolve")).status_code == 409
    assert not call(cast.bo, of(proposal, "comments", first, "reopen")).json()["threads"][0]["is_resolved"]
    record = read(cast.uma, of(proposal)).json()
    assert [remark["text"] for remark in record["comments"][0]["comments"]] == ["Why?", "Because."]


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "x", "pointer": "no"}, {"text": "x", "suggestion": {}}])
def test_comments__wrong__refused_by_pointer(body: dict[str, Any]) -> None:
    cast = make.cast()
    answer = call(cast.ada, of(proposed(cast), "comments"), **body)
    assert answer.status_code == 422 and answer.json()["errors"]


def test_everything__for_a_stranger__is_not_there__for_a_read_only_seat_refused() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    mallory = make.stranger()
    for path, body in (("comments", {"text": "x"}), ("ticks", {"pointer": PLACE}), ("look", {"digest": "x"})):
        assert call(mallory, of(proposal, path), **body).status_code == 404
    assert read(mallory, of(proposal, "decisions")).status_code == 404
    assert call(cast.uma, of(proposal, "comments"), text="x").status_code == 403


def test_ticks_and_look() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    assert call(cast.uma, of(proposal, "ticks"), pointer=PLACE).json() == {"viewed": [PLACE], "changes": 1}
    assert call(cast.uma, of(proposal, "ticks"), pointer=PLACE, viewed=False).json()["viewed"] == []
    digest = make.digest_of(cast.bo, proposal)
    assert call(cast.uma, of(proposal, "look"), digest=digest).json() == {"is_current": True}
    assert call(cast.uma, of(proposal, "look"), digest="sha256:00").json() == {"is_current": False}


def test_file__uploaded__attached__fetched__and_of_the_wrong_kind_refused() -> None:
    cast = make.cast()
    content = base64.b64encode(b"Measured.").decode()
    file = call(cast.bo, "files/", name="why.txt", content=content)
    assert file.status_code == 201 and file.json()["expires_at"]
    proposal = call(
        cast.bo,
        "amendments/",
        system=cast.system.name,
        amendment_type="manual_update",
        patch=[{"op": "replace", "path": PLACE, "value": 300}],
        evidence={"reason": "Better."},
        base_version=1,
        attachments=[file.json()["id"]],
    )
    assert proposal.status_code == 201
    [attached] = proposal.json()["attachments"]
    assert (attached["state"], attached["digest"]) == ("kept", file.json()["digest"])
    assert read(cast.uma, f"files/{attached['id']}/").json()["content"] == content
    assert read(make.stranger(), f"files/{attached['id']}/").status_code == 404
    assert call(cast.bo, "files/", name="why.exe", content=content).status_code == 422
    assert call(cast.bo, "files/", name="why.txt", content="???").json()["errors"][0]["pointer"] == "/content"


def test_request_changes__with_suggestions__and_the_page_that_was_kept() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    done = call(
        cast.cy,
        of(proposal, "request_changes"),
        digest=make.digest_of(cast.bo, proposal),
        note="Less.",
        password=make.PASSWORD,
        suggestions=[{"pointer": PLACE, "value": 400}],
    )
    assert done.status_code == 200, done.json()
    assert done.json()["comments"][0]["comments"][0]["suggestion"] == {"value": 400}
    [kept] = read(cast.uma, of(proposal, "decisions")).json()["decisions"]
    page = read(cast.uma, of(proposal, "decisions", kept["decision_id"])).json()
    assert page["is_genuine"] and page["digest"] == kept["digest"] and '"tars.decision-page.v1"' in page["canonical"]


def test_conflicts__both_ways() -> None:
    cast = make.cast()
    one, other = proposed(cast), proposed(cast, fallback_delay_ms=900)
    apart = proposed(cast, persona_id="x", at=ago(2))
    for proposal, rivals in ((one, [other.label]), (other, [one.label]), (apart, [])):
        assert [rival["id"] for rival in read(cast.uma, of(proposal)).json()["conflicts"]] == rivals
    page = client_of(cast.uma).get("/amendments/").content.decode()
    assert page.count(f"conflicts with {one.label}") == page.count(f"conflicts with {other.label}") == 1
