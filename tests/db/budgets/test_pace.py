"""What a window used and when: the same before and after it is sealed, for many budgets in one query."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.budgets.actions import seal_due, settle
from billing.budgets.models import BudgetPace, Resource
from billing.budgets.pace import forecasts, paces
from billing.budgets.usage import Usage
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import held, planned, row

START = make.AT.replace(hour=0)


@pytest.fixture
def cast(database: None) -> make.Cast:
    cast = make.cast()
    for window in ("daily", "monthly"):
        planned(cast, "20", window=window, at=START)
    for hour in (1, 3, 5):
        at = START + timedelta(hours=hour)
        settle(scope=cast.bo, hold_id=held(cast, at=at, usd_budget="2").id, usage=Usage(), at=at)
    return cast


def _read(cast: make.Cast) -> tuple[dict[int, Decimal], object]:
    day = row(cast, window="daily")
    with in_tenant(cast.tenant.id):
        slots = paces(tenant_id=cast.tenant.id, resource_ids=[day.id])[day.id]
        seen = forecasts([day], tenant_id=cast.tenant.id, at=START + timedelta(hours=6))[day.id]
    return slots, seen


def test_pace__is_the_same_before_between_and_after_sealing(cast: make.Cast) -> None:
    before = _read(cast)
    assert before[0] == {5: Decimal(2), 15: Decimal(2), 25: Decimal(2)} and before[1] is not None
    assert seal_due(scope=cast.tars, at=make.later()) == 6
    assert _read(cast) == before
    at = START + timedelta(hours=5, minutes=10)
    settle(scope=cast.bo, hold_id=held(cast, at=at, usd_budget="3").id, usage=Usage(), at=at)
    between = _read(cast)
    assert between[0][25] == 5
    assert [seal_due(scope=cast.tars, at=make.later(2)) for _ in range(2)] == [2, 0]
    assert _read(cast) == between
    with in_tenant(cast.tenant.id):
        kept = sum(BudgetPace.objects.filter(resource=row(cast, window="daily")).values_list("settled", flat=True))
        assert kept == row(cast, window="daily").used == 9


def test_forecasts__of_every_budget__one_query(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        rows = list(Resource.objects.filter(tenant_id=cast.tenant.id))
        with CaptureQueriesContext(connection) as asked:
            seen = forecasts(rows, tenant_id=cast.tenant.id, at=START + timedelta(hours=6))
    assert len(asked) == 1 and len(rows) >= 2 and len(seen) == 2
