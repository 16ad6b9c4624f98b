"""A request is routed, decided, paid for, called and receipted, in steps that each commit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.budgets.actions import set_price
from governance.tenancy import in_tenant
from routing.connectors.contract import Reply, TimedOut, Unreachable, Usage
from routing.executions import due, work
from routing.executions.finishing import keep, locked
from routing.executions.lease import Lease
from routing.executions.models import DueRequest
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.budgets.money import planned, stand
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_request__is_done_by_the_system_that_was_named__and_receipted(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll for January", system="payroll", input={"month": 1})
    assert (done.status, done.output_data, done.error_message) == ("success", {"done": "payroll"}, None)
    assert (done.action, done.system_name, done.requested_by) == ("payroll", "payroll", cast.mel.actor.name)
    call = agent.calls[0]
    assert (call.request, call.input, call.mode, call.depth) == ("Run payroll for January", {"month": 1}, "direct", 0)
    assert [step["step"] for step in done.steps] == ["received", "routed", "verdict", "called", "receipt"]
    assert desk.receipt(cast.mel, done.id).digest.startswith("sha256:")
    with in_tenant(cast.tenant.id):
        assert not DueRequest.objects.filter(id=done.id).exists()


def test_request__goes_where_a_rule_says(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    desk.router.written(cast.bo, "Run payroll", "payroll")
    desk.router.embedded(cast)
    done = desk.done(cast.mel, "Run payroll")
    assert (done.status, done.system_name) == ("success", "payroll")
    assert done.route and done.route["chosen"] == "payroll" and done.routing_confidence
    payroll = desk.system(cast.bo, "payroll")
    assert done.routing_path == [cast.system.id, payroll.id], "the router, whose constitution was obeyed, comes first"


def test_request__to_a_named_system__was_routed_by_nobody(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    assert desk.done(cast.mel, system="payroll").routing_path == [desk.system(cast.bo, "payroll").id]


def test_request__out_of_scope__fails_and_says_what_was_near(cast: make.Cast) -> None:
    done = desk.done(cast.mel, "What is the weather on Mars")
    assert (done.status, done.system_id) == ("failed", None)
    assert done.error_message and done.error_message.startswith("Out of scope")


def test_action__that_nothing_permits__is_blocked_and_nobody_is_called(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll", action="burn_the_office")
    assert (done.status, agent.calls) == ("governance_blocked", [])
    assert done.error_message


def test_agent__that_says_it_failed__ends_the_request_as_failed_with_its_words(cast: make.Cast) -> None:
    desk.agent(cast, "payroll", lambda *_: Reply(is_error=True, error="No such month."))
    done = desk.done(cast.mel, system="payroll")
    assert (done.status, done.error_message) == ("failed", "No such month.")


def test_agent__that_is_only_partly_done__is_partial(cast: make.Cast) -> None:
    desk.agent(cast, "payroll", lambda *_: Reply(output=[1], is_partial=True, suggestions=("Ask again.",)))
    done = desk.done(cast.mel, system="payroll")
    assert (done.status, done.output_data, done.suggested_improvements) == ("partial", [1], ["Ask again."])


def test_deadline__that_passed__is_a_timeout_and_charges_the_maximum(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.agent(cast, "payroll", maximums={"usd_budget": "2"})
    planned(cast)
    desk.breaks(monkeypatch, "payroll", TimedOut("It took too long."))
    done = desk.done(cast.mel, system="payroll")
    assert done.status == "timeout" and "Nobody knows" in (done.error_message or "")
    assert stand(cast)[:2] == ("2", "0")


def test_agent__that_cannot_be_reached__the_alternative_does_it(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.agent(cast, "payroll")
    second = desk.agent(cast, "spare")
    desk.breaks(monkeypatch, "payroll", Unreachable("Nobody answers.", may_have_run=False))
    desk.router.written(cast.bo, "Run payroll", "payroll", "spare")
    desk.router.embedded(cast)
    done = desk.done(cast.mel, "Run payroll")
    assert (done.status, done.system_name) == ("success", "spare")
    assert len(second.calls) == 1
    assert "fell_back" in [step["step"] for step in done.steps]


def test_fallback_delay__of_the_routers_constitution__passes_before_the_next_is_asked(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.agent(cast, "payroll")
    second = desk.agent(cast, "spare")
    desk.breaks(monkeypatch, "payroll", Unreachable("Nobody answers.", may_have_run=False))
    make.applied(cast, fallback_delay_ms=1000, routing_rules={"max_retries": 0})
    desk.router.written(cast.bo, "Run payroll", "payroll", "spare")
    desk.router.embedded(cast)
    request = desk.asked(cast.mel, "Run payroll")
    early, late = make.later(5), make.later(5) + timedelta(seconds=1)
    assert desk.worked(cast.mel, request, at=early).stage == "routed" and not second.calls
    assert desk.worked(cast.mel, request, at=late - timedelta(milliseconds=1)).stage == "routed"
    assert desk.worked(cast.mel, request, at=late).stage == "done" and len(second.calls) == 1


def test_no_money__fails_and_names_the_budget(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll", maximums={"usd_budget": "2"})
    planned(cast, "1")
    done = desk.done(cast.mel, system="payroll")
    assert (done.status, agent.calls) == ("failed", [])
    assert done.error_message and "budget" in done.error_message


def test_answer__settles_the_hold_and_the_execution_says_what_it_cost(cast: make.Cast) -> None:
    planned(cast)
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal("0.25"), at=make.AT)
    for measure in ("input_tokens", "output_tokens", "compute_seconds"):
        set_price(scope=cast.tess, measure=measure, usd=Decimal(0), at=make.AT)
    desk.agent(cast, "payroll", lambda *_: Reply(usage=Usage(api_calls=3)), maximums={"usd_budget": "2"})
    done = desk.done(cast.mel, system="payroll")
    assert (done.status, done.cost_usd) == ("success", Decimal("0.75"))
    assert stand(cast)[:2] == ("0.75", "0")


def test_settlement__that_fails__keeps_the_answer__its_step_comes_again(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = desk.agent(cast, "payroll", maximums={"usd_budget": "2"})
    planned(cast)
    request, real = desk.asked(cast.mel, system="payroll"), due.dropping

    def fails(**_: Any) -> None:
        raise RuntimeError("the very last statement of the step fails")

    monkeypatch.setattr(due, "dropping", fails)
    kept = desk.worked(cast.mel, request)
    assert (kept.stage, kept.answer and kept.answer["output"]) == (Stage.ANSWERED.value, {"done": "payroll"})
    assert stand(cast)[:2] == ("0", "2")
    monkeypatch.setattr(due, "dropping", real)
    done = desk.execution(cast.mel, desk.worked(cast.mel, request, at=make.later(10)).id)
    assert (done.status, done.output_data, len(agent.calls)) == ("success", {"done": "payroll"}, 1)
    assert stand(cast)[:2] == ("2", "0")


def test_lost_call__is_not_made_again__its_end_says_that_nobody_knows(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll")
    request = _found_calling(cast, desk.asked(cast.mel, system="payroll"))
    done = desk.execution(cast.mel, desk.worked(cast.mel, request, at=make.later(10)).id)
    assert (done.status, agent.calls) == ("failed", [])
    assert "Nobody knows" in (done.error_message or "")


def test_lost_call__of_an_agent_that_knows_repeated_calls__is_made_again_under_the_same_key(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll", may_repeat=True)
    request = _found_calling(cast, desk.asked(cast.mel, system="payroll"))
    waits = desk.worked(cast.mel, request, at=make.later(10))
    assert waits.stage == Stage.READY.value
    done = desk.execution(cast.mel, desk.worked(cast.mel, waits, at=make.later(11)).id)
    assert (done.status, len(agent.calls)) == ("success", 1)


def test_advance__of_what_somebody_else_has__does_nothing(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll")
    request = desk.asked(cast.mel, system="payroll")
    with in_tenant(cast.tenant.id):
        DueRequest.objects.filter(id=request.id).update(leased_by="another", leased_until=make.later(60))
    assert desk.worked(cast.mel, request).stage == Stage.RECEIVED.value
    assert agent.calls == []


def _found_calling(cast: make.Cast, request: Any) -> Any:
    """As a process leaves it that died inside the call."""
    lease = Lease(cast.tenant.id, request.id, "dead", lambda: make.later(5))
    with in_tenant(cast.tenant.id, durable=True):
        DueRequest.objects.filter(id=request.id).update(leased_by="dead", leased_until=make.later(6))
    with in_tenant(cast.tenant.id, durable=True):
        found = locked(tenant_id=lease.tenant_id, request_id=lease.request_id)
        assert found is not None
        work._taken(found, claims=1, clock=lease.clock)
        keep(found)
    found = desk.now(cast.mel, request.id)
    assert found.stage == Stage.CALLING.value
    return found
