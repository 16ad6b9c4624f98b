"""A month's dollars: granted once, never above the contract, in time for the next month."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from billing.budgets import tasks
from billing.budgets.actions import AboveContract, grant_monthly
from billing.budgets.models import Resource
from billing.budgets.queries import resources
from governance.errors import NotAllowed
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _rows(cast: make.Cast) -> list[tuple[datetime, Decimal]]:
    with in_tenant(cast.tenant.id):
        return list(Resource.objects.order_by("window_start").values_list("window_start", "total_budget"))


def test_month__is_granted_once_and_is_on_the_ledger(cast: make.Cast) -> None:
    for total in (Decimal(100), Decimal(200)):
        row, _ = grant_monthly(scope=cast.tars, total=total, at=make.AT)
        assert row.total_budget == 100
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="budgets.grant_monthly").count() == 1
        (line,) = resources(scope=cast.uma, at=make.AT)
    assert (line.available, line.committed, line.is_current) == (Decimal("100.00"), 0, True)


def test_grant__above_the_contract_or_by_a_member__refused(cast: make.Cast) -> None:
    with pytest.raises(AboveContract, match="more than this tenant's contract allows"):
        grant_monthly(scope=cast.tars, total=cast.tenant.max_monthly_budget + 1, at=make.AT)
    for scope in (cast.tess, cast.bo):
        with pytest.raises(NotAllowed):
            grant_monthly(scope=scope, total=Decimal(1), at=make.AT)
    assert _rows(cast) == []


def test_grant__twice_at_once__one_row(cast: make.Cast) -> None:
    def grant(total: int) -> bool:
        try:
            return grant_monthly(scope=cast.tars, total=Decimal(total), at=make.AT)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(grant, (1, 2))) == [False, True]
    assert len(_rows(cast)) == 1


def test_task__shortly_before_a_month_ends__makes_the_next_one_once(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
    monkeypatch.setattr(tasks.timezone, "now", lambda: moment)
    for _ in range(2):
        tasks.make_windows()
    total = cast.tenant.max_monthly_budget
    assert _rows(cast) == [(datetime(2026, 10, 1, tzinfo=UTC), total), (datetime(2026, 11, 1, tzinfo=UTC), total)]
