"""The figures page and its API: the numbers, their rows, and taking them away."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from governance.tenancy import in_tenant
from governance.web import now
from routing.connectors.contract import ToolCall as Told
from routing.executions.folding import fold
from routing.executions.sealing import seal_receipts
from routing.telemetry import folding as telemetry
from routing.telemetry.actions import record_within
from tests import factories as make
from tests.db.routing.executions import desk
from tests.web import client_of

PAGE = "/figures/"
API = "/api/v1/executions/figures/"


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.agent(found, "payroll")
    return found


def worked(cast: make.Cast, count: int = 2) -> None:
    """Requests that end now."""
    for _ in range(count):
        request = desk.asked(cast.mel, system="payroll", at=now())
        desk.worked(cast.mel, request, at=now())


def folded(cast: make.Cast) -> None:
    seal_receipts(scope=cast.tars, at=now())
    fold(scope=cast.tars, at=now())
    telemetry.fold(scope=cast.tars, at=now())


def text(scope: Any, path: str = PAGE) -> str:
    answer = client_of(scope).get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_page__without_any_work__says_what_to_do(cast: make.Cast) -> None:
    page = text(cast.ada)
    assert "Nothing was done in this time" in page and "No tool ran in this time" in page


def test_page__rolled_up_and_counted_from_the_rows__shows_the_same(cast: make.Cast) -> None:
    worked(cast)
    folded(cast)
    worked(cast, 1)
    found = [re.sub(r"\s+", " ", part) for part in (text(cast.ada), text(cast.ada, f"{PAGE}?exact=1"))]
    for page in found:
        assert "3 of 3 executions succeeded (100.0 %)" in page
    tables = [re.findall(r"<tbody>.*?</tbody>", page) for page in found]
    assert tables[0] == tables[1] and len(tables[0]) >= 3


def test_page__a_number_opens_its_rows(cast: make.Cast) -> None:
    worked(cast)
    page = text(cast.ada)
    (address,) = set(re.findall(r'href="(/executions/\?[^"]*state=success)"', page)) - set(
        re.findall(r'href="(/executions/\?[^"]*system=payroll[^"]*state=success)"', page)
    )
    rows = text(cast.ada, address.replace("&amp;", "&"))
    assert rows.count('href="/executions/0') >= 2


def test_page__as_a_fragment_and_of_one_system(cast: make.Cast) -> None:
    worked(cast)
    answer = client_of(cast.ada).get(f"{PAGE}?days=7&system=clay-consigliere", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content and b'id="_figures"' in answer.content
    assert b"Nothing was done in this time" in answer.content


def test_page__for_a_member__is_refused(cast: make.Cast) -> None:
    assert client_of(cast.mel).get(PAGE).status_code == 403


def test_page__more_work_and_systems__no_more_queries(cast: make.Cast, django_assert_max_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    worked(cast, 1)
    client = client_of(cast.ada)
    client.get(PAGE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as made:
            client.get(PAGE)
        counts.append(len(made))
        desk.agent(cast, f"payroll-{len(counts)}")
        worked(cast, 3)
        folded(cast)
    assert counts[0] == counts[1] < 40


def test_api__by_day_and_by_system__agrees_with_exact(cast: make.Cast) -> None:
    worked(cast)
    folded(cast)
    worked(cast, 1)
    for by in ("day", "system"):
        rolled, exact = (client_of(cast.ada).get(f"{API}?days=7&by={by}{more}").json() for more in ("", "&exact=true"))
        assert rolled["results"] == exact["results"] and exact["exact"]
        assert sum(row["total_executions"] for row in rolled["results"]) == 3
    assert len(client_of(cast.ada).get(f"{API}?days=7").json()["results"]) == 7
    assert client_of(cast.ada).get(f"{API}?days=8").status_code == 422
    assert client_of(cast.ada).get(f"{API}?system=nobody").status_code == 404
    assert client_of(cast.mel).get(API).status_code == 403


def test_api__a_stranger__sees_none_of_it(cast: make.Cast) -> None:
    worked(cast)
    results = client_of(make.stranger()).get(f"{API}?by=day").json()["results"]
    assert sum(row["total_executions"] for row in results) == 0


@pytest.mark.parametrize("kind", ["execution-days", "system-health", "tools", "budgets", "applied", "rollback-rates"])
def test_export__of_every_chart__as_csv_and_json(cast: make.Cast, kind: str) -> None:
    worked(cast, 1)
    make.applied(cast, fallback_delay_ms=300)
    answers = [
        client_of(cast.ada).post(f"/exports/{kind}/", {"query": "days=7", "format": format})
        for format in ("csv", "json")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    rows, objects = list(csv.DictReader(io.StringIO(answers[0].content.decode()))), json.loads(answers[1].content)
    assert len(rows) == len(objects)
    if kind == "execution-days":
        assert (len(rows), rows[-1]["total_executions"]) == (7, "1")
    if kind == "rollback-rates":
        assert ("clay-consigliere", "1") in [(row["system"], row["total_amendments"]) for row in rows]


def test_api__tools_over_days__rolled_up_and_exact(cast: make.Cast) -> None:
    calls = [Told(server="payroll", tool="audit", is_success=ok, ms=12) for ok in (True, False)]
    with in_tenant(cast.tenant.id):
        record_within(scope=cast.tars, calls=calls, execution_id=None, at=now())
    folded(cast)
    found = [
        client_of(cast.ada).get(f"/api/v1/telemetry/tools/?days=90{more}").json()["results"]
        for more in ("", "&exact=true")
    ]
    assert found[0] == found[1]
    assert [(row["total_calls"], row["errors"]) for row in found[0]] == [(2, 1)]


def test_page__a_slow_tool__is_said_with_how_many_there_are(cast: make.Cast) -> None:
    calls = [Told(server="payroll", tool=tool, is_success=True, ms=ms) for tool, ms in (("audit", 12), ("scan", 9_000))]
    with in_tenant(cast.tenant.id):
        record_within(scope=cast.tars, calls=calls, execution_id=None, at=now())
    assert "1 of 2 tools are slow; the slowest, scan, takes 9" in text(cast.ada)
