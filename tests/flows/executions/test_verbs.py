"""People answer for a call, call a request off, give stars and disagree: over the API, each with its refusals."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from governance.scope import Capability, Scope
from governance.web import now
from routing.connectors.actions import configure
from routing.executions.proof import judged
from routing.executions.sealing import seal_receipts
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.routing.executions import desk
from tests.flows.api.programs import is_problem, program
from tests.flows.executions.office import get, handed_in, post, worked

OTHER = "sha256:" + "0" * 64


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def waiting(cast: make.Cast, by: Scope | None = None) -> tuple[str, str, desk.Agent]:
    """An audit that waits for an answer: its id, the digest that was seen, and the agent."""
    agent = desk.agent(cast, "payroll", approvals=("audit",))
    id = handed_in(by or cast.mel, "Audit payroll", system="payroll")
    found = worked(by or cast.mel, id)
    assert found["stage"] == "awaiting_approval" and found["question"]["due_at"]
    return id, found["question"]["digest"], agent


def done(cast: make.Cast, by: Scope | None = None) -> str:
    desk.agent(cast, "payroll")
    id = handed_in(by or cast.mel, system="payroll")
    assert worked(by or cast.mel, id)["status"] == "success"
    return id


def yes(scope: Scope, id: str, digest: str, **more: Any) -> Any:
    return post(scope, f"{id}/approve/", digest=digest, password=more.pop("password", make.PASSWORD), **more)


def test_approved__is_called_once_for_the_digest_that_was_seen(cast: make.Cast) -> None:
    id, digest, agent = waiting(cast)
    assert is_problem(yes(cast.bo, id, OTHER), 409, "stale_digest")
    answer = yes(cast.bo, id, digest, note="Fine.")
    assert answer.status_code == 200 and answer.json()["stage"] == "ready", answer.content
    found = worked(cast.mel, id)
    assert (found["status"], len(agent.calls)) == ("success", 1)
    assert found["governance_check"]["approved_by"] == cast.bo.actor.name and found["question"] is None
    assert is_problem(yes(cast.cy, id, digest), 409, "not_waiting")


def test_rejected__ends_it_with_the_words(cast: make.Cast) -> None:
    id, digest, agent = waiting(cast)
    assert is_problem(post(cast.bo, f"{id}/reject/", digest=digest, password=make.PASSWORD), 422, "note_missing")
    answer = post(cast.bo, f"{id}/reject/", digest=digest, password=make.PASSWORD, note="Not now.")
    assert answer.json()["status"] == "governance_blocked" and "Not now." in answer.json()["error"]
    assert agent.calls == []
    again = post(cast.bo, f"{id}/reject/", digest=digest, password=make.PASSWORD, note="Not now.")
    assert is_problem(again, 409, "not_waiting")


def test_answer__takes_the_right_person_who_is_there(cast: make.Cast) -> None:
    id, digest, _ = waiting(cast)
    told = yes(cast.bo, id, digest, password="wrong")
    assert is_problem(told, 403, "not_confirmed")
    robot = program(cast.bo, Capability.READ_RECORD, Capability.DECIDE)
    told = robot.post(f"executions/{id}/approve/", {"digest": digest, "password": make.PASSWORD})
    assert is_problem(told, 403, "not_confirmed") and told.json()["link"].endswith(f"/executions/{id}/")
    assert is_problem(yes(cast.ada, id, digest), 403, "not_allowed")
    assert is_problem(yes(cast.mel, id, digest), 403, "own_proposal")
    for verb in ("approve", "reject"):
        body = {"digest": digest, "password": make.PASSWORD, "note": "x"}
        assert is_problem(post(make.stranger(), f"{id}/{verb}/", **body), 404, "not_found")


def test_requester__never_approves_their_own(cast: make.Cast) -> None:
    id, digest, _ = waiting(cast, by=cast.bo)
    assert is_problem(yes(cast.bo, id, digest), 403, "own_proposal")


def test_question__shows_the_call_as_it_would_be_made__and_what_moved_since(cast: make.Cast) -> None:
    id, digest, agent = waiting(cast)
    asked = get(cast.bo, f"{id}/").json()["question"]
    assert (asked["system"], asked["action"], asked["target"]) == ("payroll", "audit", agent.name)
    assert (asked["moved"], asked["why_not_approve"]) == ("", "")
    assert "You asked for this" in get(cast.mel, f"{id}/").json()["question"]["why_not_approve"]
    assert [one["id"] for one in get(cast.bo, "?waiting=true").json()["results"]] == [id]
    assert get(cast.ada, "?waiting=true").json()["results"] == []
    assert post(cast.bo, f"{id}/ask_again/").json()["has_moved"] is False
    other = desk.Agent()
    configure(
        scope=cast.bo, system_name="payroll", deployment_type="local", kind="callable", target=other.name, at=now()
    )
    assert get(cast.bo, f"{id}/").json()["question"]["moved"] == "the way to the agent or one of its tools"
    assert is_problem(post(cast.mel, f"{id}/ask_again/"), 403, "not_allowed")
    assert is_problem(post(make.stranger(), f"{id}/ask_again/"), 404, "not_found")
    assert post(cast.bo, f"{id}/ask_again/").json()["has_moved"] is True
    assert is_problem(post(cast.bo, f"{id}/ask_again/"), 409, "not_waiting")
    again = worked(cast.mel, id)["question"]
    assert again["digest"] != digest and again["target"] == other.name


def test_two_at_once__one_approves(cast: make.Cast) -> None:
    id, digest, agent = waiting(cast)
    told = [one.result for one in at_once([lambda: yes(cast.bo, id, digest), lambda: yes(cast.cy, id, digest)])]
    assert sorted(one.status_code for one in told) == [200, 409]
    worked(cast.mel, id)
    assert len(agent.calls) == 1


def test_cancel__before_anything_is_done__a_second_time_is_too_late(cast: make.Cast) -> None:
    id = handed_in(cast.mel)
    assert is_problem(post(cast.ada, f"{id}/cancel/"), 403, "not_allowed")
    assert is_problem(post(make.stranger(), f"{id}/cancel/"), 404, "not_found")
    answer = post(cast.mel, f"{id}/cancel/")
    assert answer.json()["status"] == "failed" and "Called off" in answer.json()["sentence"]
    assert is_problem(post(cast.mel, f"{id}/cancel/"), 409, "too_late")


def test_cancel__of_what_waits_for_approval__withdraws_the_question(cast: make.Cast) -> None:
    id, digest, _ = waiting(cast)
    assert post(cast.bo, f"{id}/cancel/").json()["question"] is None
    assert is_problem(yes(cast.bo, id, digest), 409, "not_waiting")


def test_stars__are_given_and_given_anew(cast: make.Cast) -> None:
    id = done(cast)
    assert post(cast.mel, f"{id}/rate/", stars=2, words="Slow.").json()["stars"] == 2
    found = post(cast.mel, f"{id}/rate/", stars=5).json()
    assert (found["stars"], found["feedback"], found["rated_by"]) == (5, "", cast.mel.actor.name)
    for stars in (0, 6, True, "5"):
        assert is_problem(post(cast.mel, f"{id}/rate/", stars=stars), 422, "invalid")
    assert is_problem(post(cast.uma, f"{id}/rate/", stars=1), 403, "not_allowed")
    assert is_problem(post(make.stranger(), f"{id}/rate/", stars=1), 404, "not_found")
    assert is_problem(post(cast.mel, f"{handed_in(cast.mel)}/rate/", stars=1), 404, "not_found")


def test_correct__who_should_have_got_it__said_anew_and_taken_back(cast: make.Cast) -> None:
    id = done(cast)
    assert is_problem(post(cast.uma, f"{id}/correct/", system=cast.system.name), 403, "not_allowed")
    assert is_problem(post(make.stranger(), f"{id}/correct/", system=cast.system.name), 404, "not_found")
    assert is_problem(post(cast.mel, f"{id}/correct/", system="nobody"), 422, "invalid")
    found = post(cast.mel, f"{id}/correct/", system=cast.system.name).json()
    assert (found["corrected_to"], found["corrected_by"]) == (cast.system.name, cast.mel.actor.name)
    assert post(cast.mel, f"{id}/correct/", system="").json()["corrected_to"] == ""


def test_dispute__stands_on_the_ledger__once(cast: make.Cast) -> None:
    id = done(cast)
    assert is_problem(post(cast.uma, f"{id}/dispute/", words="No."), 403, "not_allowed")
    found = post(cast.mel, f"{id}/dispute/", words="It paid twice.").json()
    assert (found["dispute"], found["disputed_by"]) == ("It paid twice.", cast.mel.actor.name)
    assert is_problem(post(cast.mel, f"{id}/dispute/", words="Again."), 409, "too_late")
    assert is_problem(post(make.stranger(), f"{id}/dispute/", words="x"), 404, "not_found")


def test_receipt__is_judged_by_itself__once_anchored_with_its_way_to_the_ledger(cast: make.Cast) -> None:
    id = handed_in(cast.mel)
    assert is_problem(get(cast.mel, f"{id}/receipt/"), 404, "not_found")
    id = done(cast)
    before = get(cast.mel, f"{id}/receipt/").json()
    assert before["anchor"] is None and judged(before).is_genuine
    seal_receipts(scope=cast.tars, at=make.later(30))
    after = get(cast.mel, f"{id}/receipt/").json()
    assert judged(after).ledger_sequence == get(cast.mel, f"{id}/").json()["receipt"]["ledger_sequence"]
    assert json.loads(after["statement"])["execution_id"] == id


def test_hand_in__many_at_once_under_one_key__is_one_request(cast: make.Cast) -> None:
    told = [one.result for one in at_once([lambda: post(cast.mel, text="Run payroll", key="k")] * 6)]
    assert {one.status_code for one in told} == {202}
    assert len({one.json()["id"] for one in told}) == 1


@pytest.mark.parametrize(("verb", "body"), [("cancel", {}), ("dispute", {"words": "It paid twice."})])
def test_verb__two_at_once__happens_once(cast: make.Cast, verb: str, body: dict[str, Any]) -> None:
    id = handed_in(cast.mel) if verb == "cancel" else done(cast)
    told = [one.result for one in at_once([lambda: post(cast.mel, f"{id}/{verb}/", **body)] * 2)]
    assert sorted(one.status_code for one in told) == [200, 409]


def test_reject_and_approve__at_once__one_of_them_counts(cast: make.Cast) -> None:
    id, digest, agent = waiting(cast)
    no = {"digest": digest, "password": make.PASSWORD, "note": "Not now."}
    told = [
        one.result for one in at_once([lambda: yes(cast.bo, id, digest), lambda: post(cast.cy, f"{id}/reject/", **no)])
    ]
    assert sorted(one.status_code for one in told) == [200, 409]
    found = worked(cast.mel, id)
    assert (found["status"], len(agent.calls)) in {("success", 1), ("governance_blocked", 0)}


def test_stars__two_at_once__both_are_heard_and_one_stays(cast: make.Cast) -> None:
    id = done(cast)
    rates = [partial(post, cast.mel, f"{id}/rate/", stars=stars) for stars in (1, 5)]
    told = [one.result for one in at_once(rates)]
    assert {one.status_code for one in told} == {200} and get(cast.mel, f"{id}/").json()["stars"] in {1, 5}
