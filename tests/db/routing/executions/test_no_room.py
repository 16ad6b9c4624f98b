"""Who cannot be paid is passed over when a request is routed, with the budget that blocks and whom to ask."""

from __future__ import annotations

import pytest

from billing.budgets.actions import stop_plan
from governance.tenancy import in_tenant
from routing.executions import choosing
from tests import factories as make
from tests.db.budgets.money import held, planned, stand
from tests.db.routing.executions import desk
from tests.db.routing.executions.desk import router

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    """Two systems for payroll: one may cost 5 USD a call, one a tenth of it."""
    cast = make.cast()
    desk.agent(cast, "payroll", maximums={"usd_budget": "5", "llm_tokens": "100"})
    desk.agent(cast, "spare", maximums={"usd_budget": "0.5"})
    router.written(cast.bo, "Run payroll", "payroll", "spare")
    router.embedded(cast)
    return cast


def test_room__enough__says_nothing_also_where_no_window_is_made_yet(cast: make.Cast) -> None:
    planned(cast, "100")
    for _ in range(2):
        assert router.names(router.chosen(cast.bo, "Run payroll"))[:2] == ["payroll", "spare"]
        held(cast, usd_budget="1")


def test_budget__short_for_the_first__the_alternative_is_chosen_and_it_says_why(cast: make.Cast) -> None:
    planned(cast, "4")
    held(cast, usd_budget="1")
    found = router.chosen(cast.bo, "Run payroll")
    assert router.vetoes(found, "payroll") == ["budget"] and found.chosen and found.chosen.name == "spare"
    assert (
        "payroll came first and cannot: The monthly budget has 3.00 USD free and 5.00 USD were wanted."
        in found.sentence
    )
    assert f"ask {cast.users['tess'].name}" in found.candidates[0].vetoes[0].sentence
    done = desk.done(cast.mel, "Run payroll")
    assert (done.status, done.system_name) == ("success", "spare")
    assert "fell_back" not in [step["step"] for step in done.steps], "nobody was asked who could not be paid"


def test_quota__of_one_system__blocks_it_alone(cast: make.Cast) -> None:
    planned(cast, "100", system_quotas={"payroll": {"llm_tokens": 150}})
    assert desk.done(cast.mel, "Run payroll").system_name == "payroll"
    assert stand(cast, "llm_tokens")[0] == "100", "its maximum was charged"
    found = router.chosen(cast.bo, "Run payroll")
    assert router.vetoes(found, "payroll") == ["budget"] and router.names(found)[0] == "spare"
    assert "quota of payroll has 50 LLM tokens free" in found.candidates[0].vetoes[0].sentence


def test_dollars__that_nobody_planned__hold_everybody_who_costs_some(cast: make.Cast) -> None:
    found = router.chosen(cast.bo, "Run payroll")
    assert {veto.code for one in found.candidates[:2] for veto in one.vetoes} == {"budget"}
    assert "no dollar budget" in found.sentence
    done = desk.done(cast.mel, "Run payroll")
    assert done.status == "failed" and "no dollar budget" in (done.error_message or "")
    planned(cast, "100")
    stop_plan(scope=cast.tess, resource_type="usd_budget", window_type="monthly", at=make.later(1))
    assert router.names(router.chosen(cast.bo, "Run payroll"))[0] == "payroll", "its running window stays"


def test_room__of_another_tenant__is_not_looked_at(cast: make.Cast) -> None:
    planned(cast, "4")
    other = make.cast()
    planned(other, "100")
    candidates = router.chosen(cast.bo, "Run payroll").candidates
    with in_tenant(other.tenant.id):
        found = choosing.out_of_reach(other.bo, candidates, make.later(5))()
    assert {veto.code for veto in found.values()} == {"connector_none"}
