"""The page of budgets shows this tenant's and nobody else's: how full, what blocks next, since when, for whom."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.budgets import alerts
from billing.budgets.actions import ask_top_up, check_alerts, grant_monthly, set_plan, settle
from billing.budgets.usage import Usage
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import held, planned, row
from tests.web import client_of

URL = "/budgets/"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def test_page__shows_what_is_left_of_the_month(cast: make.Cast) -> None:
    mallory = make.stranger()
    grant_monthly(scope=cast.tars, total=Decimal("1234.50"), at=timezone.now())
    page = client_of(cast.uma).get(URL)
    assert page.status_code == 200 and "1,234.50 USD" in page.content.decode()
    empty = client_of(mallory).get(URL).content.decode()
    assert "No budget yet" in empty and "Set the first budget" in empty and "1,234.50" not in empty
    assert client_of(cast.mel).get(URL).status_code == 403


def test_page__names_what_blocks_now_and_whom_alerts_told(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "10", window="daily", at=at)
    planned(cast, "100", at=at)
    held(cast, at=at, usd_budget="9")
    check_alerts(scope=cast.tars, at=at)
    page = client_of(cast.uma).get(URL).content.decode()
    assert "The fullest is daily dollars: 1.00 of 10.00 USD are free" in page
    assert "Daily dollars: at its alert mark" in page and "9.00 held" in page and "1 hold is open" in page
    held(cast, at=at, usd_budget="1")
    assert "Blocks now: daily dollars" in client_of(cast.uma).get(URL).content.decode()


def test_page__thirty_budgets__cost_as_many_queries_as_one(cast: make.Cast) -> None:
    at, uma = timezone.now(), client_of(cast.uma)
    planned(cast, "10", at=at)
    held(cast, at=at)
    uma.get(URL)
    with CaptureQueriesContext(connection) as one:
        uma.get(URL)
    for window in ("hourly", "daily", "weekly", "monthly"):
        for type in ("usd_budget", "llm_tokens", "compute_hours", "api_calls", "storage_gb"):
            quotas = {cast.system.name: {type: 5}}
            set_plan(
                scope=cast.tess, resource_type=type, window_type=window, total=Decimal(20), system_quotas=quotas, at=at
            )
    held(cast, at=at, usd_budget="1", llm_tokens="4", api_calls="1", compute_hours="1")
    with CaptureQueriesContext(connection) as many:
        page = uma.get(URL).content.decode()
    assert len(many) <= len(one), (len(one), len(many))
    assert page.count('class="gauge') >= 30 and "quotas of systems" in page


def test_budget__its_windows_its_systems_and_when_it_was_spent(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "10", window="hourly", at=at - timedelta(hours=1))
    for moment in (at - timedelta(hours=1), at):
        settle(scope=cast.bo, hold_id=held(cast, at=moment, usd_budget="2").id, usage=Usage(), at=moment)
    url = f"{URL}{row(cast, window='hourly', at=at).id}/"
    page = client_of(cast.uma).get(url).content.decode()
    assert "When it was spent" in page and "Window by window" in page and "clay-consigliere" in page
    assert "Tenant admin" in page and "Ask for a top-up" in page, "an auditor reads why they cannot ask"
    assert client_of(make.stranger()).get(url).status_code == 404


def test_systems__what_each_took_and_who_limits_it(cast: make.Cast) -> None:
    at = timezone.now()
    set_plan(
        scope=cast.tess,
        resource_type="usd_budget",
        window_type="monthly",
        total=Decimal(100),
        system_quotas={cast.system.name: {"usd_budget": 50}},
        at=at,
    )
    held(cast, at=at, usd_budget="5")
    uma = client_of(cast.uma)
    assert "45.00 free of 50.00 USD" in uma.get(f"{URL}systems/").content.decode()
    page = uma.get(f"{URL}systems/{cast.system.name}/").content.decode()
    assert "limited by the plan" in page and "1 hold is open" in page
    assert client_of(make.stranger()).get(f"{URL}systems/{cast.system.name}/").status_code == 404
    make.applied(cast, budgets={"usd_budget": 20})
    held(cast, at=at, usd_budget="1")
    page = client_of(cast.bo).get(f"{URL}systems/{cast.system.name}/").content.decode()
    assert "limited by its constitution" in page and "/amendments/propose/?system=clay-consigliere" in page


@pytest.mark.parametrize("who", ["uma", "bo", "tess"])
def test_pages__every_reader_sees_them(who: str, cast: make.Cast) -> None:
    client = client_of(getattr(cast, who))
    for name in ("", "systems/", "holds/", "top-ups/", "plans/", "prices/"):
        assert client.get(f"{URL}{name}").status_code == 200, name
        assert client_of(cast.mel).get(f"{URL}{name}").status_code == 403, name


def test_alert__waits_in_the_inbox_until_it_was_opened_or_its_window_is_over(cast: make.Cast) -> None:
    at, bo = timezone.now(), client_of(cast.bo)
    planned(cast, "10", at=at)
    assert "Budgets near their limit" not in bo.get("/inbox/").content.decode()
    held(cast, at=at, usd_budget="9")
    check_alerts(scope=cast.tars, at=at)
    page = bo.get("/inbox/").content.decode()
    budget = f"{URL}{row(cast, at=at).id}/"
    assert "Budgets near their limit" in page and f'href="{budget}"' in page
    assert "Budgets near their limit" not in client_of(cast.uma).get("/inbox/").content.decode(), (
        "auditors are not told"
    )
    read = re.search(r'data-reads="(/notices/[0-9a-f-]{36}/read/)"', page)
    assert read and bo.post(read[1]).status_code == 302
    assert "Budgets near their limit" not in bo.get("/inbox/").content.decode()
    with in_tenant(cast.tenant.id):
        tess = alerts.unread(scope=cast.tess, at=at)
        assert len(tess) == 1 and alerts.unread(scope=cast.tess, at=at + timedelta(days=40)) == ()


def test_overview_and_system__show_what_is_near(cast: make.Cast) -> None:
    at, bo = timezone.now(), client_of(cast.bo)
    planned(cast, "100", at=at)
    planned(cast, "10", window="daily", at=at)
    held(cast, at=at, usd_budget="9")
    page = bo.get("/").content.decode()
    assert "Monthly dollars" in page and "9.00 held · 91.00 free" in page
    assert "Budgets near their limit" in page and "1.00 free of 10.00 USD" in page
    card = bo.get(f"/systems/{cast.system.name}/").content.decode()
    assert "_panel-budgets" in card and "1 hold is open" in card and f"{URL}systems/{cast.system.name}/" in card


def test_inbox__with_a_question_of_no_system__still_offers_every_system_first(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "1000", at=at)
    ask_top_up(scope=cast.bo, resource_id=row(cast, at=at).id, amount=Decimal(10), reason="The audit.", at=at)
    page = client_of(cast.tess).get("/inbox/?q=monthly").content.decode()
    assert "TOP-1" in page and "Every system" in page and not re.search(r"<option[^>]*>\s*</option>", page)
