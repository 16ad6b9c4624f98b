"""Which past requests may be asked again: a draw by a seed, by ids, and what is left out with its reason."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from routing.executions.models import Execution
from routing.rehearsal import reading
from tests import factories as make
from tests.db.rehearsal import stand
from tests.db.routing.executions import desk
from tests.db.tenants import catalogue


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def window(cast: make.Cast, system: str, **more: Any) -> dict[str, Any]:
    known = {"scope": cast.bo, "system": desk.system(cast.bo, system), "is_router": system == stand.ROUTER}
    return {**known, "since": make.AT, "until": make.later(60), **more}


def drawn(cast: make.Cast, system: str, *, most: int = 100, seed: int = 1) -> list[str]:
    return [one.key for one in reading.requests(**window(cast, system), most=most, seed=seed)]


def left(cast: make.Cast, system: str) -> dict[str, int]:
    return dict(reading.left_out(**window(cast, system)))


def changed(done: Execution, field: str, value: Any) -> None:
    """Past all guards: as if the row had been moved or handed on."""
    with catalogue.connected("super") as server:
        server.execute("SET session_replication_role = replica")
        server.execute(f"UPDATE executions SET {field} = %s WHERE id = %s", [value, done.id])  # type: ignore[arg-type]


def test_requests__a_seed__draws_the_same_again_and_another_draws_others(cast: make.Cast) -> None:
    stand.two(cast)
    keys = {str(desk.done(cast.mel, f"{stand.RUN} {number}", system="payroll").id) for number in range(8)}
    assert set(drawn(cast, "payroll")) == keys
    first = drawn(cast, "payroll", most=4)
    assert first == drawn(cast, "payroll", most=4) and len(first) == 4
    assert any(drawn(cast, "payroll", most=4, seed=seed) != first for seed in range(2, 6))
    assert drawn(cast, "spare") == []


def test_requests__of_the_router__are_what_nobody_directed(cast: make.Cast) -> None:
    stand.two(cast)
    routed, lost = desk.done(cast.mel, stand.RUN), desk.done(cast.mel, "What is the weather on Mars")
    desk.done(cast.mel, stand.RUN, system="payroll")
    assert set(drawn(cast, stand.ROUTER)) == {str(routed.id), str(lost.id)}
    assert left(cast, stand.ROUTER) == {reading.DIRECTED: 1}


def test_requests__what_would_write_or_may_not_be_repeated__is_left_out_with_its_reason(cast: make.Cast) -> None:
    stand.two(cast)
    agent = desk.agent(cast, "writer")
    desk.done(cast.mel, stand.RUN, system="writer")
    assert drawn(cast, "writer") == [] and left(cast, "writer") == {reading.WRITES: 1} and len(agent.calls) == 1
    kept = desk.done(cast.mel, stand.RUN, system="payroll")
    changed(desk.done(cast.mel, "Run payroll for nobody", system="payroll"), "status", "governance_blocked")
    changed(desk.done(cast.mel, "Run payroll away", system="payroll"), "lifecycle_state", "ARCHIVED")
    changed(desk.done(cast.mel, "Run payroll in part", system="payroll"), "parent_id", uuid4())
    assert drawn(cast, "payroll") == [str(kept.id)]
    assert left(cast, "payroll") == {reading.BLOCKED: 1, reading.AWAY: 1, reading.PART: 1}


def test_requests__older_than_the_newest__are_not_looked_at(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.two(cast)
    done = [desk.done(cast.mel, f"{stand.RUN} {n}", system="payroll", at=make.later(4 + n)) for n in range(3)]
    monkeypatch.setattr(reading, "NEWEST", 2)
    assert set(drawn(cast, "payroll")) == {str(one.id) for one in done[1:]}
    assert left(cast, "payroll") == {reading.OLDER: 1}


def test_recorded__says_who_asked_for_what_and_what_became_of_it(cast: make.Cast) -> None:
    stand.two(cast)
    done = desk.done(cast.mel, stand.RUN, system="payroll", action="audit", input={"month": 1}, channel="page")
    found = stand.recorded(cast, done)
    assert (found.text, found.input, found.system, found.action) == (stand.RUN, {"month": 1}, "payroll", "audit")
    assert (found.channel, found.kind, found.requested_by) == ("page", "audit", cast.mel.actor.name)
    assert (found.user_id, found.was["status"], found.was["system"]) == (cast.mel.actor.user_id, "success", "payroll")


def test_recorded__an_action_that_tars_found__was_not_stated(cast: make.Cast) -> None:
    stand.two(cast)
    found = stand.recorded(cast, desk.done(cast.mel, stand.RUN))
    assert (found.action, found.kind, found.system) == ("", "payroll", "")


def test_requests_by_id__in_their_order__without_what_is_gone_or_no_id(cast: make.Cast) -> None:
    stand.two(cast)
    first, second = (desk.done(cast.mel, f"{stand.RUN} {n}", system="payroll") for n in range(2))
    ids = [str(second.id), "scenario/7", str(uuid4()), str(first.id), str(first.id)]
    found = reading.requests_by_id(scope=cast.bo, ids=ids)
    assert [one.key for one in found] == [str(second.id), str(first.id)]
    changed(first, "lifecycle_state", "PRUNED")
    assert [one.key for one in reading.requests_by_id(scope=cast.bo, ids=ids)] == [str(second.id)]


def test_requests__of_another_tenant__are_nobodys(cast: make.Cast) -> None:
    stand.two(cast)
    done = desk.done(cast.mel, stand.RUN, system="payroll")
    stranger = make.stranger()
    assert reading.requests_by_id(scope=stranger, ids=[str(done.id)]) == ()
    known = window(cast, "payroll") | {"scope": stranger}
    assert reading.requests(**known, most=5, seed=1) == () and reading.left_out(**known) == {}
