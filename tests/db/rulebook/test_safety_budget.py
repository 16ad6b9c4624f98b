"""The safety budget: what it counts, what is left at zero, when it begins anew, and that no two spend the same rest."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

from governance.policy.verdict import Outcome
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.rulebook.actions import Decided, decide, decide_many
from governance.rulebook.models import SafetyWindow
from governance.rulebook.question import Question
from governance.tenancy import in_tenant
from tests import factories as make

PERMIT, DENY = Outcome.PERMIT, Outcome.DENY
RISKY = {"window": "daily", "risk": 10, "risk_of": {"pay": 6, "pay_*": 1}}


def a_system(cast: make.Cast, budget: dict[str, Any]) -> str:
    document = {"capabilities": ["pay", "pay_little", "read_ledger"], "safety_budget": budget}
    register_system(scope=cast.bo, name="careful", type=SystemType.AGENT, constitution=document, at=make.AT)
    return "careful"


def ask(cast: make.Cast, action: str, *, days: int = 0, system: str = "careful") -> Decided:
    at = make.AT + timedelta(days=days)
    return decide(scope=cast.bo, system_name=system, action=action, facts={}, at=at)


def windows(cast: make.Cast) -> list[tuple[int, int, Decimal]]:
    with in_tenant(cast.tenant.id):
        rows = SafetyWindow.objects.filter(tenant_id=cast.tenant.id).order_by("starts_at")
        return list(rows.values_list("denials", "overrides", "risk_spent"))


def test_denials__at_the_limit_only_reading_is_left_until_the_next_window() -> None:
    cast = make.cast()
    a_system(cast, {"window": "daily", "denials": 2})
    assert ask(cast, "pay").verdict.outcome is PERMIT
    assert [ask(cast, "fly").verdict.outcome for _ in range(2)] == [DENY, DENY]
    spent = ask(cast, "pay")
    assert spent.verdict.outcome is DENY
    assert [reason.rule for reason in spent.verdict.because] == ["TARS/safety-spent"]
    assert ask(cast, "read_ledger").verdict.outcome is PERMIT
    assert windows(cast)[0][0] == 2
    assert ask(cast, "pay", days=1).verdict.outcome is PERMIT


def test_risk__is_spent_by_what_is_allowed_and_what_is_dearer_than_the_rest_is_denied() -> None:
    cast = make.cast()
    a_system(cast, RISKY)
    assert ask(cast, "pay").verdict.outcome is PERMIT
    dearer = ask(cast, "pay")
    assert dearer.verdict.outcome is DENY
    assert [reason.rule for reason in dearer.verdict.because] == ["TARS/safety-risk"]
    assert [ask(cast, "pay_little").verdict.outcome for _ in range(5)] == [PERMIT] * 4 + [DENY]
    assert windows(cast) == [(0, 0, Decimal(10))]


def test_risk__within_a_batch_each_answer_counts_what_came_before() -> None:
    cast = make.cast()
    name = a_system(cast, RISKY)
    asked = [Question(name, action) for action in ("pay", "pay", "pay_little", "read_ledger")]
    found = decide_many(scope=cast.bo, questions=asked, at=make.AT)
    assert [one.verdict.outcome for one in found if isinstance(one, Decided)] == [PERMIT, DENY, PERMIT, PERMIT]
    assert windows(cast) == [(0, 0, Decimal(7))]


def test_risk__two_at_once__never_spend_the_same_rest() -> None:
    cast = make.cast()
    a_system(cast, RISKY)
    gate, found = threading.Barrier(4), []

    def one() -> None:
        from django.db import connection

        gate.wait()
        try:
            found.append(ask(cast, "pay").verdict.outcome)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([PERMIT, DENY, DENY, DENY])
    assert windows(cast)[0][2] == Decimal(6)


def test_no_budget__nothing_is_counted() -> None:
    cast = make.cast()
    ask(cast, "fly", system=cast.system.name)
    assert windows(cast) == []
