"""Plans, prices, holds and top-ups from the pages: by the right people, twice, and two at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.budgets.actions import ask_top_up, settle
from billing.budgets.usage import Usage
from governance.audit.queries import verified
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import USD, held, planned, row, stand
from tests.web import client_of

URL = "/budgets/"
PLAN = {"resource_type": USD, "window_type": "monthly", "total": "100", "alert": "90", "quotas": "clay-consigliere: 40"}


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def test_plan__set_changed_and_stopped_by_a_tenant_admin_only(cast: make.Cast) -> None:
    tess = client_of(cast.tess)
    page = tess.post(f"{URL}plans/set/", PLAN, follow=True).content.decode()
    assert "The plan is set." in page and "100.00 USD" in page
    form = tess.get(f"{URL}plans/set/?type={USD}&window=monthly").content.decode()
    assert 'value="100"' in form and 'value="90"' in form and "clay-consigliere: 40" in form
    assert "clay-consigliere: 40.00 USD" in tess.get(f"{URL}plans/").content.decode()
    wrong = tess.post(f"{URL}plans/set/", {**PLAN, "quotas": "clay-consigliere much"})
    assert wrong.status_code == 422 and "This line cannot be read" in wrong.content.decode()
    assert "no system" in tess.post(f"{URL}plans/set/", {**PLAN, "quotas": "nobody: 1"}).content.decode()
    above = tess.post(f"{URL}plans/set/", {**PLAN, "total": "9999999"})
    assert above.status_code == 409 and "contract allows" in above.content.decode()
    for other in (cast.bo, cast.uma, cast.mel):
        assert client_of(other).post(f"{URL}plans/set/", PLAN).status_code == 403
        assert client_of(other).get(f"{URL}plans/set/").status_code == 403
    stopped = {"resource_type": USD, "window_type": "monthly"}
    assert client_of(cast.bo).post(f"{URL}plans/stop/", stopped).status_code == 403
    assert "The plan is stopped." in tess.post(f"{URL}plans/stop/", stopped, follow=True).content.decode()
    assert tess.post(f"{URL}plans/stop/", stopped).status_code == 404, "a second time there is none"


def test_price__set_twice__the_old_one_is_shown_and_its_day_can_be_looked_at(cast: make.Cast) -> None:
    tess, url = client_of(cast.tess), f"{URL}prices/"
    assert "Without prices" in tess.get(url).content.decode()
    tess.post(url, {"measure": "api_calls", "usd": "0.01"})
    page = tess.post(url, {"measure": "api_calls", "usd": "0.02"}, follow=True).content.decode()
    assert "0.01 from" in page and re.search(r">\s*0\.02\s*<", page)
    later = (timezone.now() + timedelta(days=2)).date().isoformat()
    page = tess.post(url, {"measure": "api_calls", "usd": "0.03", "from_at": later}, follow=True).content.decode()
    assert "0.03 from" in page
    again = tess.post(url, {"measure": "api_calls", "usd": "0.04", "from_at": later})
    assert again.status_code == 409 and "Choose a later moment" in again.content.decode()
    past = tess.post(url, {"measure": "api_calls", "usd": "1", "from_at": "2020-01-01"})
    assert past.status_code == 422 and "begins now or later" in past.content.decode()
    then = (timezone.now() + timedelta(days=3)).date().isoformat()
    assert "As of" in tess.get(f"{url}?as_of={then}").content.decode()
    assert client_of(cast.bo).post(url, {"measure": "api_calls", "usd": "1"}).status_code == 403


def test_release__own_and_others__with_a_reason_once(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "10", at=at)
    mine = held(cast, at=at)
    url = f"{URL}holds/{mine.id}/"
    listed = client_of(cast.uma).get(f"{URL}holds/").content.decode()
    assert "1.00 USD" in listed and "release/" not in listed, "an auditor reads only"
    assert f"{url}release/" in client_of(cast.bo).get(f"{URL}holds/").content.decode()
    assert client_of(cast.uma).post(f"{url}release/", {"because": "x"}).status_code == 403
    assert client_of(make.stranger()).post(f"{url}release/", {"because": "x"}).status_code == 404
    page = client_of(cast.tess).post(f"{url}release/", {"because": "Its agent is gone."}, follow=True).content.decode()
    assert "Its agent is gone." in page and "Given back" in page and stand(cast, at=at) == ("0", "0", "10")
    assert client_of(cast.tess).post(f"{url}release/", {"because": "Again."}).status_code == 302, "no harm twice"
    charged = held(cast, at=at)
    settle(scope=cast.bo, hold_id=charged.id, usage=Usage(), at=at)
    late = client_of(cast.tess).post(f"{URL}holds/{charged.id}/release/", {"because": "Late."})
    assert late.status_code == 409 and "nothing to give back" in late.content.decode()


def test_release_and_settle__two_at_once__one_movement_is_last(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "10", at=at)
    hold = held(cast, at=at, usd_budget="4")
    tess = client_of(cast.tess)

    def release(_: int) -> Any:
        return tess.post(f"{URL}holds/{hold.id}/release/", {"because": "Gone."}).status_code

    def charge(_: int) -> Any:
        return settle(scope=cast.bo, hold_id=hold.id, usage=Usage(), at=at).is_new

    with ThreadPoolExecutor(2) as both:
        answers = [future.result() for future in (both.submit(release, 0), both.submit(charge, 0))]
    assert answers[0] in (302, 409) and answers[1] is True
    assert stand(cast, at=at) == ("4", "0", "6"), "what was used is charged, whoever came first"


def test_holds__filtered_paged_and_taken_away__in_constant_queries(cast: make.Cast) -> None:
    at, uma = timezone.now(), client_of(cast.uma)
    planned(cast, "100", at=at)
    held(cast, at=at)
    uma.get(f"{URL}holds/")
    with CaptureQueriesContext(connection) as one:
        uma.get(f"{URL}holds/")
    for _ in range(27):
        held(cast, at=at)
    with CaptureQueriesContext(connection) as many:
        page = uma.get(f"{URL}holds/").content.decode()
    assert len(many) <= len(one) and page.count("<tr data-row>") == 25 and "Older" in page
    older = re.search(r"\?before=[0-9a-f-]{36}", page)
    assert older and uma.get(f"{URL}holds/{older[0]}").content.decode().count("<tr data-row>") == 3
    assert "Nothing fits" in uma.get(f"{URL}holds/?system=nobody").content.decode()
    assert "Nothing is held" in uma.get(f"{URL}holds/?state=late").content.decode()
    form = {"query": "state=held&system=clay-consigliere", "format": "csv"}
    assert uma.post("/exports/holds/", form).content.decode().count("\n") == 29
    assert len(uma.post("/exports/holds/", {**form, "format": "json"}).json()) == 28


def test_top_up__asked_shown_before_and_after_decided_once(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "100", at=at)
    budget = row(cast, at=at)
    bo, tess = client_of(cast.bo), client_of(cast.tess)
    ask = {"amount": "60", "reason": "A busy month."}
    above = bo.post(f"{URL}{budget.id}/top-up/", ask)
    assert above.status_code == 409 and "At most 50.00 USD can be added" in above.content.decode()
    page = bo.post(f"{URL}{budget.id}/top-up/", {**ask, "amount": "20"}, follow=True).content.decode()
    number = re.search(r'id="top-up-(\d+)"', page)
    assert number and "You asked for it" in page and "100.00 free of 100.00 USD" in page
    assert "120.00 free of 120.00 USD" in page and "formaction" not in page
    card = tess.get(URL).content.decode()
    digest = re.search(r'name="digest" value="([^"]+)"', card)
    assert digest and f"{URL}top-ups/{number[1]}/approve/" in card
    answer = {"digest": digest[1], "confirm": make.PASSWORD}
    approve = f"{URL}top-ups/{number[1]}/approve/"
    assert tess.post(approve, {**answer, "confirm": "wrong"}).status_code == 403
    assert client_of(cast.uma).post(approve, answer).status_code == 403
    assert client_of(make.stranger()).post(approve, answer).status_code == 404
    page = tess.post(approve, answer, follow=True).content.decode()
    assert "Approved." in page and "120.00 USD" in page and "In force" in page
    assert tess.post(approve, answer).status_code == 409
    assert "A busy month." in tess.get(f"{URL}top-ups/?state=applied").content.decode()
    with in_tenant(cast.tenant.id):
        assert verified(cast.uma).is_verified


def test_top_up__rejected_with_a_note_or_taken_back(cast: make.Cast) -> None:
    at = timezone.now()
    planned(cast, "100", at=at)
    first, second = (
        ask_top_up(scope=cast.bo, resource_id=row(cast, at=at).id, amount=make_amount, reason="Busy.", at=at)
        for make_amount in (row(cast, at=at).total_budget / 10,) * 2
    )
    tess = client_of(cast.tess)
    answer = {"digest": first.digest, "confirm": make.PASSWORD}
    silent = tess.post(f"{URL}top-ups/{first.number}/reject/", answer)
    assert silent.status_code == 422 and "Say why" in silent.content.decode()
    page = tess.post(f"{URL}top-ups/{first.number}/reject/", {**answer, "note": "Spend less."}, follow=True)
    assert "Spend less." in page.content.decode()
    assert tess.post(f"{URL}top-ups/{second.number}/withdraw/").status_code == 403
    assert (
        "Taken back."
        in client_of(cast.bo).post(f"{URL}top-ups/{second.number}/withdraw/", follow=True).content.decode()
    )
