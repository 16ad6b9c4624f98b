"""People are told once per window and level; what is predicted; what storage is measured."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest

from billing.budgets.actions import check_alerts, measure_storage, set_price, settle
from billing.budgets.models import BudgetAlert, BudgetMove
from billing.budgets.predicting import predicted, prediction
from billing.budgets.usage import Usage
from governance.errors import NotAllowed
from governance.files.actions import upload
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.budgets.money import USD, held, planned, row, stand
from tests.db.tenants.catalogue import connected, somebody_waits_for


@pytest.fixture
def cast(database: None) -> make.Cast:
    cast = make.cast()
    for measure in ("input_tokens", "output_tokens", "compute_seconds", "api_calls"):
        set_price(scope=cast.tess, measure=measure, usd=Decimal("0.01"), at=make.AT)
    return cast


def _notices(cast: make.Cast) -> list[tuple[str, str]]:
    with in_tenant(cast.tenant.id):
        rows = Notice.objects.filter(kind="budget").order_by("id")
        return [((row.user_id == cast.users["tess"].id and "tess") or "operator", row.sentence) for row in rows]


def test_alert__at_the_mark_and_when_full__once_each_to_admins_and_operators(cast: make.Cast) -> None:
    planned(cast, "10")
    held(cast, usd_budget="7.9")
    assert check_alerts(scope=cast.tars, at=make.later(1)) == 0
    held(cast, at=make.later(2), usd_budget="0.1")
    assert [check_alerts(scope=cast.tars, at=make.later(3)) for _ in range(2)] == [1, 0]
    assert row(cast).alert_sent
    told = _notices(cast)
    assert sorted(who for who, _ in told) == ["operator", "operator", "tess"]
    assert told[0][1].startswith("Monthly budget: 8.00 of 10.00 USD are spent or held.")
    held(cast, at=make.later(4), usd_budget="2")
    assert check_alerts(scope=cast.tars, at=make.later(5)) == 1
    assert "Nothing more can start before" in _notices(cast)[-1][1]


def test_alert__of_a_quota_at_the_mark_of_the_constitution(cast: make.Cast) -> None:
    planned(cast, "1000")
    make.applied(cast, budgets={USD: {"limit": 10, "alert_threshold": 0.5}})
    held(cast, usd_budget="5")
    assert check_alerts(scope=cast.tars, at=make.later(1)) == 1
    assert _notices(cast)[0][1].startswith("Monthly quota of clay-consigliere: 5.00 of 10.00 USD")
    assert not row(cast).alert_sent


def test_alert__of_a_forecast__names_the_date(cast: make.Cast) -> None:
    start = make.AT.replace(hour=0)
    planned(cast, "20", window="daily", at=start)
    for hour in range(1, 7):
        at = start + timedelta(hours=hour)
        settle(scope=cast.bo, hold_id=held(cast, at=at).id, usage=Usage(100, 100, "", Decimal(0), 0), at=at)
    assert check_alerts(scope=cast.tars, at=start + timedelta(hours=6, minutes=30)) == 1
    with in_tenant(cast.tenant.id):
        alert = BudgetAlert.objects.get()
    assert alert.level == "forecast"
    assert alert.exhausted_at and alert.exhausted_at < start + timedelta(days=1)


def test_alert__of_a_budget_that_is_always_taken_from__waits_its_turn(cast: make.Cast) -> None:
    planned(cast, "10")
    held(cast, usd_budget="9")
    waited = []

    def hold_it() -> None:
        with connected("app", autocommit=False) as other:
            other.execute("SELECT set_config('app.tenant_id', %s, true)", [str(cast.tenant.id)])
            assert other.execute("SELECT FROM resources WHERE id = %s FOR NO KEY UPDATE", [budget]).rowcount == 1
            is_locked.set()
            waited.append(somebody_waits_for(other))

    def look() -> int:
        assert is_locked.wait(30)
        return check_alerts(scope=cast.tars, at=make.later(1))

    budget, is_locked = row(cast).id, Event()
    assert [one.result for one in at_once([hold_it, look])] == [None, 1]
    assert waited == [True]


def test_alert__next_window__begins_anew(cast: make.Cast) -> None:
    planned(cast, "10", window="hourly")
    for minutes in (0, 60):
        held(cast, at=make.later(minutes), usd_budget="9")
        assert check_alerts(scope=cast.tars, at=make.later(minutes + 1)) == 1
    with pytest.raises(NotAllowed):
        check_alerts(scope=cast.tess, at=make.later())


def test_predicted__from_settled_holds__median_and_high(cast: make.Cast) -> None:
    planned(cast)
    with in_tenant(cast.tenant.id):
        assert predicted(scope=cast.bo, system_id=cast.system.id, at=make.AT) is None
    for tokens in (1, 2, 3, 4, 50):
        settle(scope=cast.bo, hold_id=held(cast).id, usage=Usage(tokens, 0, "", Decimal(0), 0), at=make.later())
    with in_tenant(cast.tenant.id):
        found = prediction(scope=cast.bo, system_id=cast.system.id, at=make.later(2))
    assert found and (found.median[USD], found.high[USD], found.calls) == (Decimal("0.03"), Decimal("0.5"), 5)


def test_storage__is_a_level_that_is_written_over(cast: make.Cast) -> None:
    planned(cast, "0.000002", type="storage_gb")
    upload(scope=cast.bo, name="a.txt", content=b"a" * 1500, at=make.AT)
    for _ in range(2):
        assert measure_storage(scope=cast.tars, at=make.AT) == Decimal("0.000002")
    assert stand(cast, "storage_gb") == ("0.000002", "0", "0")
    upload(scope=cast.bo, name="b.txt", content=b"b" * 1500, at=make.AT)
    assert measure_storage(scope=cast.tars, at=make.later()) == Decimal("0.000003")
    with in_tenant(cast.tenant.id):
        assert BudgetMove.objects.filter(kind="measure").count() == 1, "a full budget cannot be fuller"
