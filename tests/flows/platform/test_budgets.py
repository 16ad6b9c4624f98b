"""Platform staff see which tenants approach their limit: figures of budgets, of nobody's systems, holds or people."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.budgets.actions import set_plan
from tests import factories as make
from tests.db.budgets.money import held, planned
from tests.flows.platform.scenes import client_for, staff
from tests.web import client_of

URL = "/platform/budgets/"


@pytest.fixture
def near(database: None) -> make.Cast:
    cast, at = make.cast(), timezone.now()
    planned(cast, "100", at=at)
    planned(cast, "10", window="daily", at=at)
    held(cast, at=at, usd_budget="9")
    return cast


def _row(client: object, cast: make.Cast, query: str = "") -> dict[str, str]:
    file = client.get(f"{URL}?format=csv{query}").content.decode()  # type: ignore[attr-defined]
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(file))}
    return rows.get(str(cast.tenant.id), {})


def test_list__the_fullest_budget_of_each_tenant__for_staff_only(near: make.Cast) -> None:
    client = client_for(staff())
    page = client.get(URL).content.decode()
    assert "Daily dollars" in page and "Tenants near their limit" in page and near.system.name not in page
    found = _row(client, near)
    assert (found["window_type"], found["part"], found["near"], found["budgets"]) == ("daily", "0.9000", "1", "2")
    assert (found["dollars_total"], found["dollars_reserved"], found["used_up"]) == ("100", "9", "0")
    assert client_of(near.tess).get(URL).status_code == 404
    assert client_of(make.stranger()).get(URL).status_code == 404


def test_list__is_filtered_and_sorted(near: make.Cast) -> None:
    client, calm = client_for(staff()), make.cast()
    planned(calm, "50", at=timezone.now())
    bare = make.cast()
    assert client.get(f"{URL}?level=near").content.decode().count('class="gauge near"') >= 1
    assert 'class="gauge near"' not in client.get(f"{URL}?q={calm.tenant.name}&level=none").content.decode()
    assert _row(client, near, "&level=near") and not _row(client, calm, "&level=near")
    assert not _row(client, near, "&level=full") and _row(client, bare, "&level=none")
    assert not _row(client, near, "&q=no-tenant-is-called-so")
    for sort in ("", "dollars", "name"):
        assert client.get(f"{URL}?sort={sort}").status_code == 200
    assert "No tenant fits" in client.get(f"{URL}?q=no-tenant-is-called-so").content.decode()
    taken = [Decimal(row["dollars_used"] or 0) for row in client.get(f"{URL}?format=json&sort=dollars").json()]
    assert len(taken) >= 3


def test_list__more_tenants_and_budgets__cost_no_more_queries(near: make.Cast) -> None:
    client = client_for(staff())
    client.get(URL)
    with CaptureQueriesContext(connection) as one:
        client.get(URL)
    for _ in range(3):
        cast = make.cast()
        for window in ("hourly", "daily", "weekly"):
            set_plan(
                scope=cast.tess, resource_type="llm_tokens", window_type=window, total=Decimal(9), at=timezone.now()
            )
    with CaptureQueriesContext(connection) as more:
        client.get(URL)
    assert len(more) <= len(one)


def test_api__says_the_same__refuses_everybody_else(near: make.Cast) -> None:
    api = "/api/v1/platform/budgets/"
    results = client_for(staff()).get(f"{api}?level=near&limit=100").json()["results"]
    (found,) = [row for row in results if row["id"] == str(near.tenant.id)]
    assert (found["resource_type"], found["part"]) == ("usd_budget", "0.9000")
    assert client_of(near.tess).get(api).status_code == 403
