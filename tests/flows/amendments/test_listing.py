"""The list of amendments: what fits, how it is narrowed, what is taken away."""

from __future__ import annotations

import csv
import io
import json

from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments.kinds import AmendmentType
from tests import factories as make
from tests.flows.amendments.scenes import HTMX, address, applied, body, proposed
from tests.web import client_of


def test_list__empty__teaches() -> None:
    cast = make.cast()
    assert "No amendments yet" in body(client_of(cast.bo).get("/amendments/"))
    assert "Propose a change" in body(client_of(cast.bo).get("/amendments/"))
    assert "Propose a change" not in body(client_of(cast.uma).get("/amendments/"))


def test_list__filters__come_from_the_url() -> None:
    cast = make.cast()
    done, waiting = applied(cast, fallback_delay_ms=200), proposed(cast, by=cast.cy, latency_target_ms=900)
    client = client_of(cast.cy)

    def shown(**filters: str) -> set[str]:
        page = body(client.get("/amendments/", filters))
        return {proposal.label for proposal in (done, waiting) if f'href="{address(proposal)}"' in page}

    assert shown() == {done.label, waiting.label}
    assert shown(state="applied") == {done.label}
    assert shown(state="open") == {waiting.label}
    assert shown(mine="on") == {waiting.label}
    assert shown(q="latency") == {waiting.label}
    assert shown(q=done.label.lower()) == {done.label}
    assert shown(type=AmendmentType.CAPABILITY_EXPANSION.value) == set()
    assert shown(system="clay-consigliere", effect="neutral") == {done.label, waiting.label}
    assert shown(state="no such state") == {done.label, waiting.label}
    assert shown(q="nothing like this") == set()


def test_list__hostile_filters__change_nothing() -> None:
    cast = make.cast()
    proposed(cast)
    client = client_of(cast.bo)
    for text in ("%00", "<script>alert(1)</script>", "'; drop table systems; --", "9" * 40):
        page = client.get(f"/amendments/?q={text}&page=99999&system={text}")
        assert page.status_code == 200
        assert "<script>alert" not in body(page)


def test_list__through_htmx__is_only_the_fragment() -> None:
    cast = make.cast()
    page = body(client_of(cast.bo).get("/amendments/", **HTMX))
    assert page.lstrip().startswith('<div id="list"')


def test_list__another_tenant__sees_nothing_of_it() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposed(cast)
    assert "No amendments yet" in body(client_of(mallory).get("/amendments/"))


def test_list__pages__keep_the_filters() -> None:
    cast = make.cast()
    for step in range(26):
        proposed(cast, fallback_delay_ms=100 + step)
    client = client_of(cast.bo)
    first = body(client.get("/amendments/", {"state": "proposed"}))
    assert "1–25 of 26" in first
    assert "state=proposed&amp;page=2" in first
    assert f'href="{address_of(1)}"' in body(client.get("/amendments/", {"state": "proposed", "page": "2"}))


def test_list__queries__do_not_grow_with_rows() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    proposed(cast, fallback_delay_ms=101)
    few = queries_of(client)
    for step in range(9):
        applied(cast, fallback_delay_ms=200 + step)
        proposed(cast, latency_target_ms=800 + step)
    assert queries_of(client) == few


def test_export__csv_and_json__hold_exactly_the_filtered_set() -> None:
    cast = make.cast()
    applied(cast, fallback_delay_ms=200)
    waiting = proposed(cast, latency_target_ms=900)
    client = client_of(cast.uma)
    rows = list(
        csv.DictReader(io.StringIO(body(client.post("/exports/amendments/", {"format": "csv", "query": "state=open"}))))
    )
    assert [row["id"] for row in rows] == [waiting.label]
    assert rows[0]["approvals"] == "0"
    assert rows[0]["approvals_needed"] == "1"
    data = json.loads(body(client.post("/exports/amendments/", {"format": "json"})))
    assert [row["id"] for row in data] == ["AMD-2", "AMD-1"]
    assert data[1]["state"] == "applied"
    assert data[0]["created_at"].endswith("Z")


def test_export__sentence_like_a_formula__is_no_formula() -> None:
    cast = make.cast()
    proposed(cast, **{"=cmd|calc": 1})
    text = body(client_of(cast.uma).post("/exports/amendments/", {"format": "csv"}))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def address_of(number: int) -> str:
    return f"/amendments/AMD-{number}/"


def queries_of(client: object) -> int:
    with CaptureQueriesContext(connection) as seen:
        client.get("/amendments/")  # type: ignore[attr-defined]
    return len(seen)
