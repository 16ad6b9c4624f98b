"""A request is asked again under a law that is not in force, as a live one would be, and nothing is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from billing.budgets.actions import set_price
from governance.errors import NotFound
from governance.estop import actions as estop
from routing.connectors.actions import disable
from routing.connectors.contract import Reply, TimedOut, ToolCall, Unreachable, Usage
from routing.rehearsal.aside import only_reading
from tests import factories as make
from tests.db.rehearsal import stand
from tests.db.routing.executions import desk
from tests.db.tenants import catalogue


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_rehearse__a_request__is_answered_in_dream_mode_under_the_constitution_of_its_side(cast: make.Cast) -> None:
    agent, _ = stand.two(cast)
    stage = stand.stage(cast, "payroll", dream={"fuzzy_match_threshold": 0.9})
    normal, dream = (stand.ran(stage, side=side) for side in ("normal", "dream"))
    assert (normal.status, normal.system, normal.action, normal.verdict) == (
        "completed",
        "payroll",
        "payroll",
        "permit",
    )
    assert normal.output == {"done": "payroll"} and normal.output_digest == dream.output_digest and normal.text
    assert normal.is_simulated and not normal.is_violation and normal.confidence == 1.0
    first, second = agent.calls
    assert {first.mode, second.mode} == {"dream"} and first.idempotency_key != second.idempotency_key
    assert "fuzzy_match_threshold" not in first.constitution.document
    assert second.constitution.document["fuzzy_match_threshold"] == 0.9
    assert second.constitution.version.endswith("+dream") and first.constitution.digest != second.constitution.digest


def test_rehearse__all_that_can_happen__writes_no_row_of_any_table(cast: make.Cast) -> None:
    stand.two(cast, lambda *_: Reply(is_error=True, error="Not today."))
    desk.agent(cast, "writer", approvals=("audit",))
    desk.done(cast.mel, stand.RUN)
    stage = stand.stage(cast, dream={"routing_confidence_threshold": 1.0})
    before = stand.everything()
    wanted = [
        stand.asked(),
        stand.asked("Bake a bread"),
        stand.asked("Audit", system="writer"),
        stand.asked(system="x"),
    ]
    wanted.append(stand.asked(system="payroll", action="burn_the_office"))
    statuses = {stand.ran(stage, one, side).status for one in wanted for side in ("normal", "dream")}
    assert statuses == {"completed", "failed", "governance_blocked", "refused"}
    assert stand.everything() == before


def test_only_reading__whoever_writes_there__is_refused_by_postgres(cast: make.Cast) -> None:
    with pytest.raises(Exception, match="read-only"), only_reading(cast.tenant.id):
        catalogue.run("UPDATE systems SET description = 'x'")


def test_rehearse__an_agent_that_does_not_simulate__is_refused_and_not_called(cast: make.Cast) -> None:
    agent, _ = stand.two(cast, simulates_dreams=False)
    found = stand.ran(stand.stage(cast))
    assert (found.status, agent.calls, found.hops[-1].outcome) == ("refused", [], "refused")
    assert "does not say that it simulates in dreams" in found.why


def test_rehearse__a_raised_threshold__keeps_a_request_from_its_system(cast: make.Cast) -> None:
    stand.two(cast)
    stage = stand.stage(cast, dream={"routing_confidence_threshold": 0.99})
    one = stand.asked("Please run the payroll for us")
    assert stand.ran(stage, one).status == "completed"
    dream = stand.ran(stage, one, "dream")
    assert (dream.status, dream.system, dream.verdict) == ("failed", "", "") and "Out of scope" in dream.why


def test_rehearse__a_mutated_requires_approval__changes_the_verdict_and_goes_on(cast: make.Cast) -> None:
    stand.two(cast)
    stage = stand.stage(cast, "payroll", dream={"requires_approval": ["payroll"]})
    one = stand.asked()
    assert stand.ran(stage, one).verdict == "permit"
    dream = stand.ran(stage, one, "dream")
    assert (dream.verdict, dream.status) == ("require_approval", "completed") and dream.verdict_sentence


def test_rehearse__what_nothing_permits__is_blocked_and_a_violation(cast: make.Cast) -> None:
    agent, _ = stand.two(cast)
    found = stand.ran(stand.stage(cast), stand.asked(system="payroll", action="burn_the_office"))
    assert (found.status, found.verdict, agent.calls) == ("governance_blocked", "deny", [])
    assert found.is_violation and [hop.outcome for hop in found.hops] == ["denied"] and found.cost_usd is None


def test_rehearse__the_first_fails__the_next_is_asked_and_the_delay_counts_without_being_waited(
    cast: make.Cast,
) -> None:
    stand.two(cast, lambda *_: Reply(is_error=True, error="Not today."))
    stage = stand.stage(cast, dream={"fallback_delay_ms": 60_000})
    normal, dream = (stand.ran(stage, stand.asked(), side, seconds=30) for side in ("normal", "dream"))
    assert [(hop.system, hop.outcome) for hop in dream.hops] == [("payroll", "failed"), ("spare", "answered")]
    assert (normal.hops[1].waited_ms, dream.hops[1].waited_ms) == (500, 60_000)
    assert dream.duration_ms >= 60_000 > normal.duration_ms >= 500 and dream.system == "spare"


def test_rehearse__fallback_off_on_one_side__only_the_first_is_asked_there(cast: make.Cast) -> None:
    _, spare = stand.two(cast, lambda *_: Reply(is_error=True, error="Not today."))
    stage = stand.stage(cast, dream={"routing_rules": {"fallback_enabled": False}})
    found = stand.ran(stage, stand.asked(), "dream")
    assert (found.status, found.why, spare.calls) == ("failed", "Not today.", [])


def test_rehearse__out_of_reach__is_tried_as_often_as_live_with_its_pauses_counted(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.two(cast)
    desk.breaks(monkeypatch, "payroll", Unreachable("Nobody is there.", may_have_run=False))
    stage = stand.stage(cast, dream={"routing_rules": {"max_retries": 1}})
    found = stand.ran(stage, stand.asked(), "dream")
    assert [hop.outcome for hop in found.hops] == ["unreachable", "unreachable", "answered"]
    assert [hop.waited_ms for hop in found.hops] == [0, 500, 500] and found.system == "spare"


def test_rehearse__an_agent_that_may_have_acted__ends_it_as_live(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, spare = stand.two(cast)
    desk.breaks(monkeypatch, "payroll", TimedOut("It was too late."))
    found = stand.ran(stand.stage(cast))
    assert (found.status, found.cost_usd, spare.calls) == ("failed", None, [])


def test_rehearse__its_own_time_is_over__has_no_outcome(cast: make.Cast) -> None:
    agent, _ = stand.two(cast)
    found = stand.ran(stand.stage(cast), seconds=0)
    assert (found.status, agent.calls) == ("refused", []) and "time of this rehearsal" in found.why


def test_rehearse__a_stop_pressed_after_the_stage_was_made__holds(cast: make.Cast) -> None:
    agent, _ = stand.two(cast)
    stage, one = stand.stage(cast), stand.asked()
    stage.prepare([one])
    estop.stop(scope=cast.sam, system_name=None, reason="Smoke.", at=make.later(21))
    found = stand.ran(stage, one)
    assert (found.status, agent.calls, found.is_violation) == ("governance_blocked", [], False)
    assert "Smoke" in found.hops[0].sentence


def test_rehearse__a_connector_that_is_off__is_passed_over(cast: make.Cast) -> None:
    agent, _ = stand.two(cast)
    stage = stand.stage(cast)
    disable(scope=cast.bo, system_name="payroll", reason="Repairs.", at=make.later(21))
    found = stand.ran(stage)
    assert (found.system, agent.calls) == ("spare", [])
    assert [(hop.system, hop.outcome) for hop in found.hops] == [("payroll", "unreachable"), ("spare", "answered")]


def test_rehearse__what_the_agent_used__is_priced_as_live(cast: make.Cast) -> None:
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal("0.5"), at=make.AT)
    for measure in ("input_tokens", "output_tokens", "compute_seconds"):
        set_price(scope=cast.tess, measure=measure, usd=Decimal(0), at=make.AT)
    answers: list[Any] = [Reply(usage=Usage(api_calls=3)), Reply()]
    stand.two(cast, lambda *_: answers.pop(0))
    stage = stand.stage(cast)
    found = stand.ran(stage)
    assert (found.cost_usd, found.usage["api_calls"]) == (Decimal("1.5"), Decimal(3))
    assert stand.ran(stage).cost_usd is None, "nobody said what it used"


def test_rehearse__the_agent_tells_that_it_used_what_it_must_not__is_a_violation(cast: make.Cast) -> None:
    told = ToolCall(server="bank", tool="wire_money", is_success=True)
    stand.two(cast, lambda *_: Reply(output="done", tool_calls=(told,)))
    found = stand.ran(stand.stage(cast))
    assert found.status == "completed" and found.is_violation


def test_rehearse__the_answer_is_large__its_digest_stands_for_it(cast: make.Cast) -> None:
    stand.two(cast, lambda *_: {"pages": ["x" * 1000] * 100})
    found = stand.ran(stand.stage(cast))
    assert found.output["truncated"] and found.output["digest"] == found.output_digest


def test_rehearse__as_the_live_request__chooses_the_same_with_the_same_verdict(cast: make.Cast) -> None:
    stand.two(cast)
    for text in (stand.RUN, "Please run the payroll", "Payroll audit", "What is the weather on Mars"):
        done = desk.done(cast.mel, text)
        found = stand.ran(stand.stage(cast), stand.recorded(cast, done))
        assert (found.system, found.status == "completed") == (done.system_name, done.status == "success"), text
        if done.routing_confidence is not None:
            assert found.confidence == pytest.approx(float(done.routing_confidence), abs=1e-3), text
        assert found.verdict == done.governance_check["outcome"], text


def test_prepare__many_requests_and_sides__then_rehearse_places_nothing_anew(cast: make.Cast) -> None:
    stand.two(cast)
    stage = stand.stage(cast, dream={"routing_confidence_threshold": 0.8})
    wanted = [stand.asked(f"{stand.RUN} {number}") for number in range(30)]
    stage.prepare(wanted)
    assert all(one.key in bench.plans for one in wanted for bench in stage.benches.values())


def test_rehearse__threads_at_once__each_get_their_own(cast: make.Cast) -> None:
    stand.two(cast, lambda call, _: {"asked": call.request})
    stage = stand.stage(cast)

    def one(number: int) -> Any:
        try:
            return stand.ran(stage, stand.asked(f"{stand.RUN} {number}")).output
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(one, range(12)))
    assert found == [{"asked": f"{stand.RUN} {number}"} for number in range(12)]


def test_rehearse__in_another_tenant__sees_nothing_of_this_one(cast: make.Cast) -> None:
    agent, _ = stand.two(cast)
    with pytest.raises(NotFound):
        stand.staged(scope=make.stranger(), system="payroll", documents=stand.IN_FORCE, at=make.later(20))
    assert agent.calls == []


def test_rehearse__a_side_that_was_not_staged__is_not_found(cast: make.Cast) -> None:
    with pytest.raises(NotFound):
        stand.ran(stand.stage(cast), side="nobody")
