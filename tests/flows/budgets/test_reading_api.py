"""What the pages of money show is read by programs as well: forecasts, windows, alerts, systems, prices as of a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.budgets import api
from billing.budgets.actions import check_alerts, set_price, settle
from billing.budgets.usage import Usage
from tests import factories as make
from tests.db.budgets.money import USD, held, planned, row
from tests.web import client_of

API = "/api/v1/"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _get(cast: make.Cast, address: str, **query: str) -> Any:
    answer = client_of(cast.uma).get(f"{API}{address}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def hour_of(at: datetime) -> datetime:
    """When its hour began."""
    return at.replace(minute=0, second=0, microsecond=0)


def test_resource__with_its_forecast_its_charges_and_its_systems(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = timezone.now()
    monkeypatch.setattr(api, "now", lambda: at)
    planned(cast, "20", window="hourly", at=hour_of(at))
    for part in (0.1, 0.4, 0.7):
        moment = hour_of(at) + (at - hour_of(at)) * part
        settle(scope=cast.bo, hold_id=held(cast, at=moment, usd_budget="4").id, usage=Usage(), at=moment)
    budget = row(cast, window="hourly", at=at)
    found = _get(cast, f"resources/{budget.id}/")
    assert (found["used"], found["available"]) == ("12.00", "8.00")
    assert sum(Decimal(part["used"]) for part in found["parts"]) == 12
    assert found["systems"] == [{"system": cast.system.name, "used": "12", "reserved": "0", "quota": None}]
    listed = next(one for one in _get(cast, "resources/")["results"] if one["id"] == str(budget.id))
    assert listed["forecast"] == found["forecast"]
    assert client_of(make.stranger()).get(f"{API}resources/{budget.id}/").status_code == 404


def test_windows__of_one_kind__paged_newest_first(cast: make.Cast) -> None:
    at = timezone.now()
    for hours in (3, 2, 1, 0):
        planned(cast, "10", window="hourly", at=at - timedelta(hours=hours))
    budget = row(cast, window="hourly", at=at)
    first = _get(cast, f"resources/{budget.id}/windows/", limit="3")
    second = _get(cast, f"resources/{budget.id}/windows/", limit="3", cursor=first["next"].split("cursor=")[1])
    starts = [one["window_start"] for one in (*first["results"], *second["results"])]
    assert len(starts) == 4 and starts == sorted(starts, reverse=True) and second["next"] is None


def test_alerts_systems_and_prices__as_the_pages_show_them(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "10", at=at, system_quotas={cast.system.name: {USD: 5}})
    hold = held(cast, at=at, usd_budget="4.5")
    check_alerts(scope=cast.tars, at=at)
    (alert,) = _get(cast, "budget_alerts/", level="threshold")["results"]
    assert (alert["system"], alert["committed"], alert["resource_type"]) == (cast.system.name, "4.5", USD)
    assert _get(cast, "budget_alerts/", level="full")["results"] == []
    (use,) = _get(cast, "system_budgets/")["results"]
    assert (use["system"], use["taken"][USD], use["fullest_quota"]) == (cast.system.name, "4.50 USD", "0.9000")
    one = _get(cast, f"system_budgets/{cast.system.name}/")
    share = next(share for share in one["shares"] if share["resource_type"] == USD)
    assert (share["quota"], share["limited_by"], one["open_holds"]) == ("5", "plan", 1)
    assert [line["id"] for line in _get(cast, "holds/", held_by="bo", state="held")["results"]] == [str(hold.id)]
    assert _get(cast, "holds/", state="late")["results"] == []
    around = {name: (at + timedelta(seconds=away)).isoformat() for name, away in (("since", -1), ("until", 1))}
    assert [line["id"] for line in _get(cast, "holds/", **around)["results"]] == [str(hold.id)]
    assert _get(cast, "holds/", until=at.isoformat())["results"] == []
    assert [line["id"] for line in _get(cast, "holds/", since=at.isoformat())["results"]] == [str(hold.id)]
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal("0.01"), at=at - timedelta(hours=2))
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal("0.02"), at=at)
    assert [line["usd"] for line in _get(cast, "prices/")["results"]] == ["0.02", "0.01"]
    then = (at - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert [line["usd"] for line in _get(cast, "prices/", as_of=then)["results"]] == ["0.01"]
    assert client_of(make.stranger()).get(f"{API}system_budgets/{cast.system.name}/").status_code == 404
    for address in ("budget_alerts/", "system_budgets/"):
        assert client_of(cast.mel).get(f"{API}{address}").status_code == 403
        assert client_of(make.stranger()).get(f"{API}{address}").json()["results"] == []
