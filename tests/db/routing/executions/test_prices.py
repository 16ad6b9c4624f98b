"""An answer that used several models is charged by each model's own price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.budgets.actions import set_price
from routing.connectors.contract import Reply, Usage
from tests import factories as make
from tests.db.budgets.money import planned, stand
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


def test_several_models__each_by_its_own_price() -> None:
    cast = make.cast()
    planned(cast, "10")
    for measure, model, usd in (
        ("input_tokens", "mini", "0.001"),
        ("input_tokens", "big", "0.1"),
        ("output_tokens", "", "0.01"),
        ("compute_seconds", "", "0"),
        ("api_calls", "", "0"),
    ):
        set_price(scope=cast.tess, measure=measure, model=model, usd=Decimal(usd), at=make.later(1))
    usage = Usage(tokens_in={"mini": 1000, "big": 5}, tokens_out={"mini": 20})
    desk.agent(cast, "payroll", lambda *_: Reply(usage=usage), maximums={"usd_budget": "5"})
    done = desk.done(cast.mel, system="payroll")
    assert (done.status, done.cost_usd) == ("success", Decimal("1.7"))
    assert stand(cast)[:2] == ("1.7", "0")
