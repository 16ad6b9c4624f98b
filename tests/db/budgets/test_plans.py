"""Plans and quotas: a running window follows its plan and never goes below what is taken; no quota is bypassed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.budgets import tasks
from billing.budgets.actions import AboveContract, make_windows, set_plan, settle, stop_plan
from billing.budgets.amounts import UNLIMITED
from billing.budgets.errors import BadPlan, BelowUse, NoMoney
from billing.budgets.models import Resource
from billing.budgets.usage import Usage
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import USD, held, planned, row, stand

DAY = 24 * 60


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def test_set_plan__changes_the_running_window_and_is_on_the_ledger(cast: make.Cast) -> None:
    planned(cast)
    held(cast, usd_budget="30")
    planned(cast, "40")
    assert stand(cast) == ("0", "30", "10")
    with pytest.raises(BelowUse, match=r"30\.00 USD are used or held"):
        planned(cast, "29")
    assert stand(cast) == ("0", "30", "10")
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="budgets.set_plan").count() == 2


def test_set_plan__zero__means_none(cast: make.Cast) -> None:
    planned(cast, "0")
    with pytest.raises(NoMoney, match=r"0\.00 USD free"):
        held(cast)


def test_set_plan__above_the_contract_or_of_nothing_known__refused(cast: make.Cast) -> None:
    with pytest.raises(AboveContract):
        planned(cast, str(cast.tenant.max_monthly_budget + 1), window="hourly")
    for wrong in ({"type": "gold"}, {"window": "yearly"}, {"system_quotas": {"nobody": {USD: 1}}}):
        with pytest.raises(BadPlan):
            planned(cast, **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadPlan, match="alert mark"):
        planned(cast, alert_threshold=Decimal(2))


def test_plans__wrong_role__refused(cast: make.Cast) -> None:
    planned(cast)
    for scope in (cast.bo, cast.ada, cast.mel):
        with pytest.raises(NotAllowed, match="Tenant admin"):
            set_plan(scope=scope, resource_type=USD, window_type="monthly", total=Decimal(1), at=make.AT)
        with pytest.raises(NotAllowed):
            stop_plan(scope=scope, resource_type=USD, window_type="monthly", at=make.AT)
        with pytest.raises(NotAllowed):
            make_windows(scope=scope, within=make.AT, at=make.AT)
    with pytest.raises(NotFound):
        stop_plan(scope=make.stranger(), resource_type=USD, window_type="monthly", at=make.AT)


def test_stop_plan__the_running_window_ends_and_none_follows(cast: make.Cast) -> None:
    planned(cast, "10", window="daily")
    held(cast)
    stop_plan(scope=cast.tess, resource_type=USD, window_type="daily", at=make.AT)
    with pytest.raises(NotFound):
        stop_plan(scope=cast.tess, resource_type=USD, window_type="daily", at=make.AT)
    held(cast)
    with pytest.raises(NoMoney, match="no dollar budget"):
        held(cast, at=make.later(DAY))


def test_quota__limits_one_system_in_its_window(cast: make.Cast) -> None:
    planned(cast, system_quotas={cast.system.name: {USD: 2, "llm_tokens": 500}})
    held(cast, usd_budget="2")
    with pytest.raises(NoMoney, match=r"monthly quota of clay-consigliere has 0\.00 USD free"):
        held(cast)
    with pytest.raises(NoMoney, match="500 LLM tokens free and 501 LLM tokens were wanted"):
        held(cast, llm_tokens="501")
    held(cast, llm_tokens="500")
    assert row(cast, "llm_tokens").total_budget == UNLIMITED


def test_quota__zero__means_none_of_it(cast: make.Cast) -> None:
    planned(cast, system_quotas={cast.system.name: {USD: 0}})
    with pytest.raises(NoMoney, match="quota of clay-consigliere"):
        held(cast)


def test_quota__on_a_type_nobody_plans__binds_in_every_window_that_follows(cast: make.Cast) -> None:
    planned(cast)
    planned(cast, "10", window="daily", system_quotas={cast.system.name: {"api_calls": 3}})
    held(cast, api_calls="3")
    held(cast, at=make.later(DAY), api_calls="3")
    with pytest.raises(NoMoney):
        held(cast, at=make.later(DAY + 1), api_calls="1")


def test_quota__lowered_below_what_is_taken__tightens_as_holds_are_given_back(cast: make.Cast) -> None:
    planned(cast)
    hold = held(cast, usd_budget="10")
    planned(cast, system_quotas={cast.system.name: {USD: 4}})
    with pytest.raises(NoMoney):
        held(cast)
    settle(scope=cast.bo, hold_id=hold.id, usage=Usage(0, 0, "", Decimal(0), 0), at=make.later())
    held(cast, usd_budget="4")
    with pytest.raises(NoMoney):
        held(cast)


def test_constitution__caps_its_system_and_a_new_version_is_obeyed_at_once(cast: make.Cast) -> None:
    planned(cast)
    make.applied(cast, budgets={"llm_tokens": {"limit": 100, "window": "hourly"}}, max_monthly_budget_usd=5)
    with pytest.raises(NoMoney, match="hourly quota of clay-consigliere has 100 LLM tokens"):
        held(cast, llm_tokens="101")
    with pytest.raises(NoMoney, match=r"monthly quota of clay-consigliere has 5\.00 USD"):
        held(cast, usd_budget="6")
    held(cast, usd_budget="5")
    make.applied(cast, at=make.later(5), max_monthly_budget_usd=3)
    with pytest.raises(NoMoney):
        held(cast, at=make.later(6), usd_budget="0.1")


def test_windows__are_made_ahead_and_a_stopped_month_is_not_revived(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(cast, "7", window="hourly")
    monkeypatch.setattr("billing.budgets.tasks.timezone.now", lambda: make.AT + timedelta(hours=5))
    tasks.make_windows()
    assert stand(cast, window="hourly", at=make.later(5 * 60)) == ("0", "0", "7")
    assert stand(cast, window="hourly", at=make.later(7 * 60)) == ("0", "0", "7")
    with in_tenant(cast.tenant.id):
        # dollars were planned by the hour only: TARS grants no month beside them
        assert not Resource.objects.filter(window_type="monthly", resource_type=USD).exists()
