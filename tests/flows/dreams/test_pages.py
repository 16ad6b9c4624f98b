"""The reading side of the nights, through HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from dreams.cycles import settings as nights
from governance.canonical import digest_bytes
from tests import factories as make
from tests.db.dreams import desk
from tests.web import client_of

LIST = "/dreams/"


def _html(scope: Any, path: str, status: int = 200) -> str:
    answer = client_of(scope).get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return str(answer.content.decode())


@pytest.fixture
def dreamed() -> tuple[make.Cast, Any]:
    cast = desk.cast()
    return cast, desk.ran(cast, desk.planned(cast))


def test_no_night__says_when_the_first_comes_and_why_none_came() -> None:
    cast = make.cast(constitution={"skill": "clay", "version": "1.0.0", "capabilities": ["route"]})
    html = _html(cast.bo, LIST)
    assert "TARS has not dreamed yet" in html and "declares anything tunable" in html
    desk.furnish(cast, served=0)
    assert "The first window for nights begins at" in _html(cast.bo, LIST)
    nights.change(scope=cast.bo, reason="Rest.", changes={"is_on": False}, at=make.AT)
    assert "Nights are off" in _html(cast.bo, LIST)


def test_morning__shows_what_was_tried_what_won_and_what_it_cost(dreamed: Any) -> None:
    cast, cycle = dreamed
    html = _html(cast.cy, LIST)
    assert cycle.cycle_id in html and "did better" in html and "1 night" in html
    assert cycle.cycle_id in _html(cast.cy, f"{LIST}?state=won&system=payroll&from=2020-01-01")
    assert "No night fits these filters" in _html(cast.cy, f"{LIST}?state=stopped")
    assert "No night fits these filters" in _html(cast.cy, f"{LIST}?to=2020-01-01")
    assert cycle.cycle_id in _html(cast.cy, f"{LIST}?state=nonsense&from=nonsense&page=99")


def test_report__holds_verdicts_intervals_guardrails_and_a_plan_whose_bytes_have_the_digest(dreamed: Any) -> None:
    cast, cycle = dreamed
    html = _html(cast.uma, f"{LIST}nights/{cycle.cycle_id}/")
    for words in (
        "dummy: nothing changes",
        'class="zero"',
        "at most 5.0 % may be lost",
        "all_hold",
        "the stored bytes have",
    ):
        assert words in html, words
    won = [one for one in desk.dreams(cast, cycle) if one.verdict == "promote"]
    assert won and all(one.said in html and one.because in html for one in won)
    plan = client_of(cast.uma).get(f"{LIST}nights/{cycle.cycle_id}/plan.json")
    assert digest_bytes(plan.content) == cycle.plan_digest


def test_dream__shows_both_sides_of_each_request(dreamed: Any) -> None:
    cast, cycle = dreamed
    page = f"{LIST}nights/{cycle.cycle_id}/1/"
    html = _html(cast.uma, page)
    assert "Audit the payroll of team" in html and "requests on both sides" in html and "data-plotly" in html
    assert "held_out" in _html(cast.uma, f"{page}?part=held_out")
    assert "No request fits these filters" in _html(cast.uma, f"{page}?show=failed")


def test_rates__count_dreams_promotions_and_dummies(dreamed: Any) -> None:
    cast, _ = dreamed
    html = _html(cast.uma, f"{LIST}rates/")
    assert "There is no target for how many dreams are promoted" in html and "0 of 1 dummies won" in html


def test_stranger_and_unknown__are_not_there(dreamed: Any) -> None:
    cast, cycle = dreamed
    stranger = make.stranger()
    for path in ("", "plan.json", "0/", "1/"):
        assert "There is no night called" in _html(stranger, f"{LIST}nights/{cycle.cycle_id}/{path}", status=404)
    _html(cast.uma, f"{LIST}nights/dream-1999-01-01-03:00/", status=404)
    _html(cast.uma, f"{LIST}nights/{cycle.cycle_id}/99/", status=404)
    _html(cast.uma, f"{LIST}nights/{cycle.cycle_id}/99999999999/", status=404)
