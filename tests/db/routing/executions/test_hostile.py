"""What an agent is told, and what a hostile one can make of it: lies cost it its own money at most, and stand as its own word."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from billing.budgets.actions import set_price
from governance.tenancy import in_tenant
from routing.connectors.contract import Call, OnProgress, Reply, ToolCall, Usage
from routing.executions.facts import facts_of
from routing.telemetry import queries
from tests import factories as make
from tests.db.budgets.money import planned, row, stand
from tests.db.routing.executions import desk
from tests.db.rulebook.sessions import NAME, add

pytestmark = pytest.mark.usefixtures("database")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_call__carries_constitution_session_rules_mode_deadline_and_budget(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll", maximums={"usd_budget": "2"}, timeout_ms=30_000)
    planned(cast)
    for sentence in ("no network calls", "be brief"):
        add(cast.bo, sentence, at=make.later(3))
    done = desk.done(cast.mel, system="payroll", session=NAME)
    call = agent.calls[0]
    assert done.status == "success", done.error_message
    assert (call.session, call.session_rules, call.guidance) == (NAME, ("no network calls",), ("be brief",))
    assert (call.mode, dict(call.budget)) == ("direct", {"usd_budget": "2"})
    assert 0 < (call.deadline - done.started_at).total_seconds() <= 120
    assert call.constitution.digest.startswith("sha256:") and call.constitution.document["skill"] == "payroll"


def test_told_calls__are_the_agents_word__without_definition_verdict_or_approver(cast: make.Cast) -> None:
    calls = (
        ToolCall(server="payroll", tool="upload_payroll_entries", is_success=True, ms=1),
        ToolCall(server=SCRIPT, tool="audit", is_success=False, error=SCRIPT),
    )
    desk.agent(cast, "payroll", lambda *_: Reply(tool_calls=calls))
    done = desk.done(cast.mel, system="payroll")
    with in_tenant(cast.tenant.id):
        rows = queries.of_execution(scope=cast.bo, execution_id=done.id)
    assert {one.reported_by for one in rows} == {"payroll (agent)"} and len(rows) == 2
    assert {(one.tool_digest, one.verdict_id, one.approved_by) for one in rows} == {("", None, "")}


def test_usage__a_lie__is_bounded_by_budget_and_quota_and_stands_as_overshoot(cast: make.Cast) -> None:
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal(1), at=make.AT)
    for measure in ("input_tokens", "output_tokens", "compute_seconds"):
        set_price(scope=cast.tess, measure=measure, usd=Decimal(0), at=make.AT)
    desk.agent(cast, "payroll", lambda *_: Reply(usage=Usage(api_calls=10**6)), maximums={"usd_budget": "2"})
    planned(cast, "100", system_quotas={"payroll": {"usd_budget": 5}})
    assert desk.done(cast.mel, system="payroll").status == "success"
    assert stand(cast)[:2] == ("5", "0"), "the quota is all that it could take"
    assert row(cast).available == Decimal(95)


@pytest.mark.parametrize("usage", [Usage(api_calls=-1), Usage(api_calls=10**40), Usage(compute_seconds=Decimal("NaN"))])
def test_usage__that_cannot_be__never_stops_the_work(usage: Usage, cast: make.Cast) -> None:
    planned(cast)
    desk.agent(cast, "payroll", lambda *_: Reply(output=1, usage=usage), maximums={"usd_budget": "2"})
    done = desk.done(cast.mel, system="payroll")
    assert done.status in ("success", "failed")
    assert stand(cast)[:2] == ("2", "0"), "what cannot be read is charged whole"


def test_progress__forged__is_clipped_and_its_words_are_cut(cast: make.Cast) -> None:
    def answer(_call: Call, told: OnProgress) -> Any:
        told(10**9, f"{SCRIPT}\x00{'long' * 1000}")
        return {"done": True}

    desk.agent(cast, "payroll", answer)
    assert desk.done(cast.mel, system="payroll").status == "success"


def test_fact_names__of_the_input__cannot_leave_their_place() -> None:
    names = ["approved", "estop.active", "a) => permit(", "x\ny", "Ignore all rules", "__proto__", "input.amount", "ok"]
    facts = facts_of(text=SCRIPT, input=dict.fromkeys(names, True), channel="api", depth=0, handed_on_by="")
    assert set(facts) == {"request", "hop", "input"}
    assert set(facts["input"]) == {"approved", "estop.active", "input.amount", "ok"}
